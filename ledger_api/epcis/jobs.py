"""Capture jobs: a document is durable when its job is promised, and judged afterwards.

A crash before a job's transaction commits leaves the job waiting and nothing recorded; after
it, the job is finished and the whole batch recorded: both are written by the one transaction.
Whoever runs a job that another process has finished meanwhile finds out there, and writes
nothing. Documents of one participant are kept in the order in which they were promised.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Collection
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import cast

from ledger_api.epcis.faults import CaptureAbandoned, CaptureFailed, CaptureLimitExceeded
from ledger_api.epcis.long_jobs import PartsOfDocument, results_of, summary_of
from ledger_api.epcis.outcomes import Outcome, failure, outcome_of
from ledger_api.epcis.turns import Turns
from traceability.errors import ItemProofError, Unavailable
from traceability.ledger.drafting import DocumentBody, DocumentForm
from traceability.ledger.node import Node
from traceability.ledger.streaming import StreamResult, submit_stream
from traceability.ledger.submission import SubmissionResult
from traceability.store.locks import AlreadyRunning
from traceability.store.repositories import Repositories
from traceability.store.repositories.capture_jobs import CaptureJobRow, WaitingJob
from traceability.store.times import to_milliseconds

logger = logging.getLogger(__name__)

# While one document is written, the next is read.
JOBS_AT_ONCE = 2
# How soon a new job is seen while others run.
LOOK_SECONDS = 0.02
# A document that has taken the process with it this often is not tried again.
MAX_STARTS = 3
# The process that does the jobs, by a name of its own; nothing once it has stopped by itself.
RUNNER = "capture_runner"


class CaptureStopped(Unavailable):
    """The server stops; the job goes on from the beginning when it starts again."""

    code = "CAPTURE_STOPPED"


class JobFinished(ItemProofError):
    """Another process has finished the job."""

    code = "CAPTURE_JOB_FINISHED"


class CaptureJobs:
    """Does the capture jobs of a node, oldest first, a few at a time."""

    def __init__(
        self,
        node: Node,
        *,
        on_captured: Callable[[], None],
        limit: int,
        max_events: int | None = None,
    ) -> None:
        self._node = node
        self._max_events = max_events
        self._on_captured = on_captured
        self._limit = limit
        self._stopping = threading.Event()
        self._turns = Turns()
        self._name = secrets.token_bytes(8)

    def take_over(self) -> int:
        """Begin to do the jobs of a node; return how many the one before died of, perhaps.

        Those that it may have begun count a start, unless it stopped by itself.
        """
        with self._node.store.unit_of_work() as work:
            repositories = work.repositories
            before = repositories.meta.get(RUNNER) or b""
            left = self._next(repositories, []) if before not in (b"", self._name) else []
            repositories.capture_jobs.count_start([one.job for one in left])
            repositories.meta.put(RUNNER, self._name)
            work.commit()
        if left:
            logger.info("capture.resumed jobs=%s", len(left))
        return len(left)

    def leave(self) -> None:
        """Say that whatever was begun was put off, and harmed nobody."""
        with self._node.store.unit_of_work() as work:
            if work.repositories.meta.get(RUNNER) == self._name:
                work.repositories.meta.put(RUNNER, b"")
                work.commit()

    def stop(self) -> None:
        """Begin no more jobs."""
        self._stopping.set()

    def run(self) -> None:
        """Do all jobs that wait, unless another process is at it.

        Raises
        ------
        Unavailable
            The store cannot be used now; what waits still waits.
        """
        try:
            with self._node.store.lock("capture-jobs", wait=False):
                self._run()
        except AlreadyRunning:
            return

    def _run(self) -> None:
        running: dict[Future[None], WaitingJob] = {}
        self._turns = Turns()
        with ThreadPoolExecutor(JOBS_AT_ONCE, thread_name_prefix="capture") as pool:
            while True:
                for one in self._waiting(running.values()):
                    self._turns.begin(one.job, one.participant)
                    running[pool.submit(self._in_turn, one)] = one
                if not running:
                    return
                done, _ = wait(running, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
                for future in done:
                    del running[future]
                    future.result()

    def _waiting(self, running: Collection[WaitingJob]) -> list[WaitingJob]:
        if len(running) == JOBS_AT_ONCE or self._stopping.is_set():
            return []
        with self._node.store.reading() as repositories:
            return self._next(repositories, running)

    def _next(
        self, repositories: Repositories, running: Collection[WaitingJob]
    ) -> list[WaitingJob]:
        """Return the jobs to begin, oldest first.

        None that would wait for a long document of its participant: others can use its place.
        And one that the process may have died of is done alone: it shall take no other with it.
        """
        busy = list(running)
        while len(busy) < JOBS_AT_ONCE and not any(one.is_suspect for one in busy):
            found = repositories.capture_jobs.waiting(
                limit=1,
                besides=[one.job for one in busy],
                besides_of=[one.participant for one in busy if one.is_long],
            )
            if not found or (busy and found[0].is_suspect):
                break
            busy += found
        return busy[len(running) :]

    def _in_turn(self, one: WaitingJob) -> None:
        try:
            self.do(one.job)
        except BaseException as error:
            self._turns.end(one.job, one.participant, left_by=error)
            raise
        self._turns.end(one.job, one.participant)

    def do(self, job: int) -> None:
        """Do one job: record its events and finish it, or finish it with what went wrong.

        Raises
        ------
        Unavailable
            It still waits.
        """
        with self._node.store.reading() as repositories:
            found = repositories.capture_jobs.unfinished(job)
        if found is None:
            return
        row, data = found
        try:
            self._capture(row, data)
        except Unavailable:
            raise
        except JobFinished:
            return
        except ItemProofError as error:
            self._fail(row, failure(error, is_internal=False))
        except Exception:
            logger.exception("capture.failed job=%s", row.capture_id)
            fault = CaptureFailed("capture failed by a fault of this node: ask its operator")
            self._fail(row, failure(fault, is_internal=True))
        self._on_captured()

    def _capture(self, row: CaptureJobRow, data: bytes | None) -> None:
        if row.resumed > MAX_STARTS:
            raise CaptureAbandoned(
                f"capture was begun {row.resumed} times and never ended: send less at once"
            )
        if data is None:
            self._capture_long(row)
        else:
            self._capture_whole(row, data)

    def _capture_whole(self, row: CaptureJobRow, data: bytes) -> None:

        def also(repositories: Repositories, result: SubmissionResult) -> None:
            batch = None if result.batch is None else result.batch.batch
            outcome = outcome_of(result)
            is_good = not result.count("rejected")
            self._finish(repositories, row, outcome, success=is_good, batch=batch)

        body = DocumentBody(data, cast("DocumentForm", row.form), self._limit)
        self._node.submission.submit_body(
            body,
            participant=row.participant,
            proceed=row.proceed,
            also=also,
            when_drafted=lambda: self._turns.wait(row.job, row.participant),
        )

    def _capture_long(self, row: CaptureJobRow) -> None:
        def also(repositories: Repositories, result: StreamResult) -> None:
            batch = None if result.first_batch is None else result.first_batch.batch
            outcome = summary_of(result)
            self._finish(repositories, row, outcome, success=not result.rejected, batch=batch)
            for piece in results_of(result):
                repositories.capture_jobs.add_result(row.job, piece)

        with submit_stream(
            self._node.submission,
            PartsOfDocument(self._node.store, row.job),
            cast("DocumentForm", row.form),
            participant=row.participant,
            proceed=row.proceed,
            also=also,
            when_drafted=lambda: self._turns.wait(row.job, row.participant),
            progress=self._check,
        ):
            pass

    def _check(self, events: int) -> None:
        """End a long document that has too many events, or when the server stops."""
        if self._stopping.is_set():
            raise CaptureStopped("capture is put off until the server starts again")
        if self._max_events is not None and events > self._max_events:
            raise CaptureLimitExceeded(
                f"document holds too many events: expected at most {self._max_events}, got more",
                expected=f"at most {self._max_events}",
                got="more",
            )

    def _fail(self, row: CaptureJobRow, outcome: Outcome) -> None:
        with self._node.store.unit_of_work() as work:
            try:
                self._finish(work.repositories, row, outcome, success=False, batch=None)
            except JobFinished:
                return
            work.commit()

    def _finish(
        self,
        repositories: Repositories,
        row: CaptureJobRow,
        outcome: Outcome,
        *,
        success: bool,
        batch: int | None,
    ) -> None:
        is_ours = repositories.capture_jobs.finish(
            row.job,
            finished=to_milliseconds(self._node.clock()),
            success=success,
            batch=batch,
            outcome=outcome.to_bytes(),
        )
        if not is_ours:
            raise JobFinished(f"job {row.capture_id} is finished already")
