"""Several processes that do an audit's pieces on one snapshot.

Results come back in the order of the pieces, and only a few are waited for at a time. A process
that dies ends the audit with an error, since its snapshot is lost with it; what was kept of the
progress is not. Whoever is left without the process that asked ends too: its pipe is closed.
"""

from __future__ import annotations

import multiprocessing
import pickle
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import cast

from traceability.errors import ItemProofError, Unavailable
from traceability.ledger.audit.units import Context, Result, Unit
from traceability.ledger.audit.working import perform
from traceability.store.engine import little_cache, open_engine
from traceability.store.snapshots import joined_reading

# Pieces handed to a process ahead of its results.
AHEAD = 2
END_SECONDS = 5.0


class AuditWorkerLost(Unavailable):
    """A process of the audit ended before its work did; audit again."""

    code = "AUDIT_WORKER_LOST"


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    pipe: Connection
    waiting: deque[int] = field(default_factory=deque)

    def send(self, value: object) -> None:
        try:
            self.pipe.send(value)
        except OSError as error:
            raise self._lost() from error

    def receive(self) -> object:
        """Return the next answer; raise what the process could not go on from."""
        try:
            answer = self.pipe.recv()
        except (EOFError, OSError) as error:
            raise self._lost() from error
        if isinstance(answer, ItemProofError):
            raise answer
        return answer

    def _lost(self) -> AuditWorkerLost:
        self.process.join(END_SECONDS)
        return AuditWorkerLost(
            f"a process of the audit ended before its work did: exit code {self.process.exitcode}"
        )


class Workers:
    """Processes with a connection each; `join` lets them begin to read."""

    def __init__(self, workers: list[_Worker]) -> None:
        self._workers = workers

    def join(self, name: str) -> None:
        """Let every process begin to read the snapshot, and wait until all have."""
        for worker in self._workers:
            worker.send(name)
        for worker in self._workers:
            worker.receive()

    def do(self, units: Iterable[Unit]) -> Iterator[tuple[Unit, Result]]:
        """Have pieces done; yield their results in the same order."""
        waiting: dict[int, Unit] = {}
        done: dict[int, Result] = {}
        numbered = enumerate(units)
        following = 0
        is_over = False
        while not is_over or waiting:
            while not is_over and (worker := self._free(len(waiting))) is not None:
                found = next(numbered, None)
                is_over = found is None
                if found is not None:
                    number, unit = found
                    waiting[number] = unit
                    worker.waiting.append(number)
                    worker.send(unit)
            while following in done:
                yield waiting.pop(following), done.pop(following)
                following += 1
            if any(worker.waiting for worker in self._workers):
                self._collect(done)

    def _free(self, waiting: int) -> _Worker | None:
        """Return the process with least to do, unless all have enough, or one is far behind."""
        worker = min(self._workers, key=lambda one: len(one.waiting))
        is_enough = len(worker.waiting) >= AHEAD or waiting >= 4 * AHEAD * len(self._workers)
        return None if is_enough else worker

    def _collect(self, done: dict[int, Result]) -> None:
        pipes = {worker.pipe: worker for worker in self._workers if worker.waiting}
        for pipe in wait(list(pipes)):
            worker = pipes[pipe]  # type: ignore[index] # what was waited for
            done[worker.waiting.popleft()] = cast("Result", worker.receive())


@contextmanager
def working(database_url: str, duplicate_key: bytes | None, *, jobs: int) -> Iterator[Workers]:
    """Start processes; they end with the block, however that does."""
    context = multiprocessing.get_context("spawn")
    workers: list[_Worker] = []
    try:
        for _ in range(jobs):
            ours, theirs = context.Pipe()
            process = context.Process(
                target=_serve, args=(theirs, database_url, duplicate_key), daemon=True
            )
            process.start()
            theirs.close()
            workers.append(_Worker(process, ours))
        for worker in workers:
            worker.receive()  # Started: from here on it joins at once.
        yield Workers(workers)
    finally:
        for worker in workers:
            worker.pipe.close()
            worker.process.terminate()
        for worker in workers:
            worker.process.join(END_SECONDS)


def _serve(pipe: Connection, database_url: str, duplicate_key: bytes | None) -> None:
    """Do pieces until the pipe is closed; an interruption is for the process that asks."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    engine = open_engine(database_url)
    try:
        pipe.send(None)
        with (
            joined_reading(engine, pipe.recv()) as repositories,
            little_cache(repositories.connection),
        ):
            pipe.send(None)
            context = Context(repositories, duplicate_key)
            while True:
                pipe.send(perform(context, pipe.recv()))
    except (EOFError, OSError):
        pass
    except ItemProofError as error:
        _tell(pipe, error)
    finally:
        engine.dispose()


def _tell(pipe: Connection, error: ItemProofError) -> None:
    """Hand an error over, as itself where that can be done."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 # our own, just made
    except Exception:  # whatever an error of ours holds that cannot travel
        error = AuditWorkerLost(f"a process of the audit could not go on: {error}")
    pipe.send(error)
