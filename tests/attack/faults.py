"""One durable write of this process fails, in one of the four ways in which writes fail."""

from __future__ import annotations

import errno
import os
import signal
import threading
from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

from traceability.store.faults import StoreUnavailable
from traceability.store.unit_of_work import UnitOfWork

T = TypeVar("T")


class Kind(StrEnum):
    """What becomes of the write, and of the process."""

    NOT_PERSISTED = "not persisted"
    REPORTED_FAILED = "persisted but reported failed"
    KILLED_BEFORE = "killed just before"
    KILLED_AFTER = "killed just after"


class Faults:
    """Counts the durable writes of this process; the chosen one fails.

    Durable are commits of the store, and files of which the data are forced to disk.
    """

    def __init__(self, kind: Kind | None, at: int) -> None:
        self._kind = kind
        self._at = at
        self._lock = threading.Lock()
        self.count = 0

    @property
    def fired(self) -> bool:
        """Tell whether the chosen write was reached."""
        return self._kind is not None and self.count >= self._at

    def install(self) -> None:
        """Stand between this process and its durable writes, until it ends."""
        commit, fsync = UnitOfWork.commit, os.fsync

        def committing(work: UnitOfWork) -> None:
            self._around(lambda: commit(work), StoreUnavailable("store cannot be used now: fault"))

        def forcing(descriptor: int) -> None:
            self._around(lambda: fsync(descriptor), OSError(errno.EIO, "fault"))

        setattr(UnitOfWork, "commit", committing)  # noqa: B010 # for good
        setattr(os, "fsync", forcing)  # noqa: B010 # for good

    def _around(self, write: Callable[[], T], error: Exception) -> T:
        with self._lock:
            self.count += 1
            is_chosen = self._kind is not None and self.count == self._at
        if not is_chosen:
            return write()
        if self._kind is Kind.KILLED_BEFORE:
            os.kill(os.getpid(), signal.SIGKILL)
        if self._kind is Kind.NOT_PERSISTED:
            raise error
        write()
        if self._kind is Kind.KILLED_AFTER:
            os.kill(os.getpid(), signal.SIGKILL)
        raise error
