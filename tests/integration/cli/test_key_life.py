"""Keys from the command line: rotated, registered by drafts, ended by themselves."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from ledger_api.app import create_app
from ledger_api.cli.app import app
from ledger_api.settings import Settings
from tests.integration.cli.test_commands import Program
from tests.support.ledger import GLN, add_participant, document, event, opened_node
from tests.support.single_file import run_single
from traceability.verify.alone.building import build_verifier


@pytest.fixture
def program(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Return the program on a ledger with one participant."""
    monkeypatch.setenv("ITEMPROOF_DATABASE_URL", sqlite_url)
    with opened_node(sqlite_url, tmp_path / "data") as node:
        add_participant(node, gln=GLN)
    return Program(tmp_path / "data")


class TestRotate:
    def test_one_participant_and_all(self, program: Program) -> None:
        status, answer = program("key", "rotate", GLN)
        (first,) = answer["rotated"]
        assert (status, first["finished"], len(first["revoked"])) == (0, False, 1)
        status, answer = program("key", "rotate", "--all")
        (second,) = answer["rotated"]
        assert second["revoked"] == [first["key_id"]]
        assert program("audit", "--offline")[0] == 0

    @pytest.mark.parametrize("arguments", [(), (GLN, "--all")])
    def test_needs_one_or_all(self, program: Program, arguments: tuple[str, ...]) -> None:
        data = ("--data", str(program.folder))
        assert CliRunner().invoke(app, ["key", "rotate", *arguments, *data]).exit_code == 2

    def test_of_nobody_is_refused(self, program: Program) -> None:
        status, answer = program("key", "rotate", "9520000000006")
        assert (status, answer["error"]["code"]) == (1, "PARTICIPANT_UNKNOWN")


class TestRegister:
    def test_a_key_that_never_leaves_its_holder_signs_and_ends_itself(
        self, program: Program, tmp_path: Path
    ) -> None:
        key, draft, signed = (tmp_path / name for name in ("own.key", "draft", "signed"))
        made = program("key", "generate", "-o", str(key))[1]
        asked = ("--public-key", made["public_key"], "--participant", GLN, "-o", str(draft))
        assert program("key", "draft", *asked)[0] == 0
        holder = Program(tmp_path / "elsewhere")
        status, shown = holder("key", "cosign", str(draft), "--key", str(key), "-o", str(signed))
        assert (status, shown["key_id"]) == (0, made["key_id"])
        assert shown["roles"] == ["operator", "producer"]
        assert not (tmp_path / "elsewhere").exists()
        status, answer = program("key", "register", str(signed))
        assert (status, answer["key_id"]) == (0, made["key_id"])
        path = tmp_path / "d.jsonld"
        path.write_text(json.dumps(document(event(1))))
        assert program("submit", str(path), "--key", str(key))[0] == 0
        end = ("key", "resign", "--key", str(key), "--reason", "ceased")
        assert program(*end)[1]["revoked"] == made["key_id"]
        status, answer = program(*end)
        assert (status, answer["error"]["code"]) == (1, "KEY_REVOKED")
        assert program("audit", "--offline")[0] == 0

    def test_with_a_draft_that_is_stale_is_refused(self, program: Program, tmp_path: Path) -> None:
        key, draft, signed = (tmp_path / name for name in ("own.key", "draft", "signed"))
        made = program("key", "generate", "-o", str(key))[1]
        asked = ("--public-key", made["public_key"], "--name", "厂", "--role", "producer")
        assert program("key", "draft", *asked, "-o", str(draft))[0] == 0
        assert program("key", "rotate", GLN)[0] == 0
        assert program("key", "cosign", str(draft), "--key", str(key), "-o", str(signed))[0] == 0
        status, answer = program("key", "register", str(signed))
        assert (status, answer["error"]["code"]) == (1, "KEY_DRAFT_STALE")


def test_a_revocation_is_signed_where_there_is_no_ledger(program: Program, tmp_path: Path) -> None:
    key, out, chain = (tmp_path / name for name in ("own.key", "out.json", "chain.json"))
    made = program("key", "generate", "-o", str(key))[1]
    chain.write_text(json.dumps({"next_sequence": 3, "previous": "A" * 43}))
    holder = Program(tmp_path / "elsewhere")
    options = ("--reason", "lost", "--chain", str(chain), "--log", "ab" * 32, "-o", str(out))
    status, answer = holder("key", "resign", "--key", str(key), *options)
    assert (status, answer["revoked"]) == (0, made["key_id"])
    assert json.loads(out.read_text())["payloadType"].endswith("statement+json")
    chain.write_text("{}")
    status, answer = holder("key", "resign", "--key", str(key), *options)
    assert (status, answer["error"]["code"]) == (1, "KEY_POSITION_INVALID")


