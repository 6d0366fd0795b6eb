"""Inclusion and consistency proofs, genuine and bent, of trees from one leaf to 2^53 leaves.

Trees are made by the standard's recursive definition, which no judge follows: their inner hashes
are noise, so that only the leaves and nodes that a proof touches have to be known. Source: RFC
9162, section 2.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import NamedTuple

from traceability.merkle.tree import node_hash

HASH = 32
LIMIT = 1 << 53
INCLUSION, CONSISTENCY = "inclusion", "consistency"


class Proof(NamedTuple):
    """A proof with what it is claimed for; `expected` is None where sizes were changed.

    `first` is the leaf's index or the earlier size, `start` the leaf's hash or the earlier root.
    """

    kind: str
    first: int
    size: int
    start: bytes
    root: bytes
    path: tuple[bytes, ...]
    way: str = "genuine"
    expected: bool | None = True


def split(size: int) -> int:
    """Return the largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


class Noise:
    """Hashes without meaning, and those that were given out."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self.given: list[bytes] = []

    def next(self) -> bytes:
        """Give out another hash."""
        self.given.append(self._random.randbytes(HASH))
        return self.given[-1]


def root_through(leaf: bytes, index: int, size: int, nodes: Noise) -> bytes:
    """Return the root of a tree with `leaf` at `index`, its other halves taken from `nodes`."""
    if size == 1:
        return leaf
    k = split(size)
    if index < k:
        return node_hash(root_through(leaf, index, k, nodes), nodes.next())
    right = root_through(leaf, index - k, size - k, nodes)
    return node_hash(nodes.next(), right)


def roots_through(first: int, size: int, nodes: Noise, whole: bytes | None) -> tuple[bytes, bytes]:
    """Return the roots of the first `first` and of all leaves; `whole` as SUBPROOF's flag."""
    if first == size:
        root = whole or nodes.next()
        return root, root
    k = split(size)
    if first <= k:
        earlier, later = roots_through(first, k, nodes, whole)
        return earlier, node_hash(later, nodes.next())
    earlier, later = roots_through(first - k, size - k, nodes, None)
    left = nodes.next()
    return node_hash(left, earlier), node_hash(left, later)


def genuine(random: Random) -> Proof:
    """Return a proof that holds."""
    nodes, size = Noise(random), size_of_a_tree(random)
    if random.random() < 0.5:
        index, leaf = place_in(random, size) - 1, random.randbytes(HASH)
        root = root_through(leaf, index, size, nodes)
        return Proof(INCLUSION, index, size, leaf, root, tuple(nodes.given))
    first, whole = place_in(random, size), random.randbytes(HASH)
    earlier, later = roots_through(first, size, nodes, whole)
    return Proof(CONSISTENCY, first, size, earlier, later, tuple(nodes.given))


def size_of_a_tree(random: Random) -> int:
    """Return a size: small, any, or beside a power of two."""
    dice = random.random()
    if dice < 0.4:
        return random.randint(1, 40)
    if dice < 0.7:
        return random.randint(1, (1 << random.randint(1, 53)) - 1)
    return min(max(1, (1 << random.randint(0, 53)) + random.randint(-1, 1)), LIMIT - 1)


def place_in(random: Random, size: int) -> int:
    """Return a place from 1 to `size`: any, at an edge, or beside a power of two."""
    dice = random.random()
    if dice < 0.5:
        return random.randint(1, size)
    if dice < 0.7:
        return random.choice((1, size, max(1, size - 1), min(2, size)))
    return min(max(1, (1 << random.randint(0, size.bit_length())) + random.randint(-1, 1)), size)


# What is bent. Each way returns another proof, or the same where it does not apply.

Way = Callable[[Proof, Random], Proof]


def flipped(hash_: bytes, random: Random) -> bytes:
    """Return a hash with one other bit."""
    bit = random.randrange(8 * HASH)
    return (int.from_bytes(hash_) ^ 1 << bit).to_bytes(HASH)


def bit_of_a_node(proof: Proof, random: Random) -> Proof:
    """Flip a bit of a node."""
    if not proof.path:
        return proof
    at = random.randrange(len(proof.path))
    changed = flipped(proof.path[at], random)
    return proof._replace(path=(*proof.path[:at], changed, *proof.path[at + 1 :]))


def bit_of_the_root(proof: Proof, random: Random) -> Proof:
    """Flip a bit of the root."""
    return proof._replace(root=flipped(proof.root, random))


def bit_of_the_start(proof: Proof, random: Random) -> Proof:
    """Flip a bit of the leaf or the earlier root."""
    return proof._replace(start=flipped(proof.start, random))


def other_root(proof: Proof, random: Random) -> Proof:
    """Name a hash of the proof itself as its root."""
    return proof._replace(root=random.choice((proof.start, *proof.path, bytes(HASH))))


def other_start(proof: Proof, random: Random) -> Proof:
    """Name a hash of the proof itself as leaf or earlier root."""
    return proof._replace(start=random.choice((proof.root, *proof.path, bytes(HASH))))


