"""Every committed column of every table is changed, one value at a time: the audit names each.

A value is changed behind the ledger's back, the ledger audited, and the value put back. A change
that the database itself refuses, such as a second row with the same key, is counted apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Table,
    UniqueConstraint,
    and_,
    create_engine,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.exc import DBAPIError

from tests.attack.audited_erasures import Row
from tests.attack.audited_ledger import audited_ledger
from tests.attack.table import Attack, Outcome, Setting
from tests.support.postgres import running_postgres
from traceability.chain.registry import artifact
from traceability.ledger.audit.audit import audit
from traceability.ledger.audit.columns import COMMITTED, COMMITTED_NAMES
from traceability.ledger.audit.difference import Difference
from traceability.ledger.node import Node
from traceability.store.tables import metadata

# Rows that nothing counts: what is left out of them shows only where something refers to it.
MAY_BE_LACKING = ("anchors", "checkpoints", "conflicting_entries")
# A code that no event names says nothing, nor does the same evidence once more; and a correction
# that nothing is due is looked at once, and forgotten.
MAY_BE_ADDED = ("conflicting_entries", "corrections", "epcs", "meta")
# A correction that waits for nothing is looked at again, and then waits for the same.
MAY_BE_EMPTY = (("corrections", "waits_for"),)
ROW = "(row)"
# Columns whose values say what sort of row it is.
SORTS = ("kind", "type", "media_type", "role")
SMALL_SCALE = 1
# Other values that are tried in the place of one that the database refuses.
MOST_TRIED = 8


Place = tuple[object, ...]


class Mutation(NamedTuple):
    """A change and what undoes it: statements, in order; `place` is a column, or the row.

    `instead` are others of the same place, for where the database refuses this one.
    """

    table: str
    place: str
    kind: str
    do: tuple[Any, ...]
    undo: tuple[Any, ...]
    instead: tuple[Mutation, ...] = ()


@dataclass(slots=True)
class Tally:
    """Of one column: changes that were made and named, and those that the database refused."""

    made: int = 0
    named: int = 0
    refused: int = 0


@dataclass(slots=True)
class Found:
    """What became of all changes; `missed` says which were not named."""

    tallies: dict[tuple[str, str], Tally] = field(default_factory=lambda: defaultdict(Tally))
    missed: list[str] = field(default_factory=list)


def committed(table: Table) -> list[Column[Any]]:
    """Return the columns of a table that something commits to."""
    return [column for column in table.columns if column.name in COMMITTED.get(table.name, {})]


def altered(value: Any, column: Column[Any]) -> Any:
    """Return another value of a column: a bit, a character or one more; something for nothing."""
    kind = column.type.python_type
    if value is None:
        return {int: 1, bytes: b"\x01" * 32, str: "x", bool: True}[kind]
    if kind is bool:
        return not value
    if kind is int:
        return value + 1
    if kind is bytes:
        return value[:-1] + bytes((value[-1] ^ 1,)) if value else b"\x01"
    return value[:-1] + ("0" if value[-1:] != "0" else "1")


def others(column: Column[Any], rows: Sequence[Row]) -> list[Any]:
    """Return values that the database may take: one above all that are there, and all of these.

    A column that takes few values, such as a kind, takes those of other rows.
    """
    there = list(dict.fromkeys(row[column.name] for row in rows if row[column.name] is not None))
    if column.type.python_type is int and there:
        there.insert(0, max(there) + 1)
    return there[:MOST_TRIED]


def mutations(connection: Connection, table: Table, *, thorough: bool) -> Iterator[Mutation]:
    """Yield the changes of a table."""
    query = select(table).order_by(*table.primary_key.columns)
    if table.name == "meta":
        query = query.where(table.c.name.in_(COMMITTED_NAMES))
    rows = [dict(row._mapping) for row in connection.execute(query)]
    chosen = chosen_rows(rows, _places(connection), thorough=thorough)
    for column in committed(table):
        spare = others(column, rows)
        yield from _values(table, column, chosen, spare=spare, thorough=thorough)
    if table.name not in MAY_BE_LACKING:
        for row in chosen if thorough else rows[-1:]:
            yield Mutation(
                table.name, ROW, "deleted", (_delete(table, row),), (insert(table).values(row),)
            )
    if rows and table.name not in MAY_BE_ADDED:
        last = list(table.primary_key.columns)[-1]
        beside = rows[-1] | {last.name: altered(rows[-1][last.name], last)}
        yield _added(table, beside)._replace(instead=(_added(table, _unlike_all(table, rows)),))


def _added(table: Table, row: Row) -> Mutation:
    do, undo = insert(table).values(row), _delete(table, row)
    return Mutation(table.name, ROW, "added", (do,), (undo,))


def _unlike_all(table: Table, rows: Sequence[Row]) -> Row:
    """Return the last row with another value in each key that no two rows may share."""
    keys = [table.primary_key, *_unique(table)]
    row = dict(rows[-1])
    for column in {list(key.columns)[-1] for key in keys}:
        if row[column.name] is not None:
            spare = [altered(row[column.name], column), *others(column, rows)]
            row[column.name] = next(value for value in spare if value not in _there(column, rows))
    return row


def _unique(table: Table) -> list[UniqueConstraint]:
    return [one for one in table.constraints if isinstance(one, UniqueConstraint)]


def _there(column: Column[Any], rows: Sequence[Row]) -> set[Any]:
    return {row[column.name] for row in rows}


def chosen_rows(rows: Sequence[Row], partly: Container[Place], *, thorough: bool) -> list[Row]:
    """Return the first, the middle and the last row, and of a whole run one of each sort.

    Rows are of one sort that have values in the same columns and agree in those of `SORTS`; what
    is erased whole, in part, and not at all are three.
    """
    ends = {0, len(rows) // 2, len(rows) - 1} if rows else set()
    sorts: dict[tuple[object, ...], int] = {}
    for at, row in enumerate(rows):
        place = (row.get("batch"), row.get("record_index"))
        sort = (place in partly, *(value is None for value in row.values()))
        sorts.setdefault((*sort, *(row.get(name) for name in SORTS)), at)
    return [rows[at] for at in sorted(ends | set(sorts.values()) if thorough else ends)]


def _places(connection: Connection) -> set[Place]:
    """Return the places of the records that are erased in part."""
    table = metadata.tables["partial_records"]
    return set(map(tuple, connection.execute(select(table.c.batch, table.c.record_index))))


def _values(
    table: Table, column: Column[Any], rows: Sequence[Row], *, spare: Sequence[Any], thorough: bool
) -> Iterator[Mutation]:
    name = column.name
    kinds: list[tuple[str, Row, Any]] = [
        ("changed", row, altered(row[name], column)) for row in rows
    ]
    if rows and column.nullable and (table.name, name) not in MAY_BE_EMPTY:
        kinds += [("emptied", row, None) for row in rows if row[name] is not None]
    if thorough and len(rows) > 1:
        kinds.append(("another's", rows[0], rows[-1][name]))
        kinds.append(("another's", rows[-1], rows[0][name]))
    for kind, row, value in kinds:
        if value != row[name]:
            tried = [one for one in spare if one not in (value, row[name])]
            instead = tuple(_set(table, row, name, one) for one in tried)
            found = _set(table, row, name, value)._replace(kind=kind)
            yield found._replace(instead=instead) if kind == "changed" else found
    if thorough and len(rows) > 1 and not column.primary_key:
        yield from _swapped(table, name, rows[0], rows[-1])


def _set(table: Table, row: Row, name: str, value: Any) -> Mutation:
    do = _update(table, row, {name: value})
    undo = _update(table, row | {name: value}, {name: row[name]})
    return Mutation(table.name, name, "changed", (do,), (undo,))


def _swapped(table: Table, name: str, one: Row, other: Row) -> Iterator[Mutation]:
    if one[name] != other[name]:
        do = (
            _update(table, one, {name: other[name]}),
            _update(table, other, {name: one[name]}),
        )
        # The other way round, so that no value is there twice meanwhile.
        undo = (_update(table, other, {name: other[name]}), _update(table, one, {name: one[name]}))
        yield Mutation(table.name, name, "swapped", do, undo)


def _is(table: Table, row: Row) -> Any:
    return and_(*(column == row[column.name] for column in table.primary_key.columns))


def _update(table: Table, row: Row, values: Row) -> Any:
    return update(table).where(_is(table, row)).values(values)


def _delete(table: Table, row: Row) -> Any:
    return delete(table).where(_is(table, row))


def is_named(mutation: Mutation, differences: Sequence[Difference]) -> bool:
    """Tell whether a report names the column, or another as which it says such a change shows."""
    table, columns = mutation.table, COMMITTED[mutation.table]
    if mutation.place == ROW:
        also = [place for column in columns.values() for place in column.also]
        tables = {table, *(place.split(".")[0] for place in also)}
        return any(found.table in tables for found in differences)
    places = {f"{table}.{mutation.place}", f"{table}.", *columns[mutation.place].also}
    return any(
        f"{found.table}.{name}" in places
        for found in differences
        for name in found.column.split(", ")
    )


def report(node: Node) -> Sequence[Difference]:
    """Audit with all that the node knows."""
    if node.chain is None:
        raise AssertionError("the ledger has a chain")
    head = node.chain.head(node.identity.log)
    return audit(
        node.store,
        second_place=node.second_place,
        chain_head=lambda: (head.tree_size, head.root_hash),
        code_hash=artifact().code_hash,
        duplicate_key=node.identity.duplicate_key,
    ).differences


def mutate_all(node: Node, engine: Engine, found: Found, *, thorough: bool) -> None:
    """Make every change of every table, one at a time, on a ledger that agrees."""
    before = report(node)
    if before:
        raise AssertionError(f"the ledger differs before anything was changed: {before[:3]}")
    for table in (one for one in metadata.sorted_tables if one.name in COMMITTED):
        with engine.connect() as connection:
            wanted = list(mutations(connection, table, thorough=thorough))
        for mutation in wanted:
            _make(node, engine, mutation, found)
    after = report(node)
    if after:
        raise AssertionError(f"the ledger differs after all was put back: {after[:3]}")


def _make(node: Node, engine: Engine, mutation: Mutation, found: Found) -> None:
    tally = found.tallies[mutation.table, mutation.place]
    if not run(engine, mutation.do):
        tally.refused += 1
        for other in mutation.instead:
            made = tally.made
            _make(node, engine, other, found)
            if tally.made > made:
                return
        return
    try:
        differences = report(node)
    finally:
        if not run(engine, mutation.undo):
            raise AssertionError(f"could not be put back: {mutation}")
    tally.made += 1
    if is_named(mutation, differences):
        tally.named += 1
    else:
        told = sorted({f"{one.table}.{one.column}" for one in differences})
        place = f"{mutation.table}.{mutation.place} {mutation.kind}"
        found.missed.append(f"{place}: named {', '.join(told) or 'nothing'}")


def run(engine: Engine, statements: Sequence[Any]) -> bool:
    """Run statements in one transaction; tell whether the database took them."""
    try:
        with engine.begin() as connection:
            for statement in statements:
                connection.execute(statement)
    except DBAPIError:
        return False
    return True


@contextmanager
def on_database(database: str) -> Iterator[str | None]:
    """Yield where the ledger is to be; None for the file that it makes itself."""
    if database == "sqlite":
        yield None
        return
    with running_postgres() as server, server.database() as url:
        yield url


def attacked(database: str, folder: Path, *, thorough: bool) -> Found:
    """Make a ledger on a database, and every change to it."""
    found = Found()
    with on_database(database) as url, audited_ledger(folder, database_url=url) as (node, _):
        # A connection of its own, which holds no references between rows.
        engine = create_engine(node.store.engine.url)
        try:
            mutate_all(node, engine, found, thorough=thorough)
        finally:
            engine.dispose()
    return found


def _attack(database: str, setting: Setting, folder: Path) -> Outcome:
    found = attacked(database, folder, thorough=setting.scale > SMALL_SCALE)
    made = sum(tally.made for tally in found.tallies.values())
    named = sum(tally.named for tally in found.tallies.values())
    untouched = untouched_columns(found)
    if untouched:
        return Outcome(made + 1, named, f"never changed: {', '.join(untouched)}")
    evidence = "; ".join(found.missed[:3]) or f"{len(found.tallies)} columns, each change named"
    return Outcome(made, named, evidence)


def table_of(runs: Sequence[Found]) -> list[tuple[str, str, str, str, str]]:
    """Return the rows of the table: table, column, what commits to it, changes, of them named."""
    rows = []
    for table, columns in sorted(COMMITTED.items()):
        for name, column in [*columns.items(), (ROW, None)]:
            tallies = [found.tallies[table, name] for found in runs]
            made, named = sum(one.made for one in tallies), sum(one.named for one in tallies)
            refused = sum(one.refused for one in tallies)
            by = "what refers to it" if column is None else column.by
            if made or refused or column is not None:
                rows.append((table, name, by, _changes(made, refused), str(named)))
    return rows


def _changes(made: int, refused: int) -> str:
    if not refused:
        return str(made)
    return f"{made} + {refused} refused" if made else f"0 + all {refused} refused"


def untouched_columns(found: Found) -> list[str]:
    """Return the committed columns of which no change took place, though some were refused."""
    places = [(table, name) for table, columns in COMMITTED.items() for name in columns]
    return [f"{table}.{name}" for table, name in places if not found.tallies[table, name].made]


def _row(database: str) -> Attack:
    begin: Callable[[Setting, Path], Outcome] = partial(_attack, database)
    return Attack(f"every committed column is changed on {database}", begin)


ATTACKS: tuple[Attack, ...] = (_row("sqlite"), _row("postgresql"))
