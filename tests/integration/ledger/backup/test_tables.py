"""No table is forgotten: what the migrations make is in a backup, row by row, either way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Boolean, Column, Integer, LargeBinary, SmallInteger, Table, inspect, update

from tests.support.backups import backed_up, contents, restored, sqlite_url_of
from traceability.ledger.node import Node
from traceability.store.faults import StoreFault
from traceability.store.portable import MAX_SMALL, portable_tables
from traceability.store.store import Store
from traceability.store.tables import event_epcs, metadata

# Alembic's own: the schema's revision, which the manifest names.
NOT_OURS = {"alembic_version"}
# Far from any number that the ledger has given.
NUMBERS = (900_001, 900_002)
# What the columns' own checks allow.
CHECKED: dict[str, Any] = {"kind": 3, "mode": "warn"}


def test_every_table_and_column_of_the_database_is_in_a_backup(full: Node) -> None:
    found = inspect(full.store.engine)
    made = {
        name: {column["name"] for column in found.get_columns(name)}
        for name in set(found.get_table_names()) - NOT_OURS
    }
    assert made == {table.name: set(table.columns) for table in portable_tables()}
    assert "capture_job_parts" in made


def value(column: Column[Any], number: int) -> Any:
    """Return a value for a column; in the second row, nothing where that is allowed."""
    if column.name in CHECKED:
        return CHECKED[column.name]
    return None if column.nullable and number == NUMBERS[1] else _of_type(column, number)


def _of_type(column: Column[Any], number: int) -> Any:
    match column.type:
        case Boolean():
            return number == NUMBERS[0]
        case SmallInteger():
            return MAX_SMALL
        case Integer():
            return number
        case LargeBinary():
            return number.to_bytes(column.type.length or 40, "big")
    return f"{number % 10}缆"[: getattr(column.type, "length", None)]


def put(store: Store, table: Table) -> None:
    """Put two rows into a table; what they refer to has the same numbers."""
    rows = [{column.name: value(column, number) for column in table.c} for number in NUMBERS]
    with store.unit_of_work() as work:
        work.connection.execute(table.insert(), rows)
        work.commit()


@pytest.mark.parametrize("target", ["sqlite", "postgresql"])
def test_rows_of_every_table_come_back_in_either_database(
    full: Node, file: Path, tmp_path: Path, empty_postgres_url: str, target: str
) -> None:
    for table in metadata.sorted_tables:
        put(full.store, table)
    backed_up(full, file, verify=False)
    other = tmp_path / "other"
    url = sqlite_url_of(other) if target == "sqlite" else empty_postgres_url
    restored(file, other, url)
    with Store.open(url, other) as store:
        found = contents(store)
    assert min(map(len, found.values())) >= len(NUMBERS)
    assert found == contents(full.store)


def test_a_number_that_only_sqlite_can_keep_is_refused(
    sqlite_full: Node, file: Path, tmp_path: Path, empty_postgres_url: str
) -> None:
    with sqlite_full.store.unit_of_work() as work:
        work.connection.execute(update(event_epcs).values(ordinal=MAX_SMALL + 1))
        work.commit()
    backed_up(sqlite_full, file, verify=False)
    with pytest.raises(StoreFault, match="event_epcs has a number in ordinal"):
        restored(file, tmp_path / "other", empty_postgres_url)
    assert not (tmp_path / "other" / "keys").exists()
