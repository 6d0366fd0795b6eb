"""Disclosure policies: documents of one media type, by the participant that signed them.

There is no table of policies beside the records: what is in force is read from what was logged,
so that nothing can differ from it. A partial index finds these few records among all.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, and_, literal_column, select

from traceability.store.tables import POLICY_TYPE, batches, entries, partial_records, records


class PolicyRow(NamedTuple):
    """One logged or arrived policy, as it is stored; leaf_index is None until it is logged.

    Payload and secret are None once erased; `leaves` are what is left where that is a part.
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


class PolicyRepository:
    """SQL over the records that are policies."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, participant: bytes, *, limit: int) -> list[PolicyRow]:
        """Return a participant's newest policies, the newest first."""
        # Written out: only so does the planner see that the partial index holds them all.
        is_policy = records.c.media_type == literal_column(f"'{POLICY_TYPE}'")
        is_same = (
            partial_records.c.batch == records.c.batch,
            partial_records.c.record_index == records.c.record_index,
        )
        statement = (
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
            )
            .select_from(records)
            .join(batches, batches.c.batch == records.c.batch)
            .join(entries, entries.c.arrival == batches.c.arrival)
            .outerjoin(partial_records, and_(*is_same))
            .where(is_policy, batches.c.participant == participant)
            .order_by(entries.c.arrival.desc(), records.c.record_index.desc())
            .limit(limit)
        )
        return [PolicyRow._make(row) for row in self._connection.execute(statement)]
