"""The log: entries by themselves (in any process), then replayed, hashed and compared in order.

Of what has been replayed only the tree's right edge is kept, and the roots that are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from traceability.errors import ItemProofError
from traceability.hashing.encoding import HASH_LENGTH, ZERO_HASH
from traceability.hashing.statement import (
    BatchStatement,
    Genesis,
    KeyRegister,
    KeyRevoke,
    StatusStatement,
)
from traceability.ledger.audit.difference import Difference, compare, shown
from traceability.ledger.audit.entries import BatchFacts, FindBatch, Replay, status_records
from traceability.ledger.audit.progress import AuditProgressOther
from traceability.ledger.audit.signed import CheckedEntry, check_entry
from traceability.ledger.audit.units import (
    Context,
    EntriesUnit,
    LogPart,
    Result,
    read_statement,
)
from traceability.ledger.tree_reading import log_nodes
from traceability.merkle.checkpoint import origin_for, verify_checkpoint
from traceability.merkle.frontier import Frontier
from traceability.merkle.growing import GrowingTree
from traceability.merkle.proofs import root_from_nodes
from traceability.merkle.tiles import TILE_HEIGHT, TILE_WIDTH, tile_key
from traceability.merkle.tree import leaf_hash
from traceability.store.repositories import Repositories
from traceability.store.repositories.tree import CheckpointRow

# A number that no entry has arrived as: one that is missing.
NOWHERE = -1
# A tile's key is its level, then its number; sizes below 2^64 need eight levels.
LEVEL_SHIFT, LOW_BITS = 48, (1 << 48) - 1
# Statements that decide over later ones: read again after an interruption.
DECIDING = (Genesis, KeyRegister, KeyRevoke, StatusStatement)


def check_part(context: Context, unit: EntriesUnit) -> Result:
    """Check entries by themselves, what hangs on each of them, and the heads' signatures."""
    entries = _entries(context, unit)
    heads = context.repositories.tree.checkpoints_between(unit.first + 1, unit.last + 1)
    differences = [
        *_batch_rows(context, unit, entries),
        *_status_rows(context, unit, entries),
        *(found for row in heads for found in _check_note(context, row)),
    ]
    return Result(differences, value=LogPart(entries, heads))


def _entries(context: Context, unit: EntriesUnit) -> list[CheckedEntry]:
    leaves = _tile_leaves(context.repositories, unit)
    rows = {row.leaf_index: row for row in context.repositories.entries.between(*unit)}
    found = []
    for index in range(*unit):
        row, leaf = rows.get(index), leaves.get(index)
        if row is None:
            lost = Difference("entries", "", "leaf_index", str(index), "nothing")
            found.append(CheckedEntry(NOWHERE, index, leaf or ZERO_HASH, None, (lost,)))
            continue
        is_leaf = leaf not in (None, row.leaf_hash) and leaf_hash(row.envelope) == leaf
        found.append(check_entry(row, context.key_of, is_leaf=is_leaf))
    return found


