"""Tiles, checkpoints, the second place, anchors, and the contract's own head."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from traceability.errors import ItemProofError
from traceability.ledger.audit.difference import Difference, compare, shown
from traceability.ledger.audit.entries import Replay
from traceability.ledger.second_place import SecondPlace
from traceability.merkle.checkpoint import origin_for, verify_checkpoint
from traceability.merkle.proofs import root_from_nodes
from traceability.merkle.tiles import TileNodes, extend
from traceability.store.repositories import Repositories
from traceability.store.repositories.anchors import AttemptRow
from traceability.strict_json import parse_json
from traceability.verify.evidence import check_evidence
from traceability.verify.reading import parse_evidence

# Checkpoints read at a time.
CHUNK = 10_000


def check_tiles(repositories: Repositories, leaf_hashes: Sequence[bytes]) -> Iterator[Difference]:
    """Rebuild every tile from the entries and compare it with the stored one."""
    expected = extend(0, leaf_hashes, lambda _keys: {}) if leaf_hashes else {}
    stored = repositories.tree.read_log_tiles(list(expected))
    for tile, hashes in expected.items():
        yield from compare(
            "log_tiles", str(tile), column="hashes", expected=hashes, found=stored.get(tile)
        )
    for tile in sorted(repositories.tree.log_tile_keys() - expected.keys()):
        yield Difference("log_tiles", str(tile), "tile", "no such tile", "a tile")


def check_heads(
    repositories: Repositories, replay: Replay, second_place: SecondPlace
) -> Iterator[Difference]:
    """Rebuild the root at every checkpoint's size; check its signature and its last entry."""
    size = len(replay.leaf_hashes)
    tiles = extend(0, replay.leaf_hashes, lambda _keys: {}) if size else {}
    nodes = TileNodes(lambda keys: {key: tiles[key] for key in keys if key in tiles}, size).node
    for first in range(0, size + 1, CHUNK):
        for row in repositories.tree.checkpoints_between(first, first + CHUNK):
            key = str(row.tree_size)
            if row.tree_size > size:
                yield Difference("checkpoints", key, "tree_size", f"at most {size}", key)
                continue
            root = root_from_nodes(row.tree_size, nodes)
            yield from compare(
                "checkpoints", key, column="root_hash", expected=root, found=row.root_hash
            )
            yield from compare(
                "checkpoints",
                key,
                column="ends_with_state",
                expected=row.tree_size in replay.ends_with_state,
                found=row.ends_with_state,
            )
            yield from _check_note(replay, key, row.text, root)
    yield from _check_served(second_place, nodes, size)


def _check_note(replay: Replay, key: str, text: str, root: bytes) -> Iterator[Difference]:
    if replay.genesis is None:
        return
    try:
        origin = text.split("\n", 1)[0]
        note = verify_checkpoint(text, origin=origin, public_key=replay.genesis.log_key.public_key)
    except ItemProofError as error:
        yield Difference("checkpoints", key, "note", "the log key's note", str(error)[:64])
        return
    yield from compare(
        "checkpoints",
        key,
        column="note",
        expected=(int(key), shown(root)),
        found=(note.tree_size, shown(note.root_hash)),
    )
    expected = origin_for(origin.split("/log/", 1)[0], replay.log_id())
    yield from compare("checkpoints", key, column="note", expected=expected, found=origin)


def _check_served(second_place: SecondPlace, nodes: object, size: int) -> Iterator[Difference]:
    served = second_place.latest()
    if served is None:
        return
    if served.tree_size > size:
        yield Difference(
            "checkpoints",
            str(served.tree_size),
            "tree_size",
            f"served head of {served.tree_size}",
            f"log of {size}",
        )
        return
    root = root_from_nodes(served.tree_size, nodes)  # type: ignore[arg-type]  # a Node
    yield from compare(
        "checkpoints",
        str(served.tree_size),
        column="root_hash",
        expected=served.root_hash,
        found=root,
    )


def check_anchors(
    repositories: Repositories, replay: Replay, code_hash: bytes | None
) -> Iterator[Difference]:
    """Check each anchor's evidence against the rebuilt head, down to its block's hash."""
    size = len(replay.leaf_hashes)
    tiles = extend(0, replay.leaf_hashes, lambda _keys: {}) if size else {}
    nodes = TileNodes(lambda keys: {key: tiles[key] for key in keys if key in tiles}, size).node
    for row in repositories.anchors.all(limit=1_000_000):
        if row.state not in ("included", "final"):
            continue
        key = str(row.attempt)
        if row.tree_size > size:
            yield Difference("anchors", key, "tree_size", f"at most {size}", str(row.tree_size))
            continue
        root = root_from_nodes(row.tree_size, nodes)
        yield from compare("anchors", key, column="root_hash", expected=root, found=row.root_hash)
        if row.evidence is not None and code_hash is not None:
            yield from _check_evidence(row, replay, root, code_hash)


def _check_evidence(
    row: AttemptRow, replay: Replay, root: bytes, code_hash: bytes
) -> Iterator[Difference]:
    key = str(row.attempt)
    genesis = replay.genesis
    if genesis is None or row.evidence is None:
        return
    try:
        head = check_evidence(
            parse_evidence(parse_json(row.evidence)),
            contract=genesis.contract,
            code_hash=code_hash,
            log=replay.log_id(),
        )
    except ItemProofError as error:
        yield Difference("anchors", key, "evidence", "a storage proof", str(error)[:64])
        return
    yield from compare(
        "anchors",
        key,
        column="evidence",
        expected=(row.tree_size, shown(root)),
        found=(head.tree_size, shown(head.root_hash)),
    )
    yield from compare(
        "anchors",
        key,
        column="evidence_block_hash",
        expected=head.header_hash,
        found=row.evidence_block_hash,
    )


def check_chain(head: tuple[int, bytes], leaf_hashes: Sequence[bytes]) -> Iterator[Difference]:
    """Compare the contract's own head with the root that the store's entries have there."""
    size, root_hash = head
    if size > len(leaf_hashes):
        yield Difference(
            "entries", "", "leaf_index", f"contract's head of {size}", f"log of {len(leaf_hashes)}"
        )
        return
    tiles = extend(0, leaf_hashes[:size], lambda _keys: {})
    nodes = TileNodes(lambda keys: {key: tiles[key] for key in keys if key in tiles}, size).node
    yield from compare(
        "checkpoints",
        str(size),
        column="root_hash",
        expected=root_hash,
        found=root_from_nodes(size, nodes),
    )
