"""Disclosure policies: documents of one media type, by the participant that signed them.

There is no table of policies beside the records: what is in force is read from what was logged,
so that nothing can differ from it. A partial index finds these few records among all.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, select, text

from traceability.store.tables import (
    POLICY_OR_UNKNOWN,
    batches,
    entries,
    partial_records,
    records,
)


class PolicyRow(NamedTuple):
    """One logged or arrived policy, as it is stored; leaf_index is None until it is logged.

    Payload and secret are None once erased; `leaves` are what is left where that is a part.
    The type is None where it was erased, too: then it may have been a policy.
    """

    batch: int
    record_index: int
    payload: bytes | None
    secret: bytes | None
    leaves: bytes | None
    field_count: int
    field_root: bytes
    entry_hash: bytes
    leaf_index: int | None
    received: int
    media_type: str | None


class PolicyRepository:
    """SQL over the records that are policies."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def newest(self, participant: bytes) -> PolicyRow | None:
        """Return the newest logged document of a participant that is or may be a policy."""
        found = self._select(participant).where(entries.c.leaf_index.is_not(None)).limit(1)
        row = self._connection.execute(found).first()
        return None if row is None else PolicyRow._make(row)

    def of(self, participant: bytes, *, limit: int) -> list[PolicyRow]:
        """Return a participant's newest policies, the newest first."""
        found = self._select(participant).where(records.c.media_type.is_not(None)).limit(limit)
        return [PolicyRow._make(row) for row in self._connection.execute(found)]

    def _select(self, participant: bytes) -> Select[Any]:
        is_same = (
            partial_records.c.batch == records.c.batch,
            partial_records.c.record_index == records.c.record_index,
        )
        # In the words of the partial index, so that planners see that it holds them all.
        return (
            select(
                records.c.batch,
                records.c.record_index,
                records.c.payload,
                records.c.secret,
                partial_records.c.leaves,
                records.c.field_count,
                records.c.field_root,
                entries.c.leaf_hash,
                entries.c.leaf_index,
                entries.c.received,
                records.c.media_type,
            )
            .select_from(records)
            .join(batches, batches.c.batch == records.c.batch)
            .join(entries, entries.c.arrival == batches.c.arrival)
            .outerjoin(partial_records, and_(*is_same))
            .where(text(POLICY_OR_UNKNOWN), batches.c.participant == participant)
            .order_by(entries.c.arrival.desc(), records.c.record_index.desc())
        )
