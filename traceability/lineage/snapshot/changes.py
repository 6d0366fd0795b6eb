"""What came since a snapshot: which of its codes have to be asked of the store from then on.

Nothing is added to the snapshot's arrays. A code from which something else may follow now is
`touched`: the walk asks the store what follows from it. Too many touched cost time, too few would
be wrong; so everything is taken in that an event could change:

- a transformation: its inputs, those of all events of its transformation, and what was ever in
  them;
- an aggregation: its parent, its children, and what was ever in them;
- an error declaration: the same for the events whose id it has, whoever recorded them;
- a minted lot, and any lot touched: its serials, which may have been used with it.

A code that the snapshot does not know is always asked of the store.
"""

from __future__ import annotations

from collections.abc import Collection
from threading import Lock

import numpy as np

from traceability.lineage.codes import Codes
from traceability.lineage.holding import Events, Holding
from traceability.lineage.membership import Lots, lot_code
from traceability.lineage.queries import Run
from traceability.lineage.rules import CONTAINMENT_TYPE
from traceability.lineage.snapshot.arrays import Flags
from traceability.lineage.snapshot.reading import Horizon, NewEvent, SnapshotReader
from traceability.store.repositories.events import ROLES

# Beyond so many new events, or items of lots that they touch, a new snapshot is quicker.
MOST_EVENTS = 50_000
MOST_ITEMS = 200_000


class TooMuchChanged(Exception):
    """So much came since the snapshot that it is of no use."""


class Changes:
    """What came since; shared by the questions of a process.

    Parameters
    ----------
    since
        What had come before is in the snapshot; what came after may be in it, too.
    """

    def __init__(self, since: Horizon, *, size: int) -> None:
        self.touched: Flags = np.zeros(size, dtype=np.bool_)
        self._since = since
        self._next: Horizon | None = None
        self._events: set[int] = set()
        self._runs: set[int] = set()
        self._items = 0
        self._lock = Lock()

    @property
    def events(self) -> int:
        """How many events came since."""
        return len(self._events)

    def take_in(self, reader: SnapshotReader) -> None:
        """Take in what a view of the store has and no earlier view had.

        Raises
        ------
        TooMuchChanged
        """
        with self._lock:
            here = reader.horizon()
            events = reader.events_after(self._since.event)
            runs = reader.runs_after(self._since.batch)
            new = [one for one in events if one.event not in self._events]
            if len(self._events) + len(new) > MOST_EVENTS:
                raise TooMuchChanged
            self._touch_by(reader, new)
            self._mint(reader, [one for one in runs if one.batch not in self._runs])
            self._events.update(one.event for one in new)
            self._runs.update(one.batch for one in runs)
            self._move(here)

    def _move(self, here: Horizon) -> None:
        """Read less the next time, once nothing can come before the last horizon any more."""
        if self._next is not None and here.floor >= self._next.ceiling:
            self._since, self._next = self._next, None
        if self._next is None:
            self._next = here

    def _touch_by(self, reader: SnapshotReader, new: Collection[NewEvent]) -> None:
        changed = {one.event for one in new}
        declared = {one.event_id for one in new if one.declares_error and one.event_id}
        changed |= reader.with_event_id(declared)
        facts = reader.events(changed)
        making = {event for event in changed if facts[event].type == "TransformationEvent"}
        names = {facts[event].transformation_id for event in making} - {None}
        making |= reader.same_transformation([name for name in names if name])
        holding = {event for event in changed if facts[event].type == CONTAINMENT_TYPE}
        named = {epc for _, epc in reader.named_in(making, ROLES["input"])}
        for role in ("parent", "child"):
            named |= {epc for _, epc in reader.named_in(holding, ROLES[role])}
        self._touch(reader, named)

    def _touch(self, reader: SnapshotReader, named: set[int]) -> None:
        """Touch codes, what was ever in them, and the serials of those that are lots."""
        codes = Codes(reader)
        holding = Holding(reader, Events(reader), codes=codes)
        holding.descend(named)
        named |= {child for held in holding.downwards.values() for child, _ in held}
        codes.load(named)
        lots = Lots(reader)
        for lot in [codes[one] for one in named if codes.kinds[one] == "lot"]:
            named |= self._serials(reader, lots, lot)
        self._flag(named)

    def _flag(self, numbers: Collection[int]) -> None:
        at = np.fromiter(numbers, dtype=np.int64, count=len(numbers))
        self.touched[at[at < self.touched.size]] = True

    def _serials(self, reader: SnapshotReader, lots: Lots, lot: str) -> set[int]:
        """Return the numbers of a lot's serials."""
        runs = lots.runs_of([lot.split("/")[-3]])
        self._items += sum(run.quantity for run in runs if lot_code(run) == lot)
        if self._items > MOST_ITEMS:
            raise TooMuchChanged
        serials = [one.serial for one in lots.members(lot, limit=MOST_ITEMS)]
        return set(reader.numbers(serials).values())

    def _mint(self, reader: SnapshotReader, runs: Collection[Run]) -> None:
        """Touch lots in which items were minted since, and those items."""
        lots = Lots(reader)
        for lot, number in reader.numbers({lot_code(run) for run in runs}).items():
            self._flag({number} | self._serials(reader, lots, lot))
