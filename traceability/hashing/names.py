"""The name of a record that has no code of its own: its entry's leaf hash and its index."""

from __future__ import annotations

from traceability.hashing.encoding import b64u_encode


def record_name(entry_hash: bytes, record_index: int) -> str:
    """Return the URN under which anybody can ask for a record and its proof."""
    return f"urn:itemproof:record:{b64u_encode(entry_hash)}:{record_index}"
