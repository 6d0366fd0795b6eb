"""Overwriting what was deleted: free pages, the journal, and rows that no transaction sees.

SQLite: `VACUUM` writes the database anew without them, and the write-ahead log is brought into
it and cut to nothing, which waits for readers. PostgreSQL: `VACUUM FULL` writes the tables anew
and removes the old files, then a checkpoint lets the server drop or reuse old segments of its
write-ahead log, when it likes. What lies on disks, in archives or replicas, nobody here reaches.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from traceability.store.faults import StoreUnavailable, translate, translate_driver

# How long readers may hold the write-ahead log of SQLite, and writers a table of PostgreSQL.
WAIT_SECONDS = 10.0
LOOK_SECONDS = 0.05
LOCK_TIMEOUT = "10s"


def purge(engine: Engine, tables: Sequence[str], *, wait_seconds: float = WAIT_SECONDS) -> None:
    """Overwrite what was deleted from these tables.

    Raises
    ------
    StoreUnavailable
        Readers or writers are in the way: what is deleted may still lie in the files; try again.
    """
    if engine.dialect.name == "postgresql":
        _purge_postgresql(engine, tables)
    else:
        _purge_sqlite(engine, wait_seconds)


def _purge_sqlite(engine: Engine, wait_seconds: float) -> None:
    driver: Any = engine.dialect.dbapi
    try:
        with closing(engine.raw_connection()) as pooled:
            connection: Any = pooled.driver_connection
            # The new copy can be as large as the database: not in memory.
            connection.execute("PRAGMA temp_store = FILE")
            try:
                connection.execute("VACUUM")
                _cut_wal(connection, wait_seconds)
            finally:
                connection.execute("PRAGMA temp_store = MEMORY")
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


def _purge_postgresql(engine: Engine, tables: Sequence[str]) -> None:
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
            for table in tables:
                connection.execute(text(f"VACUUM (FULL) {table}"))
            _checkpoint(connection)
            connection.execute(text("RESET lock_timeout"))
    except DBAPIError as error:
        raise translate(error) from error


def _checkpoint(connection: Any) -> None:
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
