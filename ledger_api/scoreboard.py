"""What the processes that serve a ledger count, each in a slot of memory that all of them see.

So whichever process is asked for `/metrics` or `/readyz` answers for all. A process that is
started again goes on in the slot of the one that died: what only grows, keeps growing.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import threading
from collections.abc import Iterable
from enum import IntEnum, auto
from pathlib import Path

ROLES = ("sequencer", "capture", "anchorer")
_CODE_BYTES = 64
_PAGE = 4096


class Figure(IntEnum):
    """The numbers of a slot."""

    # What is so now, in a process: its id, and what it has in hand.
    PROCESS = 0
    CONNECTIONS = auto()
    SUBMISSIONS = auto()
    SUBMISSION_BYTES = auto()
    # What only grows.
    STARTS = auto()
    REQUESTS = auto()
    REFUSED_BUSY = auto()
    REFUSED_SHARE = auto()
    REFUSED_JOBS = auto()
    REFUSED_CONNECTIONS = auto()


_NOW = (Figure.PROCESS, Figure.CONNECTIONS, Figure.SUBMISSIONS, Figure.SUBMISSION_BYTES)


class Board:
    """The slots; it may be handed to a process that is being started."""

    def __init__(self, slots: int = 1) -> None:
        context = multiprocessing.get_context("spawn")
        self.slots = slots
        self._numbers = context.RawArray(ctypes.c_longlong, slots * len(Figure))
        self._codes = context.RawArray(ctypes.c_char, slots * len(ROLES) * _CODE_BYTES)

    def get(self, slot: int, figure: Figure) -> int:
        """Return a number of one slot."""
        return int(self._numbers[slot * len(Figure) + figure])

    def put(self, slot: int, figure: Figure, value: int) -> None:
        """Set a number of one slot."""
        self._numbers[slot * len(Figure) + figure] = value

    def total(self, figure: Figure) -> int:
        """Return the sum over all slots."""
        return sum(self.get(slot, figure) for slot in range(self.slots))

    def put_fault(self, slot: int, role: str, code: str | None) -> None:
        """Set the fault of a role in one slot; None where there is none."""
        data = (code or "").encode("ascii")[:_CODE_BYTES]
        self._code(slot, role)[:] = data.ljust(_CODE_BYTES, b"\0")

    def fault(self, role: str) -> str | None:
        """Return the code of a role's fault, in whichever process has one."""
        for slot in range(self.slots):
            code = bytes(self._code(slot, role)).rstrip(b"\0")
            if code:
                return code.decode("ascii")
        return None

    def clear(self, slot: int) -> None:
        """Forget what was so in a process that has ended."""
        for figure in _NOW:
            self.put(slot, figure, 0)
        for role in ROLES:
            self.put_fault(slot, role, None)

    def processes(self) -> list[int]:
        """Return the ids of the processes that serve now."""
        found = (self.get(slot, Figure.PROCESS) for slot in range(self.slots))
        return [process for process in found if process]

    def _code(self, slot: int, role: str) -> memoryview:
        start = (slot * len(ROLES) + ROLES.index(role)) * _CODE_BYTES
        return memoryview(self._codes).cast("B")[start : start + _CODE_BYTES]


class Slot:
    """The slot of this process; it may be written from any thread."""

    def __init__(self, board: Board | None = None, number: int = 0) -> None:
        self.board = board or Board()
        self._number = number
        self._lock = threading.Lock()

    def begin(self, process: int) -> None:
        """Say that a process begins to serve."""
        self.board.clear(self._number)
        self.board.put(self._number, Figure.PROCESS, process)
        self.add(Figure.STARTS)

    def end(self) -> None:
        """Say that it has ended."""
        self.board.clear(self._number)

    def add(self, figure: Figure, amount: int = 1) -> None:
        """Count."""
        with self._lock:
            self.board.put(self._number, figure, self.get(figure) + amount)

    def get(self, figure: Figure) -> int:
        """Return a number of this process."""
        return self.board.get(self._number, figure)

    def put_fault(self, role: str, code: str | None) -> None:
        """Tell the fault of a role that this process has or stands by for."""
        self.board.put_fault(self._number, role, code)


def resident_bytes(processes: Iterable[int]) -> int | None:
    """Return the memory of the largest of some processes; None where the system does not tell."""
    found = [size for size in map(_resident, processes) if size is not None]
    return max(found, default=None)


def _resident(process: int) -> int | None:
    try:
        pages = Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]
    except (OSError, IndexError):
        return None
    return int(pages) * _PAGE
