"""Batches: every leaf recomputed from stored rows, every tree, and every column of a batch.

Small batches are read many at a time; a large one in chunks, each of which yields the roots of
its groups of 256 records, so that the whole tree takes an eighth of a byte for each record.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from traceability.hashing.statement import BatchStatement
from traceability.ledger.audit.difference import Difference, compare, shown
from traceability.ledger.audit.leaves import Leaves, item_leaves, record_leaves
from traceability.ledger.audit.scopes import check_scopes
from traceability.ledger.audit.units import (
    BATCHES,
    RECORDS,
    SMALL,
    BatchesUnit,
    ChunkHashes,
    ChunkUnit,
    Context,
    Result,
    read_statement,
)
from traceability.merkle.frontier import Frontier
from traceability.merkle.tiles import TILE_HEIGHT, TILE_WIDTH, extend, tile_key
from traceability.merkle.tree import root_hash
from traceability.store.repositories.auditing import AuditRepository, Range
from traceability.store.repositories.batches import BatchRow
from traceability.store.repositories.items import ItemRun

# Records whose rows are in memory at a time, with the objects that their events name.
EVENTS = 2_048
# Groups of damaged records that are named.
MOST_GROUPS = 8
# A tile's key is its level, then its number; a tile holds the hashes of 256 nodes.
LEVEL_SHIFT, LOW_BITS, HASH_BYTES = 48, (1 << 48) - 1, 32


def check_batches(context: Context, unit: BatchesUnit) -> Result:
    """Check several small batches, all of whose records are read at once."""
    asked = Range(unit.first, unit.last)
    runs = context.rows.runs(unit.first, unit.last)
    tiles = context.rows.batch_tiles(unit.first, unit.last)
    leaves = Leaves()
    record_leaves(context, asked, leaves)
    item_leaves(context, asked, leaves, runs)
    differences, records, batches = leaves.differences, 0, 0
    differences += check_scopes(context, asked)
    for row, _, envelope in context.rows.batches(unit.first, unit.last):
        statement = None if envelope is None else read_statement(envelope)
        if not isinstance(statement, BatchStatement):
            differences.append(_unsigned(row.batch))
            continue
        tree = BatchTree(row.batch, statement, runs.get(row.batch))
        tree.add(_grouped(leaves.hashes.get(row.batch, [])))
        differences += columns(row, statement)
        differences += tree.differences(tiles.get(row.batch, {}))
        records += statement.record_count
        batches += 1
    return Result(differences, records, batches)


def check_chunk(context: Context, unit: ChunkUnit) -> Result:
    """Recompute the leaves of a chunk of a large batch."""
    runs = context.rows.runs(unit.batch, unit.batch)
    run = runs.get(unit.batch)
    leaves = Leaves()
    others = unit.last if run is None else min(unit.last, run.first_index)
    for first in range(unit.first, others, EVENTS):
        asked = Range(unit.batch, unit.batch, first, min(first + EVENTS, others))
        record_leaves(context, asked, leaves)
    if others < unit.last:
        asked = Range(unit.batch, unit.batch, max(unit.first, others), unit.last)
        item_leaves(context, asked, leaves, runs)
    hashes = leaves.hashes.get(unit.batch, [])
    leaves.differences += check_scopes(
        context, Range(unit.batch, unit.batch, unit.first, unit.last)
    )
    return Result(leaves.differences, unit.last - unit.first, value=_grouped(hashes))


def _unsigned(batch: int) -> Difference:
    return Difference("batches", str(batch), "arrival", "a batch entry", "none")


def columns(row: BatchRow, statement: BatchStatement) -> Iterator[Difference]:
    """Compare what a batch's row repeats of its statement."""
    for name in ("participant", "record_count", "batch_root"):
        expected, found = getattr(statement, name), getattr(row, name)
        yield from compare("batches", str(row.batch), column=name, expected=expected, found=found)


def _grouped(hashes: list[bytes]) -> ChunkHashes:
    """Return the roots of whole groups of 256 leaves, and the leaves that are left over."""
    whole = len(hashes) - len(hashes) % TILE_WIDTH
    groups = [root_hash(hashes[at : at + TILE_WIDTH]) for at in range(0, whole, TILE_WIDTH)]
    return ChunkHashes(groups, hashes[whole:], len(hashes))


