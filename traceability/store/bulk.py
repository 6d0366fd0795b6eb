"""Inserting many rows at once: executemany on SQLite, COPY on PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, CursorResult, Table

from traceability.store.faults import translate_driver

# SQLite allows 32,766 variables in a statement.
VARIABLES = 10_000


def bulk_insert(
    connection: Connection, table: Table, *, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert rows given in the order of `columns`, within the connection's transaction.

    The driver's own bulk path is used: SQLAlchemy's would double the time of a million rows.
    """
    names = ", ".join(table.c[column].name for column in columns)
    with _cursor(connection) as cursor:
        if connection.dialect.name == "postgresql":
            with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join("?" * len(columns))
            # Table and column names come from `tables.py`, never from input.
            statement = f"INSERT INTO {table.name} ({names}) VALUES ({marks})"  # noqa: S608 # names are ours
            cursor.executemany(statement, rows)


def run_many(connection: Connection, statement: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run a statement of SQLite's once for each row, within the connection's transaction."""
    with _cursor(connection) as cursor:
        cursor.executemany(statement, rows)


def select_among(
    connection: Connection, statement: str, values: Collection[Any]
) -> list[tuple[Any, ...]]:
    """Return the rows of a statement that ends with a column, where it is one of the values.

    SQLAlchemy's `IN` takes as long to write the statement as SQLite takes to run it.
    """
    if not values:
        return []
    if connection.dialect.name == "postgresql":
        found = connection.exec_driver_sql(f"{statement} = ANY(%s)", (list(values),))
        return [tuple(row) for row in found]
    rows: list[tuple[Any, ...]] = []
    ordered = list(values)
    with _cursor(connection) as cursor:
        for start in range(0, len(ordered), VARIABLES):
            chunk = ordered[start : start + VARIABLES]
            cursor.execute(f"{statement} IN ({', '.join('?' * len(chunk))})", chunk)
            rows += cursor.fetchall()
    return rows


@contextmanager
def _cursor(connection: Connection) -> Iterator[Any]:
    """Give the driver's cursor; what the driver raises leaves as an error of ours."""
    cursor = connection.connection.cursor()
    driver = connection.dialect.dbapi
    try:
        yield cursor
    except driver.Error as error:  # type: ignore[union-attr]  # an open connection has a driver
        raise translate_driver(error, driver) from error
    finally:
        cursor.close()


def inserted_number(result: CursorResult[Any]) -> int:
    """Return the number that the database gave to the one row just inserted."""
    key = result.inserted_primary_key
    if key is None:
        raise AssertionError("the table numbers its rows")
    return int(key[0])