class TestSuspicion:
    """Of two documents the key is suspect from the second on: only that one is warned of."""

    @pytest.fixture
    def suspected(self, program: Program, tmp_path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what the API says of both, after their proofs were written."""
        sent = []
        for number in (1, 2):
            path = tmp_path / f"{number}.jsonld"
            path.write_text(json.dumps(document(event(number))))
            status, answer = program("submit", str(path))
            assert status == 0
            sent.append(answer["files"][0]["records"][0]["record"])
        before, suspect = (self.item(program, one) for one in sent)
        key = self.signer(program, suspect["leaf_index"])
        options = ("--reason", "compromised", "--suspect-from", str(suspect["leaf_index"]))
        assert program("key", "revoke", key, *options)[0] == 0
        for name, record in zip(("before", "suspect"), sent, strict=True):
            assert program("prove", record, "-o", str(tmp_path / name))[0] == 0
        assert (before["warnings"], suspect["warnings"]) == ([], []), "nothing was revoked yet"
        first, second = (self.item(program, one) for one in sent)
        return first, second

    @staticmethod
    def item(program: Program, code: str) -> dict[str, Any]:
        """Return what `/api/items` says of a code."""
        with opened_node(os.environ["ITEMPROOF_DATABASE_URL"], program.folder) as node:
            node.sequencer.run(close=True)
            with TestClient(create_app(node, Settings())) as client:
                answer: dict[str, Any] = client.get(f"/api/items/{code}").json()
                return answer

    @staticmethod
    def signer(program: Program, index: int) -> str:
        """Return the id of the key that signed an entry."""
        with (
            opened_node(os.environ["ITEMPROOF_DATABASE_URL"], program.folder) as node,
            node.store.reading() as repositories,
        ):
            row = repositories.entries.by_leaf_index(index)
            assert row is not None
            assert row.key_id is not None
            return row.key_id.hex()

    def test_is_told_by_verify_by_the_single_file_and_over_http(
        self, program: Program, suspected: tuple[dict[str, Any], ...], tmp_path: Path
    ) -> None:
        trust = program.folder / "trust.json"
        single = tmp_path / "single.py"
        single.write_bytes(build_verifier("1"))
        for name, item in zip(("before", "suspect"), suspected, strict=True):
            status, report = program("verify", str(tmp_path / name), "--accept", "logged")
            assert (status, report["verified"]) == (0, True), "a warning refutes nothing"
            assert report["warnings"] == item["warnings"]
            done = run_single(
                single, tmp_path / name, "--trust", trust, "--accept", "logged", "--json"
            )
            assert json.loads(done.stdout)["warnings"] == item["warnings"]
        assert suspected[0]["warnings"] == []
        (warning,) = suspected[1]["warnings"]
        at = suspected[1]["leaf_index"]
        assert (warning["code"], warning["suspect_from"], warning["entry_index"]) == (
            "KEY_SUSPECT", at, at,
        )  # fmt: skip

    @pytest.mark.parametrize(("lang", "word"), [("zh", "警告"), ("en", "WARNING")])
    @pytest.mark.usefixtures("suspected")
    def test_is_said_in_the_readers_language(
        self,
        program: Program,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        lang: str,
        word: str,
    ) -> None:
        monkeypatch.setenv("ITEMPROOF_LANG", lang)
        single, trust = tmp_path / "single.py", program.folder / "trust.json"
        single.write_bytes(build_verifier("1"))
        for name, is_warned in (("before", False), ("suspect", True)):
            ours = CliRunner().invoke(
                app,
                [
                    "verify",
                    str(tmp_path / name),
                    "--accept",
                    "logged",
                    "--data",
                    str(program.folder),
                ],
            )
            asked = ("--trust", trust, "--accept", "logged")
            alone = run_single(single, tmp_path / name, *asked, lang=lang)
            assert (ours.exit_code, alone.returncode) == (0, 0)
            assert (word in ours.stdout) is is_warned
            assert (word in alone.stdout) is is_warned
