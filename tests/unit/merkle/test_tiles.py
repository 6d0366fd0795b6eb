"""Tiles hold a log of any size, and a proof reads few of them, at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from traceability.merkle.proofs import (
    consistency_path,
    inclusion_path,
    nodes_of,
    root_from_nodes,
    verify_consistency,
    verify_inclusion,
)
from traceability.merkle.tiles import (
    EntryBundleInvalid,
    TileMissing,
    TileNodes,
    TilePath,
    TilePathInvalid,
    entry_bundle,
    extend,
    parse_entry_bundle,
    parse_tile_path,
    tile_key,
    tile_path,
)
from traceability.merkle.tree import leaf_hash, root_hash

LEAVES = [leaf_hash(b"%d" % number) for number in range(66_000)]


class Tiles:
    """Tiles in memory; remembers what was asked for."""

    def __init__(self) -> None:
        self.kept: dict[int, bytes] = {}
        self.queries: list[list[int]] = []

    def read(self, keys: Sequence[int]) -> Mapping[int, bytes]:
        self.queries.append(list(keys))
        return {key: self.kept[key] for key in keys if key in self.kept}

    def grow(self, before: int, after: int) -> dict[int, bytes]:
        changed = extend(before, LEAVES[before:after], self.read)
        self.kept.update(changed)
        return changed


@pytest.fixture(scope="module")
def large() -> Tiles:
    tiles = Tiles()
    tiles.grow(0, 66_000)
    return tiles


class TestExtending:
    @pytest.mark.parametrize(
        "sizes", [(1, 2, 3), (255, 256, 257), (256, 512), (100, 300, 301, 65_536, 65_537, 66_000)]
    )
    def test_growing_in_steps_gives_the_same_tiles(self, sizes: tuple[int, ...]) -> None:
        grown, at_once = Tiles(), Tiles()
        for before, after in zip((0, *sizes), sizes, strict=False):
            grown.grow(before, after)
        at_once.grow(0, sizes[-1])
        assert grown.kept == at_once.kept

    def test_returns_only_what_changes(self) -> None:
        tiles = Tiles()
        tiles.grow(0, 600)
        assert set(tiles.grow(600, 601)) == {tile_key(0, 2)}
        assert set(tiles.grow(601, 768)) == {tile_key(0, 2), tile_key(1, 0)}
        assert tiles.grow(768, 768) == {}

    def test_a_tile_holds_the_hashes_of_its_level(self, large: Tiles) -> None:
        assert large.kept[tile_key(0, 3)] == b"".join(LEAVES[768:1024])
        assert large.kept[tile_key(1, 0)][:32] == root_hash(LEAVES[:256])
        assert large.kept[tile_key(2, 0)] == root_hash(LEAVES[:65_536])

    @pytest.mark.parametrize("stored", [b"", LEAVES[0] * 3])
    def test_refuses_to_grow_on_tiles_that_are_missing(self, stored: bytes) -> None:
        with pytest.raises(TileMissing, match="tile 0/0 is too short: expected 5 hashes"):
            extend(5, LEAVES[5:6], lambda keys: dict.fromkeys(keys, stored))


class TestReading:
    @pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 65_535, 65_536, 65_537, 66_000])
    def test_root_at_any_size_up_to_the_stored_one(self, large: Tiles, size: int) -> None:
        nodes = TileNodes(large.read, size)
        assert root_from_nodes(size, nodes.node) == root_hash(LEAVES[:size])

    @pytest.mark.parametrize(("index", "size"), [(0, 1), (0, 66_000), (65_999, 66_000), (300, 777)])
    def test_inclusion_paths_take_one_query(self, large: Tiles, index: int, size: int) -> None:
        nodes = TileNodes(large.read, size)
        large.queries.clear()
        path = nodes.inclusion_path(index)
        assert len(large.queries) <= 1
        assert path == inclusion_path(index, tree_size=size, node=nodes_of(LEAVES[:size]))
        verify_inclusion(
            LEAVES[index], index, tree_size=size, inclusion_path=path,
            root_hash=root_hash(LEAVES[:size]),
        )  # fmt: skip

    @pytest.mark.parametrize(("before", "after"), [(1, 66_000), (300, 65_536), (65_999, 66_000)])
    def test_consistency_paths_take_one_query(self, large: Tiles, before: int, after: int) -> None:
        nodes = TileNodes(large.read, after)
        large.queries.clear()
        path = nodes.consistency_path(before)
        assert len(large.queries) == 1
        assert path == consistency_path(before, tree_size=after, node=nodes_of(LEAVES[:after]))
        verify_consistency(
            before, root_hash(LEAVES[:before]), tree_size=after,
            root_hash=root_hash(LEAVES[:after]), consistency_path=path,
        )  # fmt: skip

    def test_a_proof_reads_few_tiles(self, large: Tiles) -> None:
        large.queries.clear()
        TileNodes(large.read, 66_000).inclusion_path(12_345)
        assert len(large.queries[0]) <= 5

    def test_refuses_a_missing_tile_and_a_short_one(self, large: Tiles) -> None:
        with pytest.raises(TileMissing, match="expected 1 hashes, got 0"):
            TileNodes(lambda _keys: {}, 1).node(0, 0)
        short = {tile_key(0, 0): large.kept[tile_key(0, 0)][:-1]}
        with pytest.raises(TileMissing, match="expected 256 hashes, got 255"):
            TileNodes(lambda _keys: short, 256).node(7, 1)

    def test_refuses_nodes_beyond_the_tree(self, large: Tiles) -> None:
        TileNodes(large.read, 4).node(2, 0)
        with pytest.raises(TileMissing, match="subtree is not complete"):
            TileNodes(large.read, 3).node(2, 0)


class TestPaths:
    # The example of C2SP tlog-tiles.
    @pytest.mark.parametrize(
        ("path", "tile"),
        [
            ("tile/0/x001/x234/067", TilePath(0, 1_234_067, 256)),
            ("tile/0/000", TilePath(0, 0, 256)),
            ("tile/63/999", TilePath(63, 999, 256)),
            ("tile/1/x001/000.p/1", TilePath(1, 1000, 1)),
            ("tile/entries/x273/112.p/255", TilePath("entries", 273_112, 255)),
        ],
    )
    def test_writes_and_reads(self, path: str, tile: TilePath) -> None:
        assert tile_path(tile.level, tile.index, tile.width) == path
        assert parse_tile_path(path) == tile

    @pytest.mark.parametrize(
        "path",
        ["", "tile", "tile/0", "tile/0/0", "tile/0/0000", "tile/0/x000/001", "tile/0/001/001",
         "tile/00/000", "tile/64/000", "tile/-1/000", "tile/1000000000/000", "tile/0/000.p/0",
         "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/", "tile/0/000/", "/tile/0/000",
         "tile/data/000", "tile/0/x１23/456", "tile/0/../000", "tile/0" + "/x999" * 5 + "/999"],
    )  # fmt: skip
    def test_refuses_every_other_form(self, path: str) -> None:
        with pytest.raises(TilePathInvalid):
            parse_tile_path(path)


class TestEntryBundles:
    def test_writes_and_reads(self) -> None:
        entries = [b"", b"a", b"x" * 4096]
        data = entry_bundle(entries)
        assert data[:5] == b"\x00\x00\x00\x01a"
        assert parse_entry_bundle(data) == entries
        assert parse_entry_bundle(b"") == []

    @pytest.mark.parametrize("cut", [1, 2, 4])
    def test_refuses_a_bundle_that_is_cut_short(self, cut: int) -> None:
        with pytest.raises(EntryBundleInvalid, match="cut short in entry 1"):
            parse_entry_bundle(entry_bundle([b"a", b"bcd"])[:-cut])

    def test_refuses_more_entries_than_a_tile_has_hashes(self) -> None:
        assert len(parse_entry_bundle(entry_bundle([b"x"] * 256))) == 256
        with pytest.raises(EntryBundleInvalid, match="expected 256 entries, got 257"):
            parse_entry_bundle(entry_bundle([b"x"] * 257))
