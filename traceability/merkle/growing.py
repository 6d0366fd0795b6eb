"""A tree that grows from a known size, holding its right edge only.

Source: C2SP tlog-tiles; `merkle/tiles.py` makes the tiles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from traceability.hashing.encoding import HASH_LENGTH
from traceability.merkle.proofs import root_from_nodes
from traceability.merkle.tiles import (
    TILE_HEIGHT,
    TILE_WIDTH,
    ReadTiles,
    TileNodes,
    extend,
    tile_key,
)
from traceability.merkle.tree import EMPTY_ROOT


def edge_keys(tree_size: int) -> dict[int, int]:
    """Return the partial tiles of a tree, each with its width: its right edge."""
    found: dict[int, int] = {}
    level = 0
    while nodes := tree_size >> (TILE_HEIGHT * level):
        if width := nodes % TILE_WIDTH:
            found[tile_key(level, nodes // TILE_WIDTH)] = width
        level += 1
    return found


class GrowingTree:
    """Extends a tree group by group; complete tiles are handed out once, partial ones kept."""

    def __init__(self, tree_size: int, read: ReadTiles) -> None:
        self.size = tree_size
        wanted = edge_keys(tree_size)
        stored = read(list(wanted)) if wanted else {}
        self.edge = {
            key: stored.get(key, b"")[: width * HASH_LENGTH] for key, width in wanted.items()
        }

    def append(self, leaf_hashes: Sequence[bytes]) -> dict[int, bytes]:
        """Add leaves; return the tiles that are complete now, whole."""
        if not leaf_hashes:
            return {}
        tiles = extend(self.size, leaf_hashes, self._read)
        self.size += len(leaf_hashes)
        wanted = edge_keys(self.size)
        self.edge = {key: tiles.get(key, self.edge.get(key, b"")) for key in wanted}
        return {key: data for key, data in tiles.items() if key not in wanted}

    def root(self) -> bytes:
        """Return the root hash of the tree as it is now."""
        if not self.size:
            return EMPTY_ROOT
        return root_from_nodes(self.size, TileNodes(self._read, self.size).node)

    def _read(self, keys: Sequence[int]) -> Mapping[int, bytes]:
        return {key: self.edge[key] for key in keys if key in self.edge}