def cut(proof: Proof, random: Random) -> Proof:
    """Leave nodes out: the first, the last, any, or all."""
    if not proof.path:
        return proof
    at = random.choice((0, len(proof.path) - 1, random.randrange(len(proof.path))))
    shorter = (*proof.path[:at], *proof.path[at + 1 :])
    return proof._replace(path=() if random.random() < 0.1 else shorter)


def longer(proof: Proof, random: Random) -> Proof:
    """Put a node in: noise, or a hash that is there already."""
    at = random.choice((0, len(proof.path), random.randint(0, len(proof.path))))
    extra = random.choice((random.randbytes(HASH), proof.root, proof.start, *proof.path))
    return proof._replace(path=(*proof.path[:at], extra, *proof.path[at:]))


def doubled(proof: Proof, random: Random) -> Proof:
    """Have a node twice, or the whole path."""
    if random.random() < 0.2:
        return proof._replace(path=proof.path * 2)
    at = random.randint(0, len(proof.path))
    return proof._replace(path=(*proof.path[:at], *proof.path[max(0, at - 1) :]))


def swapped(proof: Proof, random: Random) -> Proof:
    """Have two nodes change places, or all of them."""
    path = list(proof.path)
    if random.random() < 0.2 or len(path) < 2:
        return proof._replace(path=tuple(reversed(path)))
    at = random.randrange(len(path) - 1)
    other = random.choice((at + 1, random.randrange(len(path))))
    path[at], path[other] = path[other], path[at]
    return proof._replace(path=tuple(path))


def ends_swapped(proof: Proof, random: Random) -> Proof:
    """Have leaf and root, or both roots, change places."""
    return proof._replace(start=proof.root, root=proof.start)


def fitted(proof: Proof, random: Random) -> Proof:
    """Make the path longer at its top, and make roots that would fit it."""
    extra = random.randbytes(HASH)
    left = random.random() < 0.5
    root = node_hash(extra, proof.root) if left else node_hash(proof.root, extra)
    start = proof.start
    if proof.kind == CONSISTENCY and left and random.random() < 0.5:
        start = node_hash(extra, start)
    return proof._replace(path=(*proof.path, extra), start=start, root=root)


def interior(proof: Proof, random: Random) -> Proof:
    """Show the leaf's parent as a leaf, under the same index and size or the parent's."""
    if proof.kind != INCLUSION or not proof.path:
        return cut(proof, random)
    pair = (proof.start, proof.path[0])
    isolated = proof.first % 2 == 1 or proof.first == proof.size - 1
    parent = node_hash(*pair[::-1]) if isolated else node_hash(*pair)
    shown = proof._replace(start=parent, path=proof.path[1:])
    if random.random() < 0.5:
        return shown
    return shown._replace(first=proof.first >> 1, size=proof.size + 1 >> 1)


def other_first(proof: Proof, random: Random) -> Proof:
    """Claim another index, or earlier size."""
    return proof._replace(first=beside(proof.first, proof.size, random))


def other_size(proof: Proof, random: Random) -> Proof:
    """Claim another size of the tree."""
    return proof._replace(size=beside(proof.size, proof.first, random))


def other_numbers(proof: Proof, random: Random) -> Proof:
    """Claim two other numbers, or exchange them."""
    if random.random() < 0.3:
        return proof._replace(first=proof.size, size=proof.first)
    return other_first(other_size(proof, random), random)


def beside(number: int, other: int, random: Random) -> int:
    """Return a number that is near, related, or another altogether, and JSON can carry."""
    near = (number - 1, number + 1, number ^ 1 << random.randint(0, 53), number * 2, number >> 1)
    edge = (0, 1, other, other - 1, other + 1, LIMIT - 1, LIMIT, random.randint(0, LIMIT))
    return min(max(0, random.choice((*near, *near, *edge))), LIMIT)


# With changed hashes or lengths no proof holds; with changed numbers some do: that is what a
# signed checkpoint is for, and here all judges must only say the same.
HASHES: tuple[Way, ...] = (
    bit_of_a_node,
    bit_of_the_root,
    bit_of_the_start,
    other_root,
    other_start,
    cut,
    longer,
    doubled,
    swapped,
    ends_swapped,
    fitted,
)
NUMBERS: tuple[Way, ...] = (other_first, other_size, other_numbers, interior)


def bent(proof: Proof, random: Random) -> Proof:
    """Return a proof with one thing changed, sometimes two; what stays the same is genuine."""
    way = random.choice(HASHES + NUMBERS)
    found = way(proof, random)
    if found == proof:
        return proof
    changed = found._replace(way=way.__name__, expected=None if way in NUMBERS else False)
    if random.random() < 0.1:
        changed = random.choice(HASHES)(changed, random)._replace(expected=None)
    return changed


def proofs(seed: str) -> Iterator[Proof]:
    """Yield proofs without end, the same for the same seed: one in four is genuine."""
    random = Random(seed)
    while True:
        proof = genuine(random)
        yield proof
        for _ in range(3):
            yield bent(proof, random)
