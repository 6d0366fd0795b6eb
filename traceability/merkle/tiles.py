"""Tiles of 256 hashes, so that a proof reads a few rows whatever the size of the log.

Source: C2SP tlog-tiles (https://c2sp.org/tlog-tiles). A tile holds the nodes of one level, eight
levels apart; the levels between are hashed when asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from traceability.errors import ProofRejected
from traceability.merkle.tree import next_level

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
HASH_BYTES = 32
_INDEX_BITS = 48

ReadTiles = Callable[[Sequence[int]], Mapping[int, bytes]]


class TileMissing(ProofRejected):
    """A tile that the tree needs is not stored, or is shorter than the tree."""

    code = "TILE_MISSING"


def tile_key(level: int, index: int) -> int:
    """Return the integer key of a tile: its level, then its index within the level."""
    return (level << _INDEX_BITS) | index


def extend(tree_size: int, new_leaf_hashes: Sequence[bytes], read: ReadTiles) -> dict[int, bytes]:
    """Return every tile that changes when leaves are appended, whole contents."""
    changed: dict[int, bytes] = {}
    hashes, start, level = list(new_leaf_hashes), tree_size, 0
    while hashes:
        first = start // TILE_WIDTH
        head = _head(read, level, first, start % TILE_WIDTH)
        row = head + b"".join(hashes)
        complete: list[bytes] = []
        for offset in range(0, len(row), TILE_WIDTH * HASH_BYTES):
            tile = row[offset : offset + TILE_WIDTH * HASH_BYTES]
            changed[tile_key(level, first + offset // (TILE_WIDTH * HASH_BYTES))] = tile
            if len(tile) == TILE_WIDTH * HASH_BYTES:
                complete.append(_root(tile))
        hashes, start, level = complete, first, level + 1
    return changed


def _head(read: ReadTiles, level: int, index: int, width: int) -> bytes:
    """Return the first `width` hashes of a tile that is being filled."""
    if not width:
        return b""
    key = tile_key(level, index)
    data = read([key]).get(key, b"")
    return _checked(data, key, width)[: width * HASH_BYTES]


def _checked(data: bytes, key: int, width: int) -> bytes:
    if len(data) < width * HASH_BYTES:
        raise TileMissing(
            f"tile {key >> _INDEX_BITS}/{key & ((1 << _INDEX_BITS) - 1)} is too short: "
            f"expected {width} hashes, got {len(data) // HASH_BYTES}"
        )
    return data


def _split(tile: bytes) -> list[bytes]:
    return [tile[start : start + HASH_BYTES] for start in range(0, len(tile), HASH_BYTES)]


def _root(tile: bytes) -> bytes:
    row = _split(tile)
    while len(row) > 1:
        row = next_level(row)
    return row[0]


class TileNodes:
    """Nodes of a tree of `tree_size` leaves, read through its tiles."""

    def __init__(self, read: ReadTiles, tree_size: int) -> None:
        self._read = read
        self._tree_size = tree_size
        self._tiles: dict[int, bytes] = {}
        self._rows: dict[tuple[int, int], list[bytes]] = {}

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of the complete subtree `index` of 2^`level` leaves."""
        tile_level, within = divmod(level, TILE_HEIGHT)
        # The node covers 2^within entries of one tile.
        first = index << within
        tile_index, offset = divmod(first, TILE_WIDTH)
        key = tile_key(tile_level, tile_index)
        if within == 0:
            tile = self._tile(key, offset + 1)
            return tile[offset * HASH_BYTES : (offset + 1) * HASH_BYTES]
        return self._row(key, within, offset >> within)

    def _row(self, key: int, height: int, position: int) -> bytes:
        place = (key, height)
        row = self._rows.get(place, [])
        if len(row) <= position:
            below = _split(self._tile(key, (position + 1) << height))
            for _ in range(height):
                below = next_level(below)
            row = self._rows[place] = below
        return row[position]

    def _tile(self, key: int, width: int) -> bytes:
        tile = self._tiles.get(key)
        if tile is None:
            self.prefetch([key])
            tile = self._tiles[key]
        return _checked(tile, key, width)

    def prefetch(self, keys: Iterable[int]) -> None:
        """Read tiles in one query."""
        wanted = [key for key in keys if key not in self._tiles]
        if wanted:
            found = self._read(wanted)
            self._tiles.update((key, found.get(key, b"")) for key in wanted)

    def prefetch_inclusion(self, leaf_index: int) -> None:
        """Read in one query the tiles that a proof for this leaf needs."""
        keys: set[int] = set()
        size, index, level = self._tree_size, leaf_index, 0
        while size:
            keys.add(tile_key(level, index // TILE_WIDTH))
            keys.add(tile_key(level, (size - 1) // TILE_WIDTH))
            size, index, level = size // TILE_WIDTH, index // TILE_WIDTH, level + 1
        self.prefetch(sorted(keys))


def tile_path(level: int | str, index: int, width: int = TILE_WIDTH) -> str:
    """Return a tile's path below the log's prefix: `tile/<L>/<N>[.p/<W>]`."""
    digits = f"{index:03d}"
    groups = []
    while digits:
        digits, group = digits[:-3], digits[-3:]
        groups.append(group.rjust(3, "0"))
    *front, last = reversed(groups)
    name = "/".join([*(f"x{group}" for group in front), last])
    return f"tile/{level}/{name}" + (f".p/{width}" if width < TILE_WIDTH else "")


def entry_bundle(entries: Iterable[bytes]) -> bytes:
    """Return an entry bundle: each entry behind its length as two bytes, big-endian."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)
