"""Writers of several processes on one SQLite database: each gets its turn, and not for ever."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from multiprocessing.synchronize import Event
from pathlib import Path
from threading import Lock, Thread

import pytest
from sqlalchemy import Engine

from traceability.store import engine as engines
from traceability.store.engine import open_engine
from traceability.store.faults import StoreUnavailable
from traceability.store.unit_of_work import UnitOfWork

INSERT = "INSERT INTO written VALUES (1)"
HOG_SECONDS = 6.0
TURNS = 30
PAUSE_SECONDS = 0.05


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'written.sqlite'}"


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    with UnitOfWork(engine) as work:
        work.connection.exec_driver_sql("CREATE TABLE written (it INTEGER)")
        work.commit()
    yield engine
    engine.dispose()


def hog(url: str, began: Event) -> None:
    """Write without pause, as a process with several writers does."""
    engine, turn, end = open_engine(url), Lock(), time.monotonic() + HOG_SECONDS

    def write() -> None:
        while time.monotonic() < end:
            with UnitOfWork(engine, turn=turn) as work:
                work.connection.exec_driver_sql(INSERT)
                time.sleep(0.015)
                work.commit()
                began.set()

    writers = [Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    engine.dispose()


def test_a_process_that_writes_without_pause_starves_no_other(url: str, engine: Engine) -> None:
    context = multiprocessing.get_context("spawn")
    began = context.Event()
    process = context.Process(target=hog, args=(url, began))
    process.start()
    try:
        assert began.wait(30)
        for _ in range(TURNS):
            with UnitOfWork(engine) as work:
                work.connection.exec_driver_sql(INSERT)
                work.commit()
            time.sleep(PAUSE_SECONDS)  # Or the other one would have to wait for this one.
        assert process.is_alive()
    finally:
        process.join()


def test_a_writer_that_never_ends_is_not_waited_for(
    url: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "BUSY_TIMEOUT_MS", 50)
    other = open_engine(url)
    with UnitOfWork(other), pytest.raises(StoreUnavailable, match="locked"), UnitOfWork(engine):
        pass
    other.dispose()
    with UnitOfWork(engine) as work:
        work.connection.exec_driver_sql(INSERT)
        work.commit()
