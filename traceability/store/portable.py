"""Every table's rows in a form that either database takes, for backup and restore."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import command
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    event,
    func,
    inspect,
    make_url,
    select,
    text,
)

from traceability.errors import Conflict
from traceability.store.bulk import bulk_insert, driver_cursor, type_name
from traceability.store.engine import open_engine
from traceability.store.faults import StoreFault, translated
from traceability.store.migrate import SchemaTooNew, alembic_config
from traceability.store.repositories import Repositories
from traceability.store.tables import metadata

# Rows handed on at a time end at either bound, so that memory does not grow with the store.
BLOCK_ROWS = 4_096
BLOCK_BYTES = 2**20
MAX_SMALL = 2**15 - 1

Row = tuple[Any, ...]
# Subclasses come before what they derive from.
_KINDS = ((Boolean, "bool"), (Integer, "int"), (LargeBinary, "bytes"), (String, "text"))


class DatabaseNotEmpty(Conflict):
    """The database to restore into holds something already."""

    code = "DATABASE_NOT_EMPTY"


@dataclass(frozen=True, slots=True)
class PortableTable:
    """A table's name, and its columns with the kinds of their values: int, bool, bytes, text."""

    name: str
    columns: tuple[str, ...]
    kinds: tuple[str, ...]


def portable_tables() -> tuple[PortableTable, ...]:
    """Return every table of the newest schema, each after those that it refers to."""
    return tuple(
        PortableTable(
            # Plain strings: SQLAlchemy's names are of a class of their own.
            str(table.name),
            tuple(str(column.name) for column in table.columns),
            tuple(_kind(column) for column in table.columns),
        )
        for table in metadata.sorted_tables
    )


def _kind(column: Column[Any]) -> str:
    return next(kind for known, kind in _KINDS if isinstance(column.type, known))


def schema_revision(connection: Connection) -> str | None:
    """Return the schema revision that the database carries."""
    return MigrationContext.configure(connection).get_current_revision()


def read_blocks(connection: Connection, name: str) -> Iterator[list[Row]]:
    """Yield a table's rows in the order of its primary key, some at a time."""
    table = metadata.tables[name]
    wide = [
        at
        for at, column in enumerate(table.columns)
        if isinstance(column.type, LargeBinary | String)
    ]
    block: list[Row] = []
    size = 0
    for row in _rows(connection, table):
        block.append(row)
        for at in wide:
            size += len(row[at] or b"")
        if size >= BLOCK_BYTES or len(block) == BLOCK_ROWS:
            yield block
            block, size = [], 0
    if block:
        yield block


def _rows(connection: Connection, table: Table) -> Iterator[Row]:
    columns = ", ".join(column.name for column in table.columns)
    order = ", ".join(column.name for column in table.primary_key.columns)
    # Names come from `tables.py`, never from input.
    query = f"SELECT {columns} FROM {table.name} ORDER BY {order}"  # noqa: S608 # names are ours
    with driver_cursor(connection) as cursor:
        if connection.dialect.name == "postgresql":
            with cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT BINARY)") as copy:
                copy.set_types([type_name(column.type) for column in table.columns])
                yield from copy.rows()
        else:
            yield from cursor.execute(query)


def sqlite_path(database_url: str) -> Path | None:
    """Return the file of a SQLite URL; None for another database."""
    url = make_url(database_url)
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def stored_log(database_url: str) -> bytes | None:
    """Return the log id that a database holds; None if it holds none."""
    engine = open_engine(database_url)
    try:
        with translated(), engine.connect() as connection:
            if not inspect(connection).has_table("meta"):
                return None
            meta = metadata.tables["meta"]
            query = select(meta.c.value).where(meta.c.name == "log")
            found: bytes | None = connection.scalar(query)
            return found
    finally:
        engine.dispose()


@contextmanager
def loading(
    database_url: str, revision: str, also: Callable[[Repositories], object] = lambda _done: None
) -> Iterator[Loading]:
    """Fill an empty database in one transaction; what fails within leaves it empty.

    A SQLite file is written without safety: it is the caller's to throw away or to force to disk.
    `also` is called within the transaction when the rows are of the newest schema.

    Raises
    ------
    SchemaTooNew
        A newer program wrote that revision.
    DatabaseNotEmpty
        There are rows, or tables of another revision.
    """
    engine = open_engine(database_url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _be_quick)
    try:
        with (
            translated(),
            engine.connect().execution_options(writes=True) as connection,
            connection.begin(),
        ):
            _make_schema(connection, revision)
            found = Loading(connection)
            yield found
            found.finish()
            also(Repositories(connection))
    finally:
        engine.dispose()


def _be_quick(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("PRAGMA synchronous = OFF")


def _make_schema(connection: Connection, revision: str) -> None:
    scripts = ScriptDirectory.from_config(alembic_config())
    if revision not in {script.revision for script in scripts.walk_revisions()}:
        raise SchemaTooNew(
            f"backup's schema {revision!r} is unknown: upgrade ItemProof first",
            expected=str(scripts.get_current_head()),
            got=revision,
        )
    names = set(inspect(connection).get_table_names()) & set(metadata.tables)
    found = schema_revision(connection)
    if found not in (None, revision) or (found is None and names):
        raise DatabaseNotEmpty(
            "database to restore into has tables already", expected="none", got=found or "tables"
        )
    for name in sorted(names):
        table = Table(name, MetaData(), autoload_with=connection)
        if connection.execute(select(*table.primary_key.columns).limit(1)).first() is not None:
            raise DatabaseNotEmpty(f"database to restore into has rows in table {name!r}")
    command.upgrade(alembic_config(connection), revision)


def _check_fits(table: Table, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Refuse numbers that SQLite keeps in a narrow column, and a binary COPY would cut silently."""
    for at, name in enumerate(columns):
        if not isinstance(table.c[name].type, SmallInteger):
            continue
        largest = max((abs(row[at]) for row in rows if row[at] is not None), default=0)
        if largest > MAX_SMALL:
            raise StoreFault(
                f"table {table.name} has a number in {name} that its column cannot hold",
                expected=f"at most {MAX_SMALL}",
                got=str(largest),
            )


class Loading:
    """A database of one schema revision that is being filled."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tables = MetaData()
        self._tables.reflect(connection)

    def add(self, table: PortableTable, rows: Sequence[Row]) -> None:
        """Insert rows into a table.

        Raises
        ------
        StoreFault
            The revision's schema has no such table or column, or a number is too large for it.
        """
        found = self._tables.tables.get(table.name)
        if found is None or not set(table.columns) <= set(found.columns.keys()):
            raise StoreFault(f"schema has no table {table.name[:64]!r} with the columns to restore")
        _check_fits(found, table.columns, rows)
        bulk_insert(self._connection, found, columns=table.columns, rows=rows)

    def finish(self) -> None:
        """Bring the rows to the newest schema, and let numbering go on after them."""
        command.upgrade(alembic_config(self._connection), "head")
        if self._connection.dialect.name == "postgresql":
            for table in metadata.sorted_tables:
                self._number_on(table)

    def _number_on(self, table: Table) -> None:
        column = table.autoincrement_column
        if column is None:
            return
        where = {"table": table.name, "column": column.name}
        ask = text("SELECT pg_get_serial_sequence(:table, :column)")
        name = self._connection.scalar(ask, where)
        last = self._connection.scalar(select(func.max(column)))
        if name is not None and last is not None:
            move = text("SELECT setval(CAST(:name AS regclass), :last)")
            self._connection.execute(move, {"name": name, "last": last})
