"""Rebuilding a root from stored leaves, so that a size is proven before it is anchored.

A consistency proof does not prove a size. The earlier head's size is known (size 1 is the first
entry; every later one was rebuilt here), so its subtrees are the true ones if they hash to its
root; appending the leaf hashes since then yields the true root at the new size.
Source: RFC 9162, section 2.1.1.
"""

from __future__ import annotations

from collections.abc import Iterable

from traceability.merkle.proofs import Node
from traceability.merkle.tree import node_hash


def root_after(
    from_size: int, node: Node, *, leaf_hashes: Iterable[bytes]
) -> tuple[int, bytes, bytes]:
    """Append leaves to a tree and return its size, the root before and the root after.

    Parameters
    ----------
    from_size
        Leaves of the earlier tree, at least 1.
    node
        Reads the complete subtrees of the earlier tree.
    leaf_hashes
        Of the leaves that follow, in order.
    """
    stack = [
        node(level, (from_size >> level) - 1)
        for level in reversed(range(from_size.bit_length()))
        if from_size >> level & 1
    ]
    before = _fold(stack)
    size = from_size
    for leaf_hash in leaf_hashes:
        size = _append(stack, leaf_hash, size=size)
    return size, before, _fold(stack)


def _append(stack: list[bytes], leaf_hash: bytes, *, size: int) -> int:
    """Put a leaf on the stack of complete subtrees, joining equal ones; return the new size."""
    found, rest = leaf_hash, size
    while rest & 1:
        found = node_hash(stack.pop(), found)
        rest >>= 1
    stack.append(found)
    return size + 1


def _fold(stack: list[bytes]) -> bytes:
    *lefts, found = stack
    for left in reversed(lefts):
        found = node_hash(left, found)
    return found
