"""One state of the store, read by several processes at once.

PostgreSQL gives a snapshot a name under which others join it. SQLite has no names: whoever begins
to read while nobody can write reads the same state, so the write lock is held for that moment.

Sources: PostgreSQL, "Snapshot Synchronization Functions"; SQLite, "Isolation In SQLite".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from traceability.store.faults import translated
from traceability.store.repositories import Repositories
from traceability.store.unit_of_work import reading

# Tells those who wait to begin reading now; the name is empty on SQLite.
Join = Callable[[str], None]


@contextmanager
def shared_reading(engine: Engine, join: Join) -> Iterator[Repositories]:
    """Read a snapshot that others join while `join` runs, which returns once all of them have."""
    if engine.dialect.name == "postgresql":
        with reading(engine) as repositories:
            join(str(repositories.connection.scalar(text("SELECT pg_export_snapshot()"))))
            yield repositories
        return
    with translated(), engine.connect().execution_options(writes=True) as writer:
        is_held = _holds_writers_up(writer)
        with reading(engine) as repositories:
            _read_something(repositories.connection)
            join("")
            if is_held:
                writer.rollback()
            yield repositories


@contextmanager
def joined_reading(engine: Engine, name: str) -> Iterator[Repositories]:
    """Read the snapshot that another process reads."""
    with reading(engine) as repositories:
        if name:
            # A name of PostgreSQL's own making; the statement takes no parameters.
            repositories.connection.execute(text(f"SET TRANSACTION SNAPSHOT '{name}'"))
        _read_something(repositories.connection)
        yield repositories


def _holds_writers_up(writer: Connection) -> bool:
    """Take the write lock; a database that nobody can write to needs none."""
    try:
        writer.begin()
    except DBAPIError as error:
        if "readonly" in str(error.orig):
            return False
        raise
    return True


def _read_something(connection: Connection) -> None:
    """Begin the snapshot, which the first statement does."""
    connection.execute(text("SELECT count(*) FROM meta"))
