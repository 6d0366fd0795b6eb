"""The one-code rules once more, by looking at every moment and every pair of events.

Slow and plain, and written from docs/one-code-rules.md without the code that it is held against.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from tests.support.lineage import grai, serial, sscc
from tests.support.one_code import Told

# Everything that its worlds have.
ITEMS = [serial(1, "A"), serial(1, "B"), "urn:example:coil:7"]
CONTAINERS = [sscc(1), sscc(2), grai(3)]
LAST = 7


class Oracle:
    """Everything that counts, asked moment by moment; an event is its index among them."""

    def __init__(self, events: Sequence[Told]) -> None:
        self.events = events

    def names(self, index: int, code: str, *roles: str) -> bool:
        return any(
            named == code and (not roles or role in roles)
            for role, named, *_ in self.events[index].objects
        )

    def is_a(self, index: int, type: str, action: str | None = None) -> bool:
        event = self.events[index].event
        return event.type == f"{type}Event" and action in (None, event.action)

    def time(self, index: int) -> int:
        return self.events[index].event.event_time

    def all(self, code: str) -> list[int]:
        return [index for index in range(len(self.events)) if self.names(index, code)]

    def commissions(self, index: int, code: str) -> bool:
        return self.is_a(index, "Object", "ADD") and self.names(index, code, "epc")

    def run(self, index: int) -> str:
        return self.events[index].event.transformation_id or f"alone {index}"

    def transforms(self, index: int, code: str, role: str) -> bool:
        """Tell whether an event's transformation has the code on one side only, its side."""
        if not self.is_a(index, "Transformation") or not self.names(index, code, role):
            return False
        other = "output" if role == "input" else "input"
        return not any(
            self.is_a(one, "Transformation")
            and self.run(one) == self.run(index)
            and self.names(one, code, other)
            for one in self.all(code)
        )

    def begins(self, index: int, code: str) -> bool:
        return self.commissions(index, code) or self.transforms(index, code, "output")

    def step(self, index: int, *steps: str) -> bool:
        return self.events[index].event.biz_step in steps

    def ships(self, index: int) -> bool:
        return self.step(index, "shipping", "departing")

    def receives(self, index: int, code: str) -> bool:
        is_origin = self.commissions(index, code) or (
            self.is_a(index, "Transformation") and self.names(index, code, "output")
        )
        return self.step(index, "receiving", "accepting") and not is_origin

    # Containment, by moments: "at 3" is the millisecond itself, "after 3" is between 3 and 4.

    def adds(self, code: str, parent: str) -> list[int]:
        return [self.time(one) for one in self.all(code) if self.packs(one, code, parent, "ADD")]

    def packs(self, index: int, code: str, parent: str, action: str) -> bool:
        return (
            self.is_a(index, "Aggregation", action)
            and self.names(index, code, "child")
            and self.names(index, parent, "parent")
            and not self.names(index, parent, "child")
        )

    def ends(self, code: str, parent: str) -> list[int]:
        return [
            self.time(one)
            for one in range(len(self.events))
            if self.packs(one, code, parent, "DELETE")
            or any(self.ends_itself(one, thing) for thing in (code, parent))
            or (
                self.is_a(one, "Aggregation", "DELETE")
                and self.names(one, parent, "parent")
                and not any(role == "child" for role, *_ in self.events[one].objects)
            )
        ]

    def ends_itself(self, index: int, code: str) -> bool:
        return (self.is_a(index, "Object", "DELETE") and self.names(index, code, "epc")) or (
            self.is_a(index, "Transformation") and self.names(index, code, "input")
        )

    def inside_after(self, code: str, parent: str, time: int, *, since: int | None = None) -> bool:
        starts = [since] if since is not None else self.adds(code, parent)
        ends = self.ends(code, parent)
        return any(
            start <= time and not any(start <= end <= time for end in ends) for start in starts
        )

    def inside_at(self, code: str, parent: str, time: int) -> bool:
        ends = self.ends(code, parent)
        return any(
            start <= time and not any(start <= end < time for end in ends)
            for start in self.adds(code, parent)
        )

    def above(self, code: str, time: int) -> set[str]:
        """Return every container around a thing at a moment."""
        found: set[str] = set()
        todo = [code]
        while todo:
            one = todo.pop()
            todo += [up for up in CONTAINERS if up not in found and self.inside_at(one, up, time)]
            found |= {up for up in CONTAINERS if self.inside_at(one, up, time)}
        return found

    def nested(self, one: str, other: str, time: int) -> bool:
        return other in self.above(one, time) or one in self.above(other, time)

    def breaches(self, new: int) -> dict[tuple[str, str], list[int]]:
        """Return what an event contradicts, by rule and thing."""
        codes = [code for code in [*ITEMS, *CONTAINERS] if self.names(new, code)]
        found = {
            (rule, code): [one for one in self.all(code) if one != new and judge(new, one, code)]
            for code in codes
            for rule, judge in (
                ("COMMISSIONED_TWICE", self.commissioned_twice),
                ("USED_BEFORE_COMMISSIONING", self.before),
                ("USED_AFTER_DECOMMISSIONING", self.after),
                ("IN_TWO_CONTAINERS", self.in_two),
                ("RECEIVED_BEFORE_SHIPPED", self.too_early),
                ("INPUT_TWICE", self.input_twice),
            )
        }
        return {place: others for place, others in found.items() if others}

    def commissioned_twice(self, new: int, one: int, code: str) -> bool:
        if not self.begins(new, code) or not self.begins(one, code):
            return False
        whose = {self.events[index].participant for index in (new, one)}
        if self.commissions(new, code) != self.commissions(one, code):
            return len(whose) == 2
        return self.commissions(new, code) or self.run(new) != self.run(one)

    def before(self, new: int, one: int, code: str) -> bool:
        begins = [index for index in self.all(code) if self.begins(index, code)]
        first = min((self.time(index) for index in begins), default=-1)
        early, late = sorted((new, one), key=self.time)
        if self.time(early) >= first or late not in begins:
            return False
        return late == one or self.time(late) == first

    def after(self, new: int, one: int, code: str) -> bool:
        ends = [
            index
            for index in self.all(code)
            if self.is_a(index, "Object", "DELETE") and self.names(index, code, "epc")
        ]
        last = min((self.time(index) for index in ends), default=99)
        late = one if self.time(new) < self.time(one) else new
        if self.time(late) <= last or self.time(new) == self.time(one):
            return False
        if late == new:
            return one in ends
        return new in ends and self.time(new) == last

    def input_twice(self, new: int, one: int, code: str) -> bool:
        is_same = self.run(new) == self.run(one)
        both = all(self.transforms(index, code, "input") for index in (new, one))
        return both and not is_same and code in ITEMS

    def too_early(self, new: int, one: int, code: str) -> bool:
        for received, shipped in ((new, one), (one, new)):
            if not (self.receives(received, code) and self.ships(shipped)):
                continue
            time = self.time(received)
            makers = {
                self.events[index].participant
                for index in self.all(code)
                if self.begins(index, code)
            }  # one thought
            had_left = any(
                self.ships(index)
                and self.time(index) <= time
                and (self.names(index, code) or self.was_in_shipped(index, code))
                for index in range(len(self.events))
            )
            if self.events[shipped].participant in makers and not had_left:
                return True
        return False

    def was_in_shipped(self, index: int, code: str) -> bool:
        return any(self.names(index, up) for up in self.above(code, self.time(index)))

    def in_two(self, new: int, one: int, code: str) -> bool:
        for mine, other in itertools.permutations(CONTAINERS, 2):
            if self.packs(new, code, mine, "OBSERVE"):
                if self.seen_elsewhere(new, one, code, mine=mine, other=other):
                    return True
            elif self.packs(new, code, mine, "ADD") and (
                self.packed_elsewhere(new, one, code, mine=mine, other=other)
            ):
                return True
        return False

    def opens(self, index: int, code: str, parent: str, time: int) -> bool:
        """Tell whether an event began the stay that holds after a time."""
        start = self.time(index)
        if not self.packs(index, code, parent, "ADD") or start > time:
            return False
        held = all(self.inside_after(code, parent, moment) for moment in range(start, time + 1))
        began = not (start > 0 and self.inside_after(code, parent, start - 1))
        return held and began

    def seen_elsewhere(self, new: int, one: int, code: str, *, mine: str, other: str) -> bool:
        time = self.time(new)
        return (
            time > 0
            and self.inside_after(code, other, time - 1)
            and self.inside_after(code, other, time)
            and self.opens(one, code, other, time)
            and not self.nested(mine, other, time)
        )

    def packed_elsewhere(self, new: int, one: int, code: str, *, mine: str, other: str) -> bool:
        start = self.time(new)
        own = [
            time
            for time in range(start, LAST + 2)
            if self.inside_after(code, mine, time, since=start)
        ]
        seen = self.time(one)
        if self.packs(one, code, other, "OBSERVE") and seen > start:
            return {seen - 1, seen} <= set(own) and not self.nested(mine, other, seen)
        both = [time for time in own if self.inside_after(code, other, time)]
        for _, run in itertools.groupby(enumerate(both), lambda pair: pair[1] - pair[0]):
            times = [time for _, time in run]
            moments = [*times, times[-1] + 1]
            if self.opens(one, code, other, times[0]) and not any(
                self.nested(mine, other, time) for time in moments
            ):
                return True
        return False
