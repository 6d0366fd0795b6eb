"""Key files that are not encrypted, as earlier versions wrote them: read, never written here."""

from __future__ import annotations

import re

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from traceability.hashing.ed25519 import ALG as ED25519
from traceability.key_files.faults import KeyFileInvalid
from traceability.key_files.form import SECRET, Secret
from traceability.key_files.schemes import secret_of

_HEX_KEY = re.compile(rb"0x[0-9a-f]{64}\s*")


def read_plain(data: bytes, alg: str, name: str) -> Secret:
    """Return the key of a plain file: PEM (PKCS #8), raw bytes, or `0x` and 64 hex digits."""
    if alg == SECRET:
        return secret_of(alg, data)
    if alg == ED25519:
        return secret_of(alg, _seed(data, name))
    if not _HEX_KEY.fullmatch(data):
        raise KeyFileInvalid(
            f"key file {name!r} cannot be read: expected 0x and 64 lower-case hex digits"
        )
    return secret_of(alg, bytes.fromhex(data.decode().strip()[2:]))


def _seed(data: bytes, name: str) -> bytes:
    try:
        private = serialization.load_pem_private_key(data, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyFileInvalid(
            f"key file {name!r} cannot be read: expected PEM, or an encrypted key file"
        ) from error
    if not isinstance(private, Ed25519PrivateKey):
        raise KeyFileInvalid(f"key file {name!r} holds another kind of key: expected Ed25519")
    return private.private_bytes_raw()
