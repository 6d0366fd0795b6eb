"""Group commit: what several threads hand in at once is done together, by one of them.

Whoever comes while nobody works leads: it takes what has been handed in, its own among it, does
it all at once, and gives each its outcome. What comes meanwhile waits, and the first of it leads
next. Those whose outcomes were just given tend to come back with more: the next group waits for
them a moment, so that all share one commit. Who comes alone never waits for company.
"""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from traceability.errors import ItemProofError
from traceability.store.faults import StoreUnavailable

# How long a group waits for those of the last one, how long since anybody came, and in what steps
# it looks.
PATIENCE_SECONDS = 0.02
QUIET_SECONDS = 0.003
LOOK_SECONDS = 0.0005

J = TypeVar("J")
R = TypeVar("R")


class _Waiting(Generic[J, R]):
    """One thing that was handed in, and what became of it."""

    def __init__(self, job: J) -> None:
        self.job = job
        # Held until it is done, or its turn to lead; an event would cost five times as much.
        self.called = threading.Lock()
        self.called.acquire()
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
        self._expected = 0

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
            mine.called.acquire()
        if not mine.is_done:
            self._lead()
        if mine.error is not None:
            raise mine.error
        return mine.outcome

    def _lead(self) -> None:
        """Do what waits first, and hand the lead on; whoever leads is the first that waits."""
        group: list[_Waiting[J, R]] = []
        try:
            try:
                self._await_company()
            finally:
                group = self._cut()
            self._settle(group)
        finally:
            with self._lock:
                # One alone is no company to wait for.
                everybody = len(group) + len(self._queue)
                self._expected = min(everybody, self._limit) if everybody > 1 else 0
                next_leader = self._queue[0] if self._queue else None
                self._has_leader = next_leader is not None
            if next_leader is not None:
                next_leader.called.release()
            for one in group[1:]:
                one.called.release()

    def _cut(self) -> list[_Waiting[J, R]]:
        """Take what waits, as many as a group holds."""
        with self._lock:
            group, self._queue = self._queue[: self._limit], self._queue[self._limit :]
        for one in group:
            # Stands if this thread is ended before it knows better.
            one.error = StoreUnavailable("store cannot be used now: the group was interrupted")
            one.is_done = True
        return group

    def _await_company(self) -> None:
        """Wait while others come, until as many are here as there were last time."""
        here = 0
        now = came = time.monotonic()
        give_up = now + PATIENCE_SECONDS
        while (waiting := self.waiting) < self._expected:
            if waiting > here:
                here, came = waiting, now
            if now > min(give_up, came + QUIET_SECONDS):
                return
            time.sleep(LOOK_SECONDS)
            now = time.monotonic()

    def _settle(self, group: Sequence[_Waiting[J, R]]) -> None:
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
