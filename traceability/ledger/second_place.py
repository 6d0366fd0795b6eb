"""A second place for every head that is served, so that a restored backup cannot fork the log.

One line per head, `size root`, appended and forced to disk before the head is served. The
file is not secret. An attacker who can change it can stop the node, not fork it: the contract
and the signed checkpoints still bind.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from traceability.errors import ItemProofError, Unavailable


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
        self._path = path

    def latest(self) -> ServedHead | None:
        """Return the last whole line; a line that a crash cut short was never served."""
        try:
            text = self._path.read_text()
        except FileNotFoundError:
            return None
        lines = text.split("\n")[:-1]
        return _parse(lines[-1], len(lines)) if lines else None

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
            data = handle.read()
            handle.truncate(data.rfind(b"\n") + 1)


def _parse(line: str, number: int) -> ServedHead:
    try:
        size, root = line.split(" ")
        return ServedHead(int(size), bytes.fromhex(root))
    except ValueError as error:
        raise SecondPlaceDamaged(
            f"second place line {number} is malformed",
            expected="size and root hash",
            got=line[:40],
        ) from error
