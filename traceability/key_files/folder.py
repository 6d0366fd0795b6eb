"""A folder of key files: encrypted ones, and plain ones of earlier versions, which are still read.

A key is named by a stem such as `log` or `participants/<key id>`: `log.sealed` is its encrypted
file, `log.pem` a plain one. Where both are there, the encrypted one counts.
"""

from __future__ import annotations

import contextlib
import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from traceability.hashing.ed25519 import ALG as ED25519
from traceability.key_files.faults import KeyFileInvalid, KeyNotHeld, KeyPassphraseWrong
from traceability.key_files.files import remove_file, replace_file, write_new
from traceability.key_files.form import MAX_FILE_BYTES, SECRET, Secret, is_sealed, parse_sealed
from traceability.key_files.opener import Opened, Opener
from traceability.key_files.passphrases import OWN_FILE, PassphraseSource, cost_for
from traceability.key_files.plain import read_plain
from traceability.key_files.schemes import SECP256K1_ALG, secret_of

SEALED = ".sealed"
PLAIN: Final = {ED25519: ".pem", SECRET: ".secret", SECP256K1_ALG: ".key"}
# While a passphrase is being changed: the one before, encrypted under the new one.
CHANGE = "passphrase-change"


@dataclass(frozen=True, slots=True)
class Standing:
    """How the keys of a folder are protected: by which passphrase, and how many files."""

    protected_by: Literal["configured", "own", "none"]
    encrypted: int
    plain: int


