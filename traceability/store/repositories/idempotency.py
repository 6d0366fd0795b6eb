"""Idempotency keys: a request that names itself is done once (draft-ietf-httpapi-idempotency-key).

A name belongs to the API key that used it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from traceability.store.tables import idempotency_keys


@dataclass(frozen=True, slots=True)
class IdempotencyRow:
    """What was asked under a name, as its hash, and the answer."""

    request_hash: bytes
    answer: bytes


class IdempotencyRepository:
    """SQL over `idempotency_keys`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, api_key: str, name: str) -> IdempotencyRow | None:
        """Return what an API key asked under a name."""
        row = self._connection.execute(
            select(idempotency_keys.c.request_hash, idempotency_keys.c.answer).where(
                idempotency_keys.c.api_key == api_key, idempotency_keys.c.name == name
            )
        ).one_or_none()
        return None if row is None else IdempotencyRow(*row)

    def add(self, api_key: str, name: str, *, row: IdempotencyRow, created: int) -> bool:
        """Keep an answer; False where the name is taken, waiting for a rival to finish."""
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        added = self._connection.execute(
            dialect.insert(idempotency_keys)
            .values(
                api_key=api_key,
                name=name,
                request_hash=row.request_hash,
                answer=row.answer,
                created=created,
            )
            .on_conflict_do_nothing()
        )
        return bool(added.rowcount)

    def forget(self, *, before: int) -> int:
        """Forget answers older than a time; tell how many."""
        gone = self._connection.execute(
            delete(idempotency_keys).where(idempotency_keys.c.created < before)
        )
        return int(gone.rowcount)
