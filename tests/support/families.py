"""The processes that a server has started, and theirs."""

from __future__ import annotations

import time
from pathlib import Path

WORKER = b"spawn_main"


def children_of(process: int) -> list[int]:
    """Return the processes that a process has started and that have not ended."""
    found: list[int] = []
    for tasks in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            found += [int(number) for number in tasks.read_text().split()]
        except OSError:
            continue
    return found


def family_of(process: int) -> list[int]:
    """Return the processes below a process, at whatever depth."""
    found = children_of(process)
    return found + [one for child in found for one in family_of(child)]


def workers_of(server: int) -> list[int]:
    """Return the processes that answer for a server which has several."""
    return [one for one in children_of(server) if WORKER in command_of(one)]


def command_of(process: int) -> bytes:
    """Return a process's command line; nothing once it has ended."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


def resident_of(process: int) -> int:
    """Return a process's memory in bytes; nothing once it has ended."""
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * 4096
    except (OSError, IndexError):
        return 0


def is_alive(process: int) -> bool:
    """Tell whether a process runs; one that only waits to be asked how it ended does not."""
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(") ")[2]
    except OSError:
        return False
    return not state.startswith("Z")


def wait_until_gone(processes: list[int], *, seconds: float) -> list[int]:
    """Wait until none of these runs, at most so long; return those that still do."""
    deadline = time.monotonic() + seconds
    left = processes
    while left and time.monotonic() < deadline:
        left = [one for one in left if is_alive(one)]
        time.sleep(0.02)
    return left
