"""Names and values of the ledger itself."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from traceability.store.tables import meta


class MetaRepository:
    """A small table of named byte strings."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, name: str) -> bytes | None:
        """Return the value kept under a name, or None."""
        value: bytes | None = self._connection.scalar(
            select(meta.c.value).where(meta.c.name == name)
        )
        return value

    def put(self, name: str, value: bytes) -> None:
        """Keep a value under a name, replacing an earlier one."""
        changed = self._connection.execute(
            update(meta).where(meta.c.name == name).values(value=value)
        )
        if not changed.rowcount:
            self._connection.execute(insert(meta).values(name=name, value=value))
