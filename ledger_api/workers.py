"""The threads of a serving node: entries put in order, their heads anchored, documents captured.

All work through the node, whose locks let a command in another process do the same work. Each
keeps going after an error, says so once, and is asked about by `/readyz`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from ledger_api.epcis.jobs import CaptureJobs
from traceability.errors import ItemProofError, Unavailable
from traceability.ledger.node import Node
from traceability.strict_json import MAX_BYTES

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
    """Sequencer, anchorer and capture jobs of a serving node."""

    def __init__(
        self,
        node: Node,
        *,
        anchor_seconds: float = ANCHOR_SECONDS,
        max_body_bytes: int = MAX_BYTES,
        max_capture_events: int | None = None,
    ) -> None:
        self._node = node
        self.sequencer = Worker("sequencer", self._sequence, pause_seconds=IDLE_SECONDS)
        self.anchorer = Worker("anchorer", self._anchor, pause_seconds=anchor_seconds)
        self._jobs = CaptureJobs(
            node,
            on_captured=self.sequencer.wake,
            limit=max_body_bytes,
            max_events=max_capture_events,
        )
        self.capture = Worker("capture", self._jobs.run, pause_seconds=IDLE_SECONDS)

    def start(self) -> None:
        """Start all, the anchorer only where a chain is configured; resume what was left."""
        self.sequencer.start()
        if self._node.gate.fault() is None:
            self._jobs.resume()
        self.capture.start()
        if self._node.anchorer is not None:
            self.anchorer.start()

    def stop(self) -> None:
        """Stop all and wait for them; a job in hand is ended, those that wait still wait."""
        self._jobs.stop()
        self.capture.stop()
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
