"""A database that fails while rows are fetched fails as one that fails at once."""

from __future__ import annotations

import sqlite3
from types import SimpleNamespace
from typing import Any, NoReturn, cast

import pytest
from sqlalchemy import Connection

from traceability.lineage.queries import Reader
from traceability.store.faults import StoreFault, StoreUnavailable, translated


class Failing:
    """A connection whose rows cannot be fetched."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.closed = False
        self.cursor = self
        self.dialect = SimpleNamespace(name="sqlite", loaded_dbapi=sqlite3)

    def exec_driver_sql(self, _statement: str, _parameters: dict[str, Any]) -> Failing:
        return self

    def fetchall(self) -> NoReturn:
        raise self.error

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (sqlite3.OperationalError("disk I/O error"), StoreUnavailable),
        (sqlite3.DatabaseError("database disk image is malformed"), StoreFault),
    ],
)
def test_a_failing_fetch_is_the_stores_own_error(
    error: Exception, expected: type[Exception]
) -> None:
    connection = Failing(error)
    with pytest.raises(expected, match=str(error)), translated():
        Reader(cast(Connection, connection)).codes([1])
    assert connection.closed


def test_another_error_is_left_alone() -> None:
    with pytest.raises(MemoryError), translated():
        Reader(cast(Connection, Failing(MemoryError()))).codes([1])
