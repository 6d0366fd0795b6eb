"""What shares a cause, worked out over all events in plain Python.

Written from docs/lineage.md alone: of the program it takes the question and the events as they
are given, and no rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from tests.support.lineage import World
from traceability.lineage.across.causes import Asked, Range, Window
from traceability.lineage.rules import Fact


class Tie(NamedTuple):
    """A thing that an event ties to a cause."""

    code: str
    key: str
    value: str
    event: int


class Oracle:
    """All events of a world that are no errors, asked for what a code shares with others."""

    def __init__(self, world: World) -> None:
        taken_back = {(one.event_id, one.participant) for one in world.facts if one.declares_error}
        self.world = world
        self.events = [
            one
            for one in world.facts
            if not one.declares_error
            and (one.event_id is None or (one.event_id, one.participant) not in taken_back)
        ]

    def made(self) -> set[tuple[str, str, int]]:
        """Return (input, output, event) of every transformation, told by each of its events."""
        runs = [one for one in self.events if one.type == "TransformationEvent"]
        return {
            (source, target, event.number)
            for one in runs
            for other in runs
            if one is other or (one.transformation_id or 1) == (other.transformation_id or 2)
            for source in one.codes("input")
            for target in other.codes("output")
            for event in (one, other)
        }

    def upstream(self, code: str) -> set[str]:
        """Return a code, its lots and everything that they were made from."""
        made = self.made()
        outputs = {target for event in self.events for target in event.codes("output")}
        whole, in_part = {code}, set[str]()
        while True:
            more = {source for source, target, _ in made if target in whole | in_part}
            for lot, serials in self.world.minted.items():
                if lot in whole:
                    more |= outputs & set(serials)
                if whole & set(serials):
                    in_part.add(lot)
            before = len(whole)
            whole |= more
            sources = {source for source, target, _ in made if target in in_part}
            if len(whole) == before and sources <= whole:
                return whole | in_part

    def shared(self, code: str, asked: Asked) -> tuple[set[Tie], set[Tie]]:
        """Return what the code has of the causes, and everything that shares them."""
        known = self.upstream(code)
        own: set[Tie] = set()
        shared: set[Tie] = set()
        for key in asked.keys:
            ties = set(self.raw(known) if key == "raw_lot" else self.stated(key))
            mine = {one for one in ties if one.code in known or one.value == code}
            own |= mine
            for one in ties:
                alike = [self.time(other.event) for other in mine if other.value == one.value]
                if alike and within(asked.window, self.time(one.event), alike):
                    shared.add(one)
        for wanted in asked.ranges:
            ties = set(self.in_range(wanted))
            mine = {one for one in ties if one.code in known}
            own |= mine
            times = [self.time(one.event) for one in mine]
            shared |= {one for one in ties if within(asked.window, self.time(one.event), times)}
        return own, {one for one in shared if one.code != code}

    def time(self, event: int) -> int:
        return self.world.facts[event - 1].time

    def raw(self, known: set[str]) -> Iterator[Tie]:
        """Yield what was made directly of what nothing was made into."""
        made = self.made()
        products = {target for _, target, _ in made}
        for source, target, event in made:
            if source in known and source not in products:
                yield Tie(target, "raw_lot", source, event)

    def stated(self, key: str) -> Iterator[Tie]:
        for event in self.events:
            values = [one.value for one in self.world.said.get(event.number, ()) if one.name == key]
            if key == "place":
                makes = event.type == "TransformationEvent" or event.action == "ADD"
                values = [event.read_point] if makes and event.read_point else []
            for value in values:
                yield from touched(event, key, value)

    def in_range(self, wanted: Range) -> Iterator[Tie]:
        for event in self.events:
            for one in self.world.said.get(event.number, ()):
                if one.name == f"parameter:{wanted.name}" and meets(wanted, one.value, one.uom):
                    value = one.value + (f" {one.uom}" if one.uom else "")
                    yield from touched(event, wanted.name, value)


def touched(event: Fact, key: str, value: str) -> Iterator[Tie]:
    """Yield what an event touches: not what goes into a transformation, and no parent."""
    for one in event.objects:
        if one.role in ("epc", "child", "output"):
            yield Tie(one.code, key, value, event.number)


def within(window: Window, time: int, own: list[int]) -> bool:
    """Tell whether a time is in a window, both ends among it, or near one of the fault's own."""
    if window.around is not None:
        return min((abs(time - one) for one in own), default=window.around + 1) <= window.around
    not_before = window.first is None or window.first <= time
    return not_before and (window.last is None or time <= window.last)


def meets(wanted: Range, value: str, uom: str | None) -> bool:
    """Tell whether a report lies in a range at least in part, both in the range's unit."""
    least, _, most = value.partition("..")
    bounds = [Fraction(least), Fraction(most or least)]
    if wanted.uom is not None and uom != wanted.uom:
        zero = Fraction("273.15")
        shifts = {("KEL", "CEL"): zero, ("CEL", "KEL"): -zero}
        if (wanted.uom, uom) not in shifts:
            return False
        bounds = [one + shifts[wanted.uom, uom] for one in bounds]
    return bounds[1] >= wanted.low and bounds[0] <= wanted.high
