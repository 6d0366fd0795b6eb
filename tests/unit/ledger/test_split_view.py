"""Two heads of one log, set beside each other by the program: one history, two, or not told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ledger_api.cli.app import app
from traceability.hashing.canonical import canonicalize
from traceability.hashing.ed25519 import SigningKey
from traceability.hashing.encoding import b64u_encode
from traceability.ledger.mirror.fork import check_fork, parse_fork
from traceability.merkle.checkpoint import Checkpoint, sign_checkpoint
from traceability.merkle.tiles import tile_path
from traceability.merkle.tree import leaf_hash, root_hash
from traceability.verify.trust import load_trust

LOG = "ab" * 32
ORIGIN = f"ledger.example/log/{LOG}"
ONE = [b"genesis", b"a", b"b", b"c", b"d"]
OTHER = [b"genesis", b"a", b"x", b"c", b"d", b"e", b"f"]


@dataclass(frozen=True, slots=True)
class Desk:
    """A third party's folder with a trust file for a log whose key the tests hold."""

    folder: Path
    key: SigningKey

    def head(self, name: str, leaves: Sequence[bytes], key: SigningKey | None = None) -> Path:
        """Write the signed head over some entries."""
        root = root_hash([leaf_hash(leaf) for leaf in leaves])
        path = self.folder / name
        path.write_text(sign_checkpoint(Checkpoint(ORIGIN, len(leaves), root), key or self.key))
        return path

    def mirror(self, leaves: Sequence[bytes]) -> Path:
        """Write the parts of a mirror that heads are compared by."""
        folder = self.folder / "mirror"
        place = folder / tile_path(0, 0, len(leaves))
        place.parent.mkdir(parents=True)
        place.write_bytes(b"".join(leaf_hash(leaf) for leaf in leaves))
        self.head("mirror/checkpoint", leaves)
        return folder

    def verify(self, *arguments: str | Path) -> tuple[int, dict[str, Any]]:
        """Run `verify --fork` as a third party does."""
        words = ["verify", "--fork", *map(str, arguments), "--trust", str(self.trust), "--json"]
        done = CliRunner().invoke(app, [*words, "--data", str(self.folder / "none")])
        return done.exit_code, json.loads(done.stdout)

    @property
    def trust(self) -> Path:
        return self.folder / "trust.json"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    key = SigningKey.generate()
    trust = {
        "chain_id": 1,
        "contract": "0x" + "11" * 20,
        "code_hash": "0x" + "22" * 32,
        "log": b64u_encode(bytes.fromhex(LOG)),
        "log_key": {"alg": "ed25519", "public_key": b64u_encode(key.public_key)},
        "origin": ORIGIN,
    }
    (tmp_path / "trust.json").write_text(json.dumps(trust))
    return Desk(tmp_path, key)


def test_two_roots_of_one_size_are_a_split_and_the_evidence_stands_alone(desk: Desk) -> None:
    heads = desk.head("a", ONE), desk.head("b", OTHER[:5])
    evidence = desk.folder / "fork.json"
    status, found = desk.verify(*heads, "-o", evidence)
    assert (status, found["verdict"], found["path"]) == (1, "split", str(evidence))
    assert found["earlier"]["tree_size"] == found["later"]["tree_size"] == 5
    assert check_fork(parse_fork(evidence.read_bytes()), load_trust(desk.trust)) == (5, 5)
    assert desk.verify(evidence)[0] == 1


@pytest.mark.parametrize("order", [1, -1])
def test_a_later_head_with_another_past_is_a_split_by_the_nodes_of_a_mirror(
    desk: Desk, order: int
) -> None:
    heads = (desk.head("a", ONE), desk.head("b", OTHER))[::order]
    evidence = desk.folder / "fork.json"
    status, found = desk.verify(*heads, "--mirror", desk.mirror(OTHER), "-o", evidence)
    assert (status, found["verdict"]) == (1, "split")
    assert check_fork(parse_fork(evidence.read_bytes()), load_trust(desk.trust)) == (5, 7)
    assert desk.verify(evidence) == (1, {n: found[n] for n in found if n != "path"})


def test_a_later_head_that_continues_is_one_history_and_no_evidence_is_written(desk: Desk) -> None:
    heads = desk.head("a", OTHER[:5]), desk.head("b", OTHER)
    evidence = desk.folder / "fork.json"
    status, found = desk.verify(*heads, "--mirror", desk.mirror(OTHER), "-o", evidence)
    assert (status, found["verdict"]) == (0, "consistent")
    assert not evidence.exists()
    assert desk.verify(heads[0], heads[0])[0] == 0


@pytest.mark.parametrize("leaves", [None, OTHER[:6], [*OTHER[:6], b"z"]])
def test_without_the_later_trees_nodes_nothing_is_decided(
    desk: Desk, leaves: list[bytes] | None
) -> None:
    heads = desk.head("a", ONE), desk.head("b", OTHER)
    source = () if leaves is None else ("--mirror", desk.mirror(leaves))
    status, found = desk.verify(*heads, *source)
    assert (status, found["verdict"]) == (3, "undecided")


def test_what_a_client_has_kept_of_a_split_view_is_read(desk: Desk) -> None:
    first, second = (desk.head("a", ONE), desk.head("b", OTHER[:5]))
    kept = desk.folder / "split-view.json"
    kept.write_text(json.dumps({"first": first.read_text(), "second": second.read_text()}))
    assert desk.verify(kept)[1]["verdict"] == "split"


def test_evidence_that_was_bent_shows_nothing(desk: Desk) -> None:
    heads = desk.head("a", ONE), desk.head("b", OTHER)
    evidence = desk.folder / "fork.json"
    desk.verify(*heads, "--mirror", desk.mirror(OTHER), "-o", evidence)
    value = json.loads(evidence.read_bytes())
    value["nodes"][0] = b64u_encode(bytes(32))
    evidence.write_bytes(canonicalize(value))
    assert desk.verify(evidence)[1]["verdict"] == "undecided"


def test_a_head_that_the_log_key_has_not_signed_is_refused(desk: Desk) -> None:
    heads = desk.head("a", ONE), desk.head("b", OTHER[:5], SigningKey.generate())
    status, found = desk.verify(*heads)
    assert status == 1
    assert found["error"]["code"] in {"CHECKPOINT_INVALID", "SIGNATURE_INVALID"}


def test_one_head_alone_and_a_file_without_one_are_refused(desk: Desk) -> None:
    assert desk.verify(desk.head("a", ONE))[1]["error"]["code"] == "SIGNED_HEAD_MISSING"
    other = desk.folder / "other.json"
    other.write_text("{}")
    assert desk.verify(other, other)[1]["error"]["code"] == "SIGNED_HEAD_MISSING"
