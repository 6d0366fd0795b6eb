"""Anchor transactions, their way to finality, and the evidence around them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select, update

from traceability.store.bulk import fetch
from traceability.store.tables import anchors
from traceability.store.times import from_milliseconds, to_milliseconds

OPEN = ("signed", "sent", "included")
NOT_FINAL = (*OPEN, "dropped")
ANCHORED = ("included", "final")
_NEWEST_PROVEN_HEAD = """
SELECT tree_size, root_hash FROM anchors
WHERE evidence IS NOT NULL AND state IN ('included', 'final') ORDER BY tree_size DESC LIMIT 1"""


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One signed anchor transaction and how far it has come."""

    attempt: int
    tx_hash: bytes
    raw: bytes
    nonce: int
    from_size: int
    tree_size: int
    root_hash: bytes
    state: str
    signed_at: datetime
    sent_at: datetime | None
    block_number: int | None
    block_hash: bytes | None
    gas_used: int | None
    evidence: bytes | None
    evidence_block_number: int | None
    evidence_block_hash: bytes | None
    drop_reason: str | None
    estimated_gas: int | None = None
    estimated_price: int | None = None
    gas_price: int | None = None

    @property
    def estimated_cost(self) -> int | None:
        """What it was expected to cost, in wei, before it was sent."""
        return _cost(self.estimated_gas, self.estimated_price)

    @property
    def cost(self) -> int | None:
        """What it has cost, in wei."""
        return _cost(self.gas_used, self.gas_price)


def _cost(gas: int | None, price: int | None) -> int | None:
    return None if gas is None or price is None else gas * price


def _attempt(row: Row[Any]) -> AttemptRow:
    found = dict(row._mapping)
    found["signed_at"] = from_milliseconds(found["signed_at"])
    sent_at = found["sent_at"]
    found["sent_at"] = None if sent_at is None else from_milliseconds(sent_at)
    return AttemptRow(**found)


