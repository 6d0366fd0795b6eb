"""A recall told row by row: at once, within its limits, and refused before its first row."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.lineage import World, lot, serial, sscc, write
from traceability.lineage.queries import Reader
from traceability.lineage.results import Edge, Item, Limits
from traceability.lineage.streaming import End, Row, stream_recall
from traceability.lineage.tracing import CodeNotTraced, recall
from traceability.store.engine import open_engine
from traceability.store.repositories import Repositories
from traceability.store.unit_of_work import UnitOfWork

ROD, BARE = lot(1, "R1"), lot(4, "BARE")


def chain() -> World:
    """Return a rod, ten wires, and of each ten drums on a pallet; and a lot of bare numbers."""
    world = World()
    world.mint(4, "BARE", [f"U{at:02d}" for at in range(25)])
    for wire in range(10):
        world.make(wire, [ROD], [lot(2, f"W{wire}")])
        drums = [serial(3, f"D{wire}{at}") for at in range(10)]
        world.make(10 + wire, [lot(2, f"W{wire}")], drums)
        world.pack(20 + wire, sscc(wire), drums)
    return world


@pytest.fixture
def repositories(database_url: str) -> Iterator[Repositories]:
    engine = open_engine(database_url)
    with UnitOfWork(engine) as work:
        write(work.repositories, chain())
        yield work.repositories
    engine.dispose()


def items(rows: list[Row]) -> list[Item]:
    return [row for row in rows if isinstance(row, Item)]


def counted_reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that gets each statement that is run from now on."""
    run: list[str] = []
    execute = Reader._execute

    def counting(self: Reader, statement: str, parameters: dict[str, object]) -> list[object]:
        run.append(statement)
        return execute(self, statement, parameters)

    monkeypatch.setattr(Reader, "_execute", counting)
    return run


def test_rows_come_before_the_rest_is_read(
    repositories: Repositories, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = counted_reads(monkeypatch)
    rows = stream_recall(repositories, ROD, portion=5)
    first = [next(rows) for _ in range(5)]
    early = len(run)
    rest = list(rows)
    assert first[0] == Item(ROD, "lot", 0)
    assert 4 * early < len(run)
    assert rest[-1] == End(111, 110, truncated=False)


def test_nearer_items_come_first_whatever_the_portions(repositories: Repositories) -> None:
    found = []
    for portion in (1, 7, 10_000):
        told = items(list(stream_recall(repositories, ROD, portion=portion)))
        assert [one.depth for one in told] == [0] + 10 * [1] + 100 * [2]
        found.append(sorted(told))
    assert found[0] == found[1] == found[2]


def test_a_limit_of_items_is_kept_and_told(repositories: Repositories) -> None:
    rows = list(stream_recall(repositories, ROD, limits=Limits(max_items=15)))
    codes = {one.code for one in items(rows)}
    edges = [row for row in rows if isinstance(row, Edge)]
    assert len(codes) == 15
    assert edges
    assert all({edge.source, edge.target} <= codes for edge in edges)
    assert rows[-1] == End(15, len(edges), truncated=True)


def test_a_limit_that_is_not_reached_cuts_nothing(repositories: Repositories) -> None:
    rows = list(stream_recall(repositories, ROD, limits=Limits(max_items=111)))
    assert rows[-1] == End(111, 110, truncated=False)


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_a_limit_of_depth_stops_where_a_recall_does(repositories: Repositories, depth: int) -> None:
    limits = Limits(max_depth=depth)
    rows = list(stream_recall(repositories, ROD, limits=limits, portion=3))
    meant = recall(repositories, ROD, limits=limits)
    assert sorted(items(rows)) == sorted(meant.items)
    assert rows[-1] == End(len(meant.items), len(meant.edges), truncated=meant.truncated)
    assert meant.truncated == (depth < 2)


@pytest.mark.parametrize("portion", [4, 25, 100])
def test_serials_that_no_event_names_are_told_once(
    repositories: Repositories, portion: int
) -> None:
    rows = list(stream_recall(repositories, BARE, portion=portion))
    codes = [one.code for one in items(rows)]
    assert codes == [BARE, *(serial(4, f"U{at:02d}") for at in range(25))]
    assert rows[-1] == End(26, 25, truncated=False)


def test_an_unknown_code_is_refused_before_any_row(repositories: Repositories) -> None:
    with pytest.raises(CodeNotTraced, match="no event and no minted item"):
        stream_recall(repositories, lot(9, "NOBODY"))
