"""The signing keys that this node holds, one encrypted file each, readable by their owner only.

A key whose participant keeps it elsewhere is not here; `custody` in its registration says so.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from traceability.hashing.ed25519 import ALG, SigningKey
from traceability.key_files.faults import KeyFileInvalid, KeyNotHeld
from traceability.key_files.folder import SEALED, KeyFolder
from traceability.key_files.form import SECRET
from traceability.key_files.passphrases import PassphraseSource
from traceability.key_files.schemes import secret_of, secret_of_signing_key, signing_key_of

__all__ = ["KeyNotHeld", "Keyring"]

PARTICIPANTS = "participants"


class Keyring:
    """A folder of key files, named by what they are for or by their key id.

    Parameters
    ----------
    source
        Where the passphrase comes from; by default the folder's own, which is made with its
        first key and protects nothing against who reads the folder.
    """

    def __init__(self, folder: Path, source: PassphraseSource | None = None) -> None:
        self.files = KeyFolder(folder, source)
        self._participants_name = str(folder / PARTICIPANTS)
        # Keys that were read; whether a file is still there is asked each time.
        self._read: dict[bytes, SigningKey] = {}

    def named(self, name: str, *, create: bool = False) -> SigningKey:
        """Return the key for a purpose (`log`, `registrar`), made on first use if asked."""
        if create and not self.files.exists(name, ALG):
            self.files.write(name, secret_of_signing_key(SigningKey.generate()))
        return signing_key_of(self.files.read(name, ALG))

    def secret(self, name: str, *, create: int = 0) -> bytes:
        """Return a secret of raw bytes; with `create`, one of that many is made on first use."""
        if create and not self.files.exists(name, SECRET):
            self.files.write(name, secret_of(SECRET, secrets.token_bytes(create)))
        return self.files.read(name, SECRET).data

    def held(self, key_id: bytes) -> SigningKey:
        """Return the participant's key with this id."""
        if not self.holds(key_id):
            raise KeyNotHeld(f"key {key_id.hex()[:16]} is not held here")
        if key_id not in self._read:
            key = signing_key_of(self.files.read(_stem(key_id), ALG))
            if key.key_id != key_id:
                raise KeyFileInvalid(f"key file of {key_id.hex()[:16]} holds another key")
            self._read[key_id] = key
        return self._read[key_id]

    def holds(self, key_id: bytes) -> bool:
        """Tell whether the key with this id is here."""
        # Every group commit asks for each of its keys.
        stem = f"{self._participants_name}/{key_id.hex()}"
        return os.path.exists(f"{stem}{SEALED}") or os.path.exists(f"{stem}.pem")  # noqa: PTH110 # a `Path` takes five times as long

    def can_sign(self, key_id: bytes) -> bool:
        """Tell whether the key with this id is here, whole, and the one that it is called."""
        try:
            return self.held(key_id).key_id == key_id
        except (KeyNotHeld, KeyFileInvalid):
            return False

    def add(self, key: SigningKey) -> None:
        """Keep a participant's key under its id."""
        if not self.holds(key.key_id):
            self.files.write(_stem(key.key_id), secret_of_signing_key(key))


def _stem(key_id: bytes) -> str:
    return f"{PARTICIPANTS}/{key_id.hex()}"
