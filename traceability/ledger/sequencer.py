"""Putting entries in order: exactly one sequencer at a time per log.

Life of a group: (1) entries that have arrived get the next leaf indexes, in arrival order;
(2) the tree is extended and its tiles written; (3) the head is signed; one transaction keeps
all of it. (4) The head is written to the second place. Only then may it be served.

A crash before the commit leaves nothing; between commit and (4) the next run finds the second
place behind the store and finishes (4) first, through the same function.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from traceability.errors import ItemProofError
from traceability.hashing.encoding import ZERO_HASH
from traceability.hashing.statement import Header, StateStatement
from traceability.ledger.chains import append_signed
from traceability.ledger.clock import Clock
from traceability.ledger.identity import Identity
from traceability.ledger.second_place import SecondPlace, ServedHead
from traceability.ledger.state import StateCache, StateTrees
from traceability.merkle.checkpoint import Checkpoint, sign_checkpoint
from traceability.merkle.proofs import root_from_nodes
from traceability.merkle.tiles import ReadTiles, TileNodes, extend
from traceability.store.locks import fence
from traceability.store.repositories import Repositories
from traceability.store.repositories.entries import Arrived
from traceability.store.repositories.tree import CheckpointRow
from traceability.store.store import Store
from traceability.store.times import to_milliseconds

# Entries put in order by one transaction: bounds its memory and the time to `logged`.
GROUP_LIMIT = 10_000
# How long entries gather before a group; where many come, some times as long as the last group
# took, so that those who submit have the store most of the time.
GATHER_SECONDS = 0.005
GATHER_AT_MOST_SECONDS = 0.1
GATHER_SHARE = 4
MANY = 32
# How long after arrival the operator promises an anchor, when anchoring keeps up.
PROMISE = timedelta(hours=24)


class LogDamaged(ItemProofError):
    """The store contradicts itself or what was served; nothing may be written."""

    code = "LOG_DAMAGED"


class Sequencer:
    """Orders entries, extends the tree and signs its heads.

    Before that `settle` appends what the node owes to entries that have arrived; it is told
    whether the run closes with a state entry.
    """

    def __init__(
        self,
        store: Store,
        identity: Identity,
        *,
        second_place: SecondPlace,
        states: StateCache,
        clock: Clock,
        promise: timedelta = PROMISE,
        settle: Callable[[bool], object] = lambda _close: None,
    ) -> None:
        self._store = store
        self._identity = identity
        self._second_place = second_place
        self._states = states
        self._clock = clock
        self._promise = promise
        self._settle = settle
        # How long a caller who runs it again and again should let entries gather.
        self.gather_seconds = GATHER_SECONDS

    def run(self, *, close: bool = False) -> CheckpointRow:
        """Put in order everything that has arrived; return the newest checkpoint.

        With `close`, the newest checkpoint ends with a state entry, so that bundles can be
        made from it and it can be anchored.
        """
        self._store.pass_gate()
        started = time.monotonic()
        with self._store.lock("sequencer"):
            latest = self._finish_serving()
            self._settle(close)
            start = size = 0 if latest is None else latest.tree_size
            is_whole = False
            while not is_whole and (row := self._run_group(close=False)) is not None:
                # A group that is not full took all that had arrived.
                is_whole = row.tree_size - size < GROUP_LIMIT
                latest, size = row, row.tree_size
                self._serve(row)
            if close and (row := self._run_group(close=True)) is not None:
                latest = row
                self._serve(row)
        if latest is None:
            raise LogDamaged("log has no checkpoint: it was never opened")
        self._set_pace(size - start, time.monotonic() - started)
        return latest

    def _set_pace(self, entries: int, seconds: float) -> None:
        """Say how long entries should gather before the next run."""
        wanted = GATHER_SHARE * seconds if entries >= MANY else GATHER_SECONDS
        self.gather_seconds = min(max(wanted, GATHER_SECONDS), GATHER_AT_MOST_SECONDS)

    def _finish_serving(self) -> CheckpointRow | None:
        """Write the newest head to the second place, should it not be there, and return it."""
        with self._store.reading() as repositories:
            latest = repositories.tree.latest_checkpoint()
        served = self._second_place.latest()
        if served is not None and (latest is None or latest.tree_size < served.tree_size):
            raise LogDamaged(
                "store is older than the head that was served",
                expected=f"at least {served.tree_size} entries",
                got=str(0 if latest is None else latest.tree_size),
            )
        if latest is not None:
            self._serve(latest)
        return latest

    def _serve(self, row: CheckpointRow) -> None:
        self._second_place.append(ServedHead(row.tree_size, row.root_hash))

    def _run_group(self, *, close: bool) -> CheckpointRow | None:
        with self._store.unit_of_work() as work:
            fence(work.connection, "sequencer")
            group = _Group(work.repositories, self._identity, self._clock())
            trees = group.order(self._promise, self._states, close=close)
            if not group.size_grew:
                return None
            row = group.write_head()
            work.commit()
        if trees is not None:
            self._states.keep(trees)
        return row


class _Group:
    """One group commit, within one transaction."""

    def __init__(self, repositories: Repositories, identity: Identity, now: datetime) -> None:
        self._repositories = repositories
        self._identity = identity
        self._now = now
        latest = repositories.tree.latest_checkpoint()
        self._start = 0 if latest is None else latest.tree_size
        self._leaf_hashes: list[bytes] = []
        self._last_type = ""
        if repositories.entries.count_sequenced() != self._start:
            raise LogDamaged(
                "entries and newest checkpoint disagree",
                expected=f"{self._start} entries",
                got=str(repositories.entries.count_sequenced()),
            )

    @property
    def size_grew(self) -> bool:
        """Tell whether the group has any entry."""
        return bool(self._leaf_hashes)

    @property
    def _size(self) -> int:
        return self._start + len(self._leaf_hashes)

    def order(self, promise: timedelta, states: StateCache, *, close: bool) -> StateTrees | None:
        """Give arrived entries their places; with `close`, end with a state entry."""
        self._place(self._repositories.entries.next_arrived(GROUP_LIMIT), promise)
        if not close or not self._needs_state():
            return None
        trees = states.at(self._repositories, self._size)
        self._append_state(trees, promise)
        return trees

    def _place(self, rows: Sequence[Arrived], promise: timedelta) -> None:
        if not rows:
            return
        places = [(row.arrival, self._size + offset) for offset, row in enumerate(rows)]
        deadline = to_milliseconds(self._now + promise)
        self._repositories.entries.assign(places, anchored_by=deadline)
        for row, (arrival, leaf_index) in zip(rows, places, strict=True):
            if row.type == "key":
                self._repositories.keys.place(arrival, leaf_index)
            elif row.type == "status":
                self._repositories.statuses.place(arrival, leaf_index)
        self._leaf_hashes += [row.leaf_hash for row in rows]
        self._last_type = rows[-1].type

    def _needs_state(self) -> bool:
        """Tell whether anything but state entries followed the last state entry."""
        if self._leaf_hashes:
            return self._last_type != "state"
        last = self._repositories.entries.by_leaf_index(self._start - 1)
        return last is not None and last.type not in ("state", "genesis")

    def _append_state(self, trees: StateTrees, promise: timedelta) -> None:
        last = self._repositories.entries.latest_of_type("state")
        previous = ZERO_HASH if last is None else last.leaf_hash

        def build(header: Header) -> StateStatement:
            return StateStatement(
                header=header,
                index=self._size,
                previous_state=previous,
                keys_size=trees.keys.size,
                keys_root=trees.keys.root_hash,
                status_size=trees.statuses.size,
                status_root=trees.statuses.root_hash,
            )

        self._repositories.keys.lock([self._identity.log_key.key_id])
        appended = append_signed(
            self._repositories,
            build,
            log=self._identity.log,
            author=self._identity.log_key,
            now=self._now,
        )
        row = self._repositories.entries.by_arrival(appended.arrival)
        if row is None:
            raise LogDamaged("state entry was not kept")
        self._place([Arrived(row.arrival, row.leaf_hash, row.type)], promise)

    def write_head(self) -> CheckpointRow:
        """Extend the tree's tiles and sign its new head."""
        read = self._repositories.tree.read_log_tiles
        tiles = extend(self._start, self._leaf_hashes, read)
        self._repositories.tree.write_log_tiles(tiles)
        root = root_from_nodes(self._size, TileNodes(_overlaid(read, tiles), self._size).node)
        checkpoint = Checkpoint(self._identity.origin, self._size, root)
        row = CheckpointRow(
            tree_size=self._size,
            root_hash=root,
            text=sign_checkpoint(checkpoint, self._identity.log_key),
            ends_with_state=self._last_type == "state",
            signed=to_milliseconds(self._now),
        )
        self._repositories.tree.add_checkpoint(row)
        return row


def _overlaid(read: ReadTiles, tiles: Mapping[int, bytes]) -> ReadTiles:
    def overlaid(keys: Sequence[int]) -> Mapping[int, bytes]:
        old = read([key for key in keys if key not in tiles])
        return {**old, **{key: tiles[key] for key in keys if key in tiles}}

    return overlaid
