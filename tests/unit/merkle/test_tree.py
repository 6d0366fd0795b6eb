"""Hashes of leaves, nodes and trees are those of RFC 9162."""

from __future__ import annotations

from hashlib import sha256

import pytest

from tests.support.vectors.plain import mth
from traceability.merkle.tree import EMPTY_ROOT, leaf_hash, next_level, node_hash, root_hash

LEAVES = [leaf_hash(b"%d" % number) for number in range(70)]


def test_leaves_and_nodes_are_hashed_apart() -> None:
    assert leaf_hash(b"x") == sha256(b"\x00x").digest()
    assert node_hash(b"l" * 32, b"r" * 32) == sha256(b"\x01" + b"l" * 32 + b"r" * 32).digest()
    assert node_hash(b"r" * 32, b"l" * 32) != node_hash(b"l" * 32, b"r" * 32)


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert root_hash([]) == EMPTY_ROOT == sha256(b"").digest()


def test_one_leaf_is_its_own_root() -> None:
    assert root_hash(LEAVES[:1]) == LEAVES[0]


@pytest.mark.parametrize("size", range(70))
def test_agrees_with_the_recursive_definition(size: int) -> None:
    assert root_hash(LEAVES[:size]) == mth(LEAVES[:size])


def test_an_odd_last_node_moves_up_unchanged() -> None:
    assert next_level(LEAVES[:3]) == [node_hash(LEAVES[0], LEAVES[1]), LEAVES[2]]
    assert next_level(LEAVES[:3]) != next_level([*LEAVES[:3], LEAVES[2]])
