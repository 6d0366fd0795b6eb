"""Copying a log: whole, continued, resumed; and refused where it contradicts what is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.api import Api
from tests.support.mirrored import ClientSource, FolderSource, fill, grow, trusted
from traceability.ledger.mirror.anchors import AnchorLine, anchors_text, most_list_bytes
from traceability.ledger.mirror.copying import copy_log
from traceability.ledger.mirror.faults import (
    MirrorBusy,
    MirrorDamaged,
    MirrorForked,
    MirrorPartMissing,
    MirrorSourceOlder,
    MirrorSourceRefused,
    MirrorSourceTooLong,
    MirrorSourceWrong,
)
from traceability.ledger.mirror.folder import MirrorFolder
from traceability.ledger.mirror.fork import ForkEvidenceInvalid, check_fork, parse_fork
from traceability.merkle.checkpoint import Checkpoint, sign_checkpoint
from traceability.merkle.tiles import entry_bundle, parse_entry_bundle
from traceability.merkle.tree import leaf_hash, root_hash


@pytest.fixture
def source(api: Api) -> ClientSource:
    return ClientSource(api.client, api.headers("auditor"))


@pytest.fixture
def folder(tmp_path: Path) -> MirrorFolder:
    return MirrorFolder(tmp_path / "mirror")


def entries(folder: MirrorFolder, size: int) -> list[bytes]:
    return [entry for _, part in folder.bundles(0, size) for entry in part]


def stored(api: Api) -> list[bytes]:
    with api.node.store.reading() as repositories:
        return [row.envelope for row in repositories.entries.between(0, 1_000_000)]


def other_head(api: Api, leaves: list[bytes]) -> bytes:
    """Return a head over other leaves, signed by the log's own key."""
    head = Checkpoint(
        api.node.identity.origin, len(leaves), root_hash([leaf_hash(leaf) for leaf in leaves])
    )
    return sign_checkpoint(head, api.node.identity.log_key).encode()


def test_a_copy_holds_every_entry_under_the_signed_head(
    api: Api, source: ClientSource, folder: MirrorFolder
) -> None:
    fill(api.node, 300)
    copied = copy_log(source, folder, trusted(api.node))
    size = copied.head.tree_size
    assert copied.before == 0
    assert entries(folder, size) == stored(api)
    assert folder.root(size, within=size) == copied.head.root_hash


def test_a_second_copy_fetches_only_what_is_new(
    api: Api, source: ClientSource, folder: MirrorFolder
) -> None:
    fill(api.node, 300)
    copy_log(source, folder, trusted(api.node))
    fill(api.node, 300)
    source.asked.clear()
    copied = copy_log(source, folder, trusted(api.node))
    bundles = [name for name in source.asked if "entries" in name]
    assert len(bundles) == copied.fetched == 2
    assert entries(folder, copied.head.tree_size) == stored(api)
    assert copy_log(source, folder, trusted(api.node)).fetched == 0


def test_a_mirror_is_copied_from_a_file_server_like_the_log_itself(
    api: Api, source: ClientSource, folder: MirrorFolder, tmp_path: Path
) -> None:
    fill(api.node, 300)
    first = copy_log(source, folder, trusted(api.node))
    second = MirrorFolder(tmp_path / "second")
    assert copy_log(FolderSource(folder.path), second, trusted(api.node)).head == first.head
    names = sorted(str(p.relative_to(folder.path)) for p in folder.path.rglob("*") if p.is_file())
    assert names == sorted(
        str(p.relative_to(second.path)) for p in second.path.rglob("*") if p.is_file()
    )


def test_an_interrupted_copy_is_resumed(
    api: Api, source: ClientSource, folder: MirrorFolder
) -> None:
    fill(api.node, 600)
    size = len(stored(api))
    last = f"tile/entries/002.p/{size - 512}"
    source.changed[last] = lambda _data: None
    with pytest.raises(MirrorPartMissing):
        copy_log(source, folder, trusted(api.node))
    assert folder.head(trusted(api.node)) is None
    source.changed.clear()
    source.asked.clear()
    assert copy_log(source, folder, trusted(api.node)).head.tree_size == size
    assert [name for name in source.asked if "entries" in name] == [last]


