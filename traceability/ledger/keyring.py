"""The signing keys that this node holds, one file each, readable by their owner only.

A key whose participant keeps it elsewhere is not here; `custody` in its registration says so.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from traceability.errors import NotFound
from traceability.hashing.ed25519 import SigningKey, load_signing_key, save_signing_key


class KeyNotHeld(NotFound):
    """The signing key is not held by this node."""

    code = "KEY_NOT_HELD"


class Keyring:
    """A folder of key files, named by what they are for or by their key id."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._participants = folder / "participants"
        self._participants_name = str(self._participants)
        # Keys that were read; whether a file is still there is asked each time.
        self._read: dict[bytes, SigningKey] = {}

    def named(self, name: str, *, create: bool = False) -> SigningKey:
        """Return the key for a purpose (`log`, `registrar`), made on first use if asked."""
        path = self._folder / f"{name}.pem"
        if path.exists():
            return load_signing_key(path)
        if not create:
            raise KeyNotHeld(f"key file {path.name!r} is missing")
        return self._save(SigningKey.generate(), path)

    def secret(self, name: str, *, create: int = 0) -> bytes:
        """Return a secret of raw bytes; with `create`, one of that many is made on first use."""
        path = self._folder / f"{name}.secret"
        if path.exists():
            return path.read_bytes()
        if not create:
            raise KeyNotHeld(f"secret file {path.name!r} is missing")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        data = secrets.token_bytes(create)
        # Whole or absent: a crash may leave the other name behind, never half a secret.
        draft = path.with_suffix(".new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(data)
            handle.flush()
            os.fsync(handle.fileno())
        draft.replace(path)
        return data

    def held(self, key_id: bytes) -> SigningKey:
        """Return the participant's key with this id."""
        if not self.holds(key_id):
            raise KeyNotHeld(f"key {key_id.hex()[:16]} is not held here")
        if key_id not in self._read:
            self._read[key_id] = load_signing_key(self._path(key_id))
        return self._read[key_id]

    def holds(self, key_id: bytes) -> bool:
        """Tell whether the key with this id is here."""
        # Every group commit asks for each of its keys.
        return os.path.exists(f"{self._participants_name}/{key_id.hex()}.pem")  # noqa: PTH110 # a `Path` takes five times as long

    def add(self, key: SigningKey) -> None:
        """Keep a participant's key under its id."""
        if not self.holds(key.key_id):
            self._save(key, self._path(key.key_id))

    def _path(self, key_id: bytes) -> Path:
        return self._participants / f"{key_id.hex()}.pem"

    def _save(self, key: SigningKey, path: Path) -> SigningKey:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        save_signing_key(key, path)
        return key
