"""A promised job is kept, whatever dies meanwhile; on both databases."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from sqlalchemy import update

from ledger_api.epcis.faults import CaptureFailed
from ledger_api.epcis.jobs import JOBS_AT_ONCE, MAX_STARTS, CaptureJobs
from ledger_api.epcis.outcomes import Outcome
from ledger_api.workers import Workers
from tests.support.ledger import OpenedLogs, add_participant, document, event, opened_node
from traceability.ledger.drafting import DocumentBody, Drafted
from traceability.ledger.node import Node
from traceability.store.faults import StoreUnavailable
from traceability.store.repositories.capture_jobs import CaptureJobRow
from traceability.store.tables import capture_jobs
from traceability.store.unit_of_work import UnitOfWork
from traceability.strict_json import MAX_BYTES

FAULTY = {"eventTime": "2026-05-01T08:00:00"}


class Died(BaseException):
    """Stands for the end of the process."""


def promise(node: Node, value: Any, *, proceed: bool = False, name: str = "job") -> int:
    """Keep a job as the binding does, and do nothing about it."""
    participant = getattr(node, "participant", None) or add_participant(node)
    node.participant = participant
    with node.store.unit_of_work() as work:
        job = work.repositories.capture_jobs.add(
            name,
            participant=participant,
            form="json",
            proceed=proceed,
            body=json.dumps(value).encode(),
            created=1,
        )
        work.commit()
    return job


def jobs_of(node: Node) -> CaptureJobs:
    return CaptureJobs(node, on_captured=lambda: None, limit=MAX_BYTES)


def job(node: Node, name: str = "job") -> CaptureJobRow:
    with node.store.reading() as repositories:
        row = repositories.capture_jobs.get(name)
    assert row is not None
    return row


def count_records(node: Node) -> int:
    with node.store.reading() as repositories:
        return repositories.batches.count_records()


@pytest.fixture(params=["rollback", "proceed"])
def proceed(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "proceed")


class TestCrash:
    """A document of two good events and a faulty one, and a crash around its one commit."""

    @pytest.mark.parametrize("committed", [False, True])
    def test_leaves_nothing_or_all(
        self, node: Node, monkeypatch: pytest.MonkeyPatch, proceed: bool, committed: bool
    ) -> None:
        number = promise(node, document(event(1), event(2, **FAULTY), event(3)), proceed=proceed)
        commit = UnitOfWork.commit

        def dies(work: UnitOfWork) -> None:
            if committed:
                commit(work)
            raise Died

        with monkeypatch.context() as patched:
            patched.setattr(UnitOfWork, "commit", dies)
            with pytest.raises(Died):
                jobs_of(node).do(number)
        kept = 2 if proceed else 0
        assert count_records(node) == (kept if committed else 0)
        assert (job(node).finished is not None) == committed
        jobs_of(node).run()
        assert count_records(node) == kept
        row = job(node)
        assert (row.success, row.batch is not None) == (False, proceed)
        assert row.outcome is not None
        results = [one["result"] for one in Outcome.from_bytes(row.outcome).records]
        assert results == (["accepted", "rejected", "accepted"] if proceed else ["rejected"] * 3)

    @pytest.mark.parametrize(("died", "counted"), [(True, 1), (False, 0)])
    def test_of_the_server_is_mended_at_its_next_start(
        self, database_url: str, tmp_path: Path, died: bool, counted: int
    ) -> None:
        chain = OpenedLogs()
        with opened_node(database_url, tmp_path / "data", chain) as node:
            promise(node, document(event(1), event(2)))
            before = jobs_of(node)
            before.take_over()
            if not died:
                before.leave()
        with opened_node(database_url, tmp_path / "data", chain) as node:
            assert job(node).finished is None
            workers = Workers(node)
            workers.start()
            wait_until(lambda: job(node).finished is not None)
            workers.stop()
            assert (job(node).success, job(node).resumed) == (True, counted)
            assert count_records(node) == 2

    def test_that_comes_again_and_again_ends_the_job(self, node: Node) -> None:
        promise(node, document(event(1)))
        assert [died_at_it(node) for _ in range(MAX_STARTS + 2)] == [0] + [1] * (MAX_STARTS + 1)
        jobs_of(node).run()
        row = job(node)
        assert row.outcome is not None
        assert Outcome.from_bytes(row.outcome).error["code"] == "CAPTURE_ABANDONED"
        assert count_records(node) == 0

    def test_that_comes_again_and_again_spares_those_beside_it(self, node: Node) -> None:
        for number in range(JOBS_AT_ONCE + 1):
            promise(node, document(event(number)), name=f"job{number}")
        for _ in range(MAX_STARTS + 2):
            died_at_it(node)
        jobs_of(node).run()
        ended = [job(node, f"job{number}").success for number in range(JOBS_AT_ONCE + 1)]
        assert ended == [False] + [True] * JOBS_AT_ONCE

    def test_fewer_times_does_not(self, node: Node) -> None:
        promise(node, document(event(1)))
        for _ in range(MAX_STARTS + 1):
            died_at_it(node)
        jobs_of(node).run()
        assert (job(node).success, count_records(node)) == (True, 1)

    def test_is_another_thing_than_stopping(self, node: Node) -> None:
        promise(node, document(event(1)))
        for _ in range(MAX_STARTS + 2):
            jobs = jobs_of(node)
            assert jobs.take_over() == 0
            jobs.leave()
        jobs_of(node).run()
        assert (job(node).success, job(node).resumed) == (True, 0)


def died_at_it(node: Node) -> int:
    """Take the jobs over and never leave; tell how many the one before was held to account for."""
    return jobs_of(node).take_over()


def wait_until(done: Callable[[], bool]) -> None:
    import time

    deadline = time.monotonic() + 20
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


class Slowly:
    """Draws documents up, and the first of them only once another has ended, or had time to."""

    def __init__(self, node: Node, monkeypatch: pytest.MonkeyPatch, *, seconds: float) -> None:
        self._node = node
        self._draft = node.submission.drafter
        self._seconds = seconds
        self.error: StoreUnavailable | None = None
        self.drafted: list[str] = []
        monkeypatch.setattr(node.submission, "drafter", self.draft)

    def draft(self, body: DocumentBody, duplicate_key: bytes) -> Drafted:
        name = "second" if b"example:second" in body.data else "first"
        if name == "first":
            deadline = monotonic() + self._seconds
            while job(self._node, "second").finished is None and monotonic() < deadline:
                sleep(0.01)
            if self.error is not None:
                raise self.error
        found = self._draft(body, duplicate_key)
        self.drafted.append(name)
        return found


def kept_order(node: Node) -> list[str]:
    """Return the ids of the first events of all batches, in the order of the log."""
    with node.store.reading() as repositories:
        rows = [repositories.batches.record(row.batch, 0) for row in repositories.batches.all()]
    return [json.loads(row.payload)["eventID"] for row in rows if row is not None]


class TestOrder:
    """The first of two documents takes longer to be drawn up than the second."""

    FIRST, SECOND = "urn:example:first", "urn:example:second"

    def test_is_that_of_a_participants_jobs(
        self, node: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        promise(node, document(event(1, eventID=self.FIRST)), name="first")
        promise(node, document(event(2, eventID=self.SECOND)), name="second")
        slowly = Slowly(node, monkeypatch, seconds=0.5)
        jobs_of(node).run()
        assert slowly.drafted == ["second", "first"]
        assert kept_order(node) == [self.FIRST, self.SECOND]

    def test_does_not_bind_participants_to_each_other(
        self, node: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        promise(node, document(event(1, eventID=self.FIRST)), name="first")
        node.participant = add_participant(node)
        promise(node, document(event(2, eventID=self.SECOND)), name="second")
        slowly = Slowly(node, monkeypatch, seconds=10)
        jobs_of(node).run()
        assert slowly.drafted == ["second", "first"]
        assert kept_order(node) == [self.SECOND, self.FIRST]

    def test_outlasts_a_store_that_fails_the_first(
        self, node: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        promise(node, document(event(1, eventID=self.FIRST)), name="first")
        promise(node, document(event(2, eventID=self.SECOND)), name="second")
        with monkeypatch.context() as patched:
            slowly = Slowly(node, patched, seconds=0.5)
            slowly.error = StoreUnavailable("store cannot be used now")
            with pytest.raises(StoreUnavailable):
                jobs_of(node).run()
        assert (job(node, "second").finished, kept_order(node)) == (None, [])
        jobs_of(node).run()
        assert kept_order(node) == [self.FIRST, self.SECOND]

    def test_goes_past_a_document_that_is_refused(
        self, node: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        promise(node, document(event(1, **FAULTY)), name="first")
        promise(node, document(event(2, eventID=self.SECOND)), name="second")
        Slowly(node, monkeypatch, seconds=0.5)
        jobs_of(node).run()
        assert (job(node, "first").success, kept_order(node)) == (False, [self.SECOND])


class TestPlaces:
    """A long document is drawn up; two more of its participant wait, and one of another."""

    @pytest.mark.parametrize(("is_long", "begun"), [(True, "other"), (False, "second")])
    def test_are_not_held_by_those_who_wait_for_a_long_one(
        self, node: Node, monkeypatch: pytest.MonkeyPatch, is_long: bool, begun: str
    ) -> None:
        numbers = {promise(node, document(event(1)), name="first"): "first"}
        numbers[promise(node, document(event(2)), name="second")] = "second"
        node.participant = add_participant(node)
        numbers[promise(node, document(event(3)), name="other")] = "other"
        if is_long:
            make_long(node, "first")
        jobs, done = jobs_of(node), []

        def do(number: int) -> None:
            done.append(numbers[number])
            deadline = monotonic() + 5
            while len(done) < 2 and monotonic() < deadline:
                sleep(0.01)
            jobs.stop()

        monkeypatch.setattr(jobs, "do", do)
        jobs.run()
        assert sorted(done) == sorted(["first", begun])


def make_long(node: Node, name: str) -> None:
    """Let a job's document be kept in parts."""
    with node.store.unit_of_work() as work:
        change = update(capture_jobs).where(capture_jobs.c.capture_id == name).values(body=None)
        work.connection.execute(change)
        work.commit()


