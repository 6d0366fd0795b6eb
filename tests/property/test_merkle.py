"""The log agrees with a plain list, and with another library; any flipped bit fails a proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pymerkle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.support.vectors.plain import mth, path_of
from traceability.errors import ItemProofError
from traceability.hashing.canonical import canonicalize
from traceability.hashing.ed25519 import SigningKey
from traceability.merkle.checkpoint import Checkpoint, sign_checkpoint, verify_checkpoint
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
from traceability.merkle.state_trees import SortedTree, StatusLeaf
from traceability.merkle.tiles import (
    TileNodes,
    entry_bundle,
    extend,
    parse_entry_bundle,
    parse_tile_path,
    tile_path,
)
from traceability.merkle.tree import leaf_hash, node_hash, root_hash

LEAVES = [leaf_hash(b"%d" % number) for number in range(600)]
NODE = nodes_of(LEAVES)
KEY = SigningKey.from_seed(bytes(32))
sizes = st.integers(1, 600)


@st.composite
def places(draw: st.DrawFn) -> tuple[int, int]:
    """Draw a leaf index and the size of a tree that has it."""
    size = draw(sizes)
    return draw(st.integers(0, size - 1)), size


@st.composite
def growths(draw: st.DrawFn) -> tuple[int, int]:
    """Draw two sizes, the second not smaller."""
    after = draw(sizes)
    return draw(st.integers(1, after)), after


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def library_tree(size: int) -> Any:
    """Return pymerkle's tree over the same entries."""
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for number in range(size):
        tree.append_entry(b"%d" % number)
    return tree


class TestInclusion:
    @given(places())
    def test_every_leaf_is_shown_to_be_in_the_tree(self, place: tuple[int, int]) -> None:
        index, size = place
        path = inclusion_path(index, tree_size=size, node=NODE)
        assert path == path_of(index, LEAVES[:size])
        root = mth(LEAVES[:size])
        verify_inclusion(LEAVES[index], index, tree_size=size, inclusion_path=path, root_hash=root)

    @given(places(), st.data())
    def test_any_flipped_bit_fails(self, place: tuple[int, int], data: Any) -> None:
        index, size = place
        path = inclusion_path(index, tree_size=size, node=NODE)
        parts = [LEAVES[index], root_hash(LEAVES[:size]), *path]
        at = data.draw(st.integers(0, len(parts) - 1))
        parts[at] = flipped(parts[at], data.draw(st.integers(0, 255)))
        with pytest.raises(InclusionProofError):
            verify_inclusion(
                parts[0], index, tree_size=size, inclusion_path=parts[2:], root_hash=parts[1]
            )

    @given(places(), st.data())
    def test_no_other_index_of_the_tree_will_do(self, place: tuple[int, int], data: Any) -> None:
        index, size = place
        other = data.draw(st.integers(-1, size))
        path = inclusion_path(index, tree_size=size, node=NODE)
        if other == index:
            return
        with pytest.raises(InclusionProofError):
            verify_inclusion(
                LEAVES[index], other, tree_size=size, inclusion_path=path,
                root_hash=root_hash(LEAVES[:size]),
            )  # fmt: skip

    @given(places(), st.data())
    def test_no_hash_may_be_left_out_or_added(self, place: tuple[int, int], data: Any) -> None:
        index, size = place
        path = inclusion_path(index, tree_size=size, node=NODE)
        at = data.draw(st.integers(0, len(path)))
        for changed in (path[:at] + path[at + 1 :], [*path[:at], LEAVES[0], *path[at:]]):
            if changed == path:
                continue
            with pytest.raises(InclusionProofError):
                verify_inclusion(
                    LEAVES[index], index, tree_size=size, inclusion_path=changed,
                    root_hash=root_hash(LEAVES[:size]),
                )  # fmt: skip


