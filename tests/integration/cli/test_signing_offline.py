"""`sign` on a machine without a network, `submit --signed` on another, and every answer checked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from typer.testing import CliRunner

from ledger_api.cli.app import app
from tests.integration.cli.test_signing_here import Desk, desk, new_key
from tests.support.ledger import document, event
from traceability.ledger.audit.audit import audit

__all__ = ["desk"]


def carried(desk: Desk) -> None:
    """Carry the node's answers about the key and the log to the machine that signs."""
    key = json.loads((desk.folder / "key-id.json").read_text())
    token = (desk.folder / "api-key").read_text().strip()
    for name, path in (("position.json", f"/api/keys/{key}"), ("head.txt", "/log/checkpoint")):
        asked = Request(desk.url + path, headers={"Authorization": f"Bearer {token}"})
        with urlopen(asked) as answer:
            (desk.folder / name).write_bytes(answer.read())


def know_key(desk: Desk) -> None:
    with desk.node.store.reading() as repositories:
        (key,) = [row for row in repositories.keys.all() if row.custody == "self"]
    desk.file("key-id.json", json.dumps(key.key_id.hex()))
    carried(desk)


def run(*arguments: str) -> tuple[int, Any]:
    found = CliRunner().invoke(app, [*arguments, "--json"])
    return found.exit_code, json.loads(found.stdout)


def sign(desk: Desk, name: str, value: Any, *options: str) -> tuple[int, Any]:
    path = desk.file(name, value)
    given = {
        "--key": "firm.key",
        "--passphrase-file": "passphrase.txt",
        "--trust": "trust.json",
        "--position": "position.json",
        "--head": "head.txt",
        "-o": f"signed-{name}",
    }
    paths = [part for one, file in given.items() for part in (one, str(desk.folder / file))]
    return run("sign", path, *paths, *options)


def send(desk: Desk, *names: str) -> tuple[int, Any]:
    files = [str(desk.folder / f"signed-{name}") for name in names]
    there = ["--url", desk.url, "--trust", str(desk.folder / "trust.json")]
    there += ["--api-key-file", str(desk.folder / "api-key")]
    return run("submit", "--signed", *files, *there, "--chain", str(desk.folder / "sent"))


def test_what_is_signed_without_a_network_is_sent_and_answered(desk: Desk) -> None:
    know_key(desk)
    status, one = sign(desk, "one.json", document(event(1), event(2)))
    assert (status, one["sequence"], one["record_count"]) == (0, 0, 2)
    # Before the first is answered: what was signed here counts.
    status, two = sign(desk, "two.json", document(event(3)))
    assert (status, two["sequence"]) == (0, 1)
    status, answer = send(desk, "one.json", "two.json")
    assert (status, [found["sequence"] for found in answer["files"]]) == (0, [0, 1])
    first = answer["files"][0]
    assert (first["accepted"], first["entry_hash"], first["shown"]) == (2, one["entry_hash"], True)
    assert Path(first["receipt"]).is_file()
    # The same file once more: the same answer, and nothing twice.
    status, again = send(desk, "one.json")
    assert (status, again["files"][0]["leaf_index"]) == (0, first["leaf_index"])
    assert sign(desk, "three.json", document(event(4)))[1]["sequence"] == 2
    assert send(desk, "three.json")[0] == 0
    desk.node.sequencer.run(close=True)
    assert audit(desk.node.store, second_place=desk.node.second_place).ok


def test_one_that_was_refused_gives_its_number_back(desk: Desk) -> None:
    know_key(desk)
    sign(desk, "one.json", document(event(1)))
    assert send(desk, "one.json")[0] == 0
    carried(desk)
    assert sign(desk, "again.json", document(event(1)))[1]["sequence"] == 1
    status, answer = send(desk, "again.json")
    assert (status, answer["files"][0]["status"]) == (1, "REJECTED")
    assert answer["files"][0]["records"][0]["error"]["code"] == "EVENT_DUPLICATE"
    assert sign(desk, "two.json", document(event(2)))[1]["sequence"] == 2
    status, answer = send(desk, "two.json")
    assert (status, answer["error"]["code"]) == (1, "KEY_CHAIN_DIFFERS")
    assert sign(desk, "two.json", document(event(2)), "--refused")[1]["sequence"] == 1
    assert send(desk, "two.json")[0] == 0


def test_nothing_is_signed_on_a_word_that_does_not_fit(desk: Desk) -> None:
    know_key(desk)
    position = (desk.folder / "position.json").read_text()
    note = (desk.folder / "head.txt").read_text()
    for name, text, code in (
        ("position.json", position.replace('"key_id":"', '"key_id":"ff'), "KEY_POSITION_INVALID"),
        ("position.json", position.replace('"live":true', '"live":false'), "KEY_NOT_USABLE"),
        ("position.json", "not json", "KEY_POSITION_INVALID"),
        ("head.txt", note.replace("\n", "\n\n"), "CHECKPOINT_INVALID"),
    ):
        kept = (desk.folder / name).read_text()
        desk.file(name, text)
        status, answer = sign(desk, "one.json", document(event(1)))
        assert (status, answer["error"]["code"]) == (1, code), name
        desk.file(name, kept)
    status, answer = sign(desk, "one.json", document(event(1, action="FLY")))
    assert (status, answer["files"][0]["status"]) == (1, "REJECTED")
    assert not (desk.folder / "signed-one.json").exists()
    assert sign(desk, "one.json", document(event(1)))[1]["sequence"] == 0
    status, answer = send(desk, "one.json")
    assert status == 0


def test_only_what_was_signed_for_this_log_is_sent(desk: Desk) -> None:
    know_key(desk)
    desk.file("signed-one.json", document(event(1)))
    status, answer = send(desk, "one.json")
    assert (status, answer["error"]["code"]) == (1, "SIGNED_FILE_INVALID")
    status, answer = run("submit", "--signed", str(desk.folder / "signed-one.json"))
    assert (status, answer["error"]["code"]) == (2, "SIGNING_INCOMPLETE")


def test_a_publishers_key_is_made_encrypted_and_shown(tmp_path: Path) -> None:
    new_key(tmp_path, "ed25519")
    secret = ["--passphrase-file", str(tmp_path / "passphrase.txt")]
    file = str(tmp_path / "publisher.sealed")
    status, made = run("key", "publisher", file, "--new", *secret)
    assert (status, made["new"], len(made["address"])) == (0, True, 42)
    assert b"scrypt" in Path(file).read_bytes()
    status, read = run("key", "publisher", file, *secret)
    assert (status, read["address"]) == (0, made["address"])
    kept = Path(file).read_bytes()
    status, answer = run("key", "publisher", file, "--new", *secret)
    assert (status, answer["error"]["code"]) == (1, "KEY_FILE_EXISTS")
    assert Path(file).read_bytes() == kept
    status, answer = run("key", "publisher", str(tmp_path / "firm.key"), *secret)
    assert (status, answer["error"]["code"]) == (1, "KEY_FILE_INVALID")


@pytest.mark.parametrize("left_out", ["--position", "--head", "--trust", "-o"])
def test_every_file_is_needed_to_sign(tmp_path: Path, left_out: str) -> None:
    given = {"--key": "k", "--trust": "t", "--position": "p", "--head": "h", "-o": "o"}
    del given[left_out]
    found = CliRunner().invoke(
        app, ["sign", "x.json", *(one for pair in given.items() for one in pair)]
    )
    assert found.exit_code == 2
