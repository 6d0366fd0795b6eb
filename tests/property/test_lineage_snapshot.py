"""A snapshot and what came since tell the codes that the store tells, on generated chains."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from tests.support.chains import TAPE_BYTES, Chain, Tape
from tests.support.lineage import World, write
from traceability.lineage.results import Limits
from traceability.lineage.rules import DOWNSTREAM, reach
from traceability.lineage.snapshot.answering import Held, hold, horizon
from traceability.lineage.tracing import CodeNotTraced, recall
from traceability.store.engine import open_engine
from traceability.store.repositories import Repositories
from traceability.store.unit_of_work import UnitOfWork

# So many chains on each database; ITEMPROOF_LINEAGE_CHAINS asks for more.
CHAINS = int(os.environ.get("ITEMPROOF_LINEAGE_CHAINS", "100"))
tapes = st.binary(min_size=TAPE_BYTES, max_size=TAPE_BYTES)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


def parts_of(world: World, tape: Tape) -> Iterator[World]:
    """Cut a world in three, in the order of arrival; lots are minted with one of them."""
    ends = sorted(tape.number(0, len(world.facts)) for _ in range(2))
    minted = [tape.one([0, 0, 0, 1, 2]) for _ in world.minted]
    bounds = [0, *ends, len(world.facts)]
    pairs = list(zip(world.minted.items(), minted, strict=True))
    for at in range(3):
        lots = {lot: some for (lot, some), when in pairs if when == at}
        yield World(world.facts[bounds[at] : bounds[at + 1]], lots)


@settings(
    max_examples=CHAINS,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(tape=tapes, more=tapes)
def test_what_came_since_counts_as_in_the_store(engine: Engine, tape: bytes, more: bytes) -> None:
    chain = Chain(Tape(tape))
    code, rest = chain.code(), Tape(more)
    with UnitOfWork(engine) as work:
        held: Held | None = None
        for part in parts_of(chain.world, rest):
            write(work.repositories, part)
            if held is None:
                held = hold(work.repositories, horizon(work.repositories))
            else:
                held.take_in(work.repositories)
        assert held is not None
        assert_same(work.repositories, held, code=code, world=chain.world)
        whole = hold(work.repositories, horizon(work.repositories))
        assert_same(work.repositories, whole, code=code, world=chain.world)


def assert_same(repositories: Repositories, held: Held, *, code: str, world: World) -> None:
    """Demand the same codes in as many steps, or the same refusal."""
    limits = Limits()
    try:
        meant = recall(repositories, code, limits=limits)
    except CodeNotTraced:
        with pytest.raises(CodeNotTraced):
            held.recall(repositories, code, limits=limits)
        return
    found = held.recall(repositories, code, limits=limits)
    assert found is not None
    assert sorted(found.items()) == sorted(meant.items)
    assert sorted(found.codes()) == sorted(meant.codes)
    assert meant.codes == reach(world.graph(), code, direction=DOWNSTREAM).codes
    assert sum(found.kinds().values()) == len(found) == len(meant.items)
