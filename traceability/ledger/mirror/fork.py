"""Evidence of a fork: two heads that the log key signed, and why both cannot be true.

`nodes` are hashes of complete subtrees: first those that make up the earlier size, then those
between it and the later size. Together they hash to the later head's root; the first ones alone
do not hash to the earlier head's. Heads of one size need no nodes: their roots differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from traceability.errors import ProofRejected
from traceability.hashing.canonical import canonicalize, parse_canonical
from traceability.hashing.encoding import HASH_LENGTH, b64u_decode, b64u_encode
from traceability.merkle.checkpoint import verify_checkpoint
from traceability.merkle.proofs import Node
from traceability.merkle.tree import EMPTY_ROOT, node_hash
from traceability.verify import shapes
from traceability.verify.trust import Trust

MAX_FORK_BYTES = 65_536
MAX_NODES = 192


class ForkEvidenceInvalid(ProofRejected):
    """The file does not show that the log key signed two histories."""

    code = "FORK_EVIDENCE_INVALID"


@dataclass(frozen=True, slots=True)
class Fork:
    """Two signed heads, the earlier first, and the subtrees of the later one."""

    earlier: str
    later: str
    nodes: tuple[bytes, ...]

    def to_bytes(self) -> bytes:
        """Return the file."""
        return canonicalize(
            {
                "earlier": self.earlier,
                "later": self.later,
                "nodes": [b64u_encode(node) for node in self.nodes],
            }
        )


def parse_fork(data: bytes) -> Fork:
    """Read the file strictly."""
    value = parse_canonical(data, max_bytes=MAX_FORK_BYTES, max_depth=4)
    found = shapes.members(value, "", required=("earlier", "later", "nodes"))
    nodes = shapes.items(found["nodes"], "/nodes", most=MAX_NODES)
    return Fork(
        shapes.text(found["earlier"], "/earlier"),
        shapes.text(found["later"], "/later"),
        tuple(b64u_decode(shapes.text(node, "/nodes"), length=HASH_LENGTH) for node in nodes),
    )


def covering(first: int, last: int) -> list[tuple[int, int]]:
    """Return the largest complete subtrees, as (level, index), that make up `first` … `last`."""
    found = []
    while first < last:
        level = (last - first).bit_length() - 1
        if first:
            level = min(level, (first & -first).bit_length() - 1)
        found.append((level, first >> level))
        first += 1 << level
    return found


def fork_nodes(earlier: int, later: int, node: Node) -> tuple[bytes, ...]:
    """Return the nodes that a fork's file carries, read from the later tree."""
    if earlier == later:
        return ()
    parts = [*covering(0, earlier), *covering(earlier, later)]
    return tuple(node(level, index) for level, index in parts)


def check_fork(fork: Fork, trust: Trust) -> tuple[int, int]:
    """Return the two sizes of a fork that is proven.

    Raises
    ------
    ForkEvidenceInvalid, CheckpointInvalid, SignatureInvalid
    """
    earlier, later = (
        verify_checkpoint(text, origin=trust.origin, public_key=trust.log_key.public_key)
        for text in (fork.earlier, fork.later)
    )
    if earlier.tree_size == later.tree_size:
        if earlier.root_hash == later.root_hash:
            raise ForkEvidenceInvalid("both heads are the same")
        return earlier.tree_size, later.tree_size
    before = covering(0, earlier.tree_size)
    after = covering(earlier.tree_size, later.tree_size)
    if earlier.tree_size > later.tree_size or len(fork.nodes) != len(before) + len(after):
        raise ForkEvidenceInvalid("heads are in the wrong order, or nodes are missing")
    levels = [level for level, _ in (*before, *after)]
    if root_over(levels, fork.nodes) != later.root_hash:
        raise ForkEvidenceInvalid("nodes do not hash to the later head")
    if root_over(levels[: len(before)], fork.nodes) == earlier.root_hash:
        raise ForkEvidenceInvalid("the later head continues the earlier one")
    return earlier.tree_size, later.tree_size


def root_over(levels: Sequence[int], nodes: Sequence[bytes]) -> bytes:
    """Return the root over adjacent complete subtrees, given from the left."""
    stack: list[tuple[int, bytes]] = []
    for level, node in zip(levels, nodes, strict=False):
        height, found = level, node
        while stack and stack[-1][0] == height:
            found = node_hash(stack.pop()[1], found)
            height += 1
        stack.append((height, found))
    if not stack:
        return EMPTY_ROOT
    *lefts, (_, root) = stack
    for _, left in reversed(lefts):
        root = node_hash(left, root)
    return root
