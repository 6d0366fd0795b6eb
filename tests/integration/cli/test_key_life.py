"""Keys from the command line: rotated, registered by drafts, ended by themselves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.integration.cli.test_commands import Program
from tests.support.ledger import GLN, add_participant, document, event, opened_node


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
        from typer.testing import CliRunner

        from ledger_api.cli.app import app

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
