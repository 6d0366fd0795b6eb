"""State trees are sorted, and an update gives the tree that a rebuild would."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from traceability.merkle import state_trees
from traceability.merkle.proofs import verify_inclusion
from traceability.merkle.state_trees import (
    WHOLE_BATCH,
    KeyLeaf,
    LeafAbsent,
    SortedTree,
    StatusLeaf,
)
from traceability.merkle.tree import EMPTY_ROOT, leaf_hash


def key(number: int, until: int | None = None) -> KeyLeaf:
    return KeyLeaf(bytes((number,)) * 32, number + 1, until, None)


def status(entry: int, record: int, kind: str = "recalled", index: int = 9) -> StatusLeaf:
    return StatusLeaf(bytes((entry,)) * 32, record, kind, index)


def rebuilt(leaves: Sequence[KeyLeaf]) -> SortedTree[KeyLeaf]:
    return SortedTree(sorted(leaves, key=KeyLeaf.sort_key))


KEYS = rebuilt([key(number) for number in range(0, 40, 2)])


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    tree: SortedTree[KeyLeaf] = SortedTree(())
    assert (tree.size, tree.root_hash) == (0, EMPTY_ROOT)
    assert tree.with_changes([key(1)]).root_hash == leaf_hash(key(1).leaf_data())


def test_records_are_sorted_as_numbers_with_the_whole_batch_first() -> None:
    leaves = [status(1, 10), status(1, 2), status(1, WHOLE_BATCH), status(0, 99),
              status(1, 2, "recall_lifted"), status(1, 2, index=3)]  # fmt: skip
    ordered = sorted(leaves, key=StatusLeaf.sort_key)
    shown = [(leaf.entry_hash[0], leaf.record_index, leaf.kind, leaf.entry_index)
             for leaf in ordered]  # fmt: skip
    assert shown == [
        (0, 99, "recalled", 9),
        (1, -1, "recalled", 9),
        (1, 2, "recall_lifted", 9),
        (1, 2, "recalled", 3),
        (1, 2, "recalled", 9),
        (1, 10, "recalled", 9),
    ]


class TestFinding:
    def test_every_leaf_has_its_path(self) -> None:
        for index, leaf in enumerate(KEYS.leaves):
            assert KEYS.index_of(leaf.sort_key()) == index
            verify_inclusion(
                leaf_hash(leaf.leaf_data()), index, tree_size=KEYS.size,
                inclusion_path=KEYS.path(index), root_hash=KEYS.root_hash,
            )  # fmt: skip

    def test_an_absent_leaf_has_a_place_but_no_index(self) -> None:
        assert KEYS.position(key(5).sort_key()) == 3
        with pytest.raises(LeafAbsent):
            KEYS.index_of(key(5).sort_key())
        with pytest.raises(LeafAbsent):
            KEYS.index_of(key(99).sort_key())

    def test_part_of_a_sort_key_finds_the_first_of_its_leaves(self) -> None:
        tree = SortedTree([status(0, 5), status(1, -1), status(1, 3), status(2, 0)])
        assert tree.position((bytes((1,)) * 32,)) == 1
        assert tree.position((bytes((1,)) * 32, 0)) == 2


class TestUpdating:
    @pytest.mark.parametrize(
        "changes",
        [
            [key(0, until=5)],
            [key(38, until=5)],
            [key(1)],
            [key(-1 % 256)],
            [key(7), key(9), key(8, until=3)],
            [key(number, until=9) for number in range(0, 40, 2)],
            [key(number) for number in range(41)],
            [key(3), key(3, until=7)],
        ],
    )
    def test_gives_the_tree_that_a_rebuild_would(self, changes: list[KeyLeaf]) -> None:
        leaves = {leaf.key_id: leaf for leaf in [*KEYS.leaves, *changes]}
        expected = rebuilt(list(leaves.values()))
        changed = KEYS.with_changes(changes)
        assert changed.leaves == expected.leaves
        assert changed.root_hash == expected.root_hash
        for index in range(changed.size):
            assert changed.path(index) == expected.path(index)

    def test_leaves_the_old_tree_as_it_was(self) -> None:
        before = KEYS.root_hash, KEYS.leaves, KEYS.path(3)
        KEYS.with_changes([key(1), key(2, until=3)])
        assert (KEYS.root_hash, KEYS.leaves, KEYS.path(3)) == before

    def test_no_changes_give_the_same_tree(self) -> None:
        assert KEYS.with_changes([]) is KEYS

    def test_hashes_no_leaf_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        hashed: list[bytes] = []
        monkeypatch.setattr(
            state_trees, "leaf_hash", lambda data: hashed.append(data) or leaf_hash(data)
        )
        KEYS.with_changes([key(1), key(2, until=3)])
        assert len(hashed) == 2
