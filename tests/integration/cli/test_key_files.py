"""Key files from the command line: encrypted, under another passphrase, and never without one."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.integration.cli.test_commands import Program
from tests.support.anvil import Anvil
from tests.support.ledger import add_participant, opened_node
from traceability.key_files.folder import KeyFolder

SETTING = "ITEMPROOF_KEY_PASSPHRASE_FILE"


@pytest.fixture
def program(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Return the program on a ledger whose keys are under the folder's own passphrase."""
    monkeypatch.delenv(SETTING, raising=False)
    monkeypatch.setenv("ITEMPROOF_DATABASE_URL", sqlite_url)
    with opened_node(sqlite_url, tmp_path / "data") as node:
        add_participant(node)
    return Program(tmp_path / "data")


def make_plain(folder: Path) -> None:
    """Leave the keys as earlier versions did."""
    keys = KeyFolder(folder / "keys")
    for path in keys.sealed_files():
        secret = keys.open_file(path).secret
        if secret.alg == "secret":
            path.with_suffix(".secret").write_bytes(secret.data)
        else:
            pem = Ed25519PrivateKey.from_private_bytes(secret.data).private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            path.with_suffix(".pem").write_bytes(pem)
        path.unlink()
    (folder / "keys" / "passphrase").unlink()


def passphrase_file(tmp_path: Path, text: str) -> str:
    path = tmp_path / "passphrase.txt"
    path.write_text(f"{text}\n")
    return str(path)


class TestWithoutAPassphrase:
    def test_the_folders_own_is_told_of(self, program: Program) -> None:
        status, answer = program("status")
        assert (status, answer["keys"]["protected_by"]) == (0, "own")
        assert answer["keys"]["plain"] == 0
        assert answer["keys"]["encrypted"] == 4
        own = program.folder / "keys" / "passphrase"
        assert stat.S_IMODE(own.stat().st_mode) == 0o600

    def test_no_key_is_made_for_a_chain_that_is_configured(
        self, anvil: Anvil, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv(SETTING, raising=False)
        monkeypatch.setenv("ITEMPROOF_RPC_URLS", anvil.url)
        status, answer = Program(tmp_path / "data")("anchor")
        assert (status, answer["error"]["code"]) == (2, "KEY_PASSPHRASE_MISSING")
        assert not (tmp_path / "data" / "keys").exists()

    def test_no_key_of_ones_own_is_made(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv(SETTING, raising=False)
        path = tmp_path / "works.key"
        status, answer = Program(tmp_path)("key", "generate", "-o", str(path))
        assert (status, answer["error"]["code"]) == (2, "KEY_PASSPHRASE_MISSING")
        assert not path.exists()


class TestPlainFiles:
    def test_are_encrypted_when_a_passphrase_is_first_configured(
        self, program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_plain(program.folder)
        assert program("status")[1]["keys"] == {"protected_by": "own", "encrypted": 0, "plain": 4}
        monkeypatch.setenv(SETTING, passphrase_file(tmp_path, "five random words of ours"))
        expected = {"protected_by": "configured", "encrypted": 4, "plain": 0}
        assert program("status")[1]["keys"] == expected
        assert program("audit", "--offline")[0] == 0

    def test_are_encrypted_on_command(self, program: Program) -> None:
        make_plain(program.folder)
        status, answer = program("key", "encrypt")
        assert (status, answer["files"]) == (0, 4)
        assert sorted(answer["encrypted"])[0] == "duplicate.secret"
        assert program("key", "encrypt")[1]["encrypted"] == []
        assert program("status")[0] == 0


class TestAnotherPassphrase:
    def test_is_drawn_and_opens_all_alone(
        self, program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        new = str(tmp_path / "new.txt")
        status, answer = program("key", "passphrase", new, "--draw")
        assert (status, answer["files"]) == (0, 4)
        status, answer = program("status")
        assert (status, answer["error"]["code"]) == (2, "KEY_PASSPHRASE_MISSING")
        monkeypatch.setenv(SETTING, new)
        assert program("status")[0] == 0
        monkeypatch.setenv(SETTING, passphrase_file(tmp_path, "itemproof-passphrase-1-" + "x" * 43))
        status, answer = program("status")
        assert (status, answer["error"]["code"]) == (1, "KEY_PASSPHRASE_WRONG")
        assert "log.sealed" in answer["error"]["message"]

    def test_is_not_taken_while_the_node_is_served(
        self, program: Program, sqlite_url: str, tmp_path: Path
    ) -> None:
        with (
            opened_node(sqlite_url, program.folder) as node,
            node.store.lock("serve", wait=False),
        ):
            status, answer = program("key", "passphrase", str(tmp_path / "new.txt"), "--draw")
        assert (status, answer["error"]["code"]) == (3, "ALREADY_RUNNING")
        assert program("status")[0] == 0

    def test_that_is_short_is_refused(self, program: Program, tmp_path: Path) -> None:
        status, answer = program("key", "passphrase", passphrase_file(tmp_path, "short"))
        assert (status, answer["error"]["code"]) == (2, "KEY_PASSPHRASE_TOO_SHORT")
        assert program("status")[0] == 0


class TestOnesOwnFile:
    def test_is_encrypted_and_signs_with_its_passphrase_only(
        self, program: Program, tmp_path: Path
    ) -> None:
        key, right = tmp_path / "works.key", passphrase_file(tmp_path, "five random words of ours")
        made = program("key", "generate", "-o", str(key), "--passphrase-file", right)
        assert made[0] == 0
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        assert '"alg":"ed25519"' in key.read_text()
        wrong = tmp_path / "wrong.txt"
        wrong.write_text("itemproof-passphrase-1-" + "x" * 43)
        add = ("participant", "add", "--name", "铜业", "--role", "supplier", "--key", str(key))
        status, answer = program(*add, "--passphrase-file", str(wrong))
        assert (status, answer["error"]["code"]) == (1, "KEY_PASSPHRASE_WRONG")
        assert program(*add, "--passphrase-file", right)[0] == 0
