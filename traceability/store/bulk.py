"""Inserting many rows at once: rows by the hundred on SQLite, COPY on PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    CursorResult,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
)
from sqlalchemy.types import TypeEngine

from traceability.store.faults import translate_driver

# Rows, and values asked for, that one statement to SQLite takes. One statement of many rows takes
# half as long as one for each; and of so few widths the driver keeps every statement ready.
ROW_WIDTHS = (512, 64, 16, 4, 1)
VALUE_WIDTHS = (1, 4, 16, 64, 256, 1_024, 8_192)
# Subclasses come before what they derive from.
_TYPE_NAMES: tuple[tuple[type[TypeEngine[Any]], str], ...] = (
    (BigInteger, "int8"),
    (SmallInteger, "int2"),
    (Integer, "int4"),
    (Boolean, "bool"),
    (LargeBinary, "bytea"),
    (String, "text"),
)


def bulk_insert(
    connection: Connection, table: Table, *, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert rows given in the order of `columns`, within the connection's transaction.

    The driver's own bulk path is used: SQLAlchemy's would double the time of a million rows.
    """
    remaining = iter(rows)
    first = next(remaining, None)
    if first is None:
        return
    every = chain((first,), remaining)
    names = ", ".join(columns)
    with driver_cursor(connection) as cursor:
        if connection.dialect.name == "postgresql":
            with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN (FORMAT BINARY)") as copy:
                copy.set_types([type_name(table.c[column].type) for column in columns])
                for row in every:
                    copy.write_row(row)
        else:
            # Table and column names come from `tables.py`, never from input.
            head = f"INSERT INTO {table.name} ({names}) VALUES "  # noqa: S608 # names are ours
            marks = f"({', '.join('?' * len(columns))})"
            while chunk := list(islice(every, ROW_WIDTHS[0])):
                for part in _parts(chunk):
                    cursor.execute(head + ", ".join([marks] * len(part)), list(chain(*part)))


def _parts(rows: Sequence[Sequence[Any]]) -> Iterator[Sequence[Sequence[Any]]]:
    """Yield the rows in parts of the widths that statements have."""
    at = 0
    for width in ROW_WIDTHS:
        while len(rows) - at >= width:
            yield rows[at : at + width]
            at += width


# The sequence's name is looked up once: for each number it would take longer than the insert.
_NEXT_NUMBERS = """
WITH sequence AS MATERIALIZED (SELECT pg_get_serial_sequence(%s, %s)::regclass AS name)
SELECT string_agg(nextval(name)::text, ' ') FROM sequence, generate_series(1, %s)"""


def next_numbers(connection: Connection, column: Column[int], count: int) -> Sequence[int]:
    """Return the numbers of the next rows of a table that numbers its rows, ascending.

    Writers on SQLite are alone, so there they are the next free ones.
    """
    if connection.dialect.name == "postgresql":
        asked = (column.table.name, column.name, count)
        ((numbers,),) = fetch(connection, _NEXT_NUMBERS, asked)
        return [int(number) for number in numbers.split()]
    highest = f"SELECT max({column.name}) FROM {column.table.name}"  # noqa: S608 # names are ours
    last = fetch(connection, highest)[0][0] or 0
    return range(last + 1, last + 1 + count)


def select_among(
    connection: Connection, statement: str, values: Collection[Any]
) -> list[tuple[Any, ...]]:
    """Return the rows of a statement that ends with a column, where it is one of the values.

    SQLAlchemy's `IN` takes as long to write the statement as SQLite takes to run it.
    """
    if not values:
        return []
    if connection.dialect.name == "postgresql":
        return fetch(connection, f"{statement} = ANY(%b)", (list(values),))
    rows: list[tuple[Any, ...]] = []
    ordered = list(values)
    with driver_cursor(connection) as cursor:
        for start in range(0, len(ordered), VALUE_WIDTHS[-1]):
            chunk = _widened(ordered[start : start + VALUE_WIDTHS[-1]])
            cursor.execute(f"{statement} IN ({', '.join('?' * len(chunk))})", chunk)
            rows += cursor.fetchall()
    return rows


def _widened(values: list[Any]) -> list[Any]:
    """Repeat the last value until there are as many as some statement takes."""
    width = next(width for width in VALUE_WIDTHS if width >= len(values))
    return values + values[-1:] * (width - len(values))


def fetch(
    connection: Connection, statement: str, values: Sequence[Any] = ()
) -> list[tuple[Any, ...]]:
    """Return the rows of a statement in the driver's own words.

    For what is asked in every group commit: SQLAlchemy takes longer to pass it on than SQLite
    to answer it.
    """
    with driver_cursor(connection) as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def type_name(kind: TypeEngine[Any]) -> str:
    """Return PostgreSQL's name of a column's type, as binary COPY needs it."""
    return next(name for known, name in _TYPE_NAMES if isinstance(kind, known))


@contextmanager
def driver_cursor(connection: Connection) -> Iterator[Any]:
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
