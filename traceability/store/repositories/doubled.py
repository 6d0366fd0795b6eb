"""Rows that are there twice: whoever drops a constraint can put a second one beside the true one.

A reader that takes one row for a key meets either, so that none may be there beside another.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import ColumnCollection, Connection, Table, UniqueConstraint, func, inspect, select

from traceability.store.tables import metadata

# Keys of one table that are named; a table that was rewritten whole needs no longer list.
MOST_ROWS = 1000


class Doubled(NamedTuple):
    """A key that several rows of a table share: its columns, its values, and how many rows."""

    columns: tuple[str, ...]
    key: tuple[object, ...]
    rows: int


def doubled(connection: Connection, name: str) -> Iterator[Doubled]:
    """Yield every key of a table that more than one row has, of each key that it should have.

    A table that is not there has none.
    """
    if not inspect(connection).has_table(name):
        return
    table = metadata.tables[name]
    for key in _keys(table):
        columns = list(key)
        query = (
            select(*columns, func.count())
            .where(*(column.is_not(None) for column in columns if column.nullable))
            .group_by(*columns)
            .having(func.count() > 1)
            .limit(MOST_ROWS)
        )
        names = tuple(str(column.name) for column in columns)
        for *values, rows in connection.execute(query):
            yield Doubled(names, tuple(values), rows)


def _keys(table: Table) -> Iterator[ColumnCollection[Any, Any]]:
    yield table.primary_key.columns
    for constraint in sorted(
        (one for one in table.constraints if isinstance(one, UniqueConstraint)),
        key=lambda one: str(one.name),
    ):
        yield constraint.columns
