"""Auditing a mirror with a trust file and an endpoint: what holds, and every byte that does not."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ledger_api.cli.app import app
from tests.support.anvil import Anvil
from tests.support.published import Published, file_server, publish
from traceability.key_files.passphrases import OWN_FILE, PassphraseSource
from traceability.ledger.keyring import Keyring
from traceability.ledger.mirror.folder import MirrorFolder
from traceability.ledger.mirror.fork import Fork
from traceability.ledger.rebuild import rebuild
from traceability.ledger.second_place import SecondPlace
from traceability.merkle.checkpoint import Checkpoint, sign_checkpoint
from traceability.merkle.tiles import entry_bundle
from traceability.store.store import Store
from traceability.verify.trust import load_trust

ENTRIES = 300
Change = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def log(anvil: Anvil, tmp_path_factory: pytest.TempPathFactory) -> Published:
    """Return a log with a mirror of it."""
    return publish(anvil, tmp_path_factory.mktemp("published"), entries=ENTRIES)


def edit(place: Path, change: Change) -> None:
    place.write_bytes(change(place.read_bytes()))


def flip(at: int) -> Change:
    def flipped(data: bytes) -> bytes:
        index = at % len(data)
        return data[:index] + bytes([data[index] ^ 1]) + data[index + 1 :]

    return flipped


def named(answer: dict[str, Any]) -> list[tuple[str, str]]:
    return [(found["table"], found["key"]) for found in answer["differences"]]


def test_an_untouched_mirror_passes_with_no_server_of_ours(log: Published) -> None:
    status, answer = log.audit(log.mirror)
    assert (status, answer["ok"], answer["differences"]) == (0, True, [])
    size = answer["tree_size"]
    assert answer["checked"] == {"entries": size, "anchors": 1, "contract": size}
    assert size > ENTRIES
    assert answer["unchecked_blocks"] == 0


def test_a_mirror_of_a_mirror_passes_too(log: Published, tmp_path: Path) -> None:
    second = tmp_path / "second"
    with file_server(log.mirror) as url:
        status, answer = log.program()("mirror", url, str(second))
        assert (status, answer["before"]) == (0, 0), answer
        again = log.program()("mirror", url, str(second))
    assert (again[0], again[1]["bundles"]) == (0, 0)
    assert files(second) == files(log.mirror)
    assert log.audit(second)[0] == 0


def test_the_report_of_a_mirror_is_written(log: Published, tmp_path: Path) -> None:
    paths = [tmp_path / "r.html", tmp_path / "r.json"]
    wanted = [part for path in paths for part in ("--report", str(path))]
    status, answer = log.audit(log.mirror, "--rpc", log.anvil.url, *wanted)
    assert status == 0
    assert answer["root_hash"] in paths[0].read_text()
    assert json.loads(paths[1].read_text())["tree_size"] == answer["tree_size"]


@pytest.mark.parametrize(
    "option", [("--jobs", "2"), ("--resume", "progress"), ("--fresh",)], ids=lambda given: given[0]
)
def test_what_is_for_a_store_only_is_refused(log: Published, option: tuple[str, ...]) -> None:
    status, answer = log.audit(log.mirror, *option)
    assert (status, answer["error"]["code"]) == (2, "OPTION_INVALID")
    assert option[0] in answer["error"]["message"]


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(place.relative_to(folder)): place.read_bytes()
        for place in folder.rglob("*")
        if place.is_file() and place.name != ".mirror.lock"
    }


@pytest.mark.parametrize(
    ("place", "table"),
    [
        ("tile/entries/000", "entries"),
        ("tile/entries/001.p/*", "entries"),
        ("tile/0/000", "tile"),
        ("tile/0/001.p/*", "tile"),
        ("tile/1/000.p/1", "tile"),
        ("checkpoints/*", "checkpoint"),
        ("anchor/*", "anchor"),
    ],
)
@pytest.mark.parametrize("at", [40, -40])
def test_a_changed_byte_is_named(log: Published, place: str, table: str, at: int) -> None:
    copy = log.changed("byte")
    (changed,) = copy.glob(place)
    edit(changed, flip(at))
    status, answer = log.audit(copy)
    assert (status, answer["ok"]) == (1, False)
    assert table in {found for found, _ in named(answer)}, answer["differences"]
    key = changed.name if changed.parent.name in ("anchor", "checkpoints") else None
    keys = {key for found, key in named(answer) if found == table}
    assert key is None or key in keys
    assert table != "tile" or str(changed.relative_to(copy)) in keys


def test_a_changed_entry_is_named_by_its_place(log: Published) -> None:
    copy = log.changed("entry")
    folder = MirrorFolder(copy)
    entries = folder.bundle(0, 256)
    assert entries is not None
    entries[77] = entries[77].replace(b'"sig":"', b'"sig":"A', 1)
    folder.write("tile/entries/000", entry_bundle(entries))
    status, answer = log.audit(copy)
    assert status == 1
    assert named(answer)[0] == ("entries", "77")


@pytest.mark.parametrize("at", [5, 90, -20])
def test_a_changed_head_is_refused_before_anything_else(log: Published, at: int) -> None:
    copy = log.changed("head")
    edit(copy / "checkpoint", flip(at))
    status, answer = log.audit(copy)
    assert status == 1
    assert answer["error"]["code"] in ("CHECKPOINT_INVALID", "SIGNATURE_INVALID")


@pytest.mark.parametrize(
    ("place", "table"),
    [("tile/entries/000", "bundle"), ("tile/0/000", "tile"), ("anchor/*", "anchor")],
)
def test_a_missing_file_is_named(log: Published, place: str, table: str) -> None:
    copy = log.changed("missing")
    (gone,) = copy.glob(place)
    gone.unlink()
    status, answer = log.audit(copy)
    assert status == 1
    assert table in {found for found, _ in named(answer)}


def test_a_list_of_anchors_that_is_none_is_named(log: Published) -> None:
    copy = log.changed("list")
    edit(copy / "anchors", lambda data: b"x" + data)
    status, answer = log.audit(copy)
    assert (status, named(answer)) == (1, [("anchors", "")])


@pytest.fixture(scope="module")
def longer(anvil: Anvil, tmp_path_factory: pytest.TempPathFactory) -> Published:
    """Return a log with three anchors, and a mirror of it."""
    log = publish(anvil, tmp_path_factory.mktemp("longer"), entries=2)
    for _ in range(2):
        log.log(2)
    assert log.copy()[0] == 0
    return log


def sizes_of(mirror: Path) -> list[int]:
    return [int(line.split()[0]) for line in (mirror / "anchors").read_text().splitlines()]


def lacking(answer: dict[str, Any]) -> list[tuple[str, int]]:
    return [(part["file"], part["tree_size"]) for part in answer["missing"]]


class TestMissingParts:
    """What is not there, though something shows that it was, is named, and the status is 3."""

    def test_of_a_whole_mirror_there_are_none(self, longer: Published) -> None:
        status, answer = longer.audit(longer.mirror)
        assert (status, answer["ok"], answer["missing"]) == (0, True, [])
        assert answer["checked"]["anchors"] == len(sizes_of(longer.mirror)) == 3

    @pytest.mark.parametrize("how", ["removed", "emptied"])
    @pytest.mark.parametrize("offline", [False, True])
    def test_a_list_that_is_gone(self, longer: Published, how: str, offline: bool) -> None:
        copy, sizes = longer.changed("gone"), sizes_of(longer.mirror)
        (copy / "anchors").unlink()
        if how == "emptied":
            (copy / "anchors").touch()
        status, answer = longer.audit(copy, *(["--offline"] if offline else []))
        assert (status, answer["ok"], answer["differences"]) == (3, False, [])
        assert {("anchors", size) for size in sizes} == set(lacking(answer))

    def test_all_evidence_gone_is_told_by_the_contract(self, longer: Published) -> None:
        copy, sizes = longer.changed("nothing"), sizes_of(longer.mirror)
        (copy / "anchors").unlink()
        shutil.rmtree(copy / "anchor")
        shutil.rmtree(copy / "checkpoints")
        status, answer = longer.audit(copy)
        assert (status, lacking(answer)) == (3, [("anchors", sizes[-1])])
        # Nobody else knows; that the contract was not asked is said.
        status, answer = longer.audit(copy, "--offline")
        assert (status, answer["contract_asked"]) == (0, False)

    def test_a_signed_head(self, longer: Published) -> None:
        copy, sizes = longer.changed("signed"), sizes_of(longer.mirror)
        (copy / "checkpoints" / str(sizes[1])).unlink()
        status, answer = longer.audit(copy)
        assert (status, lacking(answer)) == (3, [("checkpoints", sizes[1])])

    @pytest.mark.parametrize("hides", [False, True])
    def test_an_anchor_between_two(self, longer: Published, hides: bool) -> None:
        copy, sizes = longer.changed("between"), sizes_of(longer.mirror)
        first, second, third = (copy / "anchors").read_text().splitlines(keepends=True)
        if hides:  # The list names the earlier size, but the storage proof its block.
            third = third.replace(f" {sizes[1]} ", f" {sizes[0]} ")
        (copy / "anchors").write_text(first + third)
        for folder in ("anchor", "checkpoints"):
            (copy / folder / str(sizes[1])).unlink()
        status, answer = longer.audit(copy)
        assert (status, lacking(answer)) == (3, [("anchors", sizes[1 + hides])])
        assert answer["missing"][0]["is_before"] is hides
        assert second

    def test_the_newest_anchors(self, longer: Published) -> None:
        copy, sizes = longer.changed("newest"), sizes_of(longer.mirror)
        first = (copy / "anchors").read_text().splitlines(keepends=True)[0]
        (copy / "anchors").write_text(first)
        for size in sizes[1:]:
            (copy / "anchor" / str(size)).unlink()
            (copy / "checkpoints" / str(size)).unlink()
        status, answer = longer.audit(copy)
        assert (status, lacking(answer)) == (3, [("anchors", sizes[2])] * 2)
        assert [part["is_before"] for part in answer["missing"]] == [False, True]


@pytest.mark.parametrize(
    ("language", "line"), [("zh", "没有询问合约"), ("en", "the contract was not asked")]
)
@pytest.mark.parametrize("offline", [False, True])
def test_a_person_is_told_that_the_contract_was_not_asked(
    log: Published, monkeypatch: pytest.MonkeyPatch, language: str, line: str, offline: bool
) -> None:
    monkeypatch.setenv("ITEMPROOF_LANG", language)
    asked = ["--offline"] if offline else ["--rpc", log.anvil.url]
    command = ["audit", "--mirror", str(log.mirror), "--trust", str(log.trust), *asked]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    assert (line in result.stdout) is offline


def test_entries_that_the_contract_anchors_and_the_mirror_lacks_are_named(
    anvil: Anvil, tmp_path: Path
) -> None:
    log = publish(anvil, tmp_path, entries=3)
    size = log.audit(log.mirror)[1]["tree_size"]
    log.log(2)
    status, answer = log.audit(log.mirror)
    assert status == 1
    assert named(answer) == [("entries", f"{size}-{size + 2}")]
    assert log.copy()[0] == 0
    assert log.audit(log.mirror)[0] == 0


def test_a_copy_that_was_cut_off_before_its_head_is_as_good_as_the_one_before(
    anvil: Anvil, tmp_path: Path
) -> None:
    log = publish(anvil, tmp_path, entries=3)
    before, cut = log.changed("before"), log.changed("cut")
    log.log(2)
    assert log.copy()[0] == 0
    # Everything new is there, and the head that names it is not.
    shutil.copytree(log.mirror, cut, dirs_exist_ok=True)
    shutil.copy(before / "checkpoint", cut)
    assert (cut / "anchors").read_bytes() != (before / "anchors").read_bytes()
    status, answer = log.audit(cut, "--offline")
    assert (status, answer["differences"], answer["checked"]["anchors"]) == (0, [], 1)
    assert rebuilt(log, cut, tmp_path / "one") == rebuilt(log, before, tmp_path / "two")
    edit(next(cut.glob("anchor/5")), flip(40))
    assert log.audit(cut, "--offline")[0] == 1


def rebuilt(log: Published, mirror: Path, folder: Path) -> tuple[int, int]:
    """Bring a ledger back from a mirror; return its size and its number of anchors."""
    shutil.copytree(log.folder / "data" / "keys", folder / "keys")
    with Store.open(f"sqlite:///{folder / 'ledger.sqlite'}", folder) as store:
        place = SecondPlace(folder / "served-heads.txt")
        opens = Path(os.environ["ITEMPROOF_KEY_PASSPHRASE_FILE"])
        source = PassphraseSource(folder / "keys" / OWN_FILE, configured=opens)
        keyring = Keyring(folder / "keys", source)
        trust = load_trust(mirror / "trust.json")
        found = rebuild(store, keyring, MirrorFolder(mirror), trust, second_place=place)
    return found.tree_size, found.anchors


def test_evidence_of_a_fork_is_told_and_false_evidence_is_none(log: Published) -> None:
    from ledger_api.wiring import open_node

    copy = log.changed("fork")
    honest = (copy / "checkpoint").read_text()
    size = int(honest.split("\n")[1])
    with open_node(log.settings, log.folder / "data", need="existing") as node:
        key, origin = node.identity.log_key, node.identity.origin
    other = sign_checkpoint(Checkpoint(origin, size, bytes(32)), key)
    (copy / "forks").mkdir()
    (copy / "forks" / "true.json").write_bytes(Fork(honest, other, ()).to_bytes())
    status, answer = log.audit(copy)
    assert (status, named(answer)) == (1, [("fork", "forks/true.json")])
    assert answer["differences"][0]["found"] == f"two: {size}, {size}"
    edit(copy / "forks" / "true.json", flip(-60))
    status, answer = log.audit(copy)
    assert (status, named(answer)) == (1, [("fork", "forks/true.json")])
    assert not answer["differences"][0]["found"].startswith("two")


def test_another_log_is_refused(log: Published, anvil: Anvil, tmp_path: Path) -> None:
    other = publish(anvil, tmp_path, entries=2)
    status, answer = log.audit(other.mirror)
    assert (status, answer["error"]["code"]) == (1, "CHECKPOINT_INVALID")


def test_a_block_that_the_chain_does_not_have_is_named(log: Published, tmp_path: Path) -> None:
    trust = tmp_path / "trust.json"
    text = log.trust.read_text()
    pinned = re.search(r'"block_hashes": \{\s+"\d+": "0x([0-9a-f]{64})"', text)
    assert pinned is not None
    trust.write_text(text.replace(pinned[1], "ab" * 32))
    status, answer = log.audit(log.mirror, "--trust", str(trust), "--offline")
    assert status == 1
    assert [found["column"] for found in answer["differences"]] == ["block_hash"]


class TestStatus:
    def test_without_trust_is_2(self, log: Published) -> None:
        status, answer = log.program()("audit", "--mirror", str(log.mirror), "--offline")
        assert (status, answer["error"]["code"]) == (2, "TRUST_FILE_MISSING")

    def test_without_an_endpoint_is_2(self, log: Published) -> None:
        status, answer = log.audit(log.mirror, "--trust", str(log.trust))
        assert (status, answer["error"]["code"]) == (2, "ENDPOINT_MISSING")

    def test_offline_checks_what_the_trust_file_pins(self, log: Published, tmp_path: Path) -> None:
        status, answer = log.audit(log.mirror, "--offline")
        assert (status, answer["unchecked_blocks"]) == (0, 0)
        unpinned = tmp_path / "trust.json"
        text = log.trust.read_text()
        unpinned.write_text(re.sub(r'"block_hashes": \{[^}]*\},', "", text))
        status, answer = log.audit(log.mirror, "--trust", str(unpinned), "--offline")
        assert (status, answer["unchecked_blocks"]) == (0, 1)
        asked = ("--trust", str(unpinned), "--rpc", log.anvil.url)
        status, answer = log.audit(log.mirror, *asked)
        assert (status, answer["unchecked_blocks"]) == (0, 0)

    def test_with_an_endpoint_that_does_not_answer_is_3(self, log: Published) -> None:
        status, answer = log.audit(log.mirror, "--rpc", "http://127.0.0.1:9")
        assert (status, answer["ok"]) == (3, False)
        assert answer["error"]["code"] == "CHAIN_UNAVAILABLE"
        assert answer["checked"]["entries"] == answer["tree_size"]

    def test_of_a_changed_mirror_is_1_though_no_endpoint_answers(self, log: Published) -> None:
        copy = log.changed("both")
        edit(copy / "tile/0/000", flip(3))
        assert log.audit(copy, "--rpc", "http://127.0.0.1:9")[0] == 1

    def test_of_no_mirror_is_1(self, log: Published, tmp_path: Path) -> None:
        status, answer = log.audit(tmp_path)
        assert (status, answer["error"]["code"]) == (1, "MIRROR_MISSING")


def test_a_mirror_that_nobody_may_write_is_audited(log: Published) -> None:
    copy = log.changed("read only")
    before = files(copy)
    for place in [copy, *copy.rglob("*")]:
        place.chmod(0o555 if place.is_dir() else 0o444)
    try:
        assert log.audit(copy)[0] == 0
        assert files(copy) == before
    finally:
        for place in [copy, *copy.rglob("*")]:
            place.chmod(0o755 if place.is_dir() else 0o644)
        shutil.rmtree(copy)
