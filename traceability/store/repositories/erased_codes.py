"""Codes whose record was erased, by keyed hashes: who has the code finds it, nobody reads it.

The key is not in the database: whoever has only that cannot try codes out.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, func, select
from sqlalchemy.dialects import postgresql, sqlite

from traceability.store.tables import erased_codes

_PURPOSE = b"itemproof erased codes"
# Hashes asked for at a time.
_AT_ONCE = 500
# In the place of a record's index, where what is kept is of a lot.
LOT_RECORD = -1


def code_key(secret: bytes) -> bytes:
    """Return the key for hashes of erased codes, from a secret of the node."""
    return hmac.digest(secret, _PURPOSE, hashlib.sha256)


def code_hash(key: bytes, code: str) -> bytes:
    """Return the hash under which a code is kept."""
    return hmac.digest(key, code.encode(), hashlib.sha256)


def lot_name(gtin: str, lot: str, entry: bytes) -> str:
    """Return what is kept of a lot with erased items, in its batch's entry alone: no code."""
    return f"lot {gtin} {lot} {entry.hex()}"


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

    def places_of(self, codes: Collection[str]) -> dict[str, list[tuple[int, int]]]:
        """Return the records that answered for canonical codes, of many at once."""
        if self._key is None or not codes or not self._count(1):
            return {}
        by_hash = {self._hash(code): code for code in codes}
        found: dict[str, list[tuple[int, int]]] = {}
        for row in self._rows(by_hash):
            code = by_hash.get(bytes(row.code_hash))
            if code is not None:
                found.setdefault(code, []).append((int(row.batch), int(row.record_index)))
        return {code: sorted(places) for code, places in found.items()}

    def _rows(self, hashes: Collection[bytes]) -> Iterator[Row[Any]]:
        """Yield the rows of these hashes; where there are few in all, all."""
        if self._count(len(hashes)) < len(hashes):
            yield from self._connection.execute(select(erased_codes))
            return
        rest = iter(hashes)
        while some := list(islice(rest, _AT_ONCE)):
            is_asked = erased_codes.c.code_hash.in_(some)
            yield from self._connection.execute(select(erased_codes).where(is_asked))

    def _count(self, limit: int) -> int:
        """Return how many rows there are, `limit` at most."""
        some = select(erased_codes.c.batch).limit(limit).subquery()
        return self._connection.scalar(select(func.count()).select_from(some)) or 0

    def _hash(self, code: str) -> bytes:
        return code_hash(self._key or b"", code)
