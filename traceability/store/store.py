"""The open store: its engine, its migrations, its transactions and its locks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from traceability.store.engine import open_engine
from traceability.store.faults import translated
from traceability.store.locks import HeldLock, process_lock
from traceability.store.repositories import Repositories
from traceability.store.revision import current_revision, newest_revision
from traceability.store.unit_of_work import UnitOfWork, reading


class Store:
    """One database, migrated to the newest schema, and the folder that holds its locks."""

    def __init__(self, engine: Engine, data_dir: Path) -> None:
        self.engine = engine
        self.data_dir = data_dir
        # SQLite lets one write at a time and has the others look again now and then; threads of
        # one process wait for each other without looking.
        self._turn = threading.Lock() if engine.dialect.name == "sqlite" else None
        # Asked before each transaction that writes; raises where nothing may be written.
        self.gate: Callable[[], None] | None = None
        # Keys the hashes of erased codes, once the node's secrets are open.
        self.code_key: bytes | None = None

    @classmethod
    def open(cls, database_url: str, data_dir: Path) -> Store:
        """Open a database and bring its schema up to date."""
        data_dir.mkdir(parents=True, exist_ok=True)
        engine = open_engine(database_url)
        with translated(), process_lock(engine, data_dir, name="migrate"):
            if current_revision(engine) != newest_revision():
                _migrate(engine)
        return cls(engine, data_dir)

    def pass_gate(self) -> None:
        """Raise where nothing may be written."""
        if self.gate is not None:
            self.gate()

    def unit_of_work(self) -> UnitOfWork:
        """Begin a transaction that writes, if the gate lets it pass."""
        self.pass_gate()
        return UnitOfWork(self.engine, turn=self._turn, code_key=self.code_key)

    @contextmanager
    def reading(self) -> Iterator[Repositories]:
        """Read on one consistent snapshot."""
        with reading(self.engine, code_key=self.code_key) as repositories:
            yield repositories

    @contextmanager
    def lock(self, name: str, *, wait: bool = True) -> Iterator[HeldLock]:
        """Hold a lock that only one process or thread has at a time."""
        with process_lock(self.engine, self.data_dir, name=name, wait=wait) as held:
            yield held

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def __enter__(self) -> Store:
        """Use the store in a `with` block."""
        return self

    def __exit__(self, *_: Any) -> None:
        """Close every connection."""
        self.close()


def _migrate(engine: Engine) -> None:
    from traceability.store.migrate import upgrade  # noqa: PLC0415 # rarely needed, slow to import

    upgrade(engine)
