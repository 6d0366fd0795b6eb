"""Hashes, base64 and canonical JSON in a few plain lines, apart from the code under test."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from typing import Any


def h(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def seeded(label: str, length: int = 32) -> bytes:
    """Return bytes that look random and are always the same."""
    return hashlib.shake_128(label.encode()).digest(length)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def b64u(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def jcs(value: Any) -> bytes:
    """Return JCS for values without floats whose member names are ASCII."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def leaf(data: bytes) -> bytes:
    return h(b"\x00" + data)


def mth(hashes: Sequence[bytes]) -> bytes:
    """Return MTH of RFC 9162, section 2.1.1, over leaf hashes."""
    if not hashes:
        return h(b"")
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while 2 * k < len(hashes):
        k *= 2
    return h(b"\x01" + mth(hashes[:k]) + mth(hashes[k:]))


def path_of(m: int, hashes: Sequence[bytes]) -> list[bytes]:
    """Return PATH of RFC 9162, section 2.1.3.1."""
    if len(hashes) == 1:
        return []
    k = 1
    while 2 * k < len(hashes):
        k *= 2
    if m < k:
        return [*path_of(m, hashes[:k]), mth(hashes[k:])]
    return [*path_of(m - k, hashes[k:]), mth(hashes[:k])]