def test_what_an_interrupted_copy_left_damaged_is_fetched_again(
    api: Api, source: ClientSource, folder: MirrorFolder
) -> None:
    fill(api.node, 300)
    changed = parse_entry_bundle(source.get("tile/entries/000") or b"")
    changed[7] = changed[8]
    folder.write("tile/entries/000", entry_bundle(changed))
    copied = copy_log(source, folder, trusted(api.node))
    assert entries(folder, copied.head.tree_size) == stored(api)


def test_entries_that_do_not_hash_to_the_head_are_refused_and_not_kept(
    api: Api, source: ClientSource, folder: MirrorFolder
) -> None:
    fill(api.node, 300)

    def changed(data: bytes) -> bytes:
        found = parse_entry_bundle(data)
        return entry_bundle([*found[:9], found[3], *found[10:]])

    source.changed["tile/entries/000"] = changed
    with pytest.raises(MirrorSourceWrong, match="do not hash to its head"):
        copy_log(source, folder, trusted(api.node))
    assert folder.bundle(0, 256) is None
    source.changed.clear()
    copy_log(source, folder, trusted(api.node))
    assert folder.bundle(0, 256) is not None


def test_a_head_of_the_same_size_with_another_root_is_a_fork_and_its_proof_is_kept(
    api: Api, source: ClientSource, folder: MirrorFolder
) -> None:
    grow(api.node, api.participant, 3)
    trust = trusted(api.node)
    copy_log(source, folder, trust)
    forged = other_head(api, [*stored(api)[:-1], b"another"])
    source.changed["checkpoint"] = lambda _data: forged
    with pytest.raises(MirrorForked, match="has forked") as caught:
        copy_log(source, folder, trust)
    fork = parse_fork(folder.require(caught.value.pointer))
    assert check_fork(fork, trust) == (len(stored(api)),) * 2


def test_a_longer_log_with_another_beginning_is_a_fork_and_its_proof_is_kept(
    api: Api, source: ClientSource, folder: MirrorFolder
) -> None:
    grow(api.node, api.participant, 5)
    trust = trusted(api.node)
    copy_log(source, folder, trust)
    old = len(stored(api))
    other = [*stored(api)[: old - 1], b"another", b"and more", b"and more still"]
    hashes = b"".join(leaf_hash(leaf) for leaf in other)
    lies = {
        "checkpoint": other_head(api, other),
        f"tile/entries/000.p/{len(other)}": entry_bundle(other),
        f"tile/0/000.p/{len(other)}": hashes,
    }

    class Forked:
        def get(self, name: str, *, most: int | None = None) -> bytes | None:
            return lies.get(name)

    with pytest.raises(MirrorForked) as caught:
        copy_log(Forked(), folder, trust)
    fork = parse_fork(folder.require(caught.value.pointer))
    assert check_fork(fork, trust) == (old, len(other))
    honest = copy_log(source, folder, trust)
    assert honest.head.tree_size == old


def test_two_heads_of_one_history_are_no_evidence_of_a_fork(
    api: Api, source: ClientSource, folder: MirrorFolder
) -> None:
    grow(api.node, api.participant, 5)
    trust = trusted(api.node)
    copy_log(source, folder, trust)
    earlier = folder.require("checkpoint").decode()
    grow(api.node, api.participant, 5, start=5)
    copied = copy_log(source, folder, trust)
    from traceability.ledger.mirror.fork import Fork, fork_nodes

    size = copied.head.tree_size
    before = int(earlier.split("\n")[1])
    nodes = fork_nodes(before, size, folder.nodes(size).node)
    later = folder.require("checkpoint").decode()
    with pytest.raises(ForkEvidenceInvalid, match="continues the earlier"):
        check_fork(Fork(earlier, later, nodes), trust)