class TestConsistency:
    @given(growths())
    def test_every_earlier_tree_is_shown_to_be_one(self, growth: tuple[int, int]) -> None:
        before, after = growth
        verify_consistency(
            before, mth(LEAVES[:before]), tree_size=after, root_hash=mth(LEAVES[:after]),
            consistency_path=consistency_path(before, tree_size=after, node=NODE),
        )  # fmt: skip

    @given(growths(), st.data())
    def test_any_flipped_bit_fails(self, growth: tuple[int, int], data: Any) -> None:
        before, after = growth
        path = consistency_path(before, tree_size=after, node=NODE)
        parts = [root_hash(LEAVES[:before]), root_hash(LEAVES[:after]), *path]
        at = data.draw(st.integers(0, len(parts) - 1))
        parts[at] = flipped(parts[at], data.draw(st.integers(0, 255)))
        with pytest.raises(ConsistencyProofError):
            verify_consistency(
                before, parts[0], tree_size=after, root_hash=parts[1], consistency_path=parts[2:]
            )

    @given(growths(), st.integers(0, 599))
    def test_a_changed_entry_is_no_earlier_state(self, growth: tuple[int, int], at: int) -> None:
        before, after = growth
        changed = [*LEAVES[: at % before], leaf_hash(b"forged"), *LEAVES[at % before + 1 : after]]
        path = consistency_path(before, tree_size=after, node=nodes_of(changed))
        with pytest.raises(ConsistencyProofError):
            verify_consistency(
                before, root_hash(LEAVES[:before]), tree_size=after,
                root_hash=root_hash(changed), consistency_path=path,
            )  # fmt: skip


class TestAnotherLibrary:
    """pymerkle builds the same trees and accepts the same paths."""

    @settings(max_examples=25)
    @given(places())
    def test_roots_and_inclusion_paths(self, place: tuple[int, int]) -> None:
        index, size = place
        tree = library_tree(size)
        assert tree.get_root() == root_hash(LEAVES[:size])
        theirs = tree.prove_inclusion(index + 1)
        assert theirs.path[0] == LEAVES[index]
        ours = inclusion_path(index, tree_size=size, node=NODE)
        assert sorted(theirs.path[1:]) == sorted(ours)
        pymerkle.verify_inclusion(LEAVES[index], tree.get_root(), theirs)

    @settings(max_examples=25)
    @given(growths())
    def test_consistency_of_the_same_states(self, growth: tuple[int, int]) -> None:
        before, after = growth
        tree = library_tree(after)
        assert tree.get_root(before) == root_hash(LEAVES[:before])
        roots = tree.get_root(before), tree.get_root(after)
        pymerkle.verify_consistency(*roots, tree.prove_consistency(before, after))
        # Their path splits the tree's right part further, so that only the verdicts compare.
        verify_consistency(
            before, roots[0], tree_size=after, root_hash=roots[1],
            consistency_path=consistency_path(before, tree_size=after, node=NODE),
        )  # fmt: skip


class LogAgainstList(RuleBasedStateMachine):
    """A log kept in tiles, and a plain list of its leaf hashes."""

    def __init__(self) -> None:
        super().__init__()
        self.plain: list[bytes] = []
        self.tiles: dict[int, bytes] = {}

    def read(self, keys: Sequence[int]) -> Mapping[int, bytes]:
        return {key: self.tiles[key] for key in keys if key in self.tiles}

    @rule(count=st.integers(1, 300))
    def append(self, count: int) -> None:
        start = len(self.plain)
        new = [leaf_hash(b"entry %d" % (start + offset)) for offset in range(count)]
        self.tiles.update(extend(start, new, self.read))
        self.plain += new

    @rule(data=st.data())
    def prove_inclusion(self, data: Any) -> None:
        if not self.plain:
            return
        size = data.draw(st.integers(1, len(self.plain)))
        index = data.draw(st.integers(0, size - 1))
        path = TileNodes(self.read, size).inclusion_path(index)
        verify_inclusion(
            self.plain[index], index, tree_size=size, inclusion_path=path,
            root_hash=mth(self.plain[:size]),
        )  # fmt: skip

    @rule(data=st.data())
    def prove_consistency(self, data: Any) -> None:
        if not self.plain:
            return
        after = data.draw(st.integers(1, len(self.plain)))
        before = data.draw(st.integers(1, after))
        path = TileNodes(self.read, after).consistency_path(before)
        verify_consistency(
            before, mth(self.plain[:before]), tree_size=after, root_hash=mth(self.plain[:after]),
            consistency_path=path,
        )  # fmt: skip

    @invariant()
    def root_agrees(self) -> None:
        size = len(self.plain)
        assert root_from_nodes(size, TileNodes(self.read, size).node) == mth(self.plain)


