"""What the store answers is what the rules mean, on generated chains with every nasty case."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
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
    firm,
    grai,
    lot,
    place,
    product_class,
    serial,
    sscc,
    write,
)
from traceability.lineage.findings import (
    ONLY_ITS_LOT_WAS_SEEN,
    SEEN_AFTER_ITS_END,
    UNKNOWN_ORIGIN,
)
from traceability.lineage.journeys import journey
from traceability.lineage.parties import DESTINATION, SOURCE, Party
from traceability.lineage.results import Edge, Finding, Holder, Item, Trace
from traceability.lineage.rules import (
    DOWNSTREAM,
    UPSTREAM,
    Reached,
    history,
    kind_of,
    reach,
    without_origin,
)
from traceability.lineage.streaming import End, Row, stream_recall
from traceability.lineage.tracing import recall, trace
from traceability.lineage.where import holders, where
from traceability.lineage.whereabouts import Part, parts, shares, whereabouts
from traceability.store.engine import open_engine
from traceability.store.repositories import Repositories
from traceability.store.times import from_milliseconds
from traceability.store.unit_of_work import UnitOfWork

ROD, WIRE, DRUM = (lot(1, "R1"), lot(1, "R2")), (lot(2, "W1"), lot(2, "W2")), lot(3, "D1")
DRUMS = [serial(3, name) for name in ("A", "B", "C")]
CONTAINERS = [sscc(1), sscc(2), grai(3)]
LOTS = [*ROD, *WIRE, DRUM]
PLACES = [place(1), place(2)]
PARTIES = [
    Party(side, type, firm(number))
    for side in (SOURCE, DESTINATION)
    for type in ("possessing_party", "owning_party")
    for number in (1, 2)
]
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


def where_and_who(draw: st.DrawFn) -> dict[str, object]:
    """Draw what an event tells of place, step and parties."""
    return {
        "biz_step": draw(st.sampled_from([None, None, "shipping", "receiving", "packing"])),
        "disposition": draw(st.sampled_from([None, None, None, "in_transit"])),
        "read_point": draw(st.sampled_from([None, None, *PLACES])),
        "biz_location": draw(st.sampled_from([None, None, *PLACES])),
        "parties": draw(st.lists(st.sampled_from(PARTIES), max_size=2, unique=True)),
    }


def add_event(draw: st.DrawFn, world: World, things: list[str], containers: list[str]) -> None:
    common = where_and_who(draw) | {
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
        check_where(work.repositories, world, written, code=code)
        check_holders(work.repositories, world, written, code=code)


def check_traces(repositories: Repositories, world: World, written: Written, *, code: str) -> None:
    graph = world.graph()
    up, down = (reach(graph, code, direction=way) for way in (UPSTREAM, DOWNSTREAM))
    found = trace(repositories, code, direction=UPSTREAM, proof_url=written.number)
    assert_same(found, up)
    unknown = {one.subject for one in found.findings if one.code == UNKNOWN_ORIGIN}
    assert unknown == without_origin(graph, up)
    assert_same(trace(repositories, code, direction=DOWNSTREAM, proof_url=written.number), down)
    recalled = recall(repositories, code, proof_url=written.number)
    assert_same(recalled, down)
    for portion in (1, 3, 10_000):
        rows = stream_recall(repositories, code, proof_url=written.number, portion=portion)
        assert_streamed(list(rows), recalled)
    both = trace(repositories, code, proof_url=written.number)
    assert both.codes == up.codes | down.codes
    assert edges_of(both) == up.edges | down.edges


def assert_same(found: Trace, meant: Reached) -> None:
    assert found.codes == meant.codes
    assert edges_of(found) == meant.edges
    assert not found.truncated


def assert_streamed(rows: list[Row], meant: Trace) -> None:
    """Demand the same rows, each once, and every edge after its ends."""
    assert sorted(row for row in rows if isinstance(row, Item)) == sorted(meant.items)
    assert sorted(row for row in rows if isinstance(row, Edge)) == sorted(meant.edges)
    assert tuple(row for row in rows if isinstance(row, Finding)) == meant.findings
    assert tuple(row for row in rows if isinstance(row, Holder)) == meant.holders
    assert rows[0] == meant.items[0]
    assert rows[-1] == End(len(meant.items), len(meant.edges), truncated=False)
    told: set[str] = set()
    for row in rows:
        if isinstance(row, Item):
            told.add(row.code)
        elif isinstance(row, Edge):
            assert told >= {row.source, row.target}


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


def check_where(repositories: Repositories, world: World, written: Written, *, code: str) -> None:
    found = where(repositories, code, proof_url=written.number)
    meant = whereabouts(world.graph(), code)
    assert found.state == meant.state
    for told, right in ((found.location, meant.place), (found.holder, meant.holder)):
        assert (told is None) == (right is None)
        if told is not None and right is not None:
            times = (from_milliseconds(right.since[0]), from_milliseconds(right.until[0]))
            assert told.code == named_as(right.code)
            assert (told.basis, told.inherited_from) == (right.basis, right.through)
            assert (told.since, told.last_seen, int(told.proof_url)) == (*times, right.event)
    names = {one.code for one in found.findings}
    assert (SEEN_AFTER_ITS_END in names) == meant.seen_after_its_end
    assert (ONLY_ITS_LOT_WAS_SEEN in names) == meant.only_its_lot


def check_holders(repositories: Repositories, world: World, written: Written, *, code: str) -> None:
    if kind_of(code) != "lot":
        return
    graph = world.graph()
    found = holders(repositories, code, proof_url=written.number)
    counted = {
        (one.holder, one.location, one.state, one.only_its_lot): one.items for one in found.holders
    }
    assert counted == {
        (one.holder and named_as(one.holder), *one[1:]): items
        for one, items in shares(graph, code).items()
    }
    assert found.items == len(graph.members(code))
    amounts = {
        Part(
            one.holder,
            one.location,
            one.state,
            one.container,
            None if one.quantity is None else Decimal(one.quantity),
            one.uom,
            int(one.proof_url),
        )
        for one in found.quantities
    }
    assert amounts == {
        one._replace(holder=one.holder and named_as(one.holder)) for one in parts(graph, code)
    }


def named_as(code: str) -> str:
    """Return the code that the store gives to a participant without a GLN."""
    return code if ":" in code else f"urn:itemproof:participant:{code}"
