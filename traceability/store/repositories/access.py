"""API keys: names, roles and hashes of secrets; a secret itself is never stored."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from traceability.store.tables import api_keys


@dataclass(frozen=True, slots=True)
class ApiKeyRow:
    """One API key; `participant` is None for operator and auditor."""

    name: str
    role: str
    participant: bytes | None
    secret_hash: bytes
    created: int
    revoked: int | None


class AccessRepository:
    """SQL over `api_keys`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, row: ApiKeyRow) -> None:
        """Keep a new API key."""
        self._connection.execute(
            insert(api_keys).values(
                name=row.name,
                role=row.role,
                participant=row.participant,
                secret_hash=row.secret_hash,
                created=row.created,
            )
        )

    def get(self, name: str) -> ApiKeyRow | None:
        """Return an API key by its public name."""
        row = self._connection.execute(
            select(api_keys).where(api_keys.c.name == name)
        ).one_or_none()
        return None if row is None else ApiKeyRow(*row)

    def all(self) -> list[ApiKeyRow]:
        """Return every API key, oldest first."""
        rows = self._connection.execute(select(api_keys).order_by(api_keys.c.created))
        return [ApiKeyRow(*row) for row in rows]

    def revoke(self, name: str, *, revoked: int) -> bool:
        """Revoke a key; tell whether there was one to revoke."""
        changed = self._connection.execute(
            update(api_keys)
            .where(api_keys.c.name == name, api_keys.c.revoked.is_(None))
            .values(revoked=revoked)
        )
        return bool(changed.rowcount)
