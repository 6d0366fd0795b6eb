"""Several processes audit one snapshot: they say what one does, also while others write."""

from __future__ import annotations

import os
import signal
import threading

import pytest
from sqlalchemy import text

from tests.support.ledger import GTIN, add_participant, document, event
from traceability.ledger.audit import serials, workers
from traceability.ledger.audit.audit import AuditReport, audit
from traceability.ledger.mint import Lot
from traceability.ledger.node import Node


@pytest.fixture
def full(node: Node) -> Node:
    """Return a ledger with items, events and a participant."""
    participant = add_participant(node)
    for number in range(4):
        node.submission.submit(document(event(2 * number)), participant=participant)
        node.mint(Lot(GTIN, f"L{number}", 300, {}), participant=participant)
    node.sequencer.run(close=True)
    return node


def run_audit(node: Node, jobs: int) -> AuditReport:
    return audit(node.store, second_place=node.second_place, jobs=jobs)


def test_two_processes_say_what_one_says(full: Node) -> None:
    assert run_audit(full, 2) == run_audit(full, 1)
    assert run_audit(full, 2).ok


def test_two_processes_name_what_one_names(full: Node) -> None:
    with full.store.unit_of_work() as work:
        work.connection.execute(text("update events set biz_step = 'x' where event = 2"))
        work.connection.execute(text("update items set serial = '~' where record_index = 299"))
        work.commit()
    assert run_audit(full, 2) == run_audit(full, 1)
    assert {found.table for found in run_audit(full, 2).differences} == {
        *("events", "items", "records")
    }


def test_a_node_at_work_has_no_differences(full: Node) -> None:
    """Who writes meanwhile, sequencing and closing, changes nothing that is audited."""
    ended = threading.Event()
    faults: list[Exception] = []

    def write() -> None:
        participant = add_participant(full)
        number = 100
        while not ended.is_set():
            try:
                full.submission.submit(document(event(number)), participant=participant)
                full.sequencer.run(close=number % 3 == 0)
            except Exception as error:
                faults.append(error)
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        reports = [run_audit(full, jobs) for jobs in (2, 1, 1)]
    finally:
        ended.set()
        writer.join()
    assert faults == []
    assert [report.differences for report in reports] == [(), (), ()]


@pytest.fixture
def doomed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a process of the audit be killed as soon as it has joined."""
    join = workers.Workers.join

    def then_kill(self: workers.Workers, name: str) -> None:
        join(self, name)
        process = self._workers[0].process
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()

    monkeypatch.setattr(workers.Workers, "join", then_kill)


def test_a_process_that_dies_is_told(full: Node, doomed: None) -> None:
    with pytest.raises(workers.AuditWorkerLost, match="exit code -9"):
        run_audit(full, 2)


def test_a_process_that_cannot_start_is_told_before_the_snapshot() -> None:
    """The write lock is held while processes join, so none may still be starting then."""
    with (
        pytest.raises(workers.AuditWorkerLost, match="exit code 1"),
        workers.working("no database", None, jobs=1),
    ):
        raise AssertionError("it was not waited for")


@pytest.mark.parametrize("index", [1, 7, 300])
def test_a_serial_issued_twice_is_named(full: Node, index: int) -> None:
    """Wherever the copy stands: it need not ascend there, so that no sorted list has it."""
    with full.store.unit_of_work() as work:
        copy = "select serial from items where batch = 2 and record_index = 7"
        work.connection.execute(
            text(f"update items set serial = ({copy}) where batch = 4 and record_index = :index"),
            {"index": index},
        )
        work.commit()
    found = [one for one in run_audit(full, 1).differences if one.found == "also 2, 7"]
    assert [(one.table, one.key, one.column) for one in found] == [
        ("items", f"4, {index}", "serial")
    ]


def test_serials_that_do_not_ascend_are_named(full: Node) -> None:
    with full.store.unit_of_work() as work:
        for old, new in ((7, -1), (8, 7), (-1, 8)):
            work.connection.execute(
                text(
                    "update items set record_index = :new where batch = 4 and record_index = :old"
                ),
                {"old": old, "new": new},
            )
        work.commit()
    found = run_audit(full, 1).differences
    assert [one.column for one in found if one.expected == "ascending serials"] == ["serial"]
    assert not [one for one in found if one.expected.startswith("one item")]


def test_lots_are_compared_window_by_window(full: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serials, "ROWS", 8)
    monkeypatch.setattr(serials, "LEAST", 2)
    assert run_audit(full, 1).ok
    with full.store.unit_of_work() as work:
        copy = "select serial from items where batch = 6 and record_index = 299"
        work.connection.execute(
            text(f"update items set serial = ({copy}) where batch = 8 and record_index = 299")
        )
        work.commit()
    found = [one for one in run_audit(full, 1).differences if one.found == "also 6, 299"]
    assert [one.key for one in found] == ["8, 299"]
