"""Group commit: what several threads hand in at once is done together, by one of them.

Whoever comes while nobody works leads: it takes what has been handed in, its own among it, does
it all at once, and gives each its outcome. What comes meanwhile waits, and the first of it leads
next. So nobody waits for company, and the busier it is the larger are the groups.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from traceability.errors import ItemProofError
from traceability.store.faults import StoreUnavailable

J = TypeVar("J")
R = TypeVar("R")


class _Waiting(Generic[J, R]):
    """One thing that was handed in, and what became of it."""

    def __init__(self, job: J) -> None:
        self.job = job
        self.called = threading.Event()
        self.is_done = False
        self.outcome: R | None = None
        self.error: BaseException | None = None


class Gatherer(Generic[J, R]):
    """Does in groups what is handed in one by one.

    Parameters
    ----------
    work
        Does a group and returns an outcome for each, in the same order; what it raises, each of
        the group raises.
    limit
        The most that one group takes.
    """

    def __init__(self, work: Callable[[Sequence[J]], Sequence[R | None]], *, limit: int) -> None:
        self._work = work
        self._limit = limit
        self._lock = threading.Lock()
        self._queue: list[_Waiting[J, R]] = []
        self._has_leader = False

    @property
    def waiting(self) -> int:
        """How many wait for the group in hand to end."""
        with self._lock:
            return len(self._queue)

    def submit(self, job: J) -> R | None:
        """Hand one thing in and return its outcome, once its whole group is done."""
        mine = _Waiting[J, R](job)
        with self._lock:
            self._queue.append(mine)
            leads, self._has_leader = not self._has_leader, True
        if not leads:
            mine.called.wait()
        if not mine.is_done:
            self._lead()
        if mine.error is not None:
            raise mine.error
        return mine.outcome

    def _lead(self) -> None:
        """Do what waits first, and hand the lead on; whoever leads is the first that waits."""
        with self._lock:
            group, self._queue = self._queue[: self._limit], self._queue[self._limit :]
        try:
            self._settle(group)
        finally:
            with self._lock:
                next_leader = self._queue[0] if self._queue else None
                self._has_leader = next_leader is not None
            if next_leader is not None:
                next_leader.called.set()
            for one in group[1:]:
                one.called.set()

    def _settle(self, group: Sequence[_Waiting[J, R]]) -> None:
        for one in group:
            # Stands if this thread is ended before it knows better.
            one.error = StoreUnavailable("store cannot be used now: the group was interrupted")
            one.is_done = True
        try:
            outcomes = self._work([one.job for one in group])
        except Exception as error:  # each raises it in its own thread
            for one in group:
                one.error = _own(error)
            return
        for one, outcome in zip(group, outcomes, strict=True):
            one.error, one.outcome = None, outcome


def _own(error: Exception) -> Exception:
    """Return an error that one thread can raise without changing what another raises."""
    if not isinstance(error, ItemProofError):
        return error
    found = copy.copy(error)
    found.__cause__ = error
    return found
