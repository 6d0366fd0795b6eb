"""Packing, carrying, receiving and unpacking: drums in cases, cases on pallets, pallets away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ledger_api.demo.cast import DEPOT, PLANT
from ledger_api.demo.checks import field_check
from ledger_api.demo.events import Event, handed_over, inspected, observed, packed
from ledger_api.demo.plan import CASES_A_PALLET, DRUMS_A_CASE, Plan

# Numbers of a day's logistic units: cases from 0, pallets above them.
_UNITS_A_DAY = 1000
_FIRST_PALLET = 500
_DOCK = "dock"


@dataclass(frozen=True, slots=True)
class Delivery:
    """The drums of one day on their way from the plant to the depot."""

    plan: Plan
    day: int
    codes: Sequence[str]

    def sent(self) -> Iterator[Event]:
        """Yield what the plant says: packed and shipped."""
        start = self._at(19)
        cases, pallets = self._cases(), self._pallets()
        for number, (case, drums) in enumerate(cases):
            when = start + timedelta(minutes=number)
            yield packed(when, case, drums, where=PLANT.spot_uri("packing"))
        for number, (pallet, inside) in enumerate(pallets):
            when = start + timedelta(minutes=60 + number)
            yield packed(when, pallet, inside, where=PLANT.spot_uri("packing"))
        yield self._moved(self._at(21), "shipping", where=PLANT.spot_uri(_DOCK))

    def carried(self) -> Iterator[Event]:
        """Yield what the carrier says: away from one dock, and at the other."""
        yield self._moved(self._at(22), "departing", where=PLANT.spot_uri(_DOCK))
        yield self._moved(self._at(31), "arriving", where=DEPOT.spot_uri(_DOCK))

    def received(self) -> Iterator[Event]:
        """Yield what the depot says: received, and the first pallet and case taken apart."""
        when = self._at(32)
        yield self._moved(when, "receiving", where=DEPOT.spot_uri(_DOCK), disposition="in_progress")
        (case, drums), (pallet, cases) = self._cases()[0], self._pallets()[0]
        shelf = DEPOT.spot_uri("store")
        yield packed(when + timedelta(hours=1), pallet, cases, where=shelf, unpack=True)
        yield packed(when + timedelta(hours=2), case, drums, where=shelf, unpack=True)
        yield observed(
            when + timedelta(hours=3), "storing", where=shelf,
            disposition="sellable_not_accessible", epcs=drums,
        )  # fmt: skip
        if self.day == self.plan.bad_rod.day:
            check = field_check(self.plan.drum_lot(self.day))
            yield inspected(when + timedelta(hours=8), check, where=shelf, epcs=drums)

    def _moved(
        self, when: datetime, step: str, *, where: str, disposition: str = "in_transit"
    ) -> Event:
        note = PLANT.transaction_uri("DA", self.plan.drum_lot(self.day))
        return observed(
            when, step, where=where, disposition=disposition,
            epcs=[pallet for pallet, _ in self._pallets()],
            more=handed_over(PLANT, DEPOT, ("desadv", note)),
        )  # fmt: skip

    def _at(self, hour: int) -> datetime:
        return self.plan.midnight(self.day) + timedelta(hours=hour)

    def _cases(self) -> list[tuple[str, list[str]]]:
        return self._units(self.codes, size=DRUMS_A_CASE, first=0)

    def _pallets(self) -> list[tuple[str, list[str]]]:
        cases = [case for case, _ in self._cases()]
        return self._units(cases, size=CASES_A_PALLET, first=_FIRST_PALLET)

    def _units(self, codes: Sequence[str], *, size: int, first: int) -> list[tuple[str, list[str]]]:
        start = self.day * _UNITS_A_DAY + first
        return [
            (PLANT.sscc_uri(start + at // size), list(codes[at : at + size]))
            for at in range(0, len(codes), size)
        ]
