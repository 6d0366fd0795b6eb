"""A snapshot kept by a process: built beside the answers, dropped once something is erased.

The libraries behind it are imported when it is built: a node without one starts without them.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

from traceability.errors import ItemProofError
from traceability.lineage.results import Item, Limits
from traceability.lineage.streaming import End, Row, stream_recall

if TYPE_CHECKING:
    from traceability.lineage.snapshot.answering import Held
    from traceability.lineage.snapshot.reaching import Recalled
    from traceability.store.repositories import Repositories
    from traceability.store.store import Store

logger = logging.getLogger(__name__)

# The store is looked at so often, for erasures and for what came since.
SECONDS = 10.0
# A new snapshot is built after so many events, and takes no more than one part in so many of time.
REBUILD_EVENTS = 10_000
SHARE = 10
# So often a build looks whether transactions that began before it have ended.
SETTLING_SECONDS = 0.5


class Stopped(Exception):
    """The process ends while a snapshot is built."""


class Memory:
    """The snapshot of a process, which may be none at times: then the store answers alone."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._held: Held | None = None
        self._due = 0.0
        self._end = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._work, name="lineage-snapshot", daemon=True)

    def start(self) -> None:
        """Build a snapshot, and new ones when they are due, until stopped."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, and give up what is being built."""
        self._end.set()
        self._wake.set()
        self._thread.join()
        self._held = None

    def _work(self) -> None:
        while not self._end.is_set():
            self._wake.clear()
            try:
                self.refresh()
            except Stopped:
                return
            except ItemProofError as error:  # The store answers alone until it can be read.
                logger.warning("lineage.snapshot.failed code=%s %s", error.code, error.fault)
            self._wake.wait(SECONDS)

    def refresh(self) -> None:
        """Drop a snapshot that may not be told from any more; build one where one is due.

        Raises
        ------
        Stopped
        StoreUnavailable
        """
        held = self._held
        if held is not None:
            with self._store.reading() as repositories:
                self._take_in(held, repositories)
        held = self._held
        if held is None or (held.changes.events > REBUILD_EVENTS and time.monotonic() > self._due):
            self._build()

    def _take_in(self, held: Held, repositories: Repositories) -> None:
        from traceability.lineage.snapshot.answering import Outdated  # noqa: PLC0415 # slow

        try:
            held.take_in(repositories)
        except Outdated:
            self._drop(held)

    def _drop(self, held: Held) -> None:
        if self._held is held:
            self._held = None
        self._wake.set()

    def _build(self) -> None:
        from traceability.lineage.snapshot.answering import hold, horizon  # noqa: PLC0415 # slow

        started = time.monotonic()
        with self._store.reading() as repositories:
            since = horizon(repositories)
        while True:
            self._go_on()
            with self._store.reading() as repositories:
                if horizon(repositories).floor >= since.ceiling:
                    self._held = hold(repositories, since, between=self._go_on)
                    break
            self._end.wait(SETTLING_SECONDS)
        seconds = time.monotonic() - started
        self._due = time.monotonic() + SHARE * seconds
        size = self._held.snapshot.nbytes() / 2**20
        logger.info("lineage.snapshot.built seconds=%.1f mib=%.0f", seconds, size)

    def _go_on(self) -> None:
        if self._end.is_set():
            raise Stopped

    def recall(self, repositories: Repositories, code: str, *, limits: Limits) -> Recalled | None:
        """Return the codes that a recall reaches; None where only the store can tell them.

        Raises
        ------
        CodeNotTraced
        CodeSyntaxError, CodeLengthError, CodeCharacterError, CodeCheckDigitError
        """
        held = self._held
        if held is None:
            return None
        from traceability.lineage.snapshot.answering import Outdated  # noqa: PLC0415 # slow

        try:
            return held.recall(repositories, code, limits=limits)
        except Outdated:
            self._drop(held)
            return None

    def stream_recall(
        self, repositories: Repositories, code: str, *, limits: Limits, **options: Any
    ) -> Iterator[Row]:
        """Return the rows of `streaming.stream_recall`; all items first, where they are held.

        Raises
        ------
        As `stream_recall` does.
        """
        rows = stream_recall(repositories, code, limits=limits, **options)
        found = self.recall(repositories, code, limits=limits)
        return rows if found is None else _items_first(found, rows)


def _items_first(found: Recalled, rows: Iterator[Row]) -> Iterator[Row]:
    """Yield all items at once, then what else the store tells as it goes."""
    with closing(rows):  # type: ignore[type-var]  # a generator
        yield from found.items()
        for row in rows:
            if isinstance(row, End) and row.items != len(found):
                raise AssertionError(f"snapshot told {len(found)} codes, the store {row.items}")
            if not isinstance(row, Item):
                yield row
