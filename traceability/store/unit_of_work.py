"""Transactions: the only place that commits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from types import TracebackType

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from traceability.store.engine import BUSY_TIMEOUT_MS
from traceability.store.faults import StoreUnavailable, translate, translated
from traceability.store.repositories import Repositories


class UnitOfWork:
    """One transaction: everything between `with` and `commit()` is kept, or nothing.

    A crash before `commit()` returns leaves the store as it was, or with the whole of it;
    callers find out which by asking for what they wrote, never by writing it again blindly.
    """

    def __init__(
        self, engine: Engine, *, turn: Lock | None = None, code_key: bytes | None = None
    ) -> None:
        self._engine = engine
        self._code_key = code_key
        self._turn = turn

    def __enter__(self) -> UnitOfWork:
        """Begin: on SQLite the write lock is taken here, after this process's other writers."""
        if self._turn is not None and not self._turn.acquire(timeout=BUSY_TIMEOUT_MS / 1000):
            raise StoreUnavailable("store cannot be used now: another writer takes too long")
        try:
            return self._begin()
        except BaseException:
            self._give_turn()
            raise

    def _begin(self) -> UnitOfWork:
        with translated():
            self.connection = self._engine.connect().execution_options(writes=True)
            try:
                self._transaction = self.connection.begin()
            except BaseException:
                self.connection.close()
                raise
        self.repositories = Repositories(self.connection, code_key=self._code_key)
        return self

    def _give_turn(self) -> None:
        if self._turn is not None:
            self._turn.release()

    def commit(self) -> None:
        """Make everything durable."""
        with translated():
            self._transaction.commit()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Roll back what was not committed, and give the connection back."""
        try:
            if self._transaction.is_active:
                self._transaction.rollback()
        finally:
            try:
                self.connection.close()
            finally:
                self._give_turn()
        if isinstance(error, DBAPIError):
            raise translate(error) from error


@contextmanager
def reading(engine: Engine, *, code_key: bytes | None = None) -> Iterator[Repositories]:
    """Give repositories on one consistent snapshot, for reading only."""
    with translated(), engine.connect() as connection, _snapshot(connection):
        yield Repositories(connection, code_key=code_key)


@contextmanager
def _snapshot(connection: Connection) -> Iterator[None]:
    if connection.dialect.name == "postgresql":
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with connection.begin():
        yield
