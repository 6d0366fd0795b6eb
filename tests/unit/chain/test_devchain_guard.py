"""A chain that ends is started again, later each time; one that is not wanted any more is not."""

from __future__ import annotations

import threading

import pytest

from traceability.chain import devchain_guard
from traceability.chain.devchain_guard import Guard

SECONDS = 30.0


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devchain_guard, "LOOK_SECONDS", 0.001)
    monkeypatch.setattr(devchain_guard, "FIRST_PAUSE_SECONDS", 0.001)


class Chain:
    """Ends at once; starts at the attempt that is named, and may fail in its own way before."""

    def __init__(self, *, starts_at: int, error: Exception | None = None) -> None:
        self.starts_at = starts_at
        self.error = error
        self.attempts = 0
        self.runs = threading.Event()

    def restart(self) -> bool:
        self.attempts += 1
        if self.attempts == self.starts_at:
            self.runs.set()
        elif self.error is not None:
            raise self.error
        return self.runs.is_set()


@pytest.mark.parametrize("error", [None, RuntimeError("a fault of ours")])
def test_tries_until_it_runs_and_not_longer(
    error: Exception | None, caplog: pytest.LogCaptureFixture
) -> None:
    chain = Chain(starts_at=4, error=error)
    guard = Guard(chain.runs.is_set, chain.restart)
    guard.start()
    assert chain.runs.wait(SECONDS)
    guard.stop()
    assert chain.attempts == 4
    waits = [line for line in caplog.messages if line.startswith("devchain.ended")]
    assert len(waits) == 4
    assert caplog.messages.count("devchain.started_again") == 1


def test_waits_longer_each_time_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devchain_guard, "LONGEST_PAUSE_SECONDS", 0.004)
    chain = Chain(starts_at=5)
    guard = Guard(chain.runs.is_set, chain.restart)
    guard.start()
    assert chain.runs.wait(SECONDS)
    guard.stop()
    assert guard._pause == 0.004


def test_starts_nothing_that_lives() -> None:
    chain, looks = Chain(starts_at=1), threading.Semaphore(0)

    def is_alive() -> bool:
        looks.release()
        return True

    guard = Guard(is_alive, chain.restart)
    guard.start()
    assert all(looks.acquire(timeout=SECONDS) for _ in range(3))
    guard.stop()
    assert chain.attempts == 0


def test_starts_nothing_that_is_not_wanted_any_more() -> None:
    chain = Chain(starts_at=1)
    guard = Guard(chain.runs.is_set, chain.restart)
    guard.is_over.set()
    guard.start()
    guard.stop()
    assert chain.attempts == 0
