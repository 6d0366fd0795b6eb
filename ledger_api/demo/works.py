"""What the cable plant does in a day: draw, strand, extrude, wind, test, rewind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ledger_api.demo.cast import CABLE, PLANT, PVC, RODS, STRAND, WIRE
from ledger_api.demo.checks import CableChecks, Check
from ledger_api.demo.events import Event, inspected, quantity, scrapped, transformed, weighing
from ledger_api.demo.plan import (
    COPPER_GRAMS_A_DRUM,
    DRUMS_A_WIRE_LOT,
    METRES_A_DRUM,
    ROD_KILOGRAMS,
    WIRE_KILOGRAMS,
    CableLot,
    Drum,
    Plan,
    Rewinding,
    RodLot,
    drum_uri,
)

PVC_GRAMS_A_METRE = 27
PURGED_KILOGRAMS = 3  # Of compound, when an extruder starts.
# Of copper and compound together.
DRUM_GRAMS = COPPER_GRAMS_A_DRUM + METRES_A_DRUM * PVC_GRAMS_A_METRE
_MAKING, _ISSUING = "creating_class_instance", "commissioning"


@dataclass(frozen=True, slots=True)
class Works:
    """The plant, with the serials of its drums and what its inspections find."""

    plan: Plan
    serials: Mapping[str, Sequence[str]]
    wires: Mapping[str, tuple[Check, Check]]
    cables: Mapping[str, CableChecks]

    def code(self, drum: Drum) -> str:
        """Return a drum's code."""
        return drum_uri(self.plan, drum, serial=self.serials[drum.lot][drum.index])

    def packed_codes(self, day: int) -> list[str]:
        """Return the codes of the drums that leave after a day."""
        return [self.code(drum) for drum in self.plan.packed(day)]

    def events(self, day: int) -> Iterator[Event]:
        """Yield a day's events in the order of the clock."""
        start = self.plan.midnight(day)
        rods = [rod for rod in self.plan.rods if rod.day == day]
        for number, rod in enumerate(rods):
            yield from self._draw(rod, start + timedelta(hours=8, minutes=40 * number))
        for number, cable in enumerate(self.plan.made(day)):
            begin = start + timedelta(hours=11, minutes=5 * number)
            yield from self._strand(cable, begin)
            yield from self._extrude(cable, begin + timedelta(hours=2))
            yield from self._wind(cable, begin + timedelta(hours=4))
            yield from self._test(cable, begin + timedelta(hours=5))
        for number, rewinding in enumerate(self.plan.rewindings):
            if rewinding.cable.day == day:
                yield self._rewind(rewinding, start + timedelta(hours=18, minutes=number))

    def _draw(self, rod: RodLot, when: datetime) -> Iterator[Event]:
        line = PLANT.spot_uri("drawing")
        drawn = [wire for wire in self.plan.wires if wire.rod == rod]
        for number, wire in enumerate(drawn):
            amount = quantity(WIRE, wire.number, WIRE_KILOGRAMS)
            begin = when + timedelta(minutes=20 * number)
            yield transformed(
                begin, _MAKING, where=line, outputs=[amount],
                inputs=[quantity(RODS[rod.maker], rod.number, ROD_KILOGRAMS // len(drawn))],
                more=scrapped(ROD_KILOGRAMS // len(drawn) - WIRE_KILOGRAMS)
                | {"itemproof:machine": f"drawing-{number + 1}", "itemproof:tool": _die(rod)},
            )  # fmt: skip
            for later, check in enumerate(self.wires[wire.number], 1):
                yield inspected(
                    begin + timedelta(minutes=5 * later), check, where=line, quantities=[amount]
                )

    def _strand(self, cable: CableLot, when: datetime) -> Iterator[Event]:
        line = PLANT.spot_uri("stranding")
        used, kept = WIRE_KILOGRAMS * len(cable.wires), _strand_kilograms(cable)
        amount = quantity(STRAND, cable.strand, kept)
        inputs = [quantity(WIRE, wire.number, WIRE_KILOGRAMS) for wire in cable.wires]
        more = scrapped(round(used - kept, 3)) | {"itemproof:machine": "stranding-1"}
        yield transformed(when, _MAKING, where=line, inputs=inputs, outputs=[amount], more=more)
        check = self.cables[cable.number].stranding
        yield inspected(when + timedelta(minutes=30), check, where=line, quantities=[amount])

    def _extrude(self, cable: CableLot, when: datetime) -> Iterator[Event]:
        line = PLANT.spot_uri("extrusion")
        metres = METRES_A_DRUM * len(cable.drums)
        amount = quantity(CABLE, cable.number, metres)
        inputs = [
            quantity(STRAND, cable.strand, _strand_kilograms(cable)),
            quantity(PVC, cable.pvc, metres * PVC_GRAMS_A_METRE // 1000 + PURGED_KILOGRAMS),
        ]
        more = scrapped(PURGED_KILOGRAMS) | weighing(_kilograms(DRUM_GRAMS / METRES_A_DRUM))
        more["itemproof:machine"] = "extrusion-1"
        yield transformed(when, _MAKING, where=line, inputs=inputs, outputs=[amount], more=more)
        check = self.cables[cable.number].spark
        yield inspected(when + timedelta(minutes=30), check, where=line, quantities=[amount])

    def _wind(self, cable: CableLot, when: datetime) -> Iterator[Event]:
        yield transformed(
            when, _ISSUING, where=PLANT.spot_uri("winding"),
            inputs=[quantity(CABLE, cable.number, METRES_A_DRUM * len(cable.drums))],
            output_epcs=[self.code(drum) for drum in cable.drums],
            more=weighing(_kilograms(DRUM_GRAMS)),
        )  # fmt: skip

    def _test(self, cable: CableLot, when: datetime) -> Iterator[Event]:
        checks = self.cables[cable.number]
        drums = [self.code(drum) for drum in cable.drums]
        room = PLANT.spot_uri("test")
        sample = drums[: checks.resistance.inspected]
        yield inspected(when, checks.resistance, where=room, epcs=sample)
        yield inspected(when + timedelta(minutes=15), checks.final, where=room, epcs=drums)

    def _rewind(self, rewinding: Rewinding, when: datetime) -> Event:
        return transformed(
            when, _ISSUING, where=PLANT.spot_uri("rewinding"),
            input_epcs=[self.code(rewinding.drum)],
            output_epcs=[self.code(half) for half in rewinding.halves],
            more=weighing(_kilograms(DRUM_GRAMS / 2)),
        )  # fmt: skip


def _strand_kilograms(cable: CableLot) -> float:
    """Return what a cable lot's strand weighs: the copper of its drums."""
    return COPPER_GRAMS_A_DRUM * DRUMS_A_WIRE_LOT * len(cable.wires) / 1000


def _kilograms(grams: float) -> str:
    """Return a net weight in kilograms; every gram of the plan has at most four digits after it."""
    return f"{grams / 1000:.4f}"


def _die(rod: RodLot) -> str:
    """Return the drawing die, of which there is one for the rods of each maker."""
    return f"die-1.70-{rod.number[0]}"
