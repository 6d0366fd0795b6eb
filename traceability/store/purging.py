"""Overwriting what was deleted: free pages, the journal, and rows that no transaction sees.

SQLite: `VACUUM` writes the database anew without them, and the write-ahead log is brought into
it and cut to nothing, which waits for readers. PostgreSQL: `VACUUM FULL` writes the tables anew
and removes the old files, then a checkpoint lets the server drop or reuse old segments of its
write-ahead log, when it likes. `VACUUM FULL` keeps a row that the oldest snapshot of the database,
or of a session that is just being opened, could still see: it is repeated until none could. What
lies on disks, in archives or replicas, nobody here reaches.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from traceability.store.faults import StoreUnavailable, translate, translate_driver

# How long readers may hold the write-ahead log of SQLite, and writers a table of PostgreSQL.
WAIT_SECONDS = 10.0
LOOK_SECONDS = 0.05
# To look again is to write the table of PostgreSQL anew.
REWRITE_SECONDS = 0.5
LOCK_TIMEOUT = "10s"
# What is older than the oldest snapshot is frozen by VACUUM FULL, or gone if it was deleted; the
# table remembers up to where.
_IS_FREE = text(
    "SELECT age(relfrozenxid) <= age(CAST(CAST(:newest AS xid8) AS xid)) "
    "FROM pg_class WHERE oid = CAST(:table AS regclass)"
)


def purge(engine: Engine, tables: Sequence[str], *, wait_seconds: float = WAIT_SECONDS) -> None:
    """Overwrite what was deleted from these tables.

    Raises
    ------
    StoreUnavailable
        Readers or writers are in the way: what is deleted may still lie in the files; try again.
    """
    if engine.dialect.name == "postgresql":
        _purge_postgresql(engine, tables, time.monotonic() + wait_seconds)
    else:
        _purge_sqlite(engine, wait_seconds)


def _purge_sqlite(engine: Engine, wait_seconds: float) -> None:
    driver: Any = engine.dialect.dbapi
    try:
        with closing(engine.raw_connection()) as pooled:
            connection: Any = pooled.driver_connection
            # The new copy can be as large as the database: not in memory.
            connection.execute("PRAGMA temp_store = FILE")
            (usual,) = connection.execute("PRAGMA busy_timeout").fetchone()
            try:
                connection.execute("VACUUM")
                # A checkpoint would wait as long as a writer does, and no shorter.
                connection.execute("PRAGMA busy_timeout = 0")
                _cut_wal(connection, wait_seconds)
            finally:
                connection.execute("PRAGMA temp_store = MEMORY")
                connection.execute(f"PRAGMA busy_timeout = {usual}")
    except driver.Error as error:
        raise translate_driver(error, driver) from error


def _cut_wal(connection: Any, wait_seconds: float) -> None:
    give_up = time.monotonic() + wait_seconds
    while connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
        if time.monotonic() > give_up:
            raise StoreUnavailable(
                "what was erased may still lie in the write-ahead log: readers are at it"
            )
        time.sleep(LOOK_SECONDS)


def _purge_postgresql(engine: Engine, tables: Sequence[str], give_up: float) -> None:
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
            try:
                newest = connection.execute(text("SELECT pg_current_xact_id()::text")).scalar_one()
                for table in tables:
                    _rewrite(connection, table, newest, give_up)
            finally:
                connection.execute(text("RESET lock_timeout"))
            _checkpoint(connection)
    except DBAPIError as error:
        raise translate(error) from error


def _rewrite(connection: Connection, table: str, newest: str, give_up: float) -> None:
    """Write a table anew without the rows that were deleted before a transaction."""
    while True:
        connection.execute(text(f"VACUUM (FULL) {table}"))
        if connection.execute(_IS_FREE, {"table": table, "newest": newest}).scalar_one():
            return
        if time.monotonic() > give_up:
            raise StoreUnavailable(
                "what was erased may still lie in the tables: readers of an older state are at it"
            )
        time.sleep(REWRITE_SECONDS)


def _checkpoint(connection: Connection) -> None:
    """Ask for a checkpoint; who may not ask waits for the server's own."""
    for command in ("SELECT pg_switch_wal()", "CHECKPOINT"):
        try:
            connection.execute(text(command))
        except DBAPIError:
            return


def overwrite_freed(file: Path) -> None:
    """Write a SQLite file that nobody else has open anew, without what was deleted."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("VACUUM")
