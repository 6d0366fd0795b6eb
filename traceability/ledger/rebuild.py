"""Bringing the tables of the log back from a mirror: all of them, or what an old copy lacks.

Steps: (1) the store's newest head must be in the mirror's history; (2) everything after it is
hashed and must lead to the mirror's signed head; (3) entries, keys, statuses, batches and tiles
are written, group by group; (4) heads and anchors; (5) the second place.

A crash before (4) leaves entries beyond the newest head: nothing can be written to such a store,
and the next run goes on from there. Records are not in a mirror: batches come back without them,
and are named as missing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from traceability.errors import Refused
from traceability.hashing.envelope import parse_envelope
from traceability.ledger.clock import Clock, system_clock
from traceability.ledger.identity import Identity
from traceability.ledger.keyring import KeyNotHeld, Keyring
from traceability.ledger.mirror.anchors import AnchorLine, read_anchor, stored_anchors
from traceability.ledger.mirror.faults import MirrorDamaged
from traceability.ledger.mirror.folder import MirrorFolder
from traceability.ledger.mirror.reading import Told, read_entry
from traceability.ledger.opening import OtherLedger, adopt_identity, load_identity
from traceability.ledger.rebuild_rows import Group, Waiting
from traceability.ledger.second_place import SecondPlace, ServedHead
from traceability.ledger.tree_reading import log_nodes
from traceability.lineage.tracing import collection_paused
from traceability.merkle.checkpoint import Checkpoint, verify_checkpoint
from traceability.merkle.growing import GrowingTree
from traceability.merkle.proofs import root_from_nodes
from traceability.merkle.tiles import tile_key
from traceability.merkle.tree import leaf_hash
from traceability.store.repositories import Repositories
from traceability.store.repositories.anchors import NOT_FINAL
from traceability.store.repositories.erased_codes import code_key
from traceability.store.repositories.rebuilding import MissingBatch
from traceability.store.repositories.tree import CheckpointRow
from traceability.store.store import Store
from traceability.store.times import to_milliseconds
from traceability.verify.trust import Trust

# Entries written by one transaction.
GROUP = 64 * 256
# How long a thread that reads may hold up the one that writes.
SWITCH_SECONDS = 0.0002
# Batches whose records are missing that are listed; the others are counted.
MAX_LISTED = 1000

Progress = Callable[[int, int], None]


class RebuildForked(Refused):
    """The store holds another history than the mirror."""

    code = "REBUILD_FORKED"


class RebuildKeysMissing(Refused):
    """The folder has no keys of the log: nothing could be written after a rebuild."""

    code = "REBUILD_KEYS_MISSING"


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What came back: entries `first` … `tree_size` − 1, anchors; and what is still missing.

    `served` is the size that was once served; above `tree_size`, the mirror is too old.
    """

    first: int
    tree_size: int
    anchors: int
    served: int
    missing: tuple[MissingBatch, ...]
    missing_batches: int
    missing_records: int


def require_keys(keyring: Keyring) -> None:
    """Demand the keys of a log before a database is made beside them.

    Raises
    ------
    RebuildKeysMissing
    """
    try:
        keyring.named("log")
    except KeyNotHeld as error:
        raise RebuildKeysMissing(f"folder has no keys of the log: {error.fault}") from error


def rebuild(
    store: Store,
    keyring: Keyring,
    folder: MirrorFolder,
    trust: Trust,
    *,
    second_place: SecondPlace,
    clock: Clock = system_clock,
    progress: Progress = lambda _done, _total: None,
) -> Rebuilt:
    """Bring a store up to a mirror; a store that is as new is only compared with it.

    Raises
    ------
    RebuildForked, RebuildConflict, OtherLedger
        The store is of another history or another log: nothing is written.
    MirrorDamaged
        The mirror does not hash to its head: nothing is written.
    """
    with store.lock("serve", wait=False), store.lock("sequencer"):
        head = folder.require_head(trust)
        identity = _identity(store, keyring, folder, trust, clock=clock)
        store.code_key = code_key(identity.duplicate_key)
        run = _Rebuild(store, identity, folder, trust, head, clock, progress)
        first = run.start()
        if first < head.tree_size:
            run.check_mirror(first)
            # The rows of a group live until it is written, and have no cycles.
            with collection_paused():
                run.write_entries(first)
        anchors = run.write_heads()
        served = second_place.latest()
        if served is None or served.tree_size < head.tree_size:
            second_place.append(ServedHead(head.tree_size, head.root_hash))
    with store.reading() as repositories:
        rebuilding = repositories.rebuilding
        batches, records = rebuilding.count_missing()
        missing = tuple(rebuilding.missing_batches(MAX_LISTED))
    size = max(head.tree_size, first)
    before = 0 if served is None else served.tree_size
    return Rebuilt(first, size, anchors, before, missing, batches, records)


