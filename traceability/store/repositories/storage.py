"""Values that are not what their column means: of another type, too large, or no text at all.

SQLite takes any type; PostgreSQL refuses wrong ones and wrong text itself, and takes any number.

Source: SQLite, "Datatypes In SQLite", section 2 (storage classes).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Boolean, Column, Connection, Integer, LargeBinary, String, Table, inspect

from traceability.store.tables import metadata

# Rows of one table that are named; a table that was rewritten whole needs no longer list.
MOST_ROWS = 1000
# Beyond it JSON carries no whole number exactly, and nothing that is counted gets there; nor does
# a batch have so many records. Below, sums of many stay within 64 bits.
MOST, MOST_RECORDS = 2**53, 2**40
COUNTS = ("record_count", "quantity", "first_index", "record_index", "field_count")
# Prices are in wei, of any chain; no sum is made of them.
PRICES = ("estimated_price", "gas_price")
# A log's last place is looked for up to here, and up to twice the number of its entries.
SPARE_PLACES = 1024


class Misfit(NamedTuple):
    """A value that its column cannot mean."""

    table: str
    key: tuple[object, ...]
    column: str
    expected: str
    found: str


def missing_tables(connection: Connection) -> list[str]:
    """Return the tables that are not there."""
    return sorted(metadata.tables.keys() - set(inspect(connection).get_table_names()))


def misfits_of(connection: Connection, name: str) -> Iterator[Misfit]:
    """Yield every value of a table that is of another type, or a number too large."""
    table = metadata.tables[name]
    if connection.dialect.name == "sqlite":
        yield from _misfits_of(connection, table)
    else:
        yield from _excesses_of(connection, table)


def undecodable_of(connection: Connection, name: str) -> Iterator[Misfit]:
    """Yield every text of a table that is not UTF-8, which the driver refuses to read."""
    if connection.dialect.name == "sqlite":
        yield from islice(_undecodable_of(connection, metadata.tables[name]), MOST_ROWS)


def places_too_high(connection: Connection) -> Iterator[Misfit]:
    """Yield entries whose place is so high that nobody could look at all below it."""
    count = int(connection.exec_driver_sql("SELECT count(leaf_index) FROM entries").scalar_one())
    most = 2 * count + SPARE_PLACES
    query = f"SELECT arrival, leaf_index FROM entries WHERE leaf_index > {most} LIMIT {MOST_ROWS}"  # noqa: S608 # a number
    for arrival, place in connection.exec_driver_sql(query):
        yield Misfit("entries", (arrival,), "leaf_index", f"below {count}", str(place))


def _misfits_of(connection: Connection, table: Table) -> Iterator[Misfit]:
    keys, columns = list(table.primary_key.columns), list(table.columns)
    for row in connection.exec_driver_sql(_odd_rows(table)):
        key, rest = _key(keys, row), row[len(keys) :]
        for column, found, number in zip(columns, rest[::2], rest[1::2], strict=True):
            allowed = _allowed(column)
            if found not in allowed:
                yield Misfit(table.name, key, column.name, allowed[0], found)
            elif _is_excess(column, number):
                yield _excess(table, key, column, number)


def _excesses_of(connection: Connection, table: Table) -> Iterator[Misfit]:
    keys = list(table.primary_key.columns)
    columns = [column for column in table.columns if _is_limited(column)]
    if not columns:
        return
    names, odd = _list(map(_name, (*keys, *columns))), " OR ".join(map(_excessive, columns))
    query = f"SELECT {names} FROM {table.name} WHERE {odd} LIMIT {MOST_ROWS}"  # noqa: S608 # names are ours
    for row in connection.exec_driver_sql(query):
        for column, number in zip(columns, row[len(keys) :], strict=True):
            if _is_excess(column, number):
                yield _excess(table, _key(keys, row), column, number)


def _undecodable_of(connection: Connection, table: Table) -> Iterator[Misfit]:
    keys = list(table.primary_key.columns)
    columns = [column for column in table.columns if isinstance(column.type, String)]
    if not columns:
        return
    query = f"SELECT {_list(map(_readable, (*keys, *columns)))} FROM {table.name}"  # noqa: S608 # names are ours
    for row in connection.exec_driver_sql(query):
        for column, found in zip(columns, row[len(keys) :], strict=True):
            if isinstance(found, bytes) and not _is_text(found):
                shown = found.decode(errors="replace")
                yield Misfit(table.name, _key(keys, row), column.name, "text in UTF-8", shown)


@cache
def _odd_rows(table: Table) -> str:
    """Return the query for the keys of such rows, and class and number of all their values."""
    keys = _list(map(_readable, table.primary_key.columns))
    values = _list(map(_class_and_number, table.columns))
    odd = [f"typeof({_name(column)}) NOT IN ({_classes(column)})" for column in table.columns]
    odd += [_excessive(column) for column in table.columns if _is_limited(column)]
    return f"SELECT {keys}, {values} FROM {table.name} WHERE {' OR '.join(odd)} LIMIT {MOST_ROWS}"  # noqa: S608 # names are ours


def _class_and_number(column: Column[Any]) -> str:
    name = _name(column)
    return f"typeof({name}), CASE typeof({name}) WHEN 'integer' THEN {name} END"


def _excessive(column: Column[Any]) -> str:
    return f"{_name(column)} NOT BETWEEN -{_most(column)} AND {_most(column)}"


def _is_limited(column: Column[Any]) -> bool:
    return isinstance(column.type, Integer) and column.name not in PRICES


def _is_excess(column: Column[Any], number: int | None) -> bool:
    return number is not None and _is_limited(column) and abs(number) > _most(column)


def _most(column: Column[Any]) -> int:
    return MOST_RECORDS if column.name in COUNTS else MOST


def _excess(table: Table, key: tuple[object, ...], column: Column[Any], number: object) -> Misfit:
    return Misfit(table.name, key, column.name, f"at most {_most(column)}", str(number))


def _readable(column: Column[Any]) -> str:
    """Return an expression for a column that the driver can read whatever was stored."""
    name = _name(column)
    return f"CASE typeof({name}) WHEN 'text' THEN CAST({name} AS BLOB) ELSE {name} END"


def _key(columns: list[Column[Any]], row: Iterable[object]) -> tuple[object, ...]:
    """Return a row's key, with texts that came as their bytes."""
    return tuple(
        value.decode(errors="replace")
        if isinstance(value, bytes) and isinstance(column.type, String)
        else value
        for column, value in zip(columns, row, strict=False)
    )


def _is_text(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def _name(column: Column[Any]) -> str:
    return f'"{column.name}"'


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)


def _classes(column: Column[Any]) -> str:
    return _list(f"'{name}'" for name in _allowed(column))


def _allowed(column: Column[Any]) -> tuple[str, ...]:
    """Return the storage classes of a column, its own first."""
    null = ("null",) if column.nullable else ()
    return (_storage_class(column), *null)


def _storage_class(column: Column[Any]) -> str:
    if isinstance(column.type, LargeBinary):
        return "blob"
    if isinstance(column.type, Integer | Boolean):
        return "integer"
    if isinstance(column.type, String):
        return "text"
    raise AssertionError(f"column {column} has a type without a storage class")
