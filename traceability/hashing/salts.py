"""The salts of a record's fields: how they are derived, and how leaves have them.

Source: docs/formats.md, section "record".
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from struct import Struct
from typing import Final

from traceability.hashing.encoding import b64u_encode

SALT_BYTES: Final = 16
SECRET_BYTES: Final = 32
_SALT_TEXT = 22  # characters of base64url
_SALT_LABEL = b"itemproof/salt/1".ljust(32, b"\x00")
_AT_ONCE = 256


def salt_digests(secret: bytes, keys: Sequence[bytes]) -> list[bytes]:
    """Return hashes that begin with the salts of fields, whose paths' JCS are the keys."""
    start, sha256 = _SALT_LABEL + secret, hashlib.sha256
    return [sha256(start + key).digest() for key in keys]


def salt_texts(salts: Sequence[bytes]) -> list[bytes]:
    """Return the base64url of each salt; of longer ones only the first 16 bytes count."""
    texts: list[bytes] = []
    for start in range(0, len(salts), _AT_ONCE):
        some = salts[start : start + _AT_ONCE]
        widen, narrow = _layouts(len(some))
        texts += narrow.unpack(b64u_encode(widen.pack(*some)).encode())
    return texts


@lru_cache(maxsize=_AT_ONCE)
def _layouts(count: int) -> tuple[Struct, Struct]:
    """Return how salts are widened by two NULs to groups of three bytes, and their texts."""
    return Struct(f"{SALT_BYTES}s2x" * count), Struct(f"{_SALT_TEXT}s2x" * count)