class AnchorRepository:
    """SQL over `anchors`; the rules of the transitions are in chain/anchor_store.py."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, **values: Any) -> None:
        """Insert a signed attempt, once, or take up one that was dropped.

        `signed_at` is an aware time.
        """
        values["signed_at"] = to_milliseconds(values["signed_at"])
        known = select(anchors.c.attempt).where(anchors.c.tx_hash == values["tx_hash"])
        if self._connection.scalar(known) is None:
            self._connection.execute(anchors.insert().values(state="signed", **values))
            return
        again = {"signed_at": values["signed_at"], "sent_at": None, "drop_reason": None}
        self.move(values["tx_hash"], states=("dropped",), values={"state": "signed"} | again)

    def move(self, tx_hash: bytes, *, states: tuple[str, ...], values: dict[str, Any]) -> None:
        """Change an attempt that is in one of these states; leave it in any other."""
        self._connection.execute(
            update(anchors)
            .where(anchors.c.tx_hash == tx_hash, anchors.c.state.in_(states))
            .values(**values)
        )

    def get(self, tx_hash: bytes) -> AttemptRow | None:
        """Return an attempt by its transaction hash."""
        row = self._connection.execute(
            select(anchors).where(anchors.c.tx_hash == tx_hash)
        ).one_or_none()
        return None if row is None else _attempt(row)

    def open_attempts(self) -> list[AttemptRow]:
        """Return attempts that are not yet final or dropped, by nonce."""
        rows = self._connection.execute(
            select(anchors)
            .where(anchors.c.state.in_(OPEN))
            .order_by(anchors.c.nonce, anchors.c.attempt)
        )
        return [_attempt(row) for row in rows]

    def has_anchor(self, tree_size: int) -> bool:
        """Tell whether a head of this size is anchored."""
        count = select(func.count()).where(
            anchors.c.tree_size == tree_size, anchors.c.state.in_(ANCHORED)
        )
        return bool(self._connection.scalar(count))

    def latest(self, *, states: tuple[str, ...] = ANCHORED) -> AttemptRow | None:
        """Return the anchor of the largest tree in one of these states."""
        return self._first(anchors.c.state.in_(states), descending=True)

    def count_dropped(self, from_size: int, *, reason: str) -> int:
        """Return how many attempts from this head were dropped for this reason."""
        count = select(func.count()).where(
            anchors.c.from_size == from_size,
            anchors.c.state == "dropped",
            anchors.c.drop_reason == reason,
        )
        return int(self._connection.scalar(count) or 0)

    def latest_estimate(self) -> int | None:
        """Return the gas that the latest attempt was expected to use."""
        found: int | None = self._connection.scalar(
            select(anchors.c.estimated_gas)
            .where(anchors.c.estimated_gas.is_not(None))
            .order_by(anchors.c.attempt.desc())
            .limit(1)
        )
        return found

    def oldest_not_final(self) -> AttemptRow | None:
        """Return the anchor that has waited longest for finality."""
        row = self._connection.execute(
            select(anchors)
            .where(anchors.c.state == "included")
            .order_by(anchors.c.signed_at)
            .limit(1)
        ).one_or_none()
        return None if row is None else _attempt(row)

    def covering(self, leaf_index: int) -> AttemptRow | None:
        """Return the first anchor whose tree holds this leaf."""
        return self._first(anchors.c.tree_size > leaf_index, anchors.c.state.in_(ANCHORED))

    def of_size(self, tree_size: int) -> AttemptRow | None:
        """Return the anchor of exactly this size, evidence included."""
        return self._first(anchors.c.tree_size == tree_size, anchors.c.state.in_(ANCHORED))

    def newest_proven(self) -> AttemptRow | None:
        """Return the anchor of the largest tree whose evidence is kept."""
        return self._first(
            anchors.c.evidence.is_not(None), anchors.c.state.in_(ANCHORED), descending=True
        )

    def newest_proven_head(self) -> tuple[int, bytes] | None:
        """Return the size and the root of that anchor."""
        rows = fetch(self._connection, _NEWEST_PROVEN_HEAD)
        return (rows[0][0], rows[0][1]) if rows else None

    def all(self, *, limit: int = 1000) -> list[AttemptRow]:
        """Return the latest attempts, newest first."""
        rows = self._connection.execute(
            select(anchors).order_by(anchors.c.attempt.desc()).limit(limit)
        )
        return [_attempt(row) for row in rows]

    def each(self, *, size: int = 200) -> Iterator[AttemptRow]:
        """Yield every attempt in order, fetched `size` at a time: each may hold its evidence."""
        after = -1
        while True:
            rows = self._connection.execute(
                select(anchors)
                .where(anchors.c.attempt > after)
                .order_by(anchors.c.attempt)
                .limit(size)
            ).all()
            if not rows:
                return
            yield from map(_attempt, rows)
            after = rows[-1].attempt

    def final(self, *, after: int, limit: int) -> list[tuple[int, int, int, bytes]]:
        """Return size, earlier size, nonce and hash of final anchors with their evidence.

        Of sizes above `after`, in their order, so many at most; of each the last attempt.
        """
        proven = (anchors.c.state == "final") & anchors.c.evidence.is_not(None)
        last = (
            select(anchors.c.tree_size, func.max(anchors.c.attempt).label("attempt"))
            .where(proven, anchors.c.tree_size > after)
            .group_by(anchors.c.tree_size)
            .order_by(anchors.c.tree_size)
            .limit(limit)
            .subquery()
        )
        rows = self._connection.execute(
            select(anchors.c.tree_size, anchors.c.from_size, anchors.c.nonce, anchors.c.tx_hash)
            .join(last, anchors.c.attempt == last.c.attempt)
            .order_by(anchors.c.tree_size)
        )
        return [(row.tree_size, row.from_size, row.nonce, row.tx_hash) for row in rows]

    def _first(
        self, *conditions: ColumnElement[bool], descending: bool = False
    ) -> AttemptRow | None:
        order = anchors.c.tree_size.desc() if descending else anchors.c.tree_size
        row = self._connection.execute(
            select(anchors).where(*conditions).order_by(order).limit(1)
        ).one_or_none()
        return None if row is None else _attempt(row)