TestLogAgainstList = LogAgainstList.TestCase
TestLogAgainstList.settings = settings(max_examples=15, stateful_step_count=12, deadline=None)


class TestTiles:
    @given(st.integers(0, 63), st.integers(0, 2**48 - 1), st.integers(1, 256))
    def test_paths_come_back(self, level: int, index: int, width: int) -> None:
        tile = parse_tile_path(tile_path(level, index, width))
        assert (tile.level, tile.index, tile.width) == (level, index, width)

    @given(st.text("tile/0123456789xp.entri", max_size=24))
    def test_what_is_read_is_written_the_same(self, path: str) -> None:
        try:
            tile = parse_tile_path(path)
        except ItemProofError:
            return
        assert tile_path(tile.level, tile.index, tile.width) == path

    @given(st.lists(st.binary(max_size=300), max_size=20))
    def test_entry_bundles_come_back(self, entries: list[bytes]) -> None:
        assert parse_entry_bundle(entry_bundle(entries)) == entries


class TestCheckpoints:
    @given(st.integers(1, 2**53 - 1), st.binary(min_size=32, max_size=32))
    def test_come_back(self, size: int, root: bytes) -> None:
        head = Checkpoint("log.example/log/00", size, root)
        note = sign_checkpoint(head, KEY)
        found = verify_checkpoint(note, origin=head.origin, public_key=KEY.public_key)
        assert found == head

    @given(st.data())
    def test_any_changed_character_is_refused(self, data: Any) -> None:
        note = sign_checkpoint(Checkpoint("log.example/log/00", 77, bytes(32)), KEY)
        at = data.draw(st.integers(0, len(note) - 1))
        other = data.draw(st.characters().filter(lambda character: character != note[at]))
        with pytest.raises(ItemProofError):
            verify_checkpoint(
                note[:at] + other + note[at + 1 :],
                origin="log.example/log/00",
                public_key=KEY.public_key,
            )


leaves = st.builds(
    StatusLeaf,
    st.sampled_from([bytes(32), b"\x01" * 32, b"\xff" * 32]),
    st.integers(-1, 12),
    st.sampled_from(state_kinds := ("corrected", "recalled", "recall_lifted", "erased")),
    st.integers(0, 9),
)


class TestStateTrees:
    @given(leaves)
    def test_a_status_leaf_is_its_canonical_json(self, leaf: StatusLeaf) -> None:
        assert leaf.leaf_data() == canonicalize(leaf.to_json())

    @given(st.lists(st.lists(leaves, max_size=12), max_size=4))
    def test_updates_give_what_a_rebuild_does(self, steps: list[list[StatusLeaf]]) -> None:
        tree: SortedTree[StatusLeaf] = SortedTree(())
        known: set[StatusLeaf] = set()
        for step in steps:
            tree = tree.with_changes(step)
            known |= set(step)
            plain = sorted(known, key=StatusLeaf.sort_key)
            assert list(tree.leaves) == plain
            hashes = [leaf_hash(leaf.leaf_data()) for leaf in plain]
            assert tree.root_hash == mth(hashes)
            assert [tree.path(at) for at in range(tree.size)] == [
                path_of(at, hashes) for at in range(len(hashes))
            ]


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=40))
def test_roots_agree_with_the_recursive_definition(hashes: list[bytes]) -> None:
    assert root_hash(hashes) == mth(hashes)


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_a_node_is_never_a_leaf(left: bytes, right: bytes) -> None:
    assert node_hash(left, right) != leaf_hash(left + right)