@dataclass(slots=True)
class BatchTree:
    """A batch's tree from level 8 up, and the leaves beyond its last whole group."""

    batch: int
    statement: BatchStatement
    run: ItemRun | None
    count: int = 0
    groups: list[bytes] = field(default_factory=list)
    tail: list[bytes] = field(default_factory=list)
    is_broken: bool = False

    def add(self, chunk: ChunkHashes) -> None:
        """Add the next chunk; only the last may end within a group."""
        self.is_broken |= bool(self.tail)
        self.groups += chunk.groups
        self.tail = chunk.tail
        self.count += chunk.leaves

    def to_json(self) -> dict[str, Any]:
        """Return how far the tree has come."""
        return {
            "batch": self.batch,
            "count": self.count,
            "groups": b"".join(self.groups).hex(),
            "tail": b"".join(self.tail).hex(),
        }

    def go_on(self, told: dict[str, Any]) -> None:
        """Stand where an earlier tree stood."""
        self.count = told["count"]
        self.groups = _hashes(told["groups"])
        self.tail = _hashes(told["tail"])

    def differences(self, stored: Mapping[int, bytes]) -> Iterator[Difference]:
        """Compare the tree with the statement's root and with the stored tiles."""
        key, count = str(self.batch), self.statement.record_count
        if self.run is not None:
            yield from self._check_run(self.run, count)
        if self.count != count or self.is_broken:
            for table in self._tables():
                yield Difference(table, key, "record_index", str(count), str(self.count))
            return
        tiles = {
            tile + tile_key(1, 0): data
            for tile, data in extend(0, self.groups, lambda _keys: {}).items()
        }
        root = self._root()
        if root != self.statement.batch_root:
            yield from self._damage(root, tiles, stored)
        for tile, expected in tiles.items():
            name = f"{key}, {tile}"
            found = stored.get(tile)
            yield from compare("batch_tiles", name, column="hashes", expected=expected, found=found)
        for tile in sorted(stored.keys() - tiles.keys()):
            yield Difference("batch_tiles", f"{key}, {tile}", "tile", "no such tile", "a tile")

    def _root(self) -> bytes:
        frontier = Frontier()
        for group in self.groups:
            frontier.append(group, TILE_HEIGHT)
        for leaf in self.tail:
            frontier.append(leaf)
        return frontier.root()

    def _check_run(self, run: ItemRun, count: int) -> Iterator[Difference]:
        """Check that a batch ends with its items."""
        found = run.first_index + run.quantity
        if run.first_index < 0 or found != count:
            column = "first_index, quantity"
            yield Difference("item_runs", str(run.batch), column, str(count), str(found))

    def _damage(
        self, root: bytes, tiles: Mapping[int, bytes], stored: Mapping[int, bytes]
    ) -> Iterator[Difference]:
        """Name every table whose rows may have made another root: the root tells no more."""
        key = f"{self.batch}{_damaged(tiles, stored, self.statement.record_count)}"
        expected, found = shown(self.statement.batch_root), shown(root)
        for table, column in self._tables().items():
            yield Difference(table, key, column, expected, found)

    def _tables(self) -> dict[str, str]:
        """Return what the leaves come from: tables, and the columns that a root stands for."""
        records = {"records": "kind, field_count, field_root"}
        if self.run is None:
            return records
        items = {"items": "serial, salt, or the gtin and lot of item_runs"}
        return items | records if self.run.first_index else items


def _hashes(text: str) -> list[bytes]:
    data = bytes.fromhex(text)
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]


def _damaged(tiles: Mapping[int, bytes], stored: Mapping[int, bytes], count: int) -> str:
    """Return which records differ, as near as the stored tiles tell: groups of 256."""
    groups = []
    for key in sorted(key for key in tiles if key >> LEVEL_SHIFT == 1):
        ours, theirs = tiles[key], stored.get(key, b"")
        for at in range(0, len(ours), HASH_BYTES):
            if ours[at : at + HASH_BYTES] != theirs[at : at + HASH_BYTES]:
                number = (key & LOW_BITS) * TILE_WIDTH + at // HASH_BYTES
                last = min((number + 1) * TILE_WIDTH, count) - 1
                groups.append(f"{number * TILE_WIDTH}–{last}")
    return f", {', '.join(groups[:MOST_GROUPS])}" if groups else ""


def batch_units(
    rows: AuditRepository, after: int, *, done: tuple[int, int] = (0, 0)
) -> Iterator[BatchesUnit | ChunkUnit]:
    """Yield the pieces in which all batches numbered above `after` are checked, in order.

    `done` names a batch, and how many of its records need no piece any more.
    """
    group: list[int] = []
    gathered = 0
    while sizes := rows.batch_sizes(after, limit=BATCHES):
        for batch, records, items in sizes:
            size = max(records, items)
            if group and (size + gathered > SMALL or len(group) == BATCHES):
                yield BatchesUnit(group[0], group[-1])
                group, gathered = [], 0
            if size > SMALL:
                first = done[1] if batch == done[0] else 0
                yield from _large(rows, batch, RECORDS if items else SMALL, first)
            else:
                group.append(batch)
                gathered += size
            after = batch
    if group:
        yield BatchesUnit(group[0], group[-1])


def _large(
    rows: AuditRepository, batch: int, chunk: int, first: int
) -> Iterator[BatchesUnit | ChunkUnit]:
    """Yield the chunks of a batch; what its entry says decides how many there are."""
    statement = statement_of(rows, batch)
    count = 0 if statement is None else statement.record_count
    if count <= chunk:
        yield BatchesUnit(batch, batch)
        return
    for start in range(first, count, chunk):
        yield ChunkUnit(batch, start, min(start + chunk, count), count)


def statement_of(rows: AuditRepository, batch: int) -> BatchStatement | None:
    """Return what a batch's entry says."""
    for found in rows.batches(batch, batch):
        statement = None if found.envelope is None else read_statement(found.envelope)
        if isinstance(statement, BatchStatement):
            return statement
    return None
