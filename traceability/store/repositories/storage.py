"""Values whose type is not their column's: SQLite takes any, PostgreSQL refuses them itself.

Source: SQLite, "Datatypes In SQLite", section 2 (storage classes).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Integer,
    LargeBinary,
    Select,
    String,
    Table,
    func,
    or_,
    select,
)

from traceability.store.tables import metadata

# Rows of one table that are named; a table that was rewritten whole needs no longer list.
MOST_ROWS = 1000


class Misfit(NamedTuple):
    """A value of another storage class than its column's."""

    table: str
    key: tuple[object, ...]
    column: str
    expected: str
    found: str


def misfits_of(connection: Connection, name: str) -> Iterator[Misfit]:
    """Yield every value of a table that was stored as another type, such as text for bytes."""
    if connection.dialect.name == "sqlite":
        yield from _misfits_of(connection, metadata.tables[name])


def _misfits_of(connection: Connection, table: Table) -> Iterator[Misfit]:
    columns = list(table.columns)
    width = len(table.primary_key.columns)
    for row in connection.execute(_odd_rows(table)):
        key, names = tuple(row[:width]), row[width:]
        for column, found in zip(columns, names, strict=True):
            allowed = _allowed(column)
            if found not in allowed:
                yield Misfit(table.name, key, column.name, allowed[0], found)


@cache
def _odd_rows(table: Table) -> Select[Any]:
    """Return the query for the keys of such rows, and the storage classes of all their values."""
    columns = list(table.columns)
    classes = [func.typeof(column) for column in columns]
    odd = [found.not_in(_allowed(column)) for found, column in zip(classes, columns, strict=True)]
    return select(*table.primary_key.columns, *classes).where(or_(*odd)).limit(MOST_ROWS)


def _allowed(column: Column[object]) -> tuple[str, ...]:
    """Return the storage classes of a column, its own first."""
    null = ("null",) if column.nullable else ()
    return (_storage_class(column), *null)


def _storage_class(column: Column[object]) -> str:
    if isinstance(column.type, LargeBinary):
        return "blob"
    if isinstance(column.type, Integer | Boolean):
        return "integer"
    if isinstance(column.type, String):
        return "text"
    raise AssertionError(f"column {column} has a type without a storage class")
