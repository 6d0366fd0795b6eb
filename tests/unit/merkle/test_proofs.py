"""Proofs verify for what they prove, and for a neighbour of it they do not."""

from __future__ import annotations

import pytest

from traceability.merkle.proofs import (
    ConsistencyProofError,
    InclusionProofError,
    consistency_path,
    inclusion_path,
    nodes_of,
    root_from_nodes,
    verify_consistency,
    verify_inclusion,
)
from traceability.merkle.tree import leaf_hash, node_hash, root_hash

LEAVES = [leaf_hash(b"%d" % number) for number in range(8)]
NODE = nodes_of(LEAVES)


def included(index: int, size: int) -> list[bytes]:
    return inclusion_path(index, tree_size=size, node=NODE)


def consistent(from_size: int, size: int) -> list[bytes]:
    return consistency_path(from_size, tree_size=size, node=NODE)


class TestInclusion:
    def test_refuses_a_path_longer_than_the_tree(self) -> None:
        message = "inclusion path too long: a tree of 8 leaves needs 3 hashes here, got 4"
        with pytest.raises(InclusionProofError, match=message):
            verify_inclusion(
                LEAVES[0], 0, tree_size=8, inclusion_path=[*included(0, 8), LEAVES[0]],
                root_hash=root_hash(LEAVES),
            )  # fmt: skip

    def test_refuses_a_path_shorter_than_the_tree(self) -> None:
        with pytest.raises(InclusionProofError, match="inclusion path too short"):
            verify_inclusion(
                LEAVES[0], 0, tree_size=8, inclusion_path=included(0, 8)[:-1],
                root_hash=root_hash(LEAVES),
            )  # fmt: skip

    @pytest.mark.parametrize(("index", "size"), [(8, 8), (9, 8), (-1, 8), (0, 0)])
    def test_refuses_an_index_outside_the_tree(self, index: int, size: int) -> None:
        with pytest.raises(InclusionProofError, match="leaf index outside the tree"):
            verify_inclusion(
                LEAVES[0], index, tree_size=size, inclusion_path=[], root_hash=LEAVES[0]
            )
        with pytest.raises(InclusionProofError, match="leaf index outside the tree"):
            inclusion_path(index, tree_size=size, node=NODE)

    def test_refuses_hashes_of_another_length(self) -> None:
        with pytest.raises(InclusionProofError, match="expected 32 bytes, got 31"):
            verify_inclusion(
                LEAVES[0], 0, tree_size=2, inclusion_path=[LEAVES[1][:31]],
                root_hash=root_hash(LEAVES[:2]),
            )  # fmt: skip

    def test_an_inner_node_is_no_leaf_of_the_same_tree(self) -> None:
        inner = node_hash(LEAVES[0], LEAVES[1])
        path = included(0, 4)[1:]
        with pytest.raises(InclusionProofError, match="too short"):
            verify_inclusion(
                inner, 0, tree_size=4, inclusion_path=path, root_hash=root_hash(LEAVES[:4])
            )

    def test_under_another_size_an_inner_node_passes_for_a_leaf(self) -> None:
        """Sizes are therefore never taken from a prover."""
        inner = node_hash(LEAVES[0], LEAVES[1])
        verify_inclusion(
            inner, 0, tree_size=2, inclusion_path=included(0, 4)[1:],
            root_hash=root_hash(LEAVES[:4]),
        )  # fmt: skip

    def test_names_both_roots(self) -> None:
        root, other = root_hash(LEAVES), root_hash(LEAVES[:7])
        message = f"expected {other.hex()[:16]}, got {root.hex()[:16]}"
        with pytest.raises(InclusionProofError, match=message):
            verify_inclusion(
                LEAVES[3], 3, tree_size=8, inclusion_path=included(3, 8), root_hash=other
            )


class TestConsistency:
    def test_equal_sizes_need_no_path(self) -> None:
        root = root_hash(LEAVES)
        verify_consistency(8, root, tree_size=8, root_hash=root, consistency_path=[])
        with pytest.raises(ConsistencyProofError, match="equal sizes need none, got 1"):
            verify_consistency(8, root, tree_size=8, root_hash=root, consistency_path=[root])
        with pytest.raises(ConsistencyProofError, match="two roots for one size"):
            verify_consistency(8, root, tree_size=8, root_hash=LEAVES[0], consistency_path=[])

    @pytest.mark.parametrize(("before", "after"), [(0, 8), (9, 8), (-1, 8), (0, 0)])
    def test_refuses_sizes_out_of_order(self, before: int, after: int) -> None:
        with pytest.raises(ConsistencyProofError, match="sizes out of order"):
            verify_consistency(
                before, LEAVES[0], tree_size=after, root_hash=LEAVES[0], consistency_path=[]
            )
        with pytest.raises(ConsistencyProofError, match="sizes out of order"):
            consistency_path(before, tree_size=after, node=NODE)

    def test_refuses_an_empty_path_between_two_sizes(self) -> None:
        with pytest.raises(ConsistencyProofError, match="consistency path empty"):
            verify_consistency(
                4, root_hash(LEAVES[:4]), tree_size=8, root_hash=root_hash(LEAVES),
                consistency_path=[],
            )  # fmt: skip

    @pytest.mark.parametrize(("change", "word"), [(-1, "short"), (1, "long")])
    def test_refuses_paths_of_another_length(self, change: int, word: str) -> None:
        path = consistent(3, 7)
        changed = path[:change] if change < 0 else [*path, LEAVES[0]]
        with pytest.raises(ConsistencyProofError, match=f"consistency path too {word}"):
            verify_consistency(
                3, root_hash(LEAVES[:3]), tree_size=7, root_hash=root_hash(LEAVES[:7]),
                consistency_path=changed,
            )  # fmt: skip

    @pytest.mark.parametrize("name", ["earlier", "later"])
    def test_names_the_root_that_differs(self, name: str) -> None:
        before, after = root_hash(LEAVES[:3]), root_hash(LEAVES[:7])
        with pytest.raises(ConsistencyProofError, match=f"another {name} root"):
            verify_consistency(
                3,
                LEAVES[0] if name == "earlier" else before,
                tree_size=7,
                root_hash=LEAVES[0] if name == "later" else after,
                consistency_path=consistent(3, 7),
            )

    def test_a_proof_does_not_prove_size(self) -> None:
        """The proof from 2 to 3 also holds as one from 2 to 4."""
        before, after = root_hash(LEAVES[:2]), root_hash(LEAVES[:3])
        for claimed in (3, 4):
            verify_consistency(
                2, before, tree_size=claimed, root_hash=after, consistency_path=consistent(2, 3)
            )

    def test_refuses_hashes_of_another_length(self) -> None:
        with pytest.raises(ConsistencyProofError, match="expected 32 bytes, got 33"):
            verify_consistency(
                2, root_hash(LEAVES[:2]), tree_size=3, root_hash=root_hash(LEAVES[:3]),
                consistency_path=[LEAVES[2] + b"x"],
            )  # fmt: skip


class TestNodes:
    def test_an_incomplete_subtree_has_no_node(self) -> None:
        assert nodes_of(LEAVES[:3])(1, 0) == node_hash(LEAVES[0], LEAVES[1])
        with pytest.raises(InclusionProofError, match="subtree is not complete"):
            nodes_of(LEAVES[:3])(1, 1)

    @pytest.mark.parametrize("size", range(9))
    def test_nodes_give_the_root_at_every_size(self, size: int) -> None:
        assert root_from_nodes(size, NODE) == root_hash(LEAVES[:size])
