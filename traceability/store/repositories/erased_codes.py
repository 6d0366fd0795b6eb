"""Codes whose record was erased, by keyed hashes: who has the code finds it, nobody reads it.

The key is not in the database: whoever has only that cannot try codes out.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from traceability.store.tables import erased_codes

_PURPOSE = b"itemproof erased codes"


def code_key(secret: bytes) -> bytes:
    """Return the key for hashes of erased codes, from a secret of the node."""
    return hmac.digest(secret, _PURPOSE, hashlib.sha256)


class ErasedCodeRepository:
    """SQL over `erased_codes`."""

    def __init__(self, connection: Connection, key: bytes | None) -> None:
        self._connection = connection
        self._key = key

    def keep(self, rows: Iterable[tuple[str, int, int]]) -> None:
        """Keep canonical codes with the record that answered: (code, batch, record index)."""
        if self._key is None:
            return
        values = [
            {"code_hash": self._hash(code), "batch": batch, "record_index": index}
            for code, batch, index in rows
        ]
        make = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        if values:
            self._connection.execute(make.insert(erased_codes).on_conflict_do_nothing(), values)

    def records_of(self, code: str) -> list[tuple[int, int]]:
        """Return the records that answered for a canonical code: (batch, record index)."""
        if self._key is None:
            return []
        rows = self._connection.execute(
            select(erased_codes.c.batch, erased_codes.c.record_index)
            .where(erased_codes.c.code_hash == self._hash(code))
            .order_by(erased_codes.c.batch, erased_codes.c.record_index)
        )
        return [(int(batch), int(index)) for batch, index in rows]

    def _hash(self, code: str) -> bytes:
        return hmac.digest(self._key or b"", code.encode(), hashlib.sha256)