class KeyFolder:
    """Reads and writes the key files of a folder."""

    def __init__(self, folder: Path, source: PassphraseSource | None = None) -> None:
        self.folder = folder
        self.source = source or PassphraseSource(folder / OWN_FILE)
        self._opener = Opener()

    def exists(self, stem: str, alg: str) -> bool:
        """Tell whether a key is here."""
        return self._sealed(stem).exists() or self._plain(stem, alg).exists()

    def read(self, stem: str, alg: str) -> Secret:
        """Return a key.

        Raises
        ------
        KeyNotHeld, KeyFileInvalid, KeyPassphraseMissing, KeyPassphraseWrong
        """
        sealed = self._sealed(stem)
        plain = self._plain(stem, alg)
        if sealed.exists():
            found = self.open_file(sealed).secret
        elif plain.exists():
            found = self._read_plain(plain)
        else:
            raise KeyNotHeld(f"key file {sealed.name!r} is missing")
        if found.alg != alg:
            raise KeyFileInvalid(
                f"key file {stem!r} holds another kind of key: expected {alg}, got {found.alg}"
            )
        return found

    def write(self, stem: str, secret: Secret) -> None:
        """Keep a new key, encrypted; never over an existing one.

        Raises
        ------
        KeyFileInvalid, KeyPassphraseMissing
        """
        write_new(self._sealed(stem), self.sealed_bytes(secret, self.source.for_new()))

    def sealed_bytes(self, secret: Secret, passphrase: str) -> bytes:
        """Return a key's file under a passphrase."""
        if not self._opener.has_used(passphrase):
            self._learn_salt(passphrase)
        return self._opener.seal(secret, passphrase, cost=cost_for(passphrase)).to_bytes()

    def _learn_salt(self, passphrase: str) -> None:
        """Open one of the folder's files, so that a new one shares its salt."""
        for path in self.sealed_files()[:1]:
            sealed = parse_sealed(read_bounded(path))
            with contextlib.suppress(KeyPassphraseWrong):
                self._opener.open(sealed, [passphrase], name=path.name)

    def open_file(self, path: Path, *, also: Sequence[str] = ()) -> Opened:
        """Return what an encrypted file holds, and the passphrase that opened it.

        Parameters
        ----------
        also
            Passphrases to try before those that are configured.
        """
        sealed = parse_sealed(read_bounded(path))
        return self._opener.open(sealed, self._passphrases(also), name=path.name)

    def load(self, path: Path, alg: str) -> Secret:
        """Read a key file that lies anywhere, encrypted or plain."""
        data = read_bounded(path)
        return self.open_file(path).secret if is_sealed(data) else read_plain(data, alg, path.name)

    def standing(self) -> Standing:
        """Return how the folder's keys are protected."""
        return Standing(self.source.kind, len(self.sealed_files()), len(self.plain_files()))

    def sealed_files(self) -> list[Path]:
        """Return the encrypted files."""
        return [path for path in self._files() if path.suffix == SEALED]

    def plain_files(self) -> list[Path]:
        """Return the plain files of keys."""
        return [path for path in self._files() if path.suffix in PLAIN.values()]

    def encrypt(self) -> list[Path]:
        """Encrypt every plain file, and remove it; return what was plain.

        Durable steps for each: the encrypted file; read back and compared; the plain one gone. A
        crash between them leaves both, and the next run goes on.

        Raises
        ------
        KeyFileInvalid
            An encrypted file beside a plain one holds another key: neither is touched.
        """
        plain = self.plain_files()
        for path in plain:
            self._encrypt(path)
        return plain

    def _encrypt(self, path: Path) -> None:
        alg = next(alg for alg, suffix in PLAIN.items() if suffix == path.suffix)
        secret = self._read_plain(path)
        sealed = path.with_suffix(SEALED)
        if not sealed.exists():
            write_new(sealed, self.sealed_bytes(secret, self.source.for_new()), known=True)
        found = self.open_file(sealed).secret
        if found.alg != alg or not hmac.compare_digest(found.data, secret.data):
            raise KeyFileInvalid(f"key files {path.name!r} and {sealed.name!r} differ")
        remove_file(path)

    def change_passphrase(self, new: str) -> int:
        """Encrypt every file under another passphrase; return how many there are.

        Durable steps: (1) the one before, encrypted under the new one, as `passphrase-change`;
        (2) each file in turn; (3) that file gone, and the folder's own passphrase with it. After
        a crash the new passphrase opens every file, and the same command finishes. Nobody else
        may write keys meanwhile.
        """
        paths = self.sealed_files()
        opened = {path: self.open_file(path, also=[new]) for path in paths}
        todo = {path: found.secret for path, found in opened.items() if found.passphrase != new}
        self._mark_change({found.passphrase for found in opened.values()} - {new}, new)
        for path, secret in todo.items():
            replace_file(path, self.sealed_bytes(secret, new))
        remove_file(self._sealed(CHANGE))
        remove_file(self.folder / OWN_FILE)
        return len(paths)

    def _mark_change(self, before: set[str], new: str) -> None:
        marker = self._sealed(CHANGE)
        if marker.exists():
            # One that was begun with another passphrase has to be finished with that first.
            self._opener.open(parse_sealed(read_bounded(marker)), [new], name=marker.name)
        elif before:
            texts = secret_of(SECRET, "\n".join(sorted(before)).encode())
            write_new(marker, self.sealed_bytes(texts, new))

    def _passphrases(self, also: Sequence[str] = ()) -> list[str]:
        known = list(dict.fromkeys([*also, *self.source.known()]))
        marker = self._sealed(CHANGE)
        if known and marker.exists():
            sealed = parse_sealed(read_bounded(marker))
            with contextlib.suppress(KeyPassphraseWrong):
                before = self._opener.open(sealed, known, name=marker.name)
                return [*known, *before.secret.data.decode().split("\n")]
        return known

    def _sealed(self, stem: str) -> Path:
        return self.folder / f"{stem}{SEALED}"

    def _plain(self, stem: str, alg: str) -> Path:
        return self.folder / f"{stem}{PLAIN[alg]}"

    def _read_plain(self, path: Path) -> Secret:
        alg = next(alg for alg, suffix in PLAIN.items() if suffix == path.suffix)
        return read_plain(read_bounded(path), alg, path.name)

    def _files(self) -> Iterator[Path]:
        for path in sorted(self.folder.rglob("*")):
            is_draft = path.name.startswith(".")
            if path.is_file() and not is_draft and path.name != f"{CHANGE}{SEALED}":
                yield path


def read_bounded(path: Path) -> bytes:
    """Return a key file, unless it is longer than any.

    Raises
    ------
    KeyNotHeld, KeyFileInvalid
    """
    try:
        with path.open("rb") as handle:
            data = handle.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError as error:
        raise KeyNotHeld(f"key file {path.name!r} is missing") from error
    except OSError as error:
        raise KeyFileInvalid(f"key file {path.name!r} cannot be read") from error
    if len(data) > MAX_FILE_BYTES:
        raise KeyFileInvalid(
            f"key file {path.name!r} is too long: expected at most {MAX_FILE_BYTES} bytes"
        )
    return data
