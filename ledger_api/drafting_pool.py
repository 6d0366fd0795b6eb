"""Documents drawn up in other processes, so that hashing neither blocks requests nor one core.

Small documents are done in place: a trip to another process would cost more than it saves.
"""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from traceability.errors import Unavailable
from traceability.ledger.drafting import DocumentBody, Draft, Drafted, draft_body

T = TypeVar("T")
logger = logging.getLogger(__name__)

# Bytes; a document of ten events. Nothing so small holds a thread for more than some ms.
SMALL = 16 * 1024
# Bytes; no document so long is read in one piece of some ms while others wait.
MODEST = 1024 * 1024
# Drafts that are read at once when they come back: about 2 ms, in which nothing else runs.
_PACKED = 100


class DraftingFailed(Unavailable):
    """A process that drew up a document ended; the document may be too large for its memory."""

    code = "DRAFTING_FAILED"


class DraftingPool:
    """Draws up documents; `draft` has the form of a `Drafter`. It may be used from any thread."""

    def __init__(self, processes: int) -> None:
        self._processes = processes
        self._lock = threading.Lock()
        self._executor: ProcessPoolExecutor | None = None

    def draft(self, body: DocumentBody, duplicate_key: bytes) -> Drafted:
        """Return the drafts of a document.

        Raises
        ------
        InvalidInput
            The document cannot be read.
        DraftingFailed
        """
        if not self._processes or len(body.data) <= SMALL:
            return draft_body(body, duplicate_key)
        executor = self._started()
        try:
            packed = executor.submit(_draft_packed, body, duplicate_key).result()
        except BrokenProcessPool as error:
            self._discard(executor)
            raise DraftingFailed(
                "document could not be drawn up: a process ended, send it again or in parts"
            ) from error
        # Packed here by ourselves: whatever one of these reads, other threads run between two.
        *parts, beside = [pickle.loads(part) for part in packed]  # noqa: S301  # from our process
        drafts: list[Draft] = [draft for part in parts for draft in part]
        return Drafted(drafts, *beside)

    def call(self, function: Callable[[DocumentBody], T], body: DocumentBody) -> T:
        """Return what a function of a module says of a document.

        Raises
        ------
        InvalidInput
            The function refuses the document.
        DraftingFailed
        """
        if not self._processes or len(body.data) <= MODEST:
            return function(body)
        executor = self._started()
        try:
            return executor.submit(function, body).result()
        except BrokenProcessPool as error:
            self._discard(executor)
            raise DraftingFailed("document could not be read: a process ended") from error

    def start(self) -> None:
        """Start the processes now, so that the first document need not wait for them."""
        if self._processes:
            executor = self._started()
            for _ in range(self._processes):
                executor.submit(_ready)

    def close(self) -> None:
        """End the processes; what they are at is given up."""
        with self._lock:
            executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown(wait=True, cancel_futures=True)

    def _started(self) -> ProcessPoolExecutor:
        with self._lock:
            if self._executor is None:
                # Not by fork: this process has threads.
                context = multiprocessing.get_context("spawn")
                self._executor = ProcessPoolExecutor(
                    self._processes, mp_context=context, initializer=_settle
                )
            return self._executor

    def _discard(self, broken: ProcessPoolExecutor) -> None:
        logger.warning("drafting.broken")
        with self._lock:
            if self._executor is broken:
                self._executor = None
        broken.shutdown(wait=False)


def _settle() -> None:
    """Leave Ctrl-C to the parent, and end with it, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow_parent, daemon=True).start()
    # Looking for cycles takes a tenth of the time where a document makes a million objects and
    # no cycle; what an error may leave behind is looked for between two documents.
    gc.freeze()
    gc.disable()


def _follow_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _ready() -> None:
    """Do nothing, in a process that has imported what it needs."""


def _draft_packed(body: DocumentBody, duplicate_key: bytes) -> list[bytes]:
    """Return the drafts in packs, and at last what is beside them."""
    gc.collect()
    drafted = draft_body(body, duplicate_key)
    parts = [
        pickle.dumps(drafted.drafts[start : start + _PACKED], pickle.HIGHEST_PROTOCOL)
        for start in range(0, len(drafted.drafts), _PACKED)
    ]
    return [*parts, pickle.dumps(drafted[1:], pickle.HIGHEST_PROTOCOL)]
