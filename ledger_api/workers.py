"""The threads of a serving node: entries put in order, their heads anchored, documents captured.

Each is a role that one process at a time has, among all that serve the ledger; the locks of the
node let a command in another process do the same work. Each keeps going after an error, says so
once, and is asked about by `/readyz`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from ledger_api.epcis.jobs import CaptureJobs
from ledger_api.epcis.retention import DEFAULT_DAYS, OldRequests
from ledger_api.roles import Bell, Role
from ledger_api.scoreboard import Slot
from traceability.errors import ItemProofError, Unavailable
from traceability.ledger.node import Node
from traceability.store.store import Store
from traceability.strict_json import MAX_BYTES

logger = logging.getLogger(__name__)

IDLE_SECONDS = 0.5
ANCHOR_SECONDS = 10.0
LOGGED_TIMEOUT_SECONDS = 10.0
# How often entries that wait are asked for, which another process puts in order.
LOOK_SECONDS = 0.01


class Overdue(Unavailable):
    """The entry has arrived durably and is not in the log yet."""

    code = "LOGGING_OVERDUE"


class Bells(NamedTuple):
    """What wakes the sequencer and the capture of documents, in whichever process."""

    sequencer: Bell
    capture: Bell


def open_bells() -> Bells:
    """Return the bells of a node; all processes that serve it share them."""
    return Bells(Bell().open(), Bell().open())


class _Wanted:
    """An entry that somebody waits for."""

    def __init__(self, arrival: int) -> None:
        self.arrival = arrival
        self.place: int | None = None


class LoggedEntries(threading.Thread):
    """Tells those who wait that their entries are in the log; asks the store for all at once."""

    def __init__(self, store: Store, done: threading.Condition) -> None:
        super().__init__(name="logged", daemon=True)
        self._store = store
        self._done = done
        self._changed = threading.Condition()
        self._wanted: set[_Wanted] = set()
        self._stopping = False

    def wait(self, arrival: int, *, seconds: float) -> int | None:
        """Return the leaf index of an entry that has arrived; None if it has none in time."""
        wanted = _Wanted(arrival)
        with self._changed:
            self._wanted.add(wanted)
            self._changed.notify_all()
            self._changed.wait_for(lambda: wanted.place is not None, seconds)
            self._wanted.discard(wanted)
        return wanted.place

    def stop(self) -> None:
        """End; whoever waits waits in vain."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self.join()

    def run(self) -> None:
        """Ask while anybody waits."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._stopping or self._wanted)
                if self._stopping:
                    return
                wanted = list(self._wanted)
            try:
                is_answered = self._answer(wanted)
            except Exception:  # nobody would start this thread again
                logger.exception("logged.failed")
                time.sleep(IDLE_SECONDS)
                continue
            if not is_answered:
                with self._done:
                    self._done.wait(LOOK_SECONDS)

    def _answer(self, wanted: list[_Wanted]) -> bool:
        """Tell the places of entries that have one; tell whether all have."""
        try:
            with self._store.reading() as repositories:
                places = repositories.entries.places([one.arrival for one in wanted])
        except ItemProofError:
            return False  # The store may come back before those who wait give up.
        with self._changed:
            for one in wanted:
                one.place = places.get(one.arrival)
            self._wanted -= {one for one in wanted if one.place is not None}
            self._changed.notify_all()
        return len(places) == len(wanted)


class Workers:
    """Sequencer, anchorer and capture jobs of a serving node."""

    def __init__(
        self,
        node: Node,
        *,
        anchor_seconds: float = ANCHOR_SECONDS,
        max_body_bytes: int = MAX_BYTES,
        max_capture_events: int | None = None,
        capture_job_days: int = DEFAULT_DAYS,
        bells: Bells | None = None,
        slot: Slot | None = None,
    ) -> None:
        self._node = node
        self._slot = slot or Slot()
        self.sequencer = self._role(
            "sequencer",
            self._sequence,
            pause_seconds=IDLE_SECONDS,
            bell=None if bells is None else bells.sequencer,
        )
        self.anchorer = self._role("anchorer", self._anchor, pause_seconds=anchor_seconds)
        self._jobs = CaptureJobs(
            node,
            on_captured=self.sequencer.wake,
            limit=max_body_bytes,
            max_events=max_capture_events,
        )
        self._old = OldRequests(node, days=capture_job_days)
        self.capture = self._role(
            "capture",
            self._capture,
            pause_seconds=IDLE_SECONDS,
            bell=None if bells is None else bells.capture,
            take_over=self._jobs.take_over,
            leave=self._jobs.leave,
        )
        self._logged = LoggedEntries(node.store, self.sequencer.done)

    def _role(self, name: str, work: Callable[[], object], **more: Any) -> Role:
        tell = partial(self._slot.put_fault, name)
        return Role(name, work, store=self._node.store, tell=tell, **more)

    def start(self) -> None:
        """Start all, the anchorer only where a chain is configured."""
        self._logged.start()
        self.sequencer.start()
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
        self._logged.stop()

    def fault(self, role: str) -> str | None:
        """Return the code of a role's fault, in whichever process has the role."""
        return self._slot.board.fault(role)

    def _sequence(self) -> None:
        # Entries that arrive meanwhile share one commit and one signature.
        time.sleep(self._node.sequencer.gather_seconds)
        self._node.sequencer.run()

    def _capture(self) -> None:
        self._jobs.run()
        self._old.forget_if_due()

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
        self.sequencer.wake()
        found = self._logged.wait(arrival, seconds=LOGGED_TIMEOUT_SECONDS)
        if found is None:
            raise Overdue("entry has arrived and is not in the log yet: ask for its receipt")
        return found
