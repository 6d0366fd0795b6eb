"""SQLite must begin with the set that is asked for, whether it has statistics or not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, text

from tests.support.lineage import HERE, World, add_batch, lot, serial, write
from traceability.lineage import place_queries, queries
from traceability.store.engine import open_engine
from traceability.store.unit_of_work import UnitOfWork

STATEMENTS = {
    name: value
    for module in (queries, place_queries)
    for name, value in vars(module).items()
    if isinstance(value, str) and value.lstrip().startswith("SELECT")
}
PARAMETERS = {
    "role": 1,
    "epc": 1,
    "first": 0,
    "last": 9,
    "batch": 1,
    "type": "AggregationEvent",
    "participant": b"h" * 16,
    "gln": "9521234567899",
    "name": "machine",
}


@pytest.fixture
def connection(sqlite_url: str) -> Iterator[Connection]:
    engine = open_engine(sqlite_url)
    with UnitOfWork(engine) as work:
        world = World()
        world.mint(4, "D1", ["A", "B"])
        for number in range(200):
            world.make(number, [lot(1, f"R{number}")], [serial(4, "A")])
            add_batch(work.repositories, HERE, count=1)
        write(work.repositories, world)
        yield work.connection
    engine.dispose()


def plan(connection: Connection, statement: str) -> list[str]:
    written = queries.prepared(statement, is_postgresql=False)
    many = "[[1, 9]]" if "{stretches}" in statement else "[1]"
    rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {written}", PARAMETERS | {"many": many})
    return [row.detail for row in rows]


@pytest.mark.parametrize("name", STATEMENTS)
@pytest.mark.parametrize("analyzed", [False, True])
def test_nothing_but_the_set_is_read_through(
    connection: Connection, name: str, analyzed: bool
) -> None:
    if analyzed:
        connection.execute(text("ANALYZE"))
    steps = plan(connection, STATEMENTS[name])
    assert not [step for step in steps if "BLOOM" in step or "AUTOMATIC" in step]
    assert [step for step in steps if step.startswith("SCAN")] in (
        ["SCAN wanted VIRTUAL TABLE INDEX 1:"],
        [],
    )


@pytest.mark.parametrize("name", [one for one in STATEMENTS if one.endswith("_WITHIN")])
def test_a_stretch_is_searched_for_once(connection: Connection, name: str) -> None:
    assert [step for step in plan(connection, STATEMENTS[name]) if "epc>? AND epc<?" in step] or [
        step for step in plan(connection, STATEMENTS[name]) if "rowid>? AND rowid<?" in step
    ]


def test_without_its_hint_a_statement_would_read_every_event(connection: Connection) -> None:
    connection.execute(text("ANALYZE"))
    statement = STATEMENTS["_SAME_TRANSFORMATION"].replace("{by_transformation_id}", "")
    assert "SCAN e" in plan(connection, statement)
