"""Keccak-256 as Ethereum uses it: before NIST changed the padding, so it is not SHA3-256."""

from __future__ import annotations

from Crypto.Hash import keccak


def keccak256(data: bytes) -> bytes:
    """Return Ethereum's Keccak-256, which is not SHA3-256."""
    return keccak.new(digest_bits=256, data=data).digest()
