"""What the store answers is what the rules mean, on generated chains with every nasty case.

The rules share functions with the store. So each answer is held to an oracle as well, which was
written from the document alone: a rule that is wrong in both would be wrong for the oracle.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from tests.support.chains import PARTNER
from tests.support.fleets import (
    CHAIN_BYTES,
    FEED,
    PROBE,
    TOGETHER,
    YIELD,
    Fleet,
    Member,
    known,
)
from tests.support.lineage import ELSEWHERE, World, Written, write
from tests.support.lineage_compared import (
    Told,
    assert_journey,
    assert_place,
    named_as,
    oracle_of,
)
from tests.support.lineage_oracle import Oracle
from traceability.ledger.partners import Asker
from traceability.ledger.sight import sight_of
from traceability.lineage.findings import (
    ONLY_ITS_LOT_WAS_SEEN,
    SEEN_AFTER_ITS_END,
    UNKNOWN_ORIGIN,
)
from traceability.lineage.journeys import journey
from traceability.lineage.limited_reading import reader_for
from traceability.lineage.locating import Locator
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
from traceability.lineage.walking import Sources
from traceability.lineage.where import holders, where
from traceability.lineage.whereabouts import Fixed, Part, Settled, parts, shares, whereabouts
from traceability.store.engine import open_engine
from traceability.store.repositories import Repositories
from traceability.store.repositories.participants import ParticipantRow
from traceability.store.times import from_milliseconds
from traceability.store.unit_of_work import UnitOfWork

# So many chains on each database; ITEMPROOF_LINEAGE_CHAINS asks for more.
CHAINS = int(os.environ.get("ITEMPROOF_LINEAGE_CHAINS", "2500"))

# Of so many chains of a fleet every question is asked alone, with limits and rights of its own.
ALONE = 2


@st.composite
def tapes(draw: st.DrawFn) -> bytes:
    """Draw a tape; it shrinks to fewer chains with shorter stories."""
    noise = random.Random(draw(st.integers(0, 2**32 - 1)))
    chains = draw(st.sampled_from([1, 2, 4, 8, *[TOGETHER] * 60]))
    told = draw(st.sampled_from([8, 16, 32, 64, *[CHAIN_BYTES] * 60]))
    return b"".join(noise.randbytes(told).ljust(CHAIN_BYTES, b"\0") for _ in range(chains))


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


# One database serves all examples: each is rolled back.
modest = settings(
    max_examples=-(-CHAINS // TOGETHER),
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


# Minutes where many share the machine.
@pytest.mark.timeout(1200)
@modest
@given(tape=tapes())
def test_the_store_answers_what_the_rules_mean(
    engine: Engine, tape: bytes, compared: Counter[str]
) -> None:
    fleet = Fleet(tape)
    compared["chains"] += len(fleet.members)
    with UnitOfWork(engine) as work:
        repositories = work.repositories
        gln = PARTNER.rpartition("/")[2]
        repositories.participants.put(ParticipantRow(ELSEWHERE, gln, "A partner"))
        written = write(repositories, fleet.world)
        for member in fleet.members[:ALONE]:
            oracle = oracle_of(member.world, member)
            alone = Asked(repositories, member.graph(), member, written, compared, oracle=oracle)
            if is_known(alone.graph, alone.code):
                alone.check_all()
            else:
                alone.check_unknown()
        check_places(repositories, fleet, written, compared)
        check_joined(repositories, fleet, written, compared)


def check_joined(
    repositories: Repositories, fleet: Fleet, written: Written, compared: Counter[str]
) -> None:
    """Ask of what all chains are joined by: the answers are those of all of them at once."""
    choice = fleet.asked.choice
    if None not in (choice.earliest, choice.before) and choice.earliest >= choice.before:
        return
    joints = World(list(fleet.join()))
    written = Written({**written.numbers, **write(repositories, joints).numbers})
    graph = known(fleet.world, choice, is_partner=fleet.asked.is_partner)
    oracle = oracle_of(fleet.world, fleet.asked)

    def ask(code: str) -> Asked:
        return Asked(repositories, graph, fleet.asked, written, compared, oracle=oracle, code=code)

    ask(FEED).check_downstream()
    ask(YIELD).check_upstream()
    if is_known(graph, PROBE):
        ask(PROBE).check_journey()
        ask(PROBE).check_where()


def check_places(
    repositories: Repositories, fleet: Fleet, written: Written, compared: Counter[str]
) -> None:
    """Ask where everything of all chains is, at once."""
    choice = limits_of(fleet.asked, repositories).choice
    reader = reader_for(repositories, choice)
    sources = Sources(reader, choice)
    meant = {
        code: (whereabouts(graph, code), oracle)
        for member in fleet.members
        for oracle in [oracle_of(member.world, fleet.asked)]
        for graph in [known(member.world, fleet.asked.choice, is_partner=fleet.asked.is_partner)]
        for code in sorted({one.code for fact in graph.facts for one in fact.objects})
    }
    nodes = sources.codes.intern(list(meant))
    for together, found in Locator(sources, reader).settled(nodes):
        events = [one.event for one in (found.place, found.holder) if one is not None]
        records = reader.references(set(events))
        numbers = {event: int(written.number(record)) for event, (_, record) in records.items()}
        for node in together:
            compared["answers"] += 1
            code = sources.codes[node]
            right, oracle = meant[code]
            place, holder, *rest = plain(found, numbers)
            assert (place, holder, *rest) == plain(right, None)
            assert_place(oracle, code, place=place, holder=holder, rest=tuple(rest))


def plain(
    settled: Settled, numbers: Mapping[int, int] | None
) -> tuple[Told | None, Told | None, str, bool, bool]:
    """Return what is settled of a thing with event numbers of the world."""

    def told(one: Fixed | None) -> Told | None:
        if one is None:
            return None
        event = one.event if numbers is None else numbers[one.event]
        times = one.since[0], one.until[0]
        return Told(named_as(one.code), one.basis, *times, event, one.through)

    return (
        told(settled.place),
        told(settled.holder),
        settled.state,
        settled.seen_after_its_end,
        settled.only_its_lot,
    )


def limits_of(member: Member, repositories: Repositories) -> Limits:
    """Return the limits of a question as the store takes them."""
    sight = sight_of(repositories, Asker(ELSEWHERE)) if member.is_partner else None
    return Limits(choice=replace(member.choice, sight=sight))


class Asked:
    """One question in a store, and the checks of each way to ask it."""

    def __init__(
        self,
        repositories: Repositories,
        graph: Graph,
        member: Member,
        written: Written,
        compared: Counter[str],
        *,
        oracle: Oracle,
        code: str | None = None,
    ) -> None:
        self.oracle = oracle
        self.repositories = repositories
        self.code = code or member.code
        self.graph = graph
        self.compared = compared
        # Of what is asked alone; of many chains so small a portion would be many queries.
        portions = (1, 3, 10_000) if code is None else (30, 10_000)
        self.portion = portions[len(member.world.facts) % len(portions)]
        limits = limits_of(member, repositories)
        self.asked: Any = {"limits": limits, "proof_url": written.number}

    def check_unknown(self) -> None:
        for question in (trace, recall, journey, where, holders):
            with pytest.raises(CodeNotTraced):
                question(self.repositories, self.code, **self.asked)

    def check_all(self) -> None:
        self.check_traces()
        self.check_journey()
        self.check_where()
        self.check_holders()

    def check_traces(self) -> None:
        self.check_upstream()
        self.check_downstream()
        self.compared["answers"] += 1
        up, down = (reach(self.graph, self.code, direction=way) for way in (UPSTREAM, DOWNSTREAM))
        both = trace(self.repositories, self.code, **self.asked)
        assert both.codes == up.codes | down.codes
        assert edges_of(both) == up.edges | down.edges

    def check_upstream(self) -> None:
        self.compared["answers"] += 1
        meant = reach(self.graph, self.code, direction=UPSTREAM)
        found = trace(self.repositories, self.code, direction=UPSTREAM, **self.asked)
        assert_same(found, meant)
        assert found.codes == self.oracle.upstream(self.code)
        unknown = {one.subject for one in found.findings if one.code == UNKNOWN_ORIGIN}
        assert unknown == without_origin(self.graph, meant)

    def check_downstream(self) -> None:
        self.compared["answers"] += 3
        meant = reach(self.graph, self.code, direction=DOWNSTREAM)
        found = trace(self.repositories, self.code, direction=DOWNSTREAM, **self.asked)
        assert_same(found, meant)
        recalled = recall(self.repositories, self.code, **self.asked)
        assert_same(recalled, meant)
        assert recalled.codes == self.oracle.downstream(self.code)
        held = Counter(box for code in meant.codes for box in boxes_around(self.graph, code))
        assert {one.code: one.items for one in recalled.holders} == held
        assert held == self.oracle.boxes(recalled.codes)
        rows = stream_recall(self.repositories, self.code, portion=self.portion, **self.asked)
        assert_streamed(list(rows), recalled)

    def check_journey(self) -> None:
        self.compared["answers"] += 1
        found = journey(self.repositories, self.code, **self.asked)
        meant = history(self.graph, self.code)
        steps = {(int(step.proof_url), step.inherited_from) for step in found.steps}
        assert steps <= meant
        assert {event for event, _ in steps} == {event for event, _ in meant}
        own = {event for event, container in meant if container is None}
        assert {event for event, container in steps if container is None} == own
        assert_journey(self.oracle, self.code, steps)
        keys = [(step.event_time, int(step.proof_url)) for step in found.steps]
        assert keys == sorted(keys)

    def check_where(self) -> None:
        self.compared["answers"] += 1
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
        place, holder, *rest = plain(meant, None)
        assert_place(self.oracle, self.code, place=place, holder=holder, rest=tuple(rest))

    def check_holders(self) -> None:
        if kind_of(self.code) != "lot":
            return
        self.compared["answers"] += 1
        found = holders(self.repositories, self.code, **self.asked)
        counted = {
            (one.holder, one.location, one.state, one.only_its_lot): one.items
            for one in found.holders
        }
        assert counted == {
            (one.holder and named_as(one.holder), *one[1:]): items
            for one, items in shares(self.graph, self.code).items()
        }
        assert counted == {
            (one.holder and named_as(one.holder), *one[1:]): items
            for one, items in self.oracle.shares(self.code).items()
        }
        assert found.items == len(self.graph.members(self.code))
        assert {part_of(one) for one in found.quantities} == {
            one._replace(holder=one.holder and named_as(one.holder))
            for one in parts(self.graph, self.code)
        }


def boxes_around(graph: Graph, code: str) -> set[str]:
    """Return what a thing is in now, and what that is in; never itself."""
    found: set[str] = set()
    todo = [code]
    while todo:
        now = {stay.parent for stay in graph.containers.get(todo.pop(), ()) if stay.end is None}
        todo += now - found
        found |= now
    return found - {code}


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


def assert_same(found: Trace, meant: Reached) -> None:
    assert found.codes == meant.codes
    assert edges_of(found) == meant.edges
    assert not found.truncated
