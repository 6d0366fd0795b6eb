"""The Merkle tree hash of RFC 9162, used for the leaves of a record, a batch and the log.

Source: RFC 9162 section 2.1.1 (https://www.rfc-editor.org/rfc/rfc9162#section-2.1.1). It lives
below `merkle` because a record's own commitment is such a root; `merkle.tree` is its front door.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

EMPTY_ROOT: Final = sha256(b"").digest()
_SMALL_LEVEL: Final = 256


def leaf_hash(data: bytes) -> bytes:
    """Return `H(0x00 ‖ data)`."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return `H(0x01 ‖ left ‖ right)`; the order of the two matters."""
    return sha256(b"\x01" + left + right).digest()


def next_level(hashes: Sequence[bytes]) -> list[bytes]:
    """Return the parents of a whole level; an odd last node moves up unchanged."""
    hash_function, each = sha256, iter(hashes)
    # An odd last node is read as a left one and finds no right one.
    parents = [
        hash_function(b"\x01" + left + right).digest()
        for left, right in zip(each, each, strict=False)
    ]
    if len(hashes) % 2:
        parents.append(hashes[-1])
    return parents


def root_hash(leaf_hashes: Sequence[bytes]) -> bytes:
    """Return the root over `leaf_hashes` in their order.

    Notes
    -----
    Moving an odd last node up gives the same tree as splitting at the largest power of two
    below the size, which is how the RFC words it; a property test holds the two together.
    """
    if not leaf_hashes:
        return EMPTY_ROOT
    level = leaf_hashes
    while len(level) > _SMALL_LEVEL:
        level = next_level(level)
    return _small_root(list(level))


def _small_root(level: list[bytes]) -> bytes:
    """Return the root over a level, each parent written over a child: less work where few are."""
    hash_function, count = sha256, len(level)
    while count > 1:
        at = 0
        for left in range(0, count - 1, 2):
            level[at] = hash_function(b"\x01" + level[left] + level[left + 1]).digest()
            at += 1
        if count % 2:
            level[at] = level[count - 1]
            at += 1
        count = at
    return level[0]
