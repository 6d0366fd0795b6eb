"""Inclusion and consistency proofs: making them from subtree hashes, and checking them.

Source: RFC 9162 sections 2.1.3 and 2.1.4 (https://www.rfc-editor.org/rfc/rfc9162#section-2.1.3).
A proof says nothing about the size of a tree: a consistency proof for 2 → 3 also holds for
2 → 4. Take sizes from a signed checkpoint, never from whoever hands over the proof.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from traceability.errors import ProofRejected
from traceability.hashing.encoding import HASH_LENGTH
from traceability.merkle.tree import EMPTY_ROOT, next_level, node_hash

# (level, index) → hash of the complete subtree of 2**level leaves that begins at
# leaf index * 2**level.
Node: TypeAlias = Callable[[int, int], bytes]


class InclusionProofError(ProofRejected):
    """A leaf is not shown to be in the tree."""

    code = "INCLUSION_PROOF"


class ConsistencyProofError(ProofRejected):
    """A tree is not shown to be an earlier state of the other."""

    code = "CONSISTENCY_PROOF"


def nodes_of(leaf_hashes: Sequence[bytes]) -> Node:
    """Return the subtree hashes of a tree that is held in memory."""
    levels: list[Sequence[bytes]] = [leaf_hashes]
    while len(levels[-1]) > 1:
        levels.append(next_level(levels[-1]))

    def node(level: int, index: int) -> bytes:
        if (index + 1) << level > len(leaf_hashes):
            raise InclusionProofError(
                f"subtree is not complete: level {level}, index {index} "
                f"in a tree of {len(leaf_hashes)} leaves"
            )
        return levels[level][index]

    return node


def root_from_nodes(tree_size: int, node: Node) -> bytes:
    """Return the root of the first `tree_size` leaves."""
    return _range_hash(0, tree_size, node) if tree_size else EMPTY_ROOT


def inclusion_path(leaf_index: int, *, tree_size: int, node: Node) -> list[bytes]:
    """Return the sibling hashes of a leaf, leaf to root (RFC 9162, section 2.1.3.1)."""
    if not 0 <= leaf_index < tree_size:
        raise InclusionProofError(_outside(leaf_index, tree_size))
    path: list[bytes] = []
    start, end = 0, tree_size
    while end - start > 1:
        middle = start + _split(end - start)
        if leaf_index < middle:
            path.append(_range_hash(middle, end, node))
            end = middle
        else:
            path.append(_range_hash(start, middle, node))
            start = middle
    return path[::-1]


def consistency_path(from_size: int, *, tree_size: int, node: Node) -> list[bytes]:
    """Return the hashes that lead from one size to a later one (RFC 9162, section 2.1.4.1)."""
    if not 0 < from_size <= tree_size:
        raise ConsistencyProofError(_not_between(from_size, tree_size))
    path: list[bytes] = []
    start, end, is_whole = 0, tree_size, True
    while from_size != end:
        middle = start + _split(end - start)
        if from_size <= middle:
            path.append(_range_hash(middle, end, node))
            end = middle
        else:
            path.append(_range_hash(start, middle, node))
            start, is_whole = middle, False
    if not is_whole:
        path.append(_range_hash(start, end, node))
    return path[::-1]


def verify_inclusion(
    leaf_hash: bytes,
    leaf_index: int,
    *,
    tree_size: int,
    inclusion_path: Sequence[bytes],
    root_hash: bytes,
) -> None:
    """Check that a leaf is in the tree that `root_hash` commits to.

    Parameters
    ----------
    leaf_hash, root_hash
        SHA-256 digests, 32 bytes.
    leaf_index
        Zero-based, below `tree_size` (leaves).
    inclusion_path
        Sibling hashes, leaf to root, 32 bytes each.

    Raises
    ------
    InclusionProofError
        Index outside the tree, wrong path length, or another root.

    References
    ----------
    RFC 9162, section 2.1.3.2.
    """
    # Step 1.
    if not 0 <= leaf_index < tree_size:
        raise InclusionProofError(_outside(leaf_index, tree_size))
    _check_digests((leaf_hash, root_hash, *inclusion_path), InclusionProofError)
    _check_length(inclusion_path, _inclusion_length(leaf_index, tree_size), tree_size)
    # Steps 2 and 3.
    fn, sn, r = leaf_index, tree_size - 1, leaf_hash
    # Step 4. The length was right, so sn is zero exactly at the end (steps 4a and 5).
    for p in inclusion_path:
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    # Step 5.
    if r != root_hash:
        raise InclusionProofError(
            f"inclusion proof leads to another root: "
            f"expected {root_hash.hex()[:16]}, got {r.hex()[:16]}",
            expected=root_hash.hex(),
            got=r.hex(),
        )


def verify_consistency(
    from_size: int,
    from_root: bytes,
    *,
    tree_size: int,
    root_hash: bytes,
    consistency_path: Sequence[bytes],
) -> None:
    """Check that the tree of `from_size` leaves is an earlier state of the other.

    Parameters
    ----------
    from_root, root_hash
        SHA-256 digests, 32 bytes.
    from_size, tree_size
        Leaves, `0 < from_size <= tree_size`; equal sizes need an empty path and equal roots.

    Raises
    ------
    ConsistencyProofError
        Sizes out of order, wrong path length, or another root at either size.

    References
    ----------
    RFC 9162, section 2.1.4.2.
    """
    if not 0 < from_size <= tree_size:
        raise ConsistencyProofError(_not_between(from_size, tree_size))
    _check_digests((from_root, root_hash, *consistency_path), ConsistencyProofError)
    if from_size == tree_size:
        _check_same_tree(from_root, root_hash, consistency_path)
        return
    # Step 1.
    if not consistency_path:
        raise ConsistencyProofError("consistency path empty: the two sizes differ")
    # Step 2.
    path = list(consistency_path)
    if from_size & (from_size - 1) == 0:
        path.insert(0, from_root)
    fr, sr = _replay(path, from_size - 1, tree_size - 1)
    # Step 7 (sn is zero was checked while replaying).
    for name, expected, got in (("earlier", from_root, fr), ("later", root_hash, sr)):
        if expected != got:
            raise ConsistencyProofError(
                f"consistency proof leads to another {name} root: "
                f"expected {expected.hex()[:16]}, got {got.hex()[:16]}",
                expected=expected.hex(),
                got=got.hex(),
            )


def _replay(path: Sequence[bytes], fn: int, sn: int) -> tuple[bytes, bytes]:
    """Return both roots that a consistency path yields (section 2.1.4.2, steps 3 to 6)."""
    # Steps 3 and 4.
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    # Step 5.
    fr = sr = path[0]
    # Step 6.
    for c in path[1:]:
        if sn == 0:
            raise ConsistencyProofError("consistency path too long for these sizes")
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, c)
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise ConsistencyProofError("consistency path too short for these sizes")
    return fr, sr


def _split(size: int) -> int:
    """Return the largest power of two smaller than `size`."""
    return 1 << (size - 1).bit_length() - 1


def _range_hash(start: int, end: int, node: Node) -> bytes:
    """Return the root over the leaves from `start` up to `end`; `start` must be aligned."""
    parts = []
    while start < end:
        level = (end - start).bit_length() - 1
        parts.append(node(level, start >> level))
        start += 1 << level
    found = parts.pop()
    while parts:
        found = node_hash(parts.pop(), found)
    return found


def _inclusion_length(leaf_index: int, tree_size: int) -> int:
    inner = (leaf_index ^ (tree_size - 1)).bit_length()
    return inner + (leaf_index >> inner).bit_count()


def _check_length(path: Sequence[bytes], needed: int, tree_size: int) -> None:
    if len(path) != needed:
        word = "long" if len(path) > needed else "short"
        raise InclusionProofError(
            f"inclusion path too {word}: a tree of {tree_size} leaves needs {needed} hashes "
            f"here, got {len(path)}",
            expected=str(needed),
            got=str(len(path)),
        )


def _check_digests(hashes: Sequence[bytes], error: type[ProofRejected]) -> None:
    for value in hashes:
        if len(value) != HASH_LENGTH:
            raise error(f"hash has another length: expected {HASH_LENGTH} bytes, got {len(value)}")


def _check_same_tree(from_root: bytes, root_hash: bytes, path: Sequence[bytes]) -> None:
    if path:
        raise ConsistencyProofError(
            f"consistency path too long: equal sizes need none, got {len(path)}"
        )
    if from_root != root_hash:
        raise ConsistencyProofError(
            f"two roots for one size: expected {from_root.hex()[:16]}, got {root_hash.hex()[:16]}",
            expected=from_root.hex(),
            got=root_hash.hex(),
        )


def _outside(leaf_index: int, tree_size: int) -> str:
    return f"leaf index outside the tree: a tree of {tree_size} leaves, index {leaf_index}"


def _not_between(from_size: int, tree_size: int) -> str:
    return f"sizes out of order: expected 0 < {from_size} <= {tree_size}"