def _identity(
    store: Store, keyring: Keyring, folder: MirrorFolder, trust: Trust, *, clock: Clock
) -> Identity:
    identity = load_identity(store, keyring)
    if identity is None:
        _, entries = next(folder.bundles(0, folder.require_head(trust).tree_size))
        envelope = parse_envelope(entries[0])
        identity = adopt_identity(store, keyring, envelope, origin=trust.origin, clock=clock)
    if identity.log != trust.log:
        raise OtherLedger(
            f"mirror is of another log: expected {identity.log.hex()[:16]}, "
            f"got {trust.log.hex()[:16]}"
        )
    return identity


class _Read(NamedTuple):
    """Entries from a leaf index on, as they were read, and the tiles that they change."""

    first: int
    told: list[Told]
    tiles: dict[int, bytes]

    @classmethod
    def of(cls, tree: GrowingTree, told: list[Told]) -> _Read:
        """Return entries with their tiles, once the tree has grown by them."""
        first = tree.size
        tiles = tree.append([one.leaf_hash for one in told])
        return cls(first, told, {**tiles, **tree.edge})


@dataclass(slots=True)
class _Rebuild:
    """One run."""

    store: Store
    identity: Identity
    folder: MirrorFolder
    trust: Trust
    head: Checkpoint
    clock: Clock
    progress: Progress

    def start(self) -> int:
        """Return the first leaf index that the store lacks, once its history is the mirror's."""
        with self.store.reading() as repositories:
            latest = repositories.tree.latest_checkpoint()
            placed = repositories.entries.count_sequenced()
            size = 0 if latest is None else latest.tree_size
            common = min(size, self.head.tree_size)
            if common:
                ours = root_from_nodes(common, log_nodes(repositories, common))
                if ours != self.folder.root(common, within=self.head.tree_size):
                    raise RebuildForked(
                        f"store is of another history than the mirror: other entries below {common}"
                    )
            beyond = repositories.entries.leaf_hashes(size, placed)
        theirs = (
            leaf_hash(entry)
            for _, entries in self.folder.bundles(size, self.head.tree_size)
            for entry in entries
        )
        if size < self.head.tree_size and beyond != list(islice(theirs, len(beyond))):
            raise RebuildForked(f"store's entries from {size} on are not those of the mirror")
        return placed

    def check_mirror(self, first: int) -> None:
        """Hash everything that is to be written, before anything is."""
        size = self.head.tree_size
        tree = GrowingTree(first, lambda keys: self._edge(keys, first))
        hashes: list[bytes] = []
        for _, entries in self.folder.bundles(first, size):
            hashes += [leaf_hash(entry) for entry in entries]
            if len(hashes) >= GROUP:
                tree.append(hashes)
                hashes = []
        tree.append(hashes)
        if tree.root() != self.head.root_hash:
            raise MirrorDamaged(f"mirror does not hash to its head of {size}: copy it again")

    def _edge(self, keys: Sequence[int], size: int) -> Mapping[int, bytes]:
        """Return tiles as they were at an earlier size, from those of the mirror's."""
        return self.folder.read_tiles(keys, self.head.tree_size) if size else {}

    def write_entries(self, first: int) -> None:
        """Write entries and tiles in groups, each one transaction."""
        with self.store.reading() as repositories:
            rows = repositories.entries.unsequenced(2**31)
        waiting = Waiting(
            {row.leaf_hash: row.arrival for row in rows},
            {
                (row.key_id, row.sequence): row.arrival
                for row in rows
                if row.key_id is not None and row.sequence is not None
            },
        )
        with _read_ahead(self._groups(first)) as groups:
            for group in groups:
                self._write_group(group, waiting)
                self.progress(group.first + len(group.told), self.head.tree_size)

    def _groups(self, first: int) -> Iterator[_Read]:
        tree = GrowingTree(first, lambda keys: self._edge(keys, first))
        group: list[Told] = []
        for start, entries in self.folder.bundles(first, self.head.tree_size):
            group += [read_entry(entry, start + at) for at, entry in enumerate(entries)]
            if len(group) >= GROUP:
                yield _Read.of(tree, group)
                group = []
        if group:
            yield _Read.of(tree, group)

    def _write_group(self, group: _Read, waiting: Waiting) -> None:
        first, told, tiles = group
        now = self.clock()
        with self.store.unit_of_work() as work:
            Group(work.repositories, told, first, to_milliseconds(now)).write(waiting)
            stored = work.repositories.tree.read_log_tiles(
                [tile_key(level, (first >> 8 * level) // 256) for level in range(7)]
            )
            grown = {key: data for key, data in tiles.items() if key in stored}
            if grown:
                work.repositories.tree.write_log_tiles(grown)
            work.repositories.rebuilding.add_tiles(
                (key, data) for key, data in tiles.items() if key not in stored
            )
            work.commit()

    def write_heads(self) -> int:
        """Write the signed heads and the anchors that the store lacks; return how many anchors."""
        now = to_milliseconds(self.clock())
        count = 0
        with self.store.unit_of_work() as work:
            self._write_head(work.repositories, self.folder.require("checkpoint").decode(), now)
            for line in stored_anchors(self.folder, within=self.head.tree_size):
                text = self.folder.checkpoint_text(line.tree_size)
                if text is not None:
                    self._write_head(work.repositories, text, now)
                if not work.repositories.anchors.has_anchor(line.tree_size):
                    self._write_anchor(work.repositories, line)
                    count += 1
            work.commit()
        return count

    def _write_head(self, repositories: Repositories, text: str, now: int) -> None:
        head = verify_checkpoint(
            text, origin=self.trust.origin, public_key=self.trust.log_key.public_key
        )
        if repositories.tree.checkpoint(head.tree_size) is not None:
            return
        if self.folder.root(head.tree_size, within=self.head.tree_size) != head.root_hash:
            raise MirrorDamaged(f"signed head of {head.tree_size} is not that of the mirror")
        last = repositories.entries.by_leaf_index(head.tree_size - 1)
        ends = last is not None and last.type == "state"
        repositories.tree.add_checkpoint(
            CheckpointRow(head.tree_size, head.root_hash, text, ends, now)
        )

    def _write_anchor(self, repositories: Repositories, line: AnchorLine) -> None:
        evidence = self.folder.require(f"anchor/{line.tree_size}")
        head = read_anchor(evidence, self.trust)
        if head.root_hash != self.folder.root(line.tree_size, within=self.head.tree_size):
            raise MirrorDamaged(f"anchor of {line.tree_size} is not of the mirror's history")
        is_own_block = head.header_number == head.block_number
        repositories.anchors.add(
            tx_hash=line.tx_hash,
            raw=b"",
            nonce=line.nonce,
            from_size=line.from_size,
            tree_size=line.tree_size,
            root_hash=head.root_hash,
            signed_at=self.clock(),
        )
        values = {
            "state": "final",
            "block_number": head.block_number,
            "block_hash": head.header_hash if is_own_block else None,
            "evidence": evidence,
            "evidence_block_number": head.header_number,
            "evidence_block_hash": head.header_hash,
        }
        repositories.anchors.move(line.tx_hash, states=NOT_FINAL, values=values)


@contextmanager
def _read_ahead(groups: Iterator[_Read]) -> Iterator[Iterator[_Read]]:
    """Read the next group in a thread while the database writes the one before.

    A database gives its thread back every millisecond or so; who reads must not hold it up for
    Python's five.
    """
    interval = sys.getswitchinterval()
    pool = ThreadPoolExecutor(1)

    def results() -> Iterator[_Read]:
        coming = pool.submit(next, groups, None)
        while (group := coming.result()) is not None:
            coming = pool.submit(next, groups, None)
            yield group

    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        yield results()
    finally:
        pool.shutdown(cancel_futures=True)
        sys.setswitchinterval(interval)