def test_a_log_that_has_become_shorter_is_refused(
    api: Api, source: ClientSource, folder: MirrorFolder
) -> None:
    grow(api.node, api.participant, 3)
    earlier = source.get("checkpoint")
    grow(api.node, api.participant, 3, start=3)
    copy_log(source, folder, trusted(api.node))
    source.changed["checkpoint"] = lambda _data: earlier
    with pytest.raises(MirrorSourceOlder, match="entries 7 to 10 are missing there"):
        copy_log(source, folder, trusted(api.node))


def test_a_mirror_whose_tiles_were_changed_is_not_continued(
    api: Api, source: ClientSource, folder: MirrorFolder
) -> None:
    grow(api.node, api.participant, 3)
    copied = copy_log(source, folder, trusted(api.node))
    name = f"tile/0/000.p/{copied.head.tree_size}"
    data = folder.require(name)
    folder.write(name, bytes([data[0] ^ 1]) + data[1:])
    with pytest.raises(MirrorDamaged, match="do not hash to its head"):
        copy_log(source, folder, trusted(api.node))


def test_one_process_writes_a_mirror_at_a_time(
    api: Api, source: ClientSource, folder: MirrorFolder
) -> None:
    with folder.writing(), pytest.raises(MirrorBusy):
        copy_log(source, folder, trusted(api.node))


def test_entries_need_an_auditors_key_and_heads_do_not(
    api: Api, source: ClientSource, folder: MirrorFolder
) -> None:
    source.headers = {}
    assert source.get("checkpoint") is not None
    assert source.get("anchors") == b""
    with pytest.raises(MirrorSourceRefused):
        copy_log(source, folder, trusted(api.node))


def test_a_head_signed_by_another_key_is_refused(
    api: Api, source: ClientSource, folder: MirrorFolder
) -> None:
    from traceability.errors import ProofRejected
    from traceability.hashing.ed25519 import SigningKey

    head = Checkpoint(api.node.identity.origin, 2, bytes(32))
    forged = sign_checkpoint(head, SigningKey.generate()).encode()
    source.changed["checkpoint"] = lambda _data: forged
    with pytest.raises(ProofRejected, match="another key"):
        copy_log(source, folder, trusted(api.node))


def test_an_earlier_head_is_served_for_ever_and_an_unknown_one_is_not(api: Api) -> None:
    grow(api.node, api.participant, 3)
    with api.node.store.reading() as repositories:
        latest = repositories.tree.latest_checkpoint()
    assert latest is not None
    answer = api.client.get(f"/log/checkpoints/{latest.tree_size}")
    assert answer.text == latest.text
    assert "immutable" in answer.headers["cache-control"]
    assert api.client.get(f"/log/checkpoints/{latest.tree_size + 1}").status_code == 404


@pytest.mark.parametrize("extra", [0, 1])
def test_a_list_of_more_anchors_than_the_log_has_sizes_is_refused(
    api: Api, source: ClientSource, folder: MirrorFolder, extra: int
) -> None:
    grow(api.node, api.participant, 3)
    head = copy_log(source, folder, trusted(api.node)).head
    longest = most_list_bytes(head.tree_size)
    # Lines of what lies beyond the head are passed over, as many as there may be of them.
    line = AnchorLine(10**15, 1, 1, bytes(32)).text().encode()
    count = longest // len(line) + extra
    lines = [AnchorLine(10**15 + at, 1, 1, bytes(32)) for at in range(count)]
    source.changed["anchors"] = lambda _data: anchors_text(lines)
    if extra:
        with pytest.raises(MirrorSourceTooLong, match="'anchors' of the log is too long"):
            copy_log(source, folder, trusted(api.node))
    else:
        assert copy_log(source, folder, trusted(api.node)).anchors == 0