def _tile_leaves(repositories: Repositories, unit: EntriesUnit) -> dict[int, bytes]:
    """Return the hashes that the stored tiles have for these entries."""
    numbers = range(unit.first // TILE_WIDTH, -(-unit.last // TILE_WIDTH))
    tiles = repositories.tree.read_log_tiles([tile_key(0, number) for number in numbers])
    return {
        number * TILE_WIDTH + at // HASH_LENGTH: data[at : at + HASH_LENGTH]
        for number in numbers
        for data in [tiles.get(tile_key(0, number), b"")]
        for at in range(0, len(data), HASH_LENGTH)
    }


def _batch_rows(
    context: Context, unit: EntriesUnit, entries: Sequence[CheckedEntry]
) -> Iterator[Difference]:
    known = context.rows.arrivals_of_batches(*unit)
    for entry in entries:
        if isinstance(entry.statement, BatchStatement) and entry.arrival not in known:
            yield Difference("batches", "", "arrival", str(entry.arrival), "nothing")


def _status_rows(
    context: Context, unit: EntriesUnit, entries: Sequence[CheckedEntry]
) -> Iterator[Difference]:
    """Compare the statuses that these entries set with their rows."""
    stored = {
        (row.entry_hash, row.record_index, row.kind, row.entry_index, row.arrival)
        for row in context.repositories.statuses.between(*unit)
    }
    expected = {
        (statement.entry, index, statement.kind, entry.leaf_index, entry.arrival)
        for entry in entries
        if isinstance(statement := entry.statement, StatusStatement)
        for index in status_records(statement)
    }
    for entry_hash, index, kind, *_ in sorted(expected - stored):
        yield Difference("statuses", f"{shown(entry_hash)}, {index}", "kind", kind, "none")
    for entry_hash, index, kind, *_ in sorted(stored - expected):
        yield Difference("statuses", f"{shown(entry_hash)}, {index}", "kind", "none", kind)


def _check_note(context: Context, row: CheckpointRow) -> Iterator[Difference]:
    """Check that the log's key has signed what the row says; the root itself comes later."""
    genesis, key = context.genesis, str(row.tree_size)
    if genesis is None:
        return
    origin = row.text.split("\n", 1)[0]
    try:
        note = verify_checkpoint(row.text, origin=origin, public_key=genesis.log_key.public_key)
    except ItemProofError as error:
        yield Difference("checkpoints", key, "note", "the log key's note", str(error)[:64])
        return
    yield from compare(
        "checkpoints",
        key,
        column="note",
        expected=(row.tree_size, shown(row.root_hash)),
        found=(note.tree_size, shown(note.root_hash)),
    )


@dataclass(slots=True)
class LogReplay:
    """The log as far as it has been replayed; `marks` are sizes whose roots are asked for."""

    repositories: Repositories
    replay: Replay
    marks: set[int] = field(default_factory=set)
    roots: dict[int, bytes] = field(default_factory=dict)
    frontier: Frontier = field(default_factory=Frontier)
    read_again: list[tuple[int, bytes]] = field(default_factory=list)
    tree: GrowingTree = field(default_factory=lambda: GrowingTree(0, lambda _keys: {}))

    def take(self, part: LogPart) -> Iterator[Difference]:
        """Replay the next entries; check the tiles that are complete now, and the heads."""
        heads = {row.tree_size: row for row in part.checkpoints}
        for entry in part.entries:
            if isinstance(entry.statement, DECIDING):
                self.read_again.append((self.replay.size, entry.leaf_hash))
            yield from self.replay.take(entry)
            self.frontier.append(entry.leaf_hash)
            size = self.replay.size
            if size in self.marks:
                self.roots[size] = self.frontier.root()
            if size in heads:
                yield from self._check_head(heads[size])
        tiles = self.tree.append([entry.leaf_hash for entry in part.entries])
        yield from self._check_tiles(tiles)

    def _check_head(self, row: CheckpointRow) -> Iterator[Difference]:
        key = str(row.tree_size)
        root = self.frontier.root()
        for column, expected, found in (
            ("root_hash", root, row.root_hash),
            ("ends_with_state", self.replay.ends_with_state, row.ends_with_state),
        ):
            yield from compare("checkpoints", key, column=column, expected=expected, found=found)
        origin = row.text.split("\n", 1)[0]
        named = origin_for(origin.split("/log/", 1)[0], self.replay.log_id())
        yield from compare("checkpoints", key, column="note", expected=named, found=origin)

    def _check_tiles(self, tiles: dict[int, bytes]) -> Iterator[Difference]:
        stored = self.repositories.tree.read_log_tiles(list(tiles))
        for tile, hashes in tiles.items():
            yield from compare(
                "log_tiles", str(tile), column="hashes", expected=hashes, found=stored.get(tile)
            )

    def finish(self) -> Iterator[Difference]:
        """Check the right edge, and name the tiles that are none of this tree."""
        yield from self._check_tiles(self.tree.edge)
        size = self.replay.size
        self.roots[size] = self.frontier.root()
        for tile in self.repositories.auditing.log_tile_keys():
            if not _is_tile(tile, size):
                yield Difference("log_tiles", str(tile), "tile", "no such tile", "a tile")

    def root(self, size: int) -> bytes:
        """Return the root at a size that was asked for, or that there is now."""
        if size not in self.roots:
            # Asked for only after an interruption, when the tiles were compared already.
            self.roots[size] = root_from_nodes(size, log_nodes(self.repositories, size))
        return self.roots[size]

    def to_json(self) -> dict[str, Any]:
        """Return how far the replay has come; its keys and statuses are read again."""
        replay = self.replay
        return {
            "frontier": [[level, node.hex()] for level, node in self.frontier.subtrees],
            "edge": {str(key): data.hex() for key, data in self.tree.edge.items()},
            "roots": {str(size): root.hex() for size, root in self.roots.items()},
            "chains": {
                key.hex(): [number, before.hex()] for key, (number, before) in replay.chains.items()
            },
            "last_state": replay.last_state.hex(),
            "ends_with_state": replay.ends_with_state,
            "read_again": [[index, leaf.hex()] for index, leaf in self.read_again],
        }

    def go_on(self, told: dict[str, Any]) -> None:
        """Stand where an earlier replay stood, if the log is still the same up to there.

        Raises
        ------
        AuditProgressOther
        """
        self.frontier = Frontier((level, bytes.fromhex(node)) for level, node in told["frontier"])
        size = self.frontier.size
        edge = {int(key): bytes.fromhex(data) for key, data in told["edge"].items()}
        if root_from_nodes(size, log_nodes(self.repositories, size)) != self.frontier.root():
            raise AuditProgressOther(f"file of progress is of another history of {size} entries")
        self.tree = GrowingTree(size, lambda keys: {key: edge[key] for key in keys})
        self.roots = {int(at): bytes.fromhex(root) for at, root in told["roots"].items()}
        for index, leaf in told["read_again"]:
            self._read_again(index, bytes.fromhex(leaf))
        replay = self.replay
        replay.size = size
        replay.last_state = bytes.fromhex(told["last_state"])
        replay.ends_with_state = told["ends_with_state"]
        replay.chains = {
            bytes.fromhex(key): (number, bytes.fromhex(before))
            for key, (number, before) in told["chains"].items()
        }

    def _read_again(self, index: int, leaf: bytes) -> None:
        """Take over an entry again that decides over later ones; what differed is listed."""
        row = self.repositories.entries.by_leaf_index(index)
        if row is None or leaf_hash(row.envelope) != leaf:
            raise AuditProgressOther(f"entry {index} is another one than before the interruption")
        self.replay.size = index
        checked = check_entry(row, self.replay.public_key)
        for _ in self.replay.take(checked):
            pass
        self.read_again.append((index, leaf))


def _is_tile(key: int, size: int) -> bool:
    level, index = key >> LEVEL_SHIFT, key & LOW_BITS
    return 0 <= level < TILE_HEIGHT and index < -(-(size >> (TILE_HEIGHT * level)) // TILE_WIDTH)


def find_batch_in(repositories: Repositories) -> FindBatch:
    """Look batch entries up in the store itself, whose hashes are checked on their own."""

    def find(wanted: bytes, before: int) -> BatchFacts | None:
        row = repositories.entries.by_leaf_hash(wanted)
        if row is None or row.leaf_index is None or row.leaf_index >= before:
            return None
        if leaf_hash(row.envelope) != wanted:
            return None
        found = read_statement(row.envelope)
        if not isinstance(found, BatchStatement):
            return None
        return BatchFacts(found.participant, found.record_count)

    return find
