"""Tiles of 256 hashes, so that a proof reads a few rows whatever the size of the log.

Source: C2SP tlog-tiles (https://c2sp.org/tlog-tiles). A tile holds the nodes of one level, eight
levels apart; the levels between are hashed when asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from traceability.errors import InvalidInput, ProofRejected
from traceability.hashing.encoding import HASH_LENGTH, ZERO_HASH
from traceability.merkle.proofs import Node, consistency_path, inclusion_path
from traceability.merkle.tree import next_level, root_hash

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
_INDEX_BITS = 48
_LENGTH_BYTES = 2
_PATH = re.compile(
    r"tile/([0-9]|[1-5][0-9]|6[0-3]|entries)/((?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?",
    re.ASCII,
)

ReadTiles = Callable[[Sequence[int]], Mapping[int, bytes]]


class TileMissing(ProofRejected):
    """A tile that the tree needs is not stored, or is shorter than the tree."""

    code = "TILE_MISSING"


class TilePathInvalid(InvalidInput):
    """The path is not that of a tile."""

    code = "TILE_PATH_INVALID"


class EntryBundleInvalid(InvalidInput):
    """The bytes are not a bundle of entries."""

    code = "ENTRY_BUNDLE_INVALID"


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
        for offset in range(0, len(row), TILE_WIDTH * HASH_LENGTH):
            tile = row[offset : offset + TILE_WIDTH * HASH_LENGTH]
            changed[tile_key(level, first + offset // (TILE_WIDTH * HASH_LENGTH))] = tile
            if len(tile) == TILE_WIDTH * HASH_LENGTH:
                complete.append(root_hash(_rows(tile)[0]))
        hashes, start, level = complete, first, level + 1
    return changed


def _head(read: ReadTiles, level: int, index: int, width: int) -> bytes:
    """Return the first `width` hashes of a tile that is being filled."""
    if not width:
        return b""
    key = tile_key(level, index)
    data = read([key]).get(key, b"")
    return _checked(data, key, width)[: width * HASH_LENGTH]


def _checked(data: bytes, key: int, width: int) -> bytes:
    if len(data) < width * HASH_LENGTH:
        raise TileMissing(
            f"tile {key >> _INDEX_BITS}/{key & ((1 << _INDEX_BITS) - 1)} is too short: "
            f"expected {width} hashes, got {len(data) // HASH_LENGTH}"
        )
    return data


def _rows(tile: bytes) -> list[list[bytes]]:
    """Return the hashes of a tile and the levels above them, up to a full tile's root."""
    rows = [[tile[at : at + HASH_LENGTH] for at in range(0, len(tile), HASH_LENGTH)]]
    while len(rows[-1]) > 1:
        rows.append(next_level(rows[-1]))
    return rows


