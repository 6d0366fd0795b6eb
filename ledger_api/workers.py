"""The two threads of a serving node: one puts entries in order, one anchors their heads.

Both work through the node, whose locks let a command in another process do the same work. Each
keeps going after an error, says so once, and is asked about by `/readyz`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from traceability.errors import ItemProofError, Unavailable
from traceability.ledger.node import Node

logger = logging.getLogger(__name__)

# Entries that arrive within this time share one commit and one signature.
GROUP_SECONDS = 0.005
IDLE_SECONDS = 0.5
ANCHOR_SECONDS = 10.0
LOGGED_TIMEOUT_SECONDS = 10.0


class Overdue(Unavailable):
    """The entry has arrived durably and is not in the log yet."""

    code = "LOGGING_OVERDUE"


class Worker(threading.Thread):
    """Repeats one piece of work until stopped; `fault` is the last error, or None."""

    def __init__(self, name: str, work: Callable[[], object], *, pause_seconds: float) -> None:
        super().__init__(name=name, daemon=True)
        self._work = work
        self._pause = pause_seconds
        self._wake = threading.Event()
        self._stopping = False
        self.done = threading.Condition()
        self.fault: ItemProofError | None = None

    def wake(self) -> None:
        """Do the work now."""
        self._wake.set()

    def stop(self) -> None:
        """Finish the round in hand and end."""
        self._stopping = True
        self._wake.set()
        self.join()

    def run(self) -> None:
        """Work, tell those who wait, pause."""
        while not self._stopping:
            self._wake.clear()
            self._round()
            with self.done:
                self.done.notify_all()
            self._wake.wait(self._pause)

    def _round(self) -> None:
        try:
            self._work()
        except ItemProofError as error:
            if self.fault is None or self.fault.code != error.code:
                logger.warning("%s.failed code=%s %s", self.name, error.code, error.fault)
            self.fault = error
        else:
            self.fault = None


class Workers:
    """Sequencer and anchorer of a serving node."""

    def __init__(self, node: Node, *, anchor_seconds: float = ANCHOR_SECONDS) -> None:
        self._node = node
        self.sequencer = Worker("sequencer", self._sequence, pause_seconds=IDLE_SECONDS)
        self.anchorer = Worker("anchorer", self._anchor, pause_seconds=anchor_seconds)

    def start(self) -> None:
        """Start both; the anchorer only where a chain is configured."""
        self.sequencer.start()
        if self._node.anchorer is not None:
            self.anchorer.start()

    def stop(self) -> None:
        """Stop both and wait for them."""
        self.sequencer.stop()
        if self.anchorer.is_alive():
            self.anchorer.stop()

    def _sequence(self) -> None:
        time.sleep(GROUP_SECONDS)
        self._node.sequencer.run()

    def _anchor(self) -> None:
        while self._node.anchor_step():
            pass

    def wait_logged(self, arrival: int) -> int:
        """Return the leaf index of an entry that has arrived, once it has one.

        Raises
        ------
        Overdue
            It has none yet; its receipt can be asked for later.
        """
        deadline = time.monotonic() + LOGGED_TIMEOUT_SECONDS
        self.sequencer.wake()
        while True:
            with self._node.store.reading() as repositories:
                row = repositories.entries.by_arrival(arrival)
            if row is not None and row.leaf_index is not None:
                return row.leaf_index
            if time.monotonic() > deadline:
                raise Overdue("entry has arrived and is not in the log yet: ask for its receipt")
            with self.sequencer.done:
                self.sequencer.done.wait(timeout=0.05)
