"""The one-code rules against an oracle that looks at every moment and every pair of events."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from tests.support.lineage import grai, lot, serial, sscc
from tests.support.one_code import ELSEWHERE, HERE, Told, keep, pointers, tell
from traceability.lineage.one_code.judging import OneCode
from traceability.store.engine import open_engine
from traceability.store.repositories.one_code import RuleMode
from traceability.store.unit_of_work import UnitOfWork

ITEMS = [serial(1, "A"), serial(1, "B"), "urn:example:coil:7"]
CONTAINERS = [sscc(1), sscc(2), grai(3)]
LOT = lot(2, "L")
LAST = 7
STEPS = ["shipping", "departing", "receiving", "accepting"]


class Scene(NamedTuple):
    """What is recorded, what is submitted, and how it is judged."""

    recorded: list[Told]
    submitted: list[Told]
    mode: RuleMode


# What happens in a scene: the more of one kind, the more often its events meet.
EVERYTHING = ("Object", "Object", "Aggregation", "Aggregation", "Make", "Odd")
PACKING = ("Aggregation",) * 9 + ("Object",)
SHIPPING = ("Object", "Object", "Aggregation")
FLAVOURS = {"everything": EVERYTHING, "packing": PACKING, "shipping": SHIPPING}


@st.composite
def scenes(draw: st.DrawFn, kinds: Sequence[str]) -> Scene:
    most = 1 if kinds is PACKING else 2
    things = draw(st.lists(st.sampled_from(ITEMS), min_size=1, max_size=most, unique=True))
    containers = draw(st.lists(st.sampled_from(CONTAINERS), min_size=1, max_size=3, unique=True))
    count = draw(st.integers(3, 9))
    events = [add_event(draw, number, things, containers, kinds=kinds) for number in range(count)]
    here = draw(st.integers(1, count))
    submitted = [one._replace(participant=HERE) for one in events[count - here :]]
    mode = draw(st.sampled_from([RuleMode.WARN, RuleMode.ENFORCE]))
    return Scene(events[: count - here], pointers(submitted), mode)


def add_event(
    draw: st.DrawFn,
    number: int,
    things: list[str],
    containers: list[str],
    *,
    kinds: Sequence[str],
) -> Told:
    codes = st.lists(st.sampled_from([*things, *containers]), min_size=1, max_size=3, unique=True)
    kind = draw(st.sampled_from(kinds))
    steps = STEPS if kinds is SHIPPING else [None, None, None, *STEPS]
    declares = draw(st.integers(0, 11)) == 11
    common = {
        "time": draw(st.integers(0, LAST)),
        "event_id": f"urn:id:{draw(st.integers(0, number)) if declares else number}",
        "declares_error": declares,
        "participant": draw(st.sampled_from([HERE, HERE, ELSEWHERE])),
        "step": draw(st.sampled_from(steps)),
    }
    action = draw(st.sampled_from(["ADD", "ADD", "OBSERVE", "DELETE"]))
    if kind == "Make":
        together = draw(st.sampled_from([None, None, "urn:run:1"]))
        outputs = draw(st.lists(st.sampled_from(things), max_size=1))
        return tell(
            "Transformation", together=together, input=draw(codes), output=outputs, **common
        )
    if kind == "Aggregation":
        inside = st.sampled_from([*things, *things, *containers])
        children = draw(st.lists(inside, min_size=int(action == "ADD"), max_size=2, unique=True))
        amounts = [(LOT, "2")] if draw(st.integers(0, 5)) == 5 else []
        parent = [draw(st.sampled_from(containers))]
        return tell(
            "Aggregation", action=action, parent=parent, child=[*children, *amounts], **common
        )
    if kind == "Odd":
        other = draw(st.sampled_from(["Association", "Transaction"]))
        role = "child" if other == "Association" else "epc"
        parent = [draw(st.sampled_from(containers))]
        return tell(other, action=action, parent=parent, **{role: draw(codes)}, **common)
    return tell("Object", action=action, epc=draw(codes), **common)


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


def counting(recorded: Sequence[Told], submitted: Sequence[Told]) -> Iterator[bool]:
    declared = {
        (one.event.event_id, one.participant)
        for one in [*recorded, *submitted]
        if one.event.declares_error
    }
    for one in [*recorded, *submitted]:
        yield (one.event.event_id, one.participant) not in declared


def expected(scene: Scene) -> dict[str, dict[tuple[str, str], set[str]]]:
    """Return, by pointer, rule and thing, the ids of the events that may be named."""
    flags = list(counting(scene.recorded, scene.submitted))
    before = [one for one, counts in zip(scene.recorded, flags, strict=False) if counts]
    rest = zip(scene.submitted, flags[len(scene.recorded) :], strict=True)
    kept = [one for one, counts in rest if counts]
    found = {}
    while True:
        count = len(kept)
        for one in list(kept):
            breaches = breaches_of(one, before, kept)
            if breaches:
                found[one.pointer] = breaches
                if scene.mode is RuleMode.ENFORCE:
                    kept = [other for other in kept if other is not one]
        if len(kept) == count:
            return found


def breaches_of(one: Told, before: list[Told], kept: list[Told]) -> dict[tuple[str, str], set[str]]:
    """Return the ids of the events that one contradicts, among those before it."""
    place = len(before) + kept.index(one)
    oracle = Oracle([*before, *kept])
    found = {
        rule: {oracle.events[index].event.event_id or "" for index in others if index < place}
        for rule, others in oracle.breaches(place).items()
    }
    return {rule: others for rule, others in found.items() if others}


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


# One database serves all examples: each is rolled back.
@settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_the_rules_find_what_looking_at_every_moment_finds(
    engine: Engine, flavour: str, data: st.DataObject
) -> None:
    scene = data.draw(scenes(FLAVOURS[flavour]))
    with UnitOfWork(engine) as work:
        keep(work.repositories, scene.recorded)
        found = OneCode(work.repositories).judge(scene.submitted, participant=HERE, mode=scene.mode)
    meant = expected(scene)
    assert {
        pointer: {(one.code, one.subject) for one in many} for pointer, many in found.items()
    } == {pointer: set(places) for pointer, places in meant.items()}
    times = {
        one.event.event_id: one.event.event_time
        for one in [*scene.recorded, *scene.submitted]
        if not one.event.declares_error
    }
    for pointer, many in found.items():
        for one in many:
            others = meant[pointer][one.code, one.subject]
            assert one.other.id in others
            assert one.other.time == min(times[event_id] for event_id in others)