class TileNodes:
    """Nodes of a tree of `tree_size` leaves, read through its tiles.

    A stored tile may be of a later, larger tree: only its first hashes are used.
    """

    def __init__(self, read: ReadTiles, tree_size: int) -> None:
        self._read = read
        self._tree_size = tree_size
        self._tiles: dict[int, bytes] = {}
        self._rows: dict[int, list[list[bytes]]] = {}

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of the complete subtree `index` of 2^`level` leaves."""
        if (index + 1) << level > self._tree_size:
            raise TileMissing(
                f"subtree is not complete: level {level}, index {index} "
                f"in a tree of {self._tree_size} leaves"
            )
        key, within, offset = _place(level, index)
        if within == 0:
            tile = self._tile(key, offset + 1)
            return tile[offset * HASH_LENGTH : (offset + 1) * HASH_LENGTH]
        tile = self._tile(key, offset + (1 << within))
        if key not in self._rows:
            self._rows[key] = _rows(tile)
        return self._rows[key][within][offset >> within]

    def inclusion_path(self, leaf_index: int) -> list[bytes]:
        """Return the inclusion path of a leaf; one query reads all tiles that are missing."""
        self.prefetch_inclusion(leaf_index)
        return inclusion_path(leaf_index, tree_size=self._tree_size, node=self.node)

    def consistency_path(self, from_size: int) -> list[bytes]:
        """Return the path from an earlier size; one query reads all tiles that are missing."""
        size = self._tree_size
        self.prefetch(
            _keys_read(lambda node: consistency_path(from_size, tree_size=size, node=node))
        )
        return consistency_path(from_size, tree_size=size, node=self.node)

    def prefetch_inclusion(self, leaf_index: int) -> None:
        """Read in one query the tiles that a proof for this leaf needs."""
        size = self._tree_size
        self.prefetch(
            _keys_read(lambda node: inclusion_path(leaf_index, tree_size=size, node=node))
        )

    def prefetch(self, keys: Iterable[int]) -> None:
        """Read tiles in one query."""
        wanted = [key for key in keys if key not in self._tiles]
        if wanted:
            found = self._read(wanted)
            self._tiles.update((key, found.get(key, b"")) for key in wanted)

    def _tile(self, key: int, width: int) -> bytes:
        if key not in self._tiles:
            self.prefetch([key])
        return _checked(self._tiles[key], key, width)


def _place(level: int, index: int) -> tuple[int, int, int]:
    """Return a node's tile, its height within the tile, and the first hash under it there."""
    tile_level, within = divmod(level, TILE_HEIGHT)
    tile_index, offset = divmod(index << within, TILE_WIDTH)
    return tile_key(tile_level, tile_index), within, offset


def _keys_read(make_proof: Callable[[Node], object]) -> list[int]:
    """Return the keys of the tiles that making a proof reads."""
    keys: set[int] = set()

    def note(level: int, index: int) -> bytes:
        keys.add(_place(level, index)[0])
        return ZERO_HASH

    make_proof(note)
    return sorted(keys)


@dataclass(frozen=True, slots=True)
class TilePath:
    """What a tile's path says: level (or `entries`), index, and width below 256 if partial."""

    level: int | Literal["entries"]
    index: int
    width: int


def tile_path(level: int | str, index: int, width: int = TILE_WIDTH) -> str:
    """Return a tile's path below the log's prefix: `tile/<L>/<N>[.p/<W>]`."""
    *front, last = _thousands(index)
    name = "/".join([*(f"x{group:03d}" for group in front), f"{last:03d}"])
    return f"tile/{level}/{name}" + (f".p/{width}" if width < TILE_WIDTH else "")


def parse_tile_path(path: str) -> TilePath:
    """Return what a tile's path says, if it is written as `tile_path` writes it.

    Raises
    ------
    TilePathInvalid
    """
    match = _PATH.fullmatch(path)
    if match is None:
        raise TilePathInvalid("tile path is malformed: expected tile/<level>/<index>[.p/<width>]")
    level: int | Literal["entries"] = "entries" if match[1] == "entries" else int(match[1])
    index = int(match[2].replace("x", "").replace("/", ""))
    width = int(match[3]) if match[3] else TILE_WIDTH
    if index >> _INDEX_BITS or tile_path(level, index, width) != path:
        raise TilePathInvalid("tile path is not canonical: its numbers have another form")
    return TilePath(level, index, width)


def _thousands(number: int) -> list[int]:
    groups = [number % 1000]
    while number := number // 1000:
        groups.insert(0, number % 1000)
    return groups


def entry_bundle(entries: Iterable[bytes]) -> bytes:
    """Return an entry bundle: each entry behind its length as two bytes, big-endian."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def parse_entry_bundle(data: bytes) -> list[bytes]:
    """Return the entries of a bundle.

    Raises
    ------
    EntryBundleInvalid
        An entry is cut short, or there are more than a bundle holds.
    """
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        start = at + _LENGTH_BYTES
        at = start + int.from_bytes(data[start - _LENGTH_BYTES : start], "big")
        if at > len(data):
            raise EntryBundleInvalid(f"entry bundle is cut short in entry {len(entries)}")
        entries.append(data[start:at])
    if len(entries) > TILE_WIDTH:
        raise EntryBundleInvalid(
            f"entry bundle is too long: expected {TILE_WIDTH} entries, got {len(entries)}"
        )
    return entries
