"""Capture jobs: documents that were handed over, and what became of them (EPCIS 2.0, 12.6)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from traceability.store.bulk import inserted_number
from traceability.store.engine import little_cache
from traceability.store.tables import capture_job_parts, capture_job_results, capture_jobs


@dataclass(frozen=True, slots=True)
class CaptureJobRow:
    """One job; times are in milliseconds, `finished` and what follows are None while it runs.

    `resumed` counts how often the process that was at it has died.
    """

    job: int
    capture_id: str
    participant: bytes
    form: str
    proceed: bool
    created: int
    resumed: int
    finished: int | None
    success: bool | None
    batch: int | None
    outcome: bytes | None


class WaitingJob(NamedTuple):
    """A job that is not finished, whose it is, and whether its document is long.

    `is_suspect` says that the process died that had begun it, perhaps of it.
    """

    job: int
    participant: bytes
    is_long: bool
    is_suspect: bool


@dataclass(frozen=True, slots=True)
class PieceResult:
    """What became of a piece of a long document; see `tables.capture_job_results`."""

    piece: int
    first: int
    count: int
    batch: int | None
    outcome: bytes


_COLUMNS = tuple(capture_jobs.c[field.name] for field in fields(CaptureJobRow))


def _job(row: Row[Any] | None) -> CaptureJobRow | None:
    return None if row is None else CaptureJobRow(**row._mapping)


class CaptureJobRepository:
    """SQL over `capture_jobs`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self,
        capture_id: str,
        *,
        participant: bytes,
        form: str,
        proceed: bool,
        body: bytes | None,
        created: int,
    ) -> int:
        """Keep a new job, and return its number; without a body its document is in parts."""
        result = self._connection.execute(
            insert(capture_jobs).values(
                capture_id=capture_id,
                participant=participant,
                form=form,
                proceed=proceed,
                body=body,
                created=created,
                resumed=0,
            )
        )
        return inserted_number(result)

    def add_parts(self, job: int, parts: Iterable[bytes]) -> None:
        """Keep a job's document in parts: all of one length, but for the last."""
        with little_cache(self._connection):
            for number, data in enumerate(parts):
                values = {"job": job, "part": number, "data": data}
                self._connection.execute(insert(capture_job_parts).values(values))

    def part(self, job: int, part: int) -> bytes | None:
        """Return a part of a job's document; none after the last."""
        parts = capture_job_parts.c
        with little_cache(self._connection):
            found: bytes | None = self._connection.scalar(
                select(parts.data).where(parts.job == job, parts.part == part)
            )
        return found

    def add_result(self, job: int, result: PieceResult) -> None:
        """Keep what became of a piece of a job's document."""
        self._connection.execute(
            insert(capture_job_results).values(
                job=job,
                piece=result.piece,
                first=result.first,
                count=result.count,
                batch=result.batch,
                outcome=result.outcome,
            )
        )

    def results(self, job: int, *, first: int, limit: int) -> list[PieceResult]:
        """Return the pieces that hold the results from a place on, in order."""
        results = capture_job_results.c
        rows = self._connection.execute(
            select(results.piece, results.first, results.count, results.batch, results.outcome)
            .where(
                results.job == job,
                results.first + results.count > first,
                results.first < first + limit,
            )
            .order_by(results.piece)
        )
        return [PieceResult(*row) for row in rows]

    def get(self, capture_id: str, *, participant: bytes | None = None) -> CaptureJobRow | None:
        """Return a job by its public name, if it is the participant's; anybody's for None."""
        statement = select(*_COLUMNS).where(capture_jobs.c.capture_id == capture_id)
        if participant is not None:
            statement = statement.where(capture_jobs.c.participant == participant)
        return _job(self._connection.execute(statement).one_or_none())

    def newest(
        self, *, limit: int, before: int | None = None, participant: bytes | None = None
    ) -> list[CaptureJobRow]:
        """Return jobs with numbers below `before`, newest first; of all participants for None."""
        statement = select(*_COLUMNS).order_by(capture_jobs.c.job.desc()).limit(limit)
        if before is not None:
            statement = statement.where(capture_jobs.c.job < before)
        if participant is not None:
            statement = statement.where(capture_jobs.c.participant == participant)
        return [CaptureJobRow(*row) for row in self._connection.execute(statement)]

    def waiting(
        self,
        *,
        limit: int,
        besides: Collection[int] = (),
        besides_of: Collection[bytes] = (),
    ) -> list[WaitingJob]:
        """Return unfinished jobs, oldest first, leaving some out, and those of some."""
        jobs = capture_jobs.c
        rows = self._connection.execute(
            select(jobs.job, jobs.participant, jobs.body.is_(None), jobs.resumed > 0)
            .where(
                jobs.finished.is_(None),
                jobs.job.not_in(besides),
                jobs.participant.not_in(besides_of),
            )
            .order_by(jobs.job)
            .limit(limit)
        )
        return [WaitingJob(*row) for row in rows]

    def count_waiting(self, *, at_most: int) -> int:
        """Return how many jobs are not finished, counting no further than asked."""
        some = select(capture_jobs.c.job).where(capture_jobs.c.finished.is_(None)).limit(at_most)
        return int(self._connection.scalar(select(func.count()).select_from(some.subquery())) or 0)

    def unfinished(self, job: int) -> tuple[CaptureJobRow, bytes | None] | None:
        """Return a job that is not finished, with its document if that is not in parts."""
        row = self._connection.execute(
            select(*_COLUMNS, capture_jobs.c.body).where(
                capture_jobs.c.job == job, capture_jobs.c.finished.is_(None)
            )
        ).one_or_none()
        return None if row is None else (CaptureJobRow(*row[:-1]), row.body)

    def finished_before(self, time: int, *, limit: int) -> list[int]:
        """Return jobs that had finished before a time, oldest first."""
        jobs = capture_jobs.c
        found = select(jobs.job).where(jobs.finished < time).order_by(jobs.job).limit(limit)
        return list(self._connection.scalars(found))

    def forget(self, jobs: Collection[int]) -> None:
        """Delete jobs with their documents and whatever became of them."""
        for table in (capture_job_parts, capture_job_results, capture_jobs):
            self._connection.execute(delete(table).where(table.c.job.in_(jobs)))

    def count_start(self, jobs: Collection[int]) -> None:
        """Count one more start of jobs."""
        self._connection.execute(
            update(capture_jobs)
            .where(capture_jobs.c.job.in_(jobs))
            .values(resumed=capture_jobs.c.resumed + 1)
        )

    def finish(
        self, job: int, *, finished: int, success: bool, batch: int | None, outcome: bytes
    ) -> bool:
        """End a job and let go of its document; False where it has ended already."""
        changed = self._connection.execute(
            update(capture_jobs)
            .where(capture_jobs.c.job == job, capture_jobs.c.finished.is_(None))
            .values(finished=finished, success=success, batch=batch, outcome=outcome, body=None)
        )
        if changed.rowcount:
            self._connection.execute(
                delete(capture_job_parts).where(capture_job_parts.c.job == job)
            )
        return bool(changed.rowcount)
