"""What the anchorer asks of its store: rows it reads and transitions it writes.

The types are structural, so that `store/` and `chain/` need not import each other: any
frozen row class with these attributes will do.

Life of an attempt, one row per signed transaction::

    add_attempt     signed     the bytes are durable; nothing has been sent
    mark_sent       sent       some endpoint has taken the bytes
    mark_included   included   a receipt names a block; the log's state is "anchored"
    save_evidence   included   header and storage proof are kept (may be repeated)
    mark_final      final      that block is final
    mark_unfinal    included   the chain has replaced a block that it had called final
    mark_returned   sent       a reorganisation took the block away: "logged" again
    mark_dropped    dropped    can no longer be included, or the contract refused it

Every method below is one transaction of its own and durable on return. Each may fail with
nothing persisted, or persist and still fail: the anchorer keeps nothing in memory between
steps, reads its position from `open_attempts`, and repeats transitions. So every write must
be idempotent: the same call twice leaves what it left once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final, Protocol

# Why an attempt is dropped that a block includes and the contract refused.
REVERTED: Final = "contract refused it in a block"


class CheckpointRow(Protocol):
    """A stored checkpoint whose tree ends with a state entry."""

    @property
    def tree_size(self) -> int:
        """Entries that it commits to."""

    @property
    def root_hash(self) -> bytes:
        """RFC 9162 root at `tree_size`, 32 bytes."""

    @property
    def text(self) -> str:
        """The log key's signed note."""


class AttemptRow(Protocol):
    """One signed anchor transaction and how far it has come."""

    @property
    def tx_hash(self) -> bytes:
        """Transaction hash, 32 bytes; the row's identity."""

    @property
    def raw(self) -> bytes:
        """The signed bytes; empty where the transaction was learnt from the chain."""

    @property
    def nonce(self) -> int:
        """Nonce of the publisher's account; several attempts may share one."""

    @property
    def from_size(self) -> int:
        """Size of the head that the consistency proof starts from."""

    @property
    def tree_size(self) -> int:
        """Size of the checkpoint that it anchors."""

    @property
    def root_hash(self) -> bytes:
        """Root of the checkpoint that it anchors, 32 bytes."""

    @property
    def state(self) -> str:
        """One of signed, sent, included, final, dropped."""

    @property
    def signed_at(self) -> datetime:
        """When the bytes were signed, aware UTC."""

    @property
    def sent_at(self) -> datetime | None:
        """When an endpoint first took the bytes since they were signed or came back."""

    @property
    def block_number(self) -> int | None:
        """Block of the receipt, once included."""

    @property
    def block_hash(self) -> bytes | None:
        """Hash of that block, 32 bytes."""

    @property
    def evidence(self) -> bytes | None:
        """JCS of ``{"account","header","slots"}``, once captured."""

    @property
    def evidence_block_number(self) -> int | None:
        """Number of the header in the evidence; at or after `block_number`."""

    @property
    def evidence_block_hash(self) -> bytes | None:
        """Hash of the header in the evidence; finality is judged by it."""


class AnchorStore(Protocol):
    """Checkpoints and tree nodes to read, attempts to read and write."""

    # Reading the log

    def tree_size(self) -> int:
        """Return how many entries the log holds now."""

    def newest_anchorable(self) -> CheckpointRow | None:
        """Return the largest checkpoint whose last entry is a state entry, or None."""

    def nodes(self, tree_size: int) -> Callable[[int, int], bytes]:
        """Return the `Node` reader of the log's tree at `tree_size` (merkle/proofs.py)."""

    def leaf_hashes(self, first: int, last: int) -> Iterable[bytes]:
        """Return the leaf hashes of entries `first` … `last` − 1, from the entries' rows.

        Not from the tiles: the anchorer compares the two before it sends.
        """

    # Reading attempts

    def open_attempts(self) -> Sequence[AttemptRow]:
        """Return attempts signed, sent or included, by nonce, then in order of adding."""

    def has_anchor(self, tree_size: int) -> bool:
        """Tell whether an attempt of this size is included or final."""

    def newest_final(self) -> AttemptRow | None:
        """Return the final attempt of the largest tree, or None."""

    def count_dropped(self, from_size: int, *, reason: str) -> int:
        """Return how many attempts from this head were dropped for this reason."""

    # Transitions

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
        """Insert a `signed` attempt; do nothing if `tx_hash` is known, unless it was dropped.

        The same call, nonce and fee yield the same bytes: what was given up may be right again.
        """

    def mark_sent(self, tx_hash: bytes, *, sent_at: datetime) -> None:
        """Move signed to sent; note the time of one that came back; leave any later state."""

    def mark_included(
        self,
        tx_hash: bytes,
        *,
        block_number: int,
        block_hash: bytes,
        gas_used: int | None,
        gas_price: int | None = None,
    ) -> None:
        """Set included and the block, from any state but final.

        Another block than before clears the evidence.
        """

    def save_evidence(
        self, tx_hash: bytes, *, evidence: bytes, block_number: int, block_hash: bytes
    ) -> None:
        """Keep the evidence, checked against this block's hash."""

    def mark_final(self, tx_hash: bytes) -> None:
        """Move included to final."""

    def mark_unfinal(self, tx_hash: bytes) -> None:
        """Move final back to included; block and evidence stay until another block is found."""

    def mark_returned(self, tx_hash: bytes) -> None:
        """Move included back to sent; forget block, gas, evidence and when it was sent."""

    def mark_dropped(self, tx_hash: bytes, *, reason: str) -> None:
        """Close an attempt that cannot anchor any more; `reason` is one clause."""

    # For whoever watches

    def latest_estimate(self) -> int | None:
        """Return the gas that the latest attempt was expected to use, if there is one."""

    def save_purse(self, purse: bytes) -> None:
        """Keep what the publisher has, replacing what was kept before."""
