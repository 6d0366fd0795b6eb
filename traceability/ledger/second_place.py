"""A second place for every head that is served, so that a restored backup cannot fork the log.

One line per head, `size root`, appended and forced to disk before the head is served. The
file is not secret. An attacker who can change it can stop the node, not fork it: the contract
and the signed checkpoints still bind.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from traceability.errors import ItemProofError, Unavailable

# Bytes; a size of 19 digits, a root of 64 and what parts them.
MAX_LINE = 128


@dataclass(frozen=True, slots=True)
class ServedHead:
    """The last head that was served."""

    tree_size: int
    root_hash: bytes


class SecondPlaceDamaged(ItemProofError):
    """The file of served heads cannot be read."""

    code = "SECOND_PLACE_DAMAGED"


class SecondPlaceUnavailable(Unavailable):
    """The file of served heads cannot be written."""

    code = "SECOND_PLACE_UNAVAILABLE"


class SecondPlace:
    """The file of served heads."""

    def __init__(self, path: Path) -> None:
        self.path = self._path = path

    def latest(self) -> ServedHead | None:
        """Return the last whole line; a line that a crash cut short was never served."""
        try:
            with self._path.open("rb") as handle:
                end, line = _last_line(handle)
        except FileNotFoundError:
            return None
        return None if line is None else _parse(line, end)

    def append(self, head: ServedHead) -> None:
        """Add a head durably; a head that is there already is not added again.

        A crash in here leaves the line whole, cut short (and then dropped by the next
        append), or absent; the head is served only after this returns.
        """
        if self.latest() == head:
            return
        try:
            self._drop_cut_line()
            with self._path.open("a") as handle:
                handle.write(f"{head.tree_size} {head.root_hash.hex()}\n")
                handle.flush()
                os.fsync(handle.fileno())
        except OSError as error:
            raise SecondPlaceUnavailable(
                f"second place cannot be written: {error.strerror}"
            ) from error

    def _drop_cut_line(self) -> None:
        if not self._path.exists():
            return
        with self._path.open("rb+") as handle:
            end, _ = _last_line(handle)
            handle.truncate(end)


def _last_line(handle: BinaryIO) -> tuple[int, str | None]:
    """Return where the last whole line ends, and that line; the file may be long.

    Raises
    ------
    SecondPlaceDamaged
        What follows that line is longer than a line that was cut short.
    """
    start = max(0, handle.seek(0, os.SEEK_END) - 2 * MAX_LINE)
    handle.seek(start)
    whole, newline, cut = handle.read().rpartition(b"\n")
    if len(cut) > MAX_LINE:
        raise SecondPlaceDamaged(
            "second place does not end with a line", expected="size and root hash", got=_text(cut)
        )
    line = _text(whole.rpartition(b"\n")[2]) if newline else None
    return start + len(whole) + len(newline), line


def _text(line: bytes) -> str:
    return line[:MAX_LINE].decode("ascii", "replace")


def _parse(line: str, end: int) -> ServedHead:
    try:
        size, root = line.split(" ")
        return ServedHead(int(size), bytes.fromhex(root))
    except ValueError as error:
        raise SecondPlaceDamaged(
            f"second place is malformed in the line that ends at byte {end}",
            expected="size and root hash",
            got=line[:40],
        ) from error
