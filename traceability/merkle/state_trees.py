"""The trees of keys and of statuses that a state entry commits to.

Leaves are sorted; one more in the middle moves all leaves behind it, so that an update keeps
the nodes left of the first new leaf and hashes the rest again.

Source: docs/formats.md, section "entry and log".
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from traceability.errors import ProofRejected
from traceability.hashing.canonical import canonicalize
from traceability.hashing.encoding import b64u_decode, b64u_encode
from traceability.merkle.proofs import inclusion_path
from traceability.merkle.tree import EMPTY_ROOT, leaf_hash, next_level
from traceability.strict_json import JSONValue

STATUS_KINDS = ("corrected", "recalled", "recall_lifted", "erased")
WHOLE_BATCH = -1
MAX_INDEX = 2**53
SortKey: TypeAlias = tuple[Any, ...]


class StateLeafInvalid(ProofRejected):
    """A leaf of a state tree is malformed."""

    code = "STATE_LEAF_INVALID"


class LeafAbsent(ProofRejected):
    """The tree holds no leaf with this sort key."""

    code = "STATE_LEAF_ABSENT"


@dataclass(frozen=True, slots=True)
class KeyLeaf:
    """A registered key: valid from `registered_at` + 1 up to `until`, both leaf indexes."""

    key_id: bytes
    registered_at: int
    until: int | None
    suspect_from: int | None

    def to_json(self) -> list[JSONValue]:
        """Return the leaf's JSON."""
        return [
            "key",
            b64u_encode(self.key_id),
            self.registered_at,
            self.until,
            self.suspect_from,
        ]

    @classmethod
    def from_json(cls, value: JSONValue) -> KeyLeaf:
        """Read a leaf strictly."""
        match value:
            case ["key", str(key_id), registered_at, until, suspect_from]:
                return cls(
                    b64u_decode(key_id, length=32),
                    _index(registered_at),
                    None if until is None else _index(until),
                    None if suspect_from is None else _index(suspect_from),
                )
        raise StateLeafInvalid("key leaf is malformed: expected five elements after 'key'")

    def leaf_data(self) -> bytes:
        """Return the bytes that are hashed."""
        return canonicalize(self.to_json())

    def sort_key(self) -> SortKey:
        """Return what the tree is sorted by."""
        return (self.key_id,)


@dataclass(frozen=True, slots=True)
class StatusLeaf:
    """One status of one record; record index −1 stands for the whole batch."""

    entry_hash: bytes
    record_index: int
    kind: str
    entry_index: int

    def to_json(self) -> list[JSONValue]:
        """Return the leaf's JSON."""
        return [
            "status",
            b64u_encode(self.entry_hash),
            self.record_index,
            self.kind,
            self.entry_index,
        ]

    @classmethod
    def from_json(cls, value: JSONValue) -> StatusLeaf:
        """Read a leaf strictly."""
        match value:
            case ["status", str(entry_hash), record_index, str(kind), entry_index] if (
                kind in STATUS_KINDS
            ):
                whole = type(record_index) is int and record_index == WHOLE_BATCH
                return cls(
                    b64u_decode(entry_hash, length=32),
                    WHOLE_BATCH if whole else _index(record_index),
                    kind,
                    _index(entry_index),
                )
        raise StateLeafInvalid("status leaf is malformed: expected entry, record, kind, index")

    def leaf_data(self) -> bytes:
        """Return the bytes that are hashed: JCS, put together directly, as there are many."""
        if self.kind not in STATUS_KINDS:
            return canonicalize(self.to_json())
        entry = b64u_encode(self.entry_hash)
        text = f'["status","{entry}",{self.record_index},"{self.kind}",{self.entry_index}]'
        return text.encode()

    def sort_key(self) -> SortKey:
        """Return what the tree is sorted by."""
        return (self.entry_hash, self.record_index, self.kind, self.entry_index)


def _index(value: object) -> int:
    if type(value) is not int or not 0 <= value < MAX_INDEX:
        raise StateLeafInvalid(f"leaf index is malformed: got {str(value)[:20]}")
    return value


class StateLeaf(Protocol):
    """A leaf of a state tree."""

    def leaf_data(self) -> bytes:
        """Return the bytes that are hashed."""

    def sort_key(self) -> SortKey:
        """Return what the tree is sorted by."""


Leaf = TypeVar("Leaf", bound=StateLeaf)
Item = TypeVar("Item")


