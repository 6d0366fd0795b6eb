"""Locks between processes: an advisory lock on PostgreSQL, a locked file beside SQLite."""

from __future__ import annotations

import fcntl
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, text

from traceability.errors import Unavailable


class AlreadyRunning(Unavailable):
    """Another process holds the lock and the caller did not want to wait."""

    code = "ALREADY_RUNNING"


@contextmanager
def process_lock(engine: Engine, folder: Path, *, name: str, wait: bool = True) -> Iterator[None]:
    """Hold the lock `name` of this database; it is released even when the process dies.

    Raises
    ------
    AlreadyRunning
        Another process holds it, and `wait` is false.
    """
    if engine.dialect.name == "postgresql":
        with _advisory_lock(engine, name, wait):
            yield
    else:
        with _file_lock(folder / f"{name}.lock", name, wait):
            yield


@contextmanager
def _file_lock(path: Path, name: str, wait: bool) -> Iterator[None]:
    with path.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError as error:
            raise _held(name, str(path.parent)) from error
        yield


@contextmanager
def _advisory_lock(engine: Engine, name: str, wait: bool) -> Iterator[None]:
    number = {"number": zlib.crc32(f"itemproof/{name}".encode())}
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if wait:
            connection.execute(text("select pg_advisory_lock(:number)"), number)
        elif not connection.scalar(text("select pg_try_advisory_lock(:number)"), number):
            raise _held(name, "this database")
        try:
            yield
        finally:
            connection.execute(text("select pg_advisory_unlock(:number)"), number)


def _held(name: str, where: str) -> AlreadyRunning:
    return AlreadyRunning(
        f"another process holds the {name!r} lock of {where}: stop it first",
        expected="one process",
        got="two",
    )
