"""Opening a database: SQLite (WAL, synchronous FULL) or PostgreSQL, with our settings on each."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, OperationalError

from traceability.errors import SettingsInvalid

# How long a writer waits for another one before it says that the store is busy.
BUSY_TIMEOUT_MS = 30_000
# How often a writer looks whether it is its turn.
LOOK_SECONDS = 0.001


# What a connection to SQLite remembers of the database; and while it passes on what is long and
# asked for once.
CACHE_KIB = 65_536
LITTLE_CACHE_KIB = 2_048


class DatabaseURLInvalid(SettingsInvalid):
    """The database URL names neither SQLite nor PostgreSQL."""

    code = "DATABASE_URL_INVALID"


def open_engine(database_url: str) -> Engine:
    """Open a database by its SQLAlchemy URL.

    Raises
    ------
    DatabaseURLInvalid
        The URL is neither `sqlite:///PATH` nor `postgresql://…`.
    """
    url = _parsed(database_url)
    backend = url.get_backend_name()
    if backend == "sqlite":
        return _open_sqlite(url)
    if backend == "postgresql":
        return _open_postgresql(url)
    raise DatabaseURLInvalid(
        "database URL has an unknown backend",
        expected="sqlite or postgresql",
        got=backend,
    )


def _parsed(database_url: str) -> URL:
    try:
        return make_url(database_url)
    except (ArgumentError, ValueError):
        # Not its text, which may hold a password; nor as the cause, which quotes it.
        raise DatabaseURLInvalid(
            "database URL is malformed", expected="sqlite:///PATH or postgresql://…"
        ) from None


def _open_postgresql(url: URL) -> Engine:
    engine = create_engine(url.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    event.listen(engine, "checkout", _forget_read_only)
    return engine


def _forget_read_only(connection: Any, _record: Any, _proxy: Any) -> None:
    # After a reader SQLAlchemy leaves False, which overrules a database that is set to read only.
    connection.read_only = None


def _open_sqlite(url: URL) -> Engine:
    # The connection that was used last comes first: each keeps 64 MiB of pages once it was busy.
    engine = create_engine(
        url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000}, pool_use_lifo=True
    )
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_pragmas(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver must not open transactions by itself: `_begin_sqlite` does.
    connection.isolation_level = None
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "trusted_schema = OFF",
        "cell_size_check = ON",
        "temp_store = MEMORY",
        # What is deleted is overwritten in its page; the rest is done by `purging.py`.
        "secure_delete = ON",
        f"cache_size = -{CACHE_KIB}",
        # Pages that change often are copied into the database once in 32 MiB, not in 4.
        "wal_autocheckpoint = 8192",
    ):
        connection.execute(f"PRAGMA {pragma}")


@contextmanager
def little_cache(connection: Connection) -> Iterator[None]:
    """Let a connection to SQLite remember little of what it passes on meanwhile."""
    if connection.dialect.name != "sqlite":
        yield
        return
    connection.exec_driver_sql(f"PRAGMA cache_size = -{LITTLE_CACHE_KIB}")
    try:
        yield
    finally:
        connection.exec_driver_sql(f"PRAGMA cache_size = -{CACHE_KIB}")


def _begin_sqlite(connection: Connection) -> None:
    if connection.get_execution_options().get("writes", False):
        _begin_writing(connection)
    else:
        connection.exec_driver_sql("BEGIN")


def _begin_writing(connection: Connection) -> None:
    """Take the write lock at once: a read lock that is upgraded later can deadlock.

    SQLite itself looks for a free lock ten times a second. A process that writes without pause
    leaves it free for less than a millisecond at a time, and would starve every other.
    """
    give_up = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    connection.exec_driver_sql("PRAGMA busy_timeout = 0")
    try:
        while not _has_begun(connection, is_last=time.monotonic() > give_up):
            time.sleep(LOOK_SECONDS)
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")


def _has_begun(connection: Connection, *, is_last: bool) -> bool:
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    except OperationalError as error:
        # The low byte of an extended code is the kind (sqlite.org/rescode.html).
        code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
        if is_last or code != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True
