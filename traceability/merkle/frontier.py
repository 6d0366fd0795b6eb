"""The root of a tree that only grows, from one hash for each bit of its size.

Source: RFC 9162, section 2.1.1: a tree of n leaves is a row of complete subtrees, one for each
bit of n, largest first.
"""

from __future__ import annotations

from collections.abc import Iterable

from traceability.merkle.tree import EMPTY_ROOT, node_hash


class Frontier:
    """The complete subtrees that a growing tree consists of: (level, hash), largest first."""

    def __init__(self, subtrees: Iterable[tuple[int, bytes]] = ()) -> None:
        self.subtrees = list(subtrees)

    @property
    def size(self) -> int:
        """Number of leaves."""
        return sum(1 << level for level, _ in self.subtrees)

    def append(self, hash_: bytes, level: int = 0) -> None:
        """Add a complete subtree of 2^`level` leaves, of which the size is a multiple."""
        subtrees = self.subtrees
        while subtrees and subtrees[-1][0] == level:
            hash_ = node_hash(subtrees.pop()[1], hash_)
            level += 1
        subtrees.append((level, hash_))

    def root(self) -> bytes:
        """Return the root hash of the tree as it is now."""
        if not self.subtrees:
            return EMPTY_ROOT
        *rest, (_, root) = self.subtrees
        for _, left in reversed(rest):
            root = node_hash(left, root)
        return root