class TestRunning:
    def test_twice_records_once(self, node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
        number = promise(node, document(event(1)))
        submit = node.submission.submit_body

        def after_another(*arguments: Any, **named: Any) -> Any:
            monkeypatch.undo()
            jobs_of(node).do(number)
            return submit(*arguments, **named)

        monkeypatch.setattr(node.submission, "submit_body", after_another)
        jobs_of(node).do(number)
        assert (job(node).success, count_records(node)) == (True, 1)

    def test_does_many_and_lets_go_of_their_documents(self, node: Node) -> None:
        for number in range(7):
            promise(node, document(event(number)), name=f"job{number}")
        jobs_of(node).run()
        assert count_records(node) == 7
        with node.store.reading() as repositories:
            assert repositories.capture_jobs.waiting(limit=10) == []
            assert repositories.capture_jobs.unfinished(1) is None

    def test_stops_between_jobs(self, node: Node) -> None:
        promise(node, document(event(1)))
        jobs = jobs_of(node)
        jobs.stop()
        jobs.run()
        assert job(node).finished is None

    def test_leaves_it_to_who_is_at_it(self, node: Node) -> None:
        promise(node, document(event(1)))
        with node.store.lock("capture-jobs"):
            jobs_of(node).run()
        assert job(node).finished is None

    def test_waits_for_a_store_that_cannot_be_used(
        self, node: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        promise(node, document(event(1)))

        def refused(*_: Any, **__: Any) -> Any:
            raise StoreUnavailable("store cannot be used now")

        with monkeypatch.context() as patched:
            patched.setattr(node.submission, "submit_body", refused)
            with pytest.raises(StoreUnavailable):
                jobs_of(node).run()
        assert job(node).finished is None
        jobs_of(node).run()
        assert job(node).success is True

    def test_ends_by_a_fault_of_ours_that_outsiders_learn_nothing_of(
        self, node: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        promise(node, document(event(1)))

        def broken(*_: Any, **__: Any) -> Any:
            raise RuntimeError("secret")

        monkeypatch.setattr(node.submission, "submit_body", broken)
        jobs_of(node).run()
        row = job(node)
        assert row.outcome is not None
        error = Outcome.from_bytes(row.outcome).error
        assert error is not None
        assert (error["code"], error["internal"]) == (CaptureFailed.code, True)
        assert "secret" not in str(error)

    def test_ends_with_what_the_key_may_not_say(self, node: Node) -> None:
        node.participant = add_participant(node, roles=("auditor",))
        promise(node, document(event(1)))
        jobs_of(node).run()
        row = job(node)
        assert row.outcome is not None
        assert row.success is False
        assert Outcome.from_bytes(row.outcome).error["code"] == "ROLE_NOT_ALLOWED"
