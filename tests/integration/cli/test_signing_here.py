"""`submit --url`: signed on this machine, sent to a node, and every answer checked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ledger_api.app import create_app
from ledger_api.auth import create_api_key
from ledger_api.cli.app import app
from ledger_api.settings import Settings
from tests.support.ledger import add_participant, document, event
from tests.support.mirrored import trusted
from tests.support.serving import served
from traceability.hashing.ed25519 import SigningKey
from traceability.key_files.own import read_key_file
from traceability.key_files.schemes import secret_key_of
from traceability.ledger.audit.audit import audit
from traceability.ledger.node import Node


@dataclass(frozen=True, slots=True)
class Desk:
    """A participant's machine: key, trust file, API key, and a node to send to."""

    node: Node
    folder: Path
    url: str

    def file(self, name: str, value: Any) -> str:
        path = self.folder / name
        text = value if isinstance(value, str) else json.dumps(value)
        path.write_text(text, encoding="utf-8")
        return str(path)

    def submit(self, *files: str, trust: str = "trust.json", options: tuple[str, ...] = ()) -> Any:
        arguments = ["submit", *files, "--json", "--url", self.url, *options]
        arguments += ["--key", str(self.folder / "firm.key")]
        arguments += ["--passphrase-file", str(self.folder / "passphrase.txt")]
        arguments += ["--trust", str(self.folder / trust)]
        arguments += ["--api-key-file", str(self.folder / "api-key")]
        found = CliRunner().invoke(app, arguments)
        return found.exit_code, json.loads(found.stdout)


def new_key(folder: Path, alg: str) -> None:
    (folder / "passphrase.txt").write_text("itemproof-passphrase-1-" + "k" * 43)
    options = ["--alg", alg, "--passphrase-file", str(folder / "passphrase.txt"), "--json"]
    made = CliRunner().invoke(app, ["key", "generate", "-o", str(folder / "firm.key"), *options])
    assert json.loads(made.stdout)["alg"] == alg


@pytest.fixture(params=["ed25519", "secp256k1-eip712"])
def desk(request: pytest.FixtureRequest, sqlite_node: Node, tmp_path: Path) -> Iterator[Desk]:
    folder = tmp_path / "desk"
    folder.mkdir()
    new_key(folder, request.param)
    found = read_key_file(folder / "firm.key", lambda: "itemproof-passphrase-1-" + "k" * 43)
    key = secret_key_of(found)
    participant = add_participant(sqlite_node, key=key)
    _, token = create_api_key(sqlite_node.store, "participant", participant=participant, now=0)
    with served(create_app(sqlite_node, Settings())) as url:
        found = Desk(sqlite_node, folder, url)
        found.file("trust.json", trusted(sqlite_node).to_json())
        found.file("api-key", token + "\n")
        yield found


def test_documents_are_signed_sent_and_answered_each_by_itself(desk: Desk) -> None:
    first = desk.file("first.json", document(event(1), event(2)))
    second = desk.file("second.json", document(event(3)))
    status, answer = desk.submit(first, second)
    assert (status, [found["status"] for found in answer["files"]]) == (0, ["ACCEPTED"] * 2)
    one, two = answer["files"]
    assert (one["accepted"], one["sequence"], two["sequence"]) == (2, 0, 1)
    assert [record["pointer"] for record in one["records"]] == [
        "/epcisBody/eventList/0",
        "/epcisBody/eventList/1",
    ]
    assert all(record["record"].startswith("urn:itemproof:record:") for record in one["records"])
    assert json.loads(Path(one["receipt"]).read_bytes())["payloadType"].endswith("receipt+json")
    assert one["shown"]
    desk.node.sequencer.run(close=True)
    assert audit(desk.node.store, second_place=desk.node.second_place).ok


def test_a_faulty_document_is_refused_here_and_its_sound_events_on_demand(desk: Desk) -> None:
    path = desk.file("mixed.json", document(event(1), event(2, action="FLY")))
    status, answer = desk.submit(path)
    codes = {found["error"]["code"] for found in answer["files"][0]["records"]}
    assert (status, answer["files"][0]["status"]) == (1, "REJECTED")
    assert "ROLLED_BACK" in codes
    assert len(codes) > 1
    status, answer = desk.submit(path, options=("--proceed",))
    assert (status, answer["files"][0]["status"]) == (1, "PARTIALLY_ACCEPTED")
    assert (answer["files"][0]["accepted"], answer["files"][0]["sequence"]) == (1, 0)


def test_what_the_node_refuses_is_told_by_record(desk: Desk) -> None:
    path = desk.file("first.json", document(event(1)))
    desk.submit(path)
    both = desk.file("both.json", document(event(2), event(1)))
    status, answer = desk.submit(both)
    (report,) = answer["files"]
    assert (status, report["status"], report["rejected"]) == (1, "REJECTED", 2)
    assert {found["error"]["code"] for found in report["records"]} >= {"EVENT_DUPLICATE"}
    again = desk.file("third.json", document(event(3)))
    assert desk.submit(again)[1]["files"][0]["sequence"] == 1


def test_what_was_left_unsent_goes_first(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from traceability.client import sending

    path = desk.file("first.json", document(event(1)))
    with monkeypatch.context() as patch:
        patch.setattr(sending.Sender, "_answered", _silent)
        status, answer = desk.submit(path)
    assert (status, answer["error"]["code"]) == (3, "NODE_UNAVAILABLE")
    status, answer = desk.submit(desk.file("second.json", document(event(2))))
    assert [found["path"].rpartition("/")[2] for found in answer["files"]] == [
        "outbox.json",
        "second.json",
    ]
    assert [found["sequence"] for found in answer["files"]] == [0, 1]


def _silent(*_arguments: object) -> Any:
    from traceability.client.faults import NodeUnavailable

    raise NodeUnavailable("injected fault")


def test_another_trust_file_refuses_the_node(desk: Desk) -> None:
    value = trusted(desk.node).to_json()
    stranger = SigningKey.generate().public_key
    from traceability.hashing.encoding import b64u_encode

    value["log_key"] = {"alg": "ed25519", "public_key": b64u_encode(stranger)}
    desk.file("other.json", value)
    path = desk.file("first.json", document(event(1)))
    status, answer = desk.submit(path, trust="other.json")
    assert (status, answer["error"]["code"]) == (1, "CHECKPOINT_INVALID")
    assert not (desk.folder / "firm.key.chain" / "outbox.json").exists()


def test_xml_is_not_signed_here(desk: Desk) -> None:
    status, answer = desk.submit(desk.file("document.xml", "<epcis:EPCISDocument/>"))
    assert (status, answer["files"][0]["records"][0]["error"]["code"]) == (1, "FORM_NOT_SIGNED")


@pytest.mark.parametrize(("left_out", "named"), [("--key", "--key FILE"), ("--trust", "--trust")])
def test_a_missing_option_is_wrong_usage(tmp_path: Path, left_out: str, named: str) -> None:
    path = tmp_path / "first.json"
    path.write_text(json.dumps(document(event(1))))
    new_key(tmp_path, "ed25519")
    options = {"--key": tmp_path / "firm.key", "--trust": tmp_path / "trust.json"}
    del options[left_out]
    given = [str(part) for pair in options.items() for part in pair]
    found = CliRunner().invoke(
        app, ["submit", str(path), "--json", "--url", "http://127.0.0.1:9", *given]
    )
    assert found.exit_code == 2
    error = json.loads(found.stdout)["error"]
    assert error["code"] == "SIGNING_INCOMPLETE"
    assert named in error["message"]
