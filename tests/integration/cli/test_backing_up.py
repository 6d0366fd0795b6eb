"""`backup` and `restore` as a user runs them: answers, exit status, who gives the passphrase."""

from __future__ import annotations

import json
import os
import pty
import shutil
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ledger_api.cli.app import app

GTIN = "09521234567899"
VARIABLE = "ITEMPROOF_BACKUP_PASSPHRASE_FILE"


def program(folder: Path, *arguments: str) -> tuple[int, dict[str, Any], str]:
    result = CliRunner().invoke(app, [*arguments, "--data", str(folder), "--json"])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, json.loads(result.stdout or "{}"), result.stderr


@pytest.fixture(autouse=True)
def passphrase(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Name a passphrase file in the environment; let it cost little."""
    monkeypatch.setattr("traceability.ledger.backup.cipher.SCRYPT_N", 2**4)
    path = tmp_path / "passphrase"
    path.write_text("correct horse battery\nnot this line\n")
    monkeypatch.setenv(VARIABLE, str(path))
    return path


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a minted lot, anchored on its own test chain."""
    folder = tmp_path_factory.mktemp("backing") / "data"
    status, answer, _ = program(folder, "mint", "--gtin", GTIN, "--lot", "L1", "--quantity", "3")
    assert status == 0, answer
    assert program(folder, "anchor")[0] == 0
    return folder


@pytest.fixture
def file(ledger: Path, tmp_path: Path) -> Path:
    path = tmp_path / "ledger.backup"
    status, answer, _ = program(ledger, "backup", str(path))
    assert (status, answer["verified"], answer["path"]) == (0, True, str(path))
    return path


def test_a_restored_folder_is_not_written_with_an_embedded_chain_that_knows_nothing_of_it(
    file: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    assert program(other, "restore", str(file))[0] == 0
    # As after a restore of a ledger on a real chain whose endpoints the settings do not name.
    (other / "devchain.state.json").unlink(missing_ok=True)
    mint = ("mint", "--gtin", GTIN, "--lot", "L9", "--quantity", "1")
    for _ in range(2):
        status, answer, _ = program(other, *mint)
        assert (status, answer["error"]["code"]) == (3, "STORE_UNCONFIRMED")
        status, answer, _ = program(other, "key", "create")
        assert (status, answer["error"]["code"]) == (3, "STORE_UNCONFIRMED")
    assert program(other, "status")[0] == 0


def test_a_restored_folder_is_used_like_the_first(ledger: Path, file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    status, answer, _ = program(other, "restore", str(file))
    assert (status, answer["missing"]) == (0, 0)
    assert answer["settings"]["ITEMPROOF_LOG_ID"] == answer["log"]
    assert program(other, "status")[1]["anchor"] == program(ledger, "status")[1]["anchor"]
    assert program(other, "mint", "--gtin", GTIN, "--lot", "L2", "--quantity", "2")[0] == 0
    assert program(other, "anchor")[0] == 0
    status, report, _ = program(other, "audit")
    assert (status, report["ok"]) == (0, True)


def test_of_a_folder_named_from_here_as_by_default(
    ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ledger, tmp_path / ".itemproof")
    monkeypatch.chdir(tmp_path)
    status, answer, told = program(Path(".itemproof"), "backup", "backup")
    assert (status, answer.get("verified")) == (0, True), told
    status, answer, told = program(Path("other"), "restore", "backup")
    assert (status, answer.get("missing")) == (0, 0), told
    restored, there = (folder / "keys" / "participants" for folder in (Path("other"), ledger))
    assert {path.name for path in restored.iterdir()} == {path.name for path in there.iterdir()}
    assert stat.S_IMODE(restored.stat().st_mode) == stat.S_IRWXU


def test_says_loudly_that_a_backup_is_not_verified(ledger: Path, tmp_path: Path) -> None:
    status, answer, told = program(ledger, "backup", str(tmp_path / "b"), "--no-verify")
    assert (status, answer["verified"]) == (0, False)
    assert "WARNING" in told or "警告" in told
    _, _, told = program(ledger, "backup", str(tmp_path / "c"))
    assert "WARNING" not in told
    assert "警告" not in told


def test_into_its_own_folder_is_1(ledger: Path, file: Path) -> None:
    before = program(ledger, "status")[1]
    status, answer, _ = program(ledger, "restore", str(file))
    assert (status, answer["error"]["code"]) == (1, "FOLDER_NOT_EMPTY")
    assert program(ledger, "status")[1] == before


def test_with_a_wrong_passphrase_is_1(file: Path, passphrase: Path, tmp_path: Path) -> None:
    passphrase.write_text("correct horse batterie\n")
    status, answer, _ = program(tmp_path / "other", "restore", str(file))
    assert (status, answer["error"]["code"]) == (1, "BACKUP_PASSPHRASE_WRONG")
    assert not (tmp_path / "other").exists()


def test_the_option_comes_before_the_environment(
    file: Path, passphrase: Path, tmp_path: Path
) -> None:
    right = tmp_path / "right"
    shutil.copy(passphrase, right)
    passphrase.write_text("another passphrase\n")
    arguments = ("restore", str(file), "--passphrase-file", str(right))
    assert program(tmp_path / "other", *arguments)[0] == 0


def test_without_a_passphrase_is_2(
    ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE)
    status, answer, _ = program(ledger, "backup", str(tmp_path / "b"))
    assert (status, answer["error"]["code"]) == (2, "BACKUP_PASSPHRASE_MISSING")
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize("text", [b"", b"\n", b"\xff\n"])
def test_with_no_passphrase_in_the_file_is_2(
    ledger: Path, passphrase: Path, tmp_path: Path, text: bytes
) -> None:
    passphrase.write_bytes(text)
    status, answer, _ = program(ledger, "backup", str(tmp_path / "b"))
    assert (status, answer["error"]["code"]) == (2, "BACKUP_PASSPHRASE_MISSING")


def test_a_short_passphrase_is_2(ledger: Path, passphrase: Path, tmp_path: Path) -> None:
    passphrase.write_text("seven77\n")
    status, answer, _ = program(ledger, "backup", str(tmp_path / "b"))
    assert (status, answer["error"]["code"]) == (2, "BACKUP_PASSPHRASE_TOO_SHORT")


def test_of_a_folder_without_a_ledger_is_2(tmp_path: Path) -> None:
    status, answer, _ = program(tmp_path / "nothing", "backup", str(tmp_path / "b"))
    assert (status, answer["error"]["code"]) == (2, "LEDGER_MISSING")
    assert not (tmp_path / "nothing").exists()


def test_of_no_file_is_2(tmp_path: Path) -> None:
    status, answer, _ = program(tmp_path / "other", "restore", str(tmp_path / "absent"))
    assert (status, answer["error"]["code"]) == (2, "FILE_UNUSABLE")


def test_knows_how_many_served_entries_are_missing(
    ledger: Path, file: Path, tmp_path: Path
) -> None:
    assert program(ledger, "mint", "--gtin", GTIN, "--lot", "L3", "--quantity", "2")[0] == 0
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(ledger / "served-heads.txt", other)
    status, answer, _ = program(other, "restore", str(file))
    assert status == 0
    assert answer["missing"] == answer["served"] - answer["entries"] > 0
    status, answer, _ = program(other, "mint", "--gtin", GTIN, "--lot", "L4", "--quantity", "2")
    assert status != 0, answer


def typed(arguments: list[str], lines: list[str]) -> tuple[int, str]:
    """Run the program at a terminal of its own; return its exit status and what was shown."""
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.executable, [sys.executable, "-m", "ledger_api.cli", *arguments])
    shown, since = b"", b""
    waiting = [line.encode() + b"\n" for line in lines]
    while True:
        try:
            part = os.read(terminal, 4096)
        except OSError:  # The terminal is closed when its last process has ended.
            break
        if not part:
            break
        shown, since = shown + part, since + part
        # The space comes once nothing that is typed shows any more.
        if waiting and since.endswith(b": "):
            os.write(terminal, waiting.pop(0))
            since = b""
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown.decode()


def test_the_passphrase_is_asked_for_and_not_shown(
    ledger: Path, tmp_path: Path, passphrase: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setenv("ITEMPROOF_LANG", "en")
    file, other = tmp_path / "typed", tmp_path / "other"
    words = passphrase.read_text().splitlines()[0]
    arguments = ["backup", str(file), "--no-verify", "--data", str(ledger)]
    status, shown = typed(arguments, [words, words])
    assert (status, file.exists()) == (0, True), shown
    assert "passphrase of the backup" in shown
    assert words not in shown
    status, shown = typed(["restore", str(file), "--data", str(other)], ["another passphrase"])
    assert (status, other.exists()) == (1, False), shown
    assert typed(["restore", str(file), "--data", str(other)], [words])[0] == 0


def test_key_files_keep_their_own_passphrase_through_a_restore(
    file: Path, passphrase: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    assert program(other, "restore", str(file))[0] == 0
    status, answer, _ = program(other, "status")
    assert (status, answer["keys"]["protected_by"], answer["keys"]["plain"]) == (
        0, "configured", 0,
    )  # fmt: skip
    monkeypatch.setenv("ITEMPROOF_KEY_PASSPHRASE_FILE", str(passphrase))
    status, answer, _ = program(other, "status")
    assert (status, answer["error"]["code"]) == (1, "KEY_PASSPHRASE_WRONG")
    assert "log.sealed" in answer["error"]["message"]
