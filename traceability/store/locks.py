"""Locks between processes: an advisory lock on PostgreSQL, a locked file beside SQLite."""

from __future__ import annotations

import fcntl
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from traceability.errors import Unavailable
from traceability.store.faults import StoreUnavailable, translated


class AlreadyRunning(Unavailable):
    """Another process holds the lock and the caller did not want to wait."""

    code = "ALREADY_RUNNING"


class HeldLock:
    """A lock that is held; PostgreSQL's are lost with the connection that holds them."""

    def __init__(self, connection: Connection | None = None) -> None:
        self._connection = connection

    def confirm(self) -> None:
        """Make sure that the lock is still held.

        Raises
        ------
        StoreUnavailable
            The database has ended the connection, and with it the lock.
        """
        if self._connection is not None:
            with translated():
                self._connection.execute(text("select 1"))


@contextmanager
def process_lock(
    engine: Engine, folder: Path, *, name: str, wait: bool = True
) -> Iterator[HeldLock]:
    """Hold the lock `name` of this database; it is released even when the process dies.

    Raises
    ------
    AlreadyRunning
        Another process holds it, and `wait` is false.
    StoreUnavailable
        The database does not answer, or the lock's file cannot be opened.
    """
    if engine.dialect.name == "postgresql":
        with _advisory_lock(engine, name, wait) as held:
            yield held
    else:
        with _file_lock(folder / f"{name}.lock", name, wait):
            yield HeldLock()


def fence(connection: Connection, name: str) -> None:
    """Let only one transaction at a time past this point, until it ends.

    On PostgreSQL a lock between processes is lost with its own connection, unnoticed by the
    transaction on another one; this one is the transaction's. A transaction that writes on
    SQLite is alone already.
    """
    if connection.dialect.name == "postgresql":
        with translated():
            connection.execute(text("select pg_advisory_xact_lock(:number)"), _number(name, "tx"))


@contextmanager
def _file_lock(path: Path, name: str, wait: bool) -> Iterator[None]:
    try:
        handle = path.open("a")
    except OSError as error:
        raise StoreUnavailable(f"lock file cannot be opened: {error.strerror}") from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError as error:
            raise _held(name, str(path.parent)) from error
        yield


@contextmanager
def _advisory_lock(engine: Engine, name: str, wait: bool) -> Iterator[HeldLock]:
    number = _number(name)
    with translated():
        connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    with connection:
        with translated():
            if wait:
                connection.execute(text("select pg_advisory_lock(:number)"), number)
            elif not connection.scalar(text("select pg_try_advisory_lock(:number)"), number):
                raise _held(name, "this database")
        try:
            yield HeldLock(connection)
        finally:
            # A connection that is gone has let go of its lock.
            with suppress(SQLAlchemyError):
                connection.execute(text("select pg_advisory_unlock(:number)"), number)


def _number(name: str, kind: str = "") -> dict[str, int]:
    return {"number": zlib.crc32(f"itemproof/{kind}{name}".encode())}


def _held(name: str, where: str) -> AlreadyRunning:
    return AlreadyRunning(
        f"another process holds the {name!r} lock of {where}: stop it first",
        expected="one process",
        got="two",
    )
