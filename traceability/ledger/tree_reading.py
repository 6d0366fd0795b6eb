"""Reading tree nodes from the store: of the log, and of one batch."""

from __future__ import annotations

import threading
from collections import OrderedDict

from traceability.codes.uris import item_prefix
from traceability.hashing.commitment import Commitment, RecordKind, item_leaf_hashes
from traceability.hashing.encoding import HASH_LENGTH
from traceability.merkle.proofs import Node, nodes_of
from traceability.merkle.tiles import TILE_HEIGHT, TileNodes, tile_key
from traceability.merkle.tree import next_level
from traceability.store.repositories import Repositories
from traceability.store.repositories.batches import BatchRow

TILE_WIDTH = 1 << TILE_HEIGHT
# A batch of a million records takes a quarter of a megabyte.
KEPT_BATCHES = 64


def log_nodes(repositories: Repositories, tree_size: int) -> Node:
    """Return a reader of the log's nodes at a size."""
    return TileNodes(repositories.tree.read_log_tiles, tree_size).node


class UpperLevels:
    """Nodes of a batch's tree from level 8 up, 1/128 of its leaves, and its outer chunks."""

    def __init__(self, repositories: Repositories, batch: BatchRow) -> None:
        complete = batch.record_count // TILE_WIDTH
        keys = [tile_key(1, index) for index in range(-(-complete // TILE_WIDTH))]
        tiles = repositories.tree.read_batch_tiles(batch.batch, keys)
        data = b"".join(tiles.get(key, b"") for key in keys)
        self._levels = [[data[at : at + HASH_LENGTH] for at in range(0, len(data), HASH_LENGTH)]]
        while len(self._levels[-1]) > 1:
            self._levels.append(next_level(self._levels[-1]))
        # Every proof needs the last chunk, and that of the lot the first.
        self.edges: dict[int, Node] = {}
        self.edge_indexes = {0, (batch.record_count - 1) // TILE_WIDTH}

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of a complete subtree, `level` at least 8."""
        return self._levels[level - TILE_HEIGHT][index]


class UpperLevelsCache:
    """The upper levels of the batches asked for last; what is committed never changes."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, UpperLevels] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, repositories: Repositories, batch: BatchRow) -> UpperLevels:
        """Return a batch's upper levels, read on first use."""
        with self._lock:
            found = self._kept.get(batch.batch)
            if found is not None:
                self._kept.move_to_end(batch.batch)
                return found
        found = UpperLevels(repositories, batch)
        with self._lock:
            self._kept[batch.batch] = found
            while len(self._kept) > KEPT_BATCHES:
                self._kept.popitem(last=False)
        return found


class BatchNodes:
    """Nodes of one batch's tree: below level 8 from its records, the rest from memory."""

    def __init__(
        self, repositories: Repositories, batch: BatchRow, *, upper: UpperLevels | None = None
    ) -> None:
        self._repositories = repositories
        self._batch = batch
        self._upper = upper
        self._chunks: dict[int, Node] = {}
        self._run = repositories.items.run(batch.batch)

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of the complete subtree `index` of 2^`level` records."""
        if level >= TILE_HEIGHT:
            if self._upper is None:
                self._upper = UpperLevels(self._repositories, self._batch)
            return self._upper.node(level, index)
        chunk, within = divmod(index << level, TILE_WIDTH)
        known = self._chunks
        if self._upper is not None and chunk in self._upper.edge_indexes:
            known = self._upper.edges
        if chunk not in known:
            first = chunk * TILE_WIDTH
            last = min(first + TILE_WIDTH, self._batch.record_count)
            known[chunk] = nodes_of(self.leaf_hashes(first, last))
        return known[chunk](level, within >> level)

    def leaf_hashes(self, first: int, last: int) -> list[bytes]:
        """Return the leaf hashes of records `first` … `last` − 1, recomputed from their rows."""
        number, run = self._batch.batch, self._run
        hashes: list[bytes] = []
        if run is None or first < run.first_index:
            hashes = [
                Commitment(RecordKind(row.kind), row.field_count, row.field_root).leaf_hash()
                for row in self._repositories.batches.records_between(number, first, last)
            ]
        if run is None or run.first_index >= last:
            return hashes
        rows = self._repositories.items.serials_between(number, first, last)
        prefix = item_prefix(run.gtin, run.lot)
        salts = b"".join(salt for _, salt in rows)
        found = item_leaf_hashes(prefix, [serial for serial, _ in rows], salts)
        if len(hashes) + len(found) < last - first:
            found = self._with_erased(found, max(first, run.first_index), last)
        return hashes + found

    def _with_erased(self, found: list[bytes], first: int, last: int) -> list[bytes]:
        """Put the leaf hashes of erased items between those of the others."""
        roots = self._repositories.erasing.erased_items(self._batch.batch, first, last)
        kept = iter(found)
        merged = [
            Commitment(RecordKind.ITEM, 1, roots[index]).leaf_hash()
            if index in roots
            else next(kept, b"")
            for index in range(first, last)
        ]
        # Where rows are missing that nobody erased, there are fewer, and the caller sees it.
        return [one for one in merged if one]