class SortedTree(Generic[Leaf]):
    """An immutable tree over leaves, which are given in ascending order of their sort keys."""

    def __init__(self, leaves: Sequence[Leaf]) -> None:
        self.leaves: tuple[Leaf, ...] = tuple(leaves)
        self._keys = [leaf.sort_key() for leaf in self.leaves]
        self._levels = _levels([leaf_hash(leaf.leaf_data()) for leaf in self.leaves], (), 0)

    @classmethod
    def _made(
        cls, leaves: Sequence[Leaf], keys: list[SortKey], levels: list[list[bytes]]
    ) -> SortedTree[Leaf]:
        tree = cls.__new__(cls)
        tree.leaves, tree._keys, tree._levels = tuple(leaves), keys, levels
        return tree

    @property
    def size(self) -> int:
        """Number of leaves."""
        return len(self.leaves)

    @property
    def root_hash(self) -> bytes:
        """RFC 9162 root; of no leaves, H("")."""
        return self._levels[-1][0] if self.leaves else EMPTY_ROOT

    def _node(self, level: int, index: int) -> bytes:
        return self._levels[level][index]

    def path(self, index: int) -> list[bytes]:
        """Return the inclusion path of a leaf."""
        return inclusion_path(index, tree_size=self.size, node=self._node)

    def position(self, sort_key: SortKey) -> int:
        """Return where a leaf with this sort key, or its first elements, stands or would."""
        return bisect_left(self._keys, sort_key)

    def index_of(self, sort_key: SortKey) -> int:
        """Return the index of the leaf with this sort key."""
        index = self.position(sort_key)
        if not self._has(index, sort_key):
            raise LeafAbsent("state tree has no such leaf")
        return index

    def _has(self, index: int, sort_key: SortKey) -> bool:
        return index < self.size and self._keys[index] == sort_key

    def with_changes(self, upserts: Sequence[Leaf]) -> SortedTree[Leaf]:
        """Return a tree with leaves added, or replaced where the sort key is the same.

        A replaced leaf costs its path to the root. An added one moves all leaves behind it, so
        that the nodes from there on are hashed again; no leaf is.
        """
        changed = {leaf.sort_key(): leaf for leaf in upserts}
        places = [(self.position(key), key) for key in sorted(changed)]
        replaced = {at: changed[key] for at, key in places if self._has(at, key)}
        added = [(at, key) for at, key in places if not self._has(at, key)]
        tree = self._with_replaced(replaced) if replaced else self
        return tree._with_added([(at, changed[key]) for at, key in added]) if added else tree

    def _with_replaced(self, replaced: Mapping[int, Leaf]) -> SortedTree[Leaf]:
        leaves, levels = list(self.leaves), [list(level) for level in self._levels]
        for index, leaf in replaced.items():
            leaves[index], levels[0][index] = leaf, leaf_hash(leaf.leaf_data())
        touched = set(replaced)
        for below, level in pairwise(levels):
            touched = {index // 2 for index in touched}
            for index in touched:
                level[index : index + 1] = next_level(below[2 * index : 2 * index + 2])
        return self._made(leaves, self._keys, levels)

    def _with_added(self, added: Sequence[tuple[int, Leaf]]) -> SortedTree[Leaf]:
        """Add leaves, each at the place that it has among the present ones."""
        places = [at for at, _ in added]
        new = [leaf for _, leaf in added]
        hashes = self._levels[0] if self.leaves else []
        return self._made(
            _merged(self.leaves, new, places),
            _merged(self._keys, [leaf.sort_key() for leaf in new], places),
            _levels(
                _merged(hashes, [leaf_hash(leaf.leaf_data()) for leaf in new], places),
                self._levels,
                places[0],
            ),
        )


def _merged(present: Sequence[Item], new: Sequence[Item], places: Sequence[int]) -> list[Item]:
    """Return the present items with each new one before the present one at its place."""
    merged: list[Item] = []
    done = 0
    for item, at in zip(new, places, strict=True):
        merged += present[done:at]
        merged.append(item)
        done = at
    merged += present[done:]
    return merged


def _levels(hashes: list[bytes], old: Sequence[Sequence[bytes]], kept: int) -> list[list[bytes]]:
    """Return every level up to the root, reusing nodes over the first `kept` leaves."""
    levels = [hashes]
    while len(levels[-1]) > 1:
        kept //= 2
        height = len(levels)
        known = list(old[height][:kept]) if height < len(old) else []
        levels.append(known + next_level(levels[-1][2 * len(known) :]))
    return levels
