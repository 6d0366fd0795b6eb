"""The store as the anchorer sees it: each transition is one durable, repeatable transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from traceability.merkle.tiles import TileNodes
from traceability.store.repositories.anchors import NOT_FINAL, OPEN, AttemptRow
from traceability.store.repositories.tree import CheckpointRow
from traceability.store.store import Store
from traceability.store.times import to_milliseconds

# Leaf hashes read at a time while the anchorer rebuilds a root.
LEAF_CHUNK = 65_536
# Under this name what the publisher has is kept.
PURSE = "publisher-purse"
# What no honest endpoint says of gas or its price; a column cannot hold more.
MAX_AMOUNT = 2**63 - 1


class StoredAnchors:
    """Implements chain/anchor_store.py's `AnchorStore` on the open store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def tree_size(self) -> int:
        """Return how many entries the log holds now."""
        with self._store.reading() as repositories:
            latest = repositories.tree.latest_checkpoint()
        return 0 if latest is None else latest.tree_size

    def newest_anchorable(self) -> CheckpointRow | None:
        """Return the largest checkpoint whose last entry is a state entry."""
        with self._store.reading() as repositories:
            return repositories.tree.latest_checkpoint(ends_with_state=True)

    def nodes(self, tree_size: int) -> Callable[[int, int], bytes]:
        """Return a reader of the log's tree nodes at a size."""
        return TileNodes(self._read_tiles, tree_size).node

    def _read_tiles(self, tiles: Sequence[int]) -> Any:
        with self._store.reading() as repositories:
            return repositories.tree.read_log_tiles(tiles)

    def leaf_hashes(self, first: int, last: int) -> Iterable[bytes]:
        """Yield leaf hashes from the entries' rows, not from the tiles."""
        for start in range(first, last, LEAF_CHUNK):
            with self._store.reading() as repositories:
                chunk = repositories.entries.leaf_hashes(start, min(last, start + LEAF_CHUNK))
            yield from chunk

    def open_attempts(self) -> Sequence[AttemptRow]:
        """Return attempts signed, sent or included."""
        with self._store.reading() as repositories:
            return repositories.anchors.open_attempts()

    def has_anchor(self, tree_size: int) -> bool:
        """Tell whether an attempt of this size is included or final."""
        with self._store.reading() as repositories:
            return repositories.anchors.has_anchor(tree_size)

    def newest_final(self) -> AttemptRow | None:
        """Return the final attempt of the largest tree."""
        with self._store.reading() as repositories:
            return repositories.anchors.latest(states=("final",))

    def count_dropped(self, from_size: int, *, reason: str) -> int:
        """Return how many attempts from this head were dropped for this reason."""
        with self._store.reading() as repositories:
            return repositories.anchors.count_dropped(from_size, reason=reason)

    def latest_estimate(self) -> int | None:
        """Return the gas that the latest attempt was expected to use."""
        with self._store.reading() as repositories:
            return repositories.anchors.latest_estimate()

    def save_purse(self, purse: bytes) -> None:
        """Keep what the publisher has, replacing what was kept before."""
        with self._store.unit_of_work() as work:
            work.repositories.meta.put(PURSE, purse)
            work.commit()

    def purse(self) -> bytes | None:
        """Return what the publisher had when it was last looked at."""
        with self._store.reading() as repositories:
            return repositories.meta.get(PURSE)

    def add_attempt(
        self,
        *,
        tx_hash: bytes,
        raw: bytes,
        nonce: int,
        from_size: int,
        tree_size: int,
        root_hash: bytes,
        signed_at: datetime,
        estimated_gas: int | None = None,
        estimated_price: int | None = None,
    ) -> None:
        """Insert a signed attempt, once."""
        with self._store.unit_of_work() as work:
            work.repositories.anchors.add(
                tx_hash=tx_hash,
                raw=raw,
                nonce=nonce,
                from_size=from_size,
                tree_size=tree_size,
                root_hash=root_hash,
                signed_at=signed_at,
                estimated_gas=_amount(estimated_gas),
                estimated_price=_amount(estimated_price),
            )
            work.commit()

    def mark_sent(self, tx_hash: bytes, *, sent_at: datetime) -> None:
        """Move signed to sent; note the time of one that came back."""
        values = {"state": "sent", "sent_at": to_milliseconds(sent_at)}
        with self._store.unit_of_work() as work:
            anchors = work.repositories.anchors
            row = anchors.get(tx_hash)
            if row is not None and row.sent_at is None:
                anchors.move(tx_hash, states=("signed", "sent"), values=values)
            work.commit()

    def mark_included(
        self,
        tx_hash: bytes,
        *,
        block_number: int,
        block_hash: bytes,
        gas_used: int | None,
        gas_price: int | None = None,
    ) -> None:
        """Set included and the block; another block than before clears the evidence."""
        with self._store.unit_of_work() as work:
            anchors = work.repositories.anchors
            row = anchors.get(tx_hash)
            values: dict[str, Any] = {
                "state": "included",
                "block_number": block_number,
                "block_hash": block_hash,
                "gas_used": _amount(gas_used),
                "gas_price": _amount(gas_price),
            }
            if row is not None and row.block_hash not in (None, block_hash):
                values |= _NO_EVIDENCE
            anchors.move(tx_hash, states=NOT_FINAL, values=values)
            work.commit()

    def save_evidence(
        self, tx_hash: bytes, *, evidence: bytes, block_number: int, block_hash: bytes
    ) -> None:
        """Keep the evidence, checked against this block's hash."""
        values = {
            "evidence": evidence,
            "evidence_block_number": block_number,
            "evidence_block_hash": block_hash,
        }
        self._move(tx_hash, ("included",), values)

    def mark_final(self, tx_hash: bytes) -> None:
        """Move included to final."""
        self._move(tx_hash, ("included",), {"state": "final"})

    def mark_unfinal(self, tx_hash: bytes) -> None:
        """Move final back to included."""
        self._move(tx_hash, ("final",), {"state": "included"})

    def mark_returned(self, tx_hash: bytes) -> None:
        """Move included back to sent; forget block, gas, evidence and when it was sent."""
        self._move(tx_hash, ("included",), {"state": "sent"} | _NO_BLOCK | _NO_EVIDENCE)

    def mark_dropped(self, tx_hash: bytes, *, reason: str) -> None:
        """Close an attempt that cannot anchor any more."""
        self._move(tx_hash, OPEN, {"state": "dropped", "drop_reason": reason})

    def _move(self, tx_hash: bytes, states: tuple[str, ...], values: dict[str, Any]) -> None:
        with self._store.unit_of_work() as work:
            work.repositories.anchors.move(tx_hash, states=states, values=values)
            work.commit()


def _amount(told: int | None) -> int | None:
    return None if told is None or told > MAX_AMOUNT else told


_NO_BLOCK: dict[str, Any] = {
    "sent_at": None,
    "block_number": None,
    "block_hash": None,
    "gas_used": None,
    "gas_price": None,
}
_NO_EVIDENCE: dict[str, Any] = {
    "evidence": None,
    "evidence_block_number": None,
    "evidence_block_hash": None,
}
