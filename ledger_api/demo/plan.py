"""The plan of the demonstration: which lot was made from which, and so what a bad lot reaches.

Whatever a bad rod lot taints is marked here while the plan is laid, lot by lot; the ledger's
lineage has no part in it. Source: none; the story is invented, its masses add up.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import NamedTuple

from ledger_api.demo.cast import DRUM, HALF_DRUM, ROD_C, ROD_MAKERS, Party

SEED = 20260302
BASE = date(2026, 3, 2)
ZONE = timezone(timedelta(hours=8))
OFFSET = "+08:00"

DAYS = 24
DAYS_A_PVC_LOT = 2
ROD_KILOGRAMS = 2000
WIRE_KILOGRAMS = 990  # Two lots of wire from a rod lot; the rest is scrap.
DRUMS_A_WIRE_LOT = 14
COPPER_GRAMS_A_DRUM = 70_600  # What 14 drums leave of a wire lot is scrap, too.
METRES_A_DRUM = 500
DRUMS_A_CASE = 4
CASES_A_PALLET = 3
BAD_DAYS = range(6, 18)  # Late enough for a control chart, early enough to be shipped.

_LETTERS = dict(zip(ROD_MAKERS, "ABC", strict=True))


@dataclass(frozen=True, slots=True)
class Drum:
    """One drum before it has a serial: its lot, and its index among the lot's serials."""

    lot: str
    index: int


@dataclass(frozen=True, slots=True)
class RodLot:
    """A rod lot; `is_bad` is known to the plan alone."""

    number: str
    maker: Party
    day: int
    is_bad: bool


@dataclass(frozen=True, slots=True)
class WireLot:
    """A wire lot, drawn from one rod lot."""

    number: str
    rod: RodLot
    day: int


@dataclass(frozen=True, slots=True)
class CableLot:
    """A cable lot: its strand, the wires in it, its compound, and the drums that it fills."""

    number: str
    strand: str
    wires: tuple[WireLot, ...]
    pvc: str
    day: int
    drums: tuple[Drum, ...]

    @property
    def is_tainted(self) -> bool:
        """Tell whether a wire of it comes from a bad rod lot."""
        return any(wire.rod.is_bad for wire in self.wires)


class Rewinding(NamedTuple):
    """A drum whose cable was wound onto two half drums."""

    cable: CableLot
    drum: Drum
    halves: tuple[Drum, Drum]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is made, in the order of days; `base` is the day after the last."""

    seed: int
    base: date
    bad_rod: RodLot
    rods: tuple[RodLot, ...]
    wires: tuple[WireLot, ...]
    cables: tuple[CableLot, ...]
    rewindings: tuple[Rewinding, ...]

    def midnight(self, day: int) -> datetime:
        """Return when a day of production begins."""
        return datetime.combine(_date(self.base, day), time(), ZONE)

    def made(self, day: int) -> tuple[CableLot, ...]:
        """Return the cable lots of a day."""
        return tuple(cable for cable in self.cables if cable.day == day)

    def drum_lot(self, day: int) -> str:
        """Return the lot number of a day's drums."""
        return _drum_lot(self.base, day)

    @property
    def half_lot(self) -> str:
        """The lot number of the half drums."""
        return f"H{_stamp(self.base, 0)}"

    @property
    def lots(self) -> dict[str, int]:
        """The lots to be minted, and how many drums each has; the half drums' comes first."""
        sizes = {self.half_lot: 2 * len(self.rewindings)}
        for cable in self.cables:
            lot = cable.drums[0].lot
            sizes[lot] = sizes.get(lot, 0) + len(cable.drums)
        return sizes

    @property
    def rewound(self) -> frozenset[Drum]:
        """The drums that were wound onto others."""
        return frozenset(rewinding.drum for rewinding in self.rewindings)

    def packed(self, day: int) -> list[Drum]:
        """Return the drums of a day that go out."""
        drums = [drum for cable in self.made(day) for drum in cable.drums]
        return [drum for drum in drums if drum not in self.rewound]

    @property
    def tainted(self) -> frozenset[Drum]:
        """The drums that the bad rod lot is in: what its recall must find, no more, no less."""
        whole = {drum for cable in self.cables if cable.is_tainted for drum in cable.drums}
        halves = {
            half
            for rewinding in self.rewindings
            if rewinding.drum in whole
            for half in rewinding.halves
        }
        return frozenset(whole | halves)

    @property
    def shown(self) -> Drum:
        """The drum that the demonstration shows: sound, shipped, and taken out of its case."""
        return self.packed(0)[0]


def make_plan(*, seed: int = SEED, base: date = BASE) -> Plan:
    """Lay the plan; the same seed and date give the same plan.

    Parameters
    ----------
    base
        The day after the last day of production; every event time follows from it.
    """
    bad_day = random.Random(f"{seed}/bad day").choice(BAD_DAYS)  # noqa: S311 # a story, no secret
    rods = tuple(_rods(base, bad_day))
    wires = tuple(WireLot(f"{rod.number}-{part}", rod, rod.day) for rod in rods for part in (1, 2))
    cables = tuple(cable for day in range(DAYS) for cable in _cables(base, day, wires=wires))
    around = [cable for cable in cables if abs(cable.day - bad_day) <= 1]
    lot = f"H{_stamp(base, 0)}"
    rewindings = tuple(
        Rewinding(cable, cable.drums[0], (Drum(lot, 2 * index), Drum(lot, 2 * index + 1)))
        for index, cable in enumerate(around)
    )
    bad_rod = next(rod for rod in rods if rod.is_bad)
    return Plan(seed, base, bad_rod, rods, wires, cables, rewindings)


def _rods(base: date, bad_day: int) -> Iterator[RodLot]:
    for day in range(DAYS):
        for maker in ROD_MAKERS:
            is_bad = maker is ROD_C and day == bad_day
            yield RodLot(f"{_LETTERS[maker]}{_stamp(base, day)}", maker, day, is_bad)


def _cables(base: date, day: int, *, wires: Sequence[WireLot]) -> Iterator[CableLot]:
    """Strand a day's wire: of C's the first half at once, the second on the next day."""
    today = [wire for wire in wires if wire.day == day]
    before = [wire for wire in wires if wire.day == day - 1]
    a1, a2, b1, b2, c1, _ = today
    first = 0
    for number, used in enumerate(((a1, b1, *before[5:]), (a2, b2, c1)), 1):
        count = DRUMS_A_WIRE_LOT * len(used)
        yield CableLot(
            number=f"K{_stamp(base, day)}-{number}",
            strand=f"S{_stamp(base, day)}-{number}",
            wires=used,
            pvc=pvc_lot(base, day),
            day=day,
            drums=tuple(Drum(_drum_lot(base, day), first + index) for index in range(count)),
        )
        first += count


def pvc_lot(base: date, day: int) -> str:
    """Return the lot of compound that is used on a day."""
    return f"P{_stamp(base, day - day % DAYS_A_PVC_LOT)}"


def _drum_lot(base: date, day: int) -> str:
    return f"D{_stamp(base, day)}"


def _date(base: date, day: int) -> date:
    return base + timedelta(days=day - DAYS)


def _stamp(base: date, day: int) -> str:
    return f"{_date(base, day):%y%m%d}"


def drum_uri(plan: Plan, drum: Drum, *, serial: str) -> str:
    """Return the code of a drum that has got its serial."""
    goods = HALF_DRUM if drum.lot == plan.half_lot else DRUM
    return goods.item_uri(serial)


def created(plan: Plan) -> datetime:
    """Return when the documents of the demonstration were written."""
    return plan.midnight(DAYS).astimezone(UTC)
