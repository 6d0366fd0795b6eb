"""A folder of key files: nothing is half written, nothing is lost, whatever fails."""

from __future__ import annotations

import contextlib
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.support.disk_faults import failing
from traceability.hashing.ed25519 import ALG, SigningKey
from traceability.key_files.faults import (
    KeyFileInvalid,
    KeyNotHeld,
    KeyPassphraseMissing,
    KeyPassphraseWrong,
)
from traceability.key_files.folder import KeyFolder
from traceability.key_files.form import SECRET, parse_sealed
from traceability.key_files.own import read_key_file, write_key_file
from traceability.key_files.passphrases import OWN_FILE, PassphraseSource, draw_passphrase
from traceability.key_files.schemes import SECP256K1_ALG, secret_of, secret_of_signing_key

KEY = SigningKey.from_seed(bytes(range(32)))
PERSON = f"participants/{KEY.key_id.hex()}"
OLD, NEW = draw_passphrase(), draw_passphrase()
MORE_STEPS_THAN_THERE_ARE = 200
PLAIN = {
    ("log", ALG): bytes(range(32)),
    ("duplicate", SECRET): b"\x05" * 32,
    ("publisher", SECP256K1_ALG): b"\x06" * 32,
    (PERSON, ALG): KEY.to_seed(),
}


