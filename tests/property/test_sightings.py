"""A recall, its report and `where` say the same of what a thing is in, on generated chains."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from tests.support.chains import Chain, Tape
from tests.support.fleets import CHAIN_BYTES
from tests.support.lineage import write
from traceability.lineage.place_results import Whereabouts
from traceability.lineage.queries import Reader
from traceability.lineage.recalls.sightings import Sightings
from traceability.lineage.tracing import CodeNotTraced, recall
from traceability.lineage.walking import Sources
from traceability.lineage.where import where
from traceability.store.engine import open_engine
from traceability.store.repositories import Repositories
from traceability.store.unit_of_work import UnitOfWork


@pytest.fixture
def engine(sqlite_url: str) -> Iterator[Engine]:
    engine = open_engine(sqlite_url)
    yield engine
    engine.dispose()


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1))
def test_what_a_recall_says_of_containers_is_what_where_says(
    engine: Engine, seed: int, compared: Counter[str]
) -> None:
    chain = Chain(Tape(random.Random(seed).randbytes(CHAIN_BYTES)))
    code = chain.code()
    with UnitOfWork(engine) as work:
        write(work.repositories, chain.world)
        try:
            recalled = recall(work.repositories, code)
        except CodeNotTraced:
            return
        found = {one: where(work.repositories, one) for one in recalled.codes}
        compared["things"] += len(found)
        around = Counter(
            code for one in found.values() for code in {box.code for box in one.inside}
        )
        assert {one.code: one.items for one in recalled.holders} == around
        last = containers(work.repositories, list(found))
        for one, place in found.items():
            assert last[one] in newest(place)


def containers(repositories: Repositories, codes: list[str]) -> dict[str, str | None]:
    """Return what the report of a recall says that things are in."""
    sources = Sources(Reader(repositories.connection))
    nodes = sources.codes.intern(codes)
    sightings = Sightings(sources)
    sightings.load(nodes)
    names = sources.codes
    names.load({seen.container for _, seen in sightings.of(nodes) if seen.container})
    return {
        names[node]: None if seen.container is None else names[seen.container]
        for node, seen in sightings.of(nodes)
    }


def newest(place: Whereabouts) -> set[str | None]:
    """Return the container that a thing was put into last; two where that was at one time."""
    nearest = [box for box in place.inside if box.level == 1]
    if not nearest:
        return {None}
    last = max(box.since for box in nearest)
    return {box.code for box in nearest if box.since == last}
