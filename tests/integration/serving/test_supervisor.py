"""The parent of several processes, with processes that do nothing but live, fail or stay."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from ledger_api import supervisor
from ledger_api.supervisor import Supervisor

SECONDS = 60.0
pytestmark = pytest.mark.timeout(180)


def live(folder: Path, number: int) -> None:
    """Note the process, and live until told to end."""
    (folder / f"{number}.{os.getpid()}").touch()
    signal.pause()


def fail(folder: Path, number: int) -> None:
    """Note the process, and die at once."""
    (folder / f"{number}.{os.getpid()}").touch()
    os._exit(7)


def stay(folder: Path, number: int) -> None:
    """Note the process, and ignore that it should end."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    live(folder, number)


def started(folder: Path, count: int) -> list[int]:
    """Wait until so many processes were started; return the newest of each number."""
    deadline = time.monotonic() + SECONDS
    while len(found := sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns)) < count:
        assert time.monotonic() < deadline, found
        time.sleep(0.02)
    newest = {path.stem: int(path.suffix[1:]) for path in found}
    return [newest[name] for name in sorted(newest)]


class Run:
    """A supervisor in a thread, as it cannot be asked for signals there."""

    def __init__(self, parent: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(signal, "signal", lambda *_: None)
        self.parent = parent
        self.thread = threading.Thread(target=parent.run)
        self.thread.start()

    def stop(self) -> None:
        self.parent.stop()
        self.thread.join(SECONDS)
        assert not self.thread.is_alive()


def exists(process: int) -> bool:
    return Path(f"/proc/{process}").exists()


def test_starts_again_the_one_that_died_and_leaves_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[int] = []
    run = Run(Supervisor(live, tmp_path, count=2, ended=ended.append), monkeypatch)
    first = started(tmp_path, 2)
    os.kill(first[1], signal.SIGKILL)
    second = started(tmp_path, 3)
    run.stop()
    assert (second[0], ended) == (first[0], [1])
    assert second[1] != first[1]
    assert not any(map(exists, (*first, *second)))


def test_one_that_always_fails_is_started_later_and_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    run = Run(Supervisor(fail, tmp_path, count=1), monkeypatch)
    started(tmp_path, 3)
    run.stop()
    pauses = [line.rpartition("=")[2] for line in caplog.messages]
    assert pauses[:2] == ["0.1", "0.2"]
    assert all("status=7" in line for line in caplog.messages)


def test_one_that_does_not_stop_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "STOP_SECONDS", 0.2)
    run = Run(Supervisor(stay, tmp_path, count=1), monkeypatch)
    (process,) = started(tmp_path, 1)
    run.stop()
    assert not exists(process)
