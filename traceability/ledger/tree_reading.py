"""Reading tree nodes from the store: of the log, and of one batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from traceability.hashing.commitment import Commitment, RecordKind, item_leaf_hashes
from traceability.merkle.proofs import Node, nodes_of
from traceability.merkle.tiles import TILE_HEIGHT, TileNodes
from traceability.store.repositories import Repositories
from traceability.store.repositories.batches import BatchRow

TILE_WIDTH = 1 << TILE_HEIGHT


def log_nodes(repositories: Repositories, tree_size: int) -> Node:
    """Return a reader of the log's nodes at a size."""
    return TileNodes(repositories.tree.read_log_tiles, tree_size).node


class BatchNodes:
    """Nodes of one batch's tree: level 0 from its records, the rest from its tiles."""

    def __init__(self, repositories: Repositories, batch: BatchRow) -> None:
        self._repositories = repositories
        self._batch = batch
        self._upper = TileNodes(self._read_upper, batch.record_count)
        self._chunks: dict[int, Node] = {}

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of the complete subtree `index` of 2^`level` records."""
        if level >= TILE_HEIGHT:
            return self._upper.node(level, index)
        chunk, within = divmod(index << level, TILE_WIDTH)
        if chunk not in self._chunks:
            first = chunk * TILE_WIDTH
            last = min(first + TILE_WIDTH, self._batch.record_count)
            self._chunks[chunk] = nodes_of(self.leaf_hashes(first, last))
        return self._chunks[chunk](level, within >> level)

    def _read_upper(self, tiles: Sequence[int]) -> Mapping[int, bytes]:
        return self._repositories.tree.read_batch_tiles(self._batch.batch, tiles)

    def leaf_hashes(self, first: int, last: int) -> list[bytes]:
        """Return the leaf hashes of records `first` … `last` − 1, recomputed from their rows."""
        number = self._batch.batch
        hashes = [
            Commitment(RecordKind(row.kind), row.field_count, row.field_root).leaf_hash()
            for row in self._repositories.batches.records_between(number, first, last)
        ]
        run = self._repositories.items.run(number)
        if run is None or run.first_index >= last:
            return hashes
        rows = self._repositories.items.between(number, first, last)
        salts = b"".join(row.salt for row in rows)
        prefix = item_prefix(run.gtin, run.lot)
        return hashes + item_leaf_hashes(prefix, [row.serial for row in rows], salts)


def item_prefix(gtin: str, lot: str) -> str:
    """Return the URIs of a lot's items up to the serial."""
    return f"https://id.gs1.org/01/{gtin}{f'/10/{lot}' if lot else ''}/21/"


def read_nothing(_tiles: Sequence[int]) -> Mapping[int, bytes]:
    """Return no tiles: what an empty tree reads."""
    return {}


ReadTiles = Callable[[Sequence[int]], Mapping[int, bytes]]
