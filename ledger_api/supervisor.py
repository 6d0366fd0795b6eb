"""The parent of several processes that serve one ledger: starts them, and those that die again.

Any of them may die at any moment: what it had in hand is refused to its callers or kept, its
roles are taken over by another, and a new process takes its place. They end with their parent.
"""

from __future__ import annotations

import logging
import multiprocessing
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from types import FrameType
from typing import Any

logger = logging.getLogger(__name__)

# A process that dies soon after its start is started again later and later.
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0
# Who has lived so long is started again at once.
SETTLED_SECONDS = 10.0
# What a process gets to stop by itself, beyond the time that its requests get.
STOP_SECONDS = 20.0


@dataclass(slots=True)
class _Member:
    number: int
    process: SpawnProcess | None = None
    started: float = 0.0
    pause: float = FIRST_PAUSE_SECONDS
    due: float = 0.0


class Supervisor:
    """Keeps a number of processes alive until told to stop.

    Parameters
    ----------
    target
        A function of a module: what a process does, with `shared` and its own number.
    ended
        Called with the number of a process that has died.
    """

    def __init__(
        self,
        target: Callable[[Any, int], None],
        shared: object,
        *,
        count: int,
        ended: Callable[[int], object] = lambda _: None,
    ) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._target = target
        self._shared = shared
        self._ended = ended
        self._members = [_Member(number) for number in range(count)]
        self._told, self._tell = multiprocessing.Pipe(duplex=False)

    def run(self) -> None:
        """Keep the processes alive until SIGTERM or SIGINT, then stop them."""
        with self._signals():
            try:
                while not self._told.poll():
                    self._start_those_due()
                    wait(self._watched(), self._seconds_to_next())
                    self._note_the_dead()
            finally:
                self._stop()

    def stop(self) -> None:
        """Have `run` return; it may be called from another thread."""
        self._tell.send(None)

    @contextmanager
    def _signals(self) -> Iterator[None]:
        def told(_number: int, _frame: FrameType | None) -> None:
            self.stop()

        kinds = (signal.SIGTERM, signal.SIGINT)
        before = [signal.signal(kind, told) for kind in kinds]
        try:
            yield
        finally:
            for kind, handler in zip(kinds, before, strict=True):
                signal.signal(kind, handler)

    def _start_those_due(self) -> None:
        now = time.monotonic()
        for member in self._members:
            if member.process is None and member.due <= now:
                process = self._context.Process(
                    target=self._target,
                    args=(self._shared, member.number),
                    name=f"itemproof-worker-{member.number}",
                )
                process.start()
                member.process, member.started = process, now

    def _watched(self) -> list[Connection | int]:
        alive = [one.process.sentinel for one in self._members if one.process is not None]
        return [self._told, *alive]

    def _seconds_to_next(self) -> float | None:
        waiting = [one.due for one in self._members if one.process is None]
        return max(0.0, min(waiting) - time.monotonic()) if waiting else None

    def _note_the_dead(self) -> None:
        for member in self._members:
            if member.process is None or member.process.is_alive():
                continue
            process, member.process = member.process, None
            self._ended(member.number)
            if time.monotonic() - member.started >= SETTLED_SECONDS:
                member.pause = FIRST_PAUSE_SECONDS
            member.due = time.monotonic() + member.pause
            if not self._told.poll():
                logger.warning(
                    "worker.ended pid=%s status=%s again_in=%.1f",
                    process.pid,
                    process.exitcode,
                    member.pause,
                )
            member.pause = min(member.pause * 2, LONGEST_PAUSE_SECONDS)
            process.close()

    def _stop(self) -> None:
        running = [one.process for one in self._members if one.process is not None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in running:
            process.join(max(0.0, deadline - time.monotonic()))
            if process.is_alive():
                logger.warning("worker.killed pid=%s", process.pid)
                process.kill()
                process.join()
