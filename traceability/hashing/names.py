"""The name of a record that has no code of its own: its entry's leaf hash and its index."""

from __future__ import annotations

from functools import lru_cache

from traceability.hashing.encoding import b64u_encode


def record_name(entry_hash: bytes, record_index: int) -> str:
    """Return the URN under which anybody can ask for a record and its proof."""
    return f"{_entry_name(entry_hash)}:{record_index}"


@lru_cache(maxsize=1_024)
def _entry_name(entry_hash: bytes) -> str:
    """Name an entry, of whose records a recall may list very many."""
    return f"urn:itemproof:record:{b64u_encode(entry_hash)}"
