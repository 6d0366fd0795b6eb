"""What the store answers is what the rules mean, on generated chains with every nasty case."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from tests.support.lineage import (
    ELSEWHERE,
    HERE,
    World,
    Written,
    grai,
    lot,
    product_class,
    serial,
    sscc,
    write,
)
from traceability.lineage.findings import UNKNOWN_ORIGIN
from traceability.lineage.journeys import journey
from traceability.lineage.results import Trace
from traceability.lineage.rules import (
    DOWNSTREAM,
    UPSTREAM,
    Reached,
    history,
    reach,
    without_origin,
)
from traceability.lineage.tracing import recall, trace
from traceability.store.engine import open_engine
from traceability.store.repositories import Repositories
from traceability.store.unit_of_work import UnitOfWork

ROD, WIRE, DRUM = (lot(1, "R1"), lot(1, "R2")), (lot(2, "W1"), lot(2, "W2")), lot(3, "D1")
DRUMS = [serial(3, name) for name in ("A", "B", "C")]
CONTAINERS = [sscc(1), sscc(2), grai(3)]
LOTS = [*ROD, *WIRE, DRUM]
THINGS = [*LOTS, *DRUMS, serial(4, "X"), product_class(5), "urn:example:coil:7"]


class Scene(NamedTuple):
    """A world, and a code of it to ask for."""

    world: World
    code: str


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """Draw a chain over few codes, so that events meet."""
    world = World()
    if draw(st.booleans()):
        world.mint(3, "D1", ["A", "B"])
    if draw(st.integers(0, 3)) == 0:
        world.mint(3, "D2", ["B", "C"])
    things = draw(st.lists(st.sampled_from(THINGS), min_size=2, max_size=5, unique=True))
    containers = draw(st.lists(st.sampled_from(CONTAINERS), min_size=1, max_size=2, unique=True))
    for _ in range(draw(st.integers(1, 12))):
        add_event(draw, world, things, containers)
    return Scene(world, draw(st.sampled_from([*things, *containers, *world.minted])))


def add_event(draw: st.DrawFn, world: World, things: list[str], containers: list[str]) -> None:
    common = {
        "event_id": draw(st.sampled_from([None, None, None, "urn:id:1", "urn:id:2"])),
        "declares_error": draw(st.integers(0, 9)) == 9,
        "participant": draw(st.sampled_from([HERE, HERE, ELSEWHERE])),
    }
    time = draw(st.integers(0, 6))
    codes = st.lists(st.sampled_from([*things, *containers]), max_size=3, unique=True)
    kind = draw(st.sampled_from(["make", "make", "pack", "pack", "pack", "associate", "observe"]))
    if kind == "make":
        together = draw(st.sampled_from([None, None, None, "urn:run:1"]))
        outputs = draw(st.lists(st.sampled_from(things), max_size=2, unique=True))
        world.make(time, draw(codes), outputs, transformation_id=together, **common)
    elif kind == "observe":
        action = draw(st.sampled_from(["OBSERVE", "ADD", "DELETE"]))
        world.event("ObjectEvent", time, action=action, epc=draw(codes), **common)
    else:
        name = "AggregationEvent" if kind == "pack" else "AssociationEvent"
        action = draw(st.sampled_from(["ADD", "ADD", "DELETE", "OBSERVE"]))
        inside = [amount_of(draw, code) for code in draw(codes)]
        parent = [draw(st.sampled_from(containers))]
        world.event(name, time, action=action, parent=parent, child=inside, **common)


def amount_of(draw: st.DrawFn, code: str) -> tuple[str, str | None, str | None]:
    """Draw how much of a lot; other things are whole."""
    if code not in LOTS:
        return code, None, None
    amount = draw(st.sampled_from(["1", "2", "2.5", None]))
    return code, amount, draw(st.sampled_from(["KGM", "KGM", None]))


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


# One database serves all examples: each is rolled back.
modest = settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def edges_of(found: Trace) -> set[tuple[str, str, int | None]]:
    return {
        (edge.source, edge.target, int(edge.proof_url) if edge.proof_url else None)
        for edge in found.edges
    }


def is_known(world: World, code: str) -> bool:
    named = any(item.code == code for fact in world.facts for item in fact.objects)
    return named or code in world.minted or any(code in one for one in world.minted.values())


@modest
@given(scene=scenes())
def test_the_store_answers_what_the_rules_mean(engine: Engine, scene: Scene) -> None:
    world, code = scene
    if not is_known(world, code):
        return
    with UnitOfWork(engine) as work:
        written = write(work.repositories, world)
        check_traces(work.repositories, world, written, code=code)
        check_journey(work.repositories, world, written, code=code)


def check_traces(repositories: Repositories, world: World, written: Written, *, code: str) -> None:
    graph = world.graph()
    up, down = (reach(graph, code, direction=way) for way in (UPSTREAM, DOWNSTREAM))
    found = trace(repositories, code, direction=UPSTREAM, proof_url=written.number)
    assert_same(found, up)
    unknown = {one.subject for one in found.findings if one.code == UNKNOWN_ORIGIN}
    assert unknown == without_origin(graph, up)
    assert_same(trace(repositories, code, direction=DOWNSTREAM, proof_url=written.number), down)
    assert_same(recall(repositories, code, proof_url=written.number), down)
    both = trace(repositories, code, proof_url=written.number)
    assert both.codes == up.codes | down.codes
    assert edges_of(both) == up.edges | down.edges


def assert_same(found: Trace, meant: Reached) -> None:
    assert found.codes == meant.codes
    assert edges_of(found) == meant.edges
    assert not found.truncated


def check_journey(repositories: Repositories, world: World, written: Written, *, code: str) -> None:
    found = journey(repositories, code, proof_url=written.number)
    meant = history(world.graph(), code)
    steps = {(int(step.proof_url), step.inherited_from) for step in found.steps}
    assert steps <= meant
    assert {event for event, _ in steps} == {event for event, _ in meant}
    own = {event for event, container in meant if container is None}
    assert {event for event, container in steps if container is None} == own
    keys = [(step.event_time, int(step.proof_url)) for step in found.steps]
    assert keys == sorted(keys)
