"""What of a long document was seen so far, in a database without a name on disk.

It is SQLite's own temporary database: its memory is bounded, and nothing of it is left.
"""

from __future__ import annotations

import sqlite3
from types import TracebackType


class Seen:
    """Digests that were seen; used by one thread."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("")
        self._database.execute("CREATE TABLE seen (digest BLOB PRIMARY KEY) WITHOUT ROWID")

    def add(self, digest: bytes) -> None:
        """Remember one."""
        self._database.execute("INSERT OR IGNORE INTO seen VALUES (?)", (digest,))

    def __contains__(self, digest: bytes) -> bool:
        """Tell whether one was seen."""
        found = self._database.execute("SELECT 1 FROM seen WHERE digest = ?", (digest,))
        return found.fetchone() is not None

    def __enter__(self) -> Seen:
        """Use it in a `with` block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Forget all."""
        self._database.close()