def pem(seed: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def plain_folder(folder: Path) -> None:
    """Lay key files down as earlier versions did."""
    (folder / "participants").mkdir(parents=True)
    for name in ("log", PERSON):
        (folder / f"{name}.pem").write_bytes(pem(PLAIN[name, ALG]))
    (folder / "duplicate.secret").write_bytes(PLAIN["duplicate", SECRET])
    hexed = PLAIN["publisher", SECP256K1_ALG].hex()
    (folder / "publisher.key").write_text(f"0x{hexed}\n")


def under(folder: Path, passphrase: str | None) -> KeyFolder:
    """Open a folder as a new process would, with a passphrase in a file beside it."""
    if passphrase is None:
        return KeyFolder(folder, PassphraseSource(folder / OWN_FILE, makes_own=False))
    folder.parent.mkdir(exist_ok=True)
    path = folder.parent / "passphrase.txt"
    path.write_text(f"{passphrase}\n")
    return KeyFolder(folder, PassphraseSource(folder / OWN_FILE, configured=path))


def held(keys: KeyFolder) -> dict[tuple[str, str], bytes]:
    return {(stem, alg): keys.read(stem, alg).data for stem, alg in PLAIN}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    plain_folder(tmp_path / "keys")
    return tmp_path / "keys"


class TestNewFiles:
    def test_are_read_back_by_another_process(self, tmp_path: Path) -> None:
        under(tmp_path / "keys", OLD).write("log", secret_of_signing_key(KEY))
        assert under(tmp_path / "keys", OLD).read("log", ALG).data == KEY.to_seed()

    def test_are_their_owners_alone(self, tmp_path: Path) -> None:
        under(tmp_path / "keys", OLD).write(PERSON, secret_of_signing_key(KEY))
        path = tmp_path / "keys" / f"{PERSON}.sealed"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        for one in (path.parent, path.parent.parent):
            assert stat.S_IMODE(one.stat().st_mode) == 0o700

    def test_are_never_written_over(self, tmp_path: Path) -> None:
        keys = under(tmp_path / "keys", OLD)
        keys.write("log", secret_of_signing_key(KEY))
        with pytest.raises(KeyFileInvalid, match="never overwritten"):
            keys.write("log", secret_of_signing_key(SigningKey.generate()))
        assert keys.read("log", ALG).data == KEY.to_seed()

    def test_share_their_salt_with_those_of_earlier_processes(self, tmp_path: Path) -> None:
        under(tmp_path / "keys", OLD).write("log", secret_of_signing_key(KEY))
        keys = under(tmp_path / "keys", OLD)
        keys.write("duplicate", secret_of(SECRET, b"s"))
        files = [parse_sealed(path.read_bytes()) for path in keys.sealed_files()]
        assert len(files) == 2
        assert len({one.kdf for one in files}) == 1

    @pytest.mark.parametrize("done", [False, True])
    def test_are_whole_or_absent_wherever_the_disk_fails(self, tmp_path: Path, done: bool) -> None:
        failed = 0
        for number in range(1, MORE_STEPS_THAN_THERE_ARE):
            keys = under(tmp_path / str(number) / "keys", OLD)
            with failing(number, done=done) as fault, contextlib.suppress(OSError):
                keys.write(PERSON, secret_of_signing_key(KEY))
            if not fault.failed:
                break
            failed += 1
            again = under(tmp_path / str(number) / "keys", OLD)
            if not again.exists(PERSON, ALG):
                again.write(PERSON, secret_of_signing_key(KEY))
            assert again.read(PERSON, ALG).data == KEY.to_seed()
        assert failed > 5

    def test_need_a_passphrase(self, tmp_path: Path) -> None:
        with pytest.raises(KeyPassphraseMissing):
            under(tmp_path / "keys", None).write("log", secret_of_signing_key(KEY))
        assert not (tmp_path / "keys").exists()


class TestReading:
    def test_takes_plain_files_of_earlier_versions(self, folder: Path) -> None:
        assert held(under(folder, None)) == PLAIN

    def test_of_what_is_not_there(self, folder: Path) -> None:
        with pytest.raises(KeyNotHeld, match=r"'registrar\.sealed' is missing"):
            under(folder, OLD).read("registrar", ALG)

    @pytest.mark.parametrize(
        "content", [b"", b"-----BEGIN PRIVATE KEY-----\n", b"\xff", b"{}", b"x" * 100_000]
    )
    def test_refuses_a_file_that_holds_no_key(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "keys").mkdir()
        (tmp_path / "keys" / "log.pem").write_bytes(content)
        with pytest.raises(KeyFileInvalid):
            under(tmp_path / "keys", OLD).read("log", ALG)

    def test_refuses_another_kind_of_key(self, folder: Path) -> None:
        other = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        (folder / "log.pem").write_bytes(other)
        with pytest.raises(KeyFileInvalid, match="another kind of key"):
            under(folder, OLD).read("log", ALG)

    def test_refuses_an_encrypted_key_of_another_kind(self, tmp_path: Path) -> None:
        keys = under(tmp_path / "keys", OLD)
        keys.write("log", secret_of(SECP256K1_ALG, b"\x06" * 32))
        with pytest.raises(KeyFileInvalid, match="expected ed25519, got secp256k1"):
            keys.read("log", ALG)

    def test_names_the_file_that_a_passphrase_does_not_open(self, tmp_path: Path) -> None:
        under(tmp_path / "keys", OLD).write("log", secret_of_signing_key(KEY))
        with pytest.raises(KeyPassphraseWrong, match=r"'log\.sealed'"):
            under(tmp_path / "keys", NEW).read("log", ALG)

    def test_also_knows_the_folders_own_passphrase_once_one_is_configured(
        self, tmp_path: Path
    ) -> None:
        KeyFolder(tmp_path / "keys").write("log", secret_of_signing_key(KEY))
        assert under(tmp_path / "keys", NEW).read("log", ALG).data == KEY.to_seed()


class TestEncrypting:
    def test_leaves_no_plain_file(self, folder: Path) -> None:
        assert len(under(folder, OLD).encrypt()) == len(PLAIN)
        keys = under(folder, OLD)
        assert keys.plain_files() == []
        assert held(keys) == PLAIN
        content = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
        for data in PLAIN.values():
            assert data not in content
            assert data.hex().encode() not in content

    def test_done_twice_does_nothing(self, folder: Path) -> None:
        under(folder, OLD).encrypt()
        assert under(folder, OLD).encrypt() == []

    def test_without_a_passphrase_leaves_all_as_it_is(self, folder: Path) -> None:
        with pytest.raises(KeyPassphraseMissing):
            under(folder, None).encrypt()
        assert held(under(folder, None)) == PLAIN

    def test_never_removes_a_plain_key_that_the_encrypted_file_does_not_hold(
        self, folder: Path
    ) -> None:
        under(folder, OLD).write("log", secret_of_signing_key(SigningKey.generate()))
        with pytest.raises(KeyFileInvalid, match=r"'log\.pem' and 'log\.sealed' differ"):
            under(folder, OLD).encrypt()
        assert (folder / "log.pem").exists()

    @pytest.mark.parametrize("done", [False, True])
    def test_is_finished_by_the_next_run_wherever_the_disk_fails(
        self, tmp_path: Path, done: bool
    ) -> None:
        def encrypt(keys: KeyFolder) -> None:
            keys.encrypt()

        assert steps_survived(tmp_path, encrypt, done=done, first=OLD) > 10


class TestChangingThePassphrase:
    def test_has_the_new_one_open_all_and_the_old_one_nothing(self, folder: Path) -> None:
        under(folder, OLD).encrypt()
        assert under(folder, OLD).change_passphrase(NEW) == len(PLAIN)
        assert held(under(folder, NEW)) == PLAIN
        for stem, alg in PLAIN:
            with pytest.raises(KeyPassphraseWrong):
                under(folder, OLD).read(stem, alg)

    def test_takes_the_folders_own_passphrase_away(self, tmp_path: Path) -> None:
        keys = KeyFolder(tmp_path / "keys")
        keys.write("log", secret_of_signing_key(KEY))
        assert (tmp_path / "keys" / OWN_FILE).exists()
        keys.change_passphrase(NEW)
        assert not (tmp_path / "keys" / OWN_FILE).exists()
        assert under(tmp_path / "keys", NEW).read("log", ALG).data == KEY.to_seed()

    def test_with_a_wrong_passphrase_changes_nothing(self, folder: Path) -> None:
        under(folder, OLD).encrypt()
        before = {path: path.read_bytes() for path in folder.rglob("*.sealed")}
        with pytest.raises(KeyPassphraseWrong):
            under(folder, draw_passphrase()).change_passphrase(NEW)
        assert {path: path.read_bytes() for path in folder.rglob("*.sealed")} == before

    @pytest.mark.parametrize("done", [False, True])
    def test_leaves_all_readable_with_the_new_one_wherever_the_disk_fails(
        self, tmp_path: Path, done: bool
    ) -> None:
        def change(keys: KeyFolder) -> None:
            keys.change_passphrase(NEW)

        assert steps_survived(tmp_path, change, done=done, first=OLD, then=NEW) > 10

    def test_that_was_interrupted_is_not_followed_by_another(self, folder: Path) -> None:
        under(folder, OLD).encrypt()
        keys = under(folder, OLD)
        with failing(9, done=True) as fault, pytest.raises(OSError, match="no space"):
            keys.change_passphrase(NEW)
        assert fault.failed
        assert (folder / "passphrase-change.sealed").exists()
        with pytest.raises(KeyPassphraseWrong):
            under(folder, NEW).change_passphrase(draw_passphrase())
        assert held(under(folder, NEW)) == PLAIN


def steps_survived(
    tmp_path: Path,
    work: Callable[[KeyFolder], None],
    *,
    done: bool,
    first: str,
    then: str | None = None,
) -> int:
    """Fail each step of some work in turn; whatever is left is read, and the work finished."""
    for number in range(1, MORE_STEPS_THAN_THERE_ARE):
        folder = tmp_path / str(number) / "keys"
        plain_folder(folder)
        if then is not None:
            under(folder, first).encrypt()
        keys = under(folder, first)
        with failing(number, done=done) as fault:
            try:
                work(keys)
            except OSError:
                assert fault.failed
        after = under(folder, first)
        started = then is not None and (folder / "passphrase-change.sealed").exists()
        if started or not fault.failed:
            after = under(folder, then or first)
        try:
            assert held(after) == PLAIN
        except KeyPassphraseWrong:
            # All are under the new one already, and the mark is gone.
            after = under(folder, then or first)
            assert held(after) == PLAIN
        if not fault.failed:
            return number
        work(after)
        assert held(under(folder, then or first)) == PLAIN
        assert after.plain_files() == []
        assert not (folder / "passphrase-change.sealed").exists()
    raise AssertionError("work never ends")


class TestAFileOfOnesOwn:
    def test_opens_with_its_passphrase_only(self, tmp_path: Path) -> None:
        path = tmp_path / "works.key"
        write_key_file(path, secret_of_signing_key(KEY), OLD)
        assert read_key_file(path, lambda: OLD).data == KEY.to_seed()
        with pytest.raises(KeyPassphraseWrong, match=r"'works\.key'"):
            read_key_file(path, lambda: NEW)

    def test_that_is_plain_asks_for_no_passphrase(self, tmp_path: Path) -> None:
        def ask() -> str:
            raise AssertionError("nobody is to be asked")

        (tmp_path / "works.pem").write_bytes(pem(KEY.to_seed()))
        assert read_key_file(tmp_path / "works.pem", ask).data == KEY.to_seed()

    def test_is_never_written_over(self, tmp_path: Path) -> None:
        path = tmp_path / "works.key"
        write_key_file(path, secret_of_signing_key(KEY), OLD)
        with pytest.raises(KeyFileInvalid, match="never overwritten"):
            write_key_file(path, secret_of_signing_key(SigningKey.generate()), OLD)
