"""The one-code rules against an oracle that looks at every moment and every pair of events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from tests.support.lineage import lot
from tests.support.one_code import ELSEWHERE, HERE, Told, keep, pointers, tell
from tests.support.one_code_oracle import CONTAINERS, ITEMS, LAST, Oracle
from traceability.lineage.one_code.judging import OneCode
from traceability.store.engine import open_engine
from traceability.store.repositories.one_code import RuleMode
from traceability.store.unit_of_work import UnitOfWork

LOT = lot(2, "L")
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
