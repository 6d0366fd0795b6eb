"""What the store answers is what the rules mean, on generated chains with every nasty case."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from tests.support.chains import PARTNER, TAPE_BYTES, Chain, Tape
from tests.support.lineage import ELSEWHERE, World, Written, write
from traceability.ledger.partners import Asker
from traceability.ledger.sight import sight_of
from traceability.lineage.choice import EVERYTHING, Choice
from traceability.lineage.findings import (
    ONLY_ITS_LOT_WAS_SEEN,
    SEEN_AFTER_ITS_END,
    UNKNOWN_ORIGIN,
)
from traceability.lineage.journeys import journey
from traceability.lineage.place_results import Amount
from traceability.lineage.results import Edge, Finding, Holder, Item, Limits, Trace
from traceability.lineage.rules import (
    DOWNSTREAM,
    UPSTREAM,
    Graph,
    Reached,
    history,
    kind_of,
    reach,
    without_origin,
)
from traceability.lineage.streaming import End, Row, stream_recall
from traceability.lineage.tracing import CodeNotTraced, recall, trace
from traceability.lineage.where import holders, where
from traceability.lineage.whereabouts import Part, parts, shares, whereabouts
from traceability.store.engine import open_engine
from traceability.store.repositories import Repositories
from traceability.store.repositories.participants import ParticipantRow
from traceability.store.times import from_milliseconds
from traceability.store.unit_of_work import UnitOfWork


class Scene(NamedTuple):
    """A world, a code of it to ask for, the limits of the question, and whether ELSEWHERE asks."""

    world: World
    code: str
    choice: Choice = EVERYTHING
    is_partner: bool = False

    def graph(self) -> Graph:
        """Return what the question may know."""
        if self.is_partner:
            return self.world.seen_by(ELSEWHERE, PARTNER, self.choice)
        return self.world.graph(self.choice)

    def limits(self, repositories: Repositories) -> Limits:
        """Return the limits as the store takes them."""
        sight = sight_of(repositories, Asker(ELSEWHERE)) if self.is_partner else None
        return Limits(choice=replace(self.choice, sight=sight))


def scene_of(tape: bytes) -> Scene:
    """Return the chain that a tape says, and a question about it."""
    chain = Chain(Tape(tape))
    choice = chain.choice()
    return Scene(chain.world, chain.code(), choice, chain.tape.number(0, 3) == 1)


tapes = st.binary(min_size=TAPE_BYTES, max_size=TAPE_BYTES)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


# So many chains on each database; ITEMPROOF_LINEAGE_CHAINS asks for more.
CHAINS = int(os.environ.get("ITEMPROOF_LINEAGE_CHAINS", "250"))

# One database serves all examples: each is rolled back.
modest = settings(
    max_examples=CHAINS,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def edges_of(found: Trace) -> set[tuple[str, str, int | None]]:
    return {
        (edge.source, edge.target, int(edge.proof_url) if edge.proof_url else None)
        for edge in found.edges
    }


def is_known(graph: Graph, code: str) -> bool:
    """Tell whether somebody who may know of the events and lots of a graph knows a code."""
    named = any(item.code == code for fact in graph.facts for item in fact.objects)
    return named or code in graph.lots_of or any(code in lots for lots in graph.lots_of.values())


@modest
@given(tape=tapes)
def test_the_store_answers_what_the_rules_mean(engine: Engine, tape: bytes) -> None:
    scene = scene_of(tape)
    with UnitOfWork(engine) as work:
        gln = PARTNER.rpartition("/")[2]
        work.repositories.participants.put(ParticipantRow(ELSEWHERE, gln, "A partner"))
        asked = Asked(work.repositories, write(work.repositories, scene.world), scene)
        if not is_known(asked.graph, scene.code):
            asked.check_unknown()
            return
        asked.check_traces()
        asked.check_journey()
        asked.check_where()
        asked.check_holders()


class Asked:
    """One scene in a store, and the checks of each question."""

    def __init__(self, repositories: Repositories, written: Written, scene: Scene) -> None:
        self.repositories = repositories
        self.code = scene.code
        self.graph = scene.graph()
        self.portion = (1, 3, 10_000)[len(scene.world.facts) % 3]
        self.asked: Any = {"limits": scene.limits(repositories), "proof_url": written.number}

    def check_unknown(self) -> None:
        for question in (trace, recall, journey, where, holders):
            with pytest.raises(CodeNotTraced):
                question(self.repositories, self.code, **self.asked)

    def check_traces(self) -> None:
        up, down = (reach(self.graph, self.code, direction=way) for way in (UPSTREAM, DOWNSTREAM))
        found = trace(self.repositories, self.code, direction=UPSTREAM, **self.asked)
        assert_same(found, up)
        unknown = {one.subject for one in found.findings if one.code == UNKNOWN_ORIGIN}
        assert unknown == without_origin(self.graph, up)
        found = trace(self.repositories, self.code, direction=DOWNSTREAM, **self.asked)
        assert_same(found, down)
        recalled = recall(self.repositories, self.code, **self.asked)
        assert_same(recalled, down)
        portion = self.portion
        rows = stream_recall(self.repositories, self.code, portion=portion, **self.asked)
        assert_streamed(list(rows), recalled)
        both = trace(self.repositories, self.code, **self.asked)
        assert both.codes == up.codes | down.codes
        assert edges_of(both) == up.edges | down.edges

    def check_journey(self) -> None:
        found = journey(self.repositories, self.code, **self.asked)
        meant = history(self.graph, self.code)
        steps = {(int(step.proof_url), step.inherited_from) for step in found.steps}
        assert steps <= meant
        assert {event for event, _ in steps} == {event for event, _ in meant}
        own = {event for event, container in meant if container is None}
        assert {event for event, container in steps if container is None} == own
        keys = [(step.event_time, int(step.proof_url)) for step in found.steps]
        assert keys == sorted(keys)

    def check_where(self) -> None:
        found = where(self.repositories, self.code, **self.asked)
        meant = whereabouts(self.graph, self.code)
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

    def check_holders(self) -> None:
        if kind_of(self.code) != "lot":
            return
        found = holders(self.repositories, self.code, **self.asked)
        counted = {
            (one.holder, one.location, one.state, one.only_its_lot): one.items
            for one in found.holders
        }
        assert counted == {
            (one.holder and named_as(one.holder), *one[1:]): items
            for one, items in shares(self.graph, self.code).items()
        }
        assert found.items == len(self.graph.members(self.code))
        assert {part_of(one) for one in found.quantities} == {
            one._replace(holder=one.holder and named_as(one.holder))
            for one in parts(self.graph, self.code)
        }


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


def part_of(one: Amount) -> Part:
    """Return an amount as the rules tell it."""
    quantity = None if one.quantity is None else Decimal(one.quantity)
    event = int(one.proof_url)
    return Part(one.holder, one.location, one.state, one.container, quantity, one.uom, event)


def named_as(code: str) -> str:
    """Return the code that the store gives to a participant."""
    return code if ":" in code else f"urn:itemproof:participant:{code}"


def assert_same(found: Trace, meant: Reached) -> None:
    assert found.codes == meant.codes
    assert edges_of(found) == meant.edges
    assert not found.truncated
