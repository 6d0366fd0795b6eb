"""Wrong options: each is named with what it takes, in both languages, before anything is done."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from ledger_api.cli.app import app
from tests.integration.cli.test_commands import GTIN, REQUEST, Program


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """Return the program on a folder in which a lot was minted on an embedded test chain."""
    made = Program(tmp_path_factory.mktemp("options") / "data")
    status, answer = made("mint", "--gtin", GTIN, "--lot", "L1", "--quantity", "2")
    assert status == 0, answer
    return made


WRONG = [
    (("declare", "--batch", "1", "--reason", "safety"), "--kind", "recall_lifted"),
    (("declare", "--batch", "1", "--kind", "erased", "--reason", "other"), "--kind", "corrected"),
    (("declare", "--batch", "1", "--kind", "recalled"), "--reason", "safety"),
    (("erase", "--batch", "1", *REQUEST[:2], "--basis", "whim"), "--basis", "consent_withdrawn"),
    (("participant", "add", "--name", "x", "--role", "king"), "--role", "producer"),
    (("participant", "add", "--name", "x", "--role", "producer", "--gln", "1"), "--gln", "13"),
    (("key", "draft", "-o", "d", "--name", "x", "--public-key", "abc"), "--public-key", "ed25519"),
    (("key", "draft", "-o", "d", "--name", "x", "--public-key", "abc", "--alg", "rsa"),
     "--alg", "secp256k1"),
    (("key", "revoke", "00" * 32, "--reason", "bad"), "--reason", "ceased"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "option", "takes"), WRONG)
def test_a_wrong_option_is_2_and_says_what_it_takes(
    program: Program,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    option: str,
    takes: str,
) -> None:
    status, answer = program(*arguments)
    assert (status, answer["error"]["code"]) == (2, "OPTION_INVALID")
    for language, words in (("en", "expected"), ("zh", "应为")):
        monkeypatch.setenv("ITEMPROOF_LANG", language)
        shown = CliRunner().invoke(app, [*arguments, "--data", str(program.folder)])
        (line,) = (line for line in shown.stderr.splitlines() if option in line)
        assert takes in line, shown.stderr
        assert words in line


def test_a_right_declaration_is_taken(program: Program) -> None:
    said = ("declare", "--batch", "1", "--kind", "recalled", "--reason", "safety")
    assert program(*said)[0] == 0


def test_an_erasure_that_nobody_confirms_is_1(program: Program) -> None:
    arguments = ["erase", "--batch", "1", *REQUEST, "--data", str(program.folder)]
    for answer in ("", "n\n"):
        done = CliRunner().invoke(app, arguments, input=answer)
        assert done.exit_code == 1, done.output
        assert "NOT_CONFIRMED" in done.stderr
    assert program("audit", "--offline")[1]["ok"] is True


def test_an_api_key_that_is_not_there_is_named(program: Program) -> None:
    status, answer = program("key", "revoke", "nobody")
    assert (status, answer["error"]["code"]) == (1, "API_KEY_UNKNOWN")
    status, answer = program("key", "create")
    assert program("key", "revoke", answer["name"])[0] == 0
    status, answer = program("key", "revoke", "00" * 32)
    assert (status, answer["error"]["code"]) == (1, "KEY_UNKNOWN")


class TestKeyGenerate:
    def test_an_existing_file_is_left_alone(self, program: Program, tmp_path: Path) -> None:
        path = tmp_path / "own.key"
        assert program("key", "generate", "-o", str(path))[0] == 0
        before = path.read_bytes()
        status, answer = program("key", "generate", "-o", str(path))
        assert (status, answer["error"]["code"]) == (1, "KEY_FILE_EXISTS")
        assert path.read_bytes() == before

    def test_a_short_passphrase_is_named_by_its_file(
        self, program: Program, tmp_path: Path
    ) -> None:
        short = tmp_path / "short.txt"
        short.write_text("abc\n")
        path = tmp_path / "own.key"
        command = ("key", "generate", "-o", str(path), "--passphrase-file", str(short))
        status, answer = program(*command)
        assert (status, answer["error"]["code"]) == (2, "KEY_PASSPHRASE_TOO_SHORT")
        assert str(short) in answer["error"]["message"]
        assert not path.exists()


class TestAuditFiles:
    @pytest.mark.parametrize("option", ["--report", "--resume"])
    def test_a_folder_that_is_absent_is_said_before_the_audit(
        self, program: Program, tmp_path: Path, option: str
    ) -> None:
        path = str(tmp_path / "absent" / "r.html")
        status, answer = program("audit", "--offline", option, path)
        assert (status, answer["error"]["code"]) == (2, "FILE_UNWRITABLE")
        assert "written" in answer["error"]["message"]
        assert path in answer["error"]["message"]

    def test_what_is_no_progress_is_refused_and_left(
        self, program: Program, tmp_path: Path
    ) -> None:
        path = tmp_path / "garbage"
        path.write_text("garbage")
        status, answer = program("audit", "--offline", "--resume", str(path))
        assert (status, answer["error"]["code"]) == (2, "AUDIT_PROGRESS_INVALID")
        assert path.read_text() == "garbage"

    def test_what_was_found_is_told_where_the_report_cannot_be_kept(
        self, program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(_path: Path, _data: bytes) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("ledger_api.cli.auditing.write_whole", full)
        status, answer = program("audit", "--offline", "--report", str(tmp_path / "r.html"))
        assert (status, answer["error"]["code"]) == (3, "DISK_UNAVAILABLE")
        assert answer["checked"]["entries"] > 0
