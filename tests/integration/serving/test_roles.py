"""One process at a time has a role; a bell that any of them rings wakes it; on both databases."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest
from sqlalchemy import text

from ledger_api.roles import Bell, Role
from ledger_api.scoreboard import Board, Slot
from ledger_api.workers import Bells, LoggedEntries, Overdue, Workers, open_bells
from tests.support.ledger import add_participant, document, event, opened_node
from traceability.store.faults import StoreUnavailable
from traceability.store.repositories import Repositories
from traceability.store.store import Store

SECONDS = 30.0
# Nobody would be woken in time but by a bell.
NEVER = 3600.0


class Works:
    """A piece of work that counts how often it is done, and may fail."""

    def __init__(self, store: Store, bell: Bell, **more: Callable[[str | None], object]) -> None:
        self.count = 0
        self.error: Exception | None = None
        self.role = Role("tested", self._work, store=store, pause_seconds=NEVER, bell=bell, **more)

    def _work(self) -> None:
        self.count += 1
        if self.error is not None:
            raise self.error


def wait_until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Iterator[Store]:
    with Store.open(database_url, tmp_path) as found:
        yield found


@pytest.fixture
def bell() -> Iterator[Bell]:
    with closing(Bell().open()) as found:
        yield found


@pytest.fixture
def bells() -> Iterator[Bells]:
    found = open_bells()
    yield found
    for one in found:
        one.close()


def test_the_second_takes_over_when_the_first_stops(store: Store, bell: Bell) -> None:
    first, second = Works(store, bell), Works(store, bell)
    first.role.start()
    wait_until(lambda: first.count == 1)
    second.role.start()
    second.role.wake()
    wait_until(lambda: first.count == 2)
    assert second.count == 0
    first.role.stop()
    wait_until(lambda: second.count == 1)
    second.role.stop()


def test_a_failure_is_told_and_passes(store: Store, bell: Bell) -> None:
    told: list[str | None] = []
    works = Works(store, bell, tell=told.append)
    works.error = StoreUnavailable("store cannot be used now: test")
    works.role.start()
    wait_until(lambda: told == ["STORE_UNAVAILABLE"])
    works.error = None
    works.role.wake()
    wait_until(lambda: told == ["STORE_UNAVAILABLE", None])
    works.role.stop()
    assert (told, works.count) == (["STORE_UNAVAILABLE", None], 2)


def test_a_role_is_taken_again_when_its_connection_was_ended(
    postgres_url: str, tmp_path: Path, bell: Bell
) -> None:
    store, others = Store.open(postgres_url, tmp_path), Store.open(postgres_url, tmp_path)
    first, second = Works(store, bell), Works(others, bell)
    first.role.start()
    wait_until(lambda: first.count == 1)
    second.role.start()
    with others.engine.connect() as connection:
        connection.execute(
            text(
                "select pg_terminate_backend(pid) from pg_locks "
                "where locktype = 'advisory' and granted and pid <> pg_backend_pid()"
            )
        )
    wait_until(lambda: first.count + second.count > 1 or ring(bell))
    first.role.stop()
    second.role.stop()
    store.close()
    others.close()
    assert first.count + second.count > 1


def ring(bell: Bell) -> bool:
    bell.ring()
    return False


def test_what_one_process_takes_another_logs_at_once(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bells: Bells
) -> None:
    monkeypatch.setattr("ledger_api.workers.IDLE_SECONDS", NEVER)
    with opened_node(database_url, tmp_path / "data") as node:
        participant = add_participant(node)
        first, second = Workers(node, bells=bells), Workers(node, bells=bells)
        first.start()
        with first.sequencer.done:
            assert first.sequencer.done.wait(SECONDS)
        second.start()
        found = node.submission.submit(document(event(1)), participant=participant)
        assert found.batch is not None
        assert second.wait_logged(found.batch.arrival) > 0
        second.stop()
        first.stop()


def test_nobody_logs_what_nobody_is_told_of(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bells: Bells
) -> None:
    monkeypatch.setattr("ledger_api.workers.LOGGED_TIMEOUT_SECONDS", 0.2)
    with opened_node(sqlite_url, tmp_path / "data") as node:
        found = node.submission.submit(document(event(1)), participant=add_participant(node))
        workers = Workers(node, bells=bells)
        assert found.batch is not None
        with pytest.raises(Overdue):
            workers.wait_logged(found.batch.arrival)


@pytest.mark.parametrize("error", [RuntimeError("a fault of ours"), StoreUnavailable("gone")])
def test_who_waits_is_told_though_asking_failed_before(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    with opened_node(sqlite_url, tmp_path / "data") as node:
        found = node.submission.submit(document(event(1)), participant=add_participant(node))
        assert found.batch is not None
        node.sequencer.run()
        reading, failed = node.store.reading, []

        def broken() -> AbstractContextManager[Repositories]:
            if not failed:
                failed.append(error)
                raise error
            return reading()

        monkeypatch.setattr(node.store, "reading", broken)
        entries = LoggedEntries(node.store, threading.Condition())
        entries.start()
        assert entries.wait(found.batch.arrival, seconds=SECONDS) is not None
        assert failed == [error]
        # What has not arrived is told to nobody.
        assert entries.wait(found.batch.arrival + 1, seconds=0.1) is None
        entries.stop()


def test_a_fault_in_one_process_is_known_to_all() -> None:
    board = Board(2)
    Slot(board, 1).put_fault("sequencer", "STORE_UNAVAILABLE")
    assert (board.fault("sequencer"), board.fault("capture")) == ("STORE_UNAVAILABLE", None)
    board.clear(1)
    assert board.fault("sequencer") is None
