"""A log in memory, as the anchorer's store, whose writes can be made to fail."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from traceability.chain.planning import LogIdentity
from traceability.hashing.ed25519 import SigningKey
from traceability.merkle.checkpoint import Checkpoint, origin_for, sign_checkpoint
from traceability.merkle.proofs import nodes_of
from traceability.merkle.tree import leaf_hash, root_hash

LOG_KEY = SigningKey.from_seed(b"\x07" * 32)
OPEN = ("signed", "sent", "included")


class WriteFailed(Exception):
    """A write failed, or says so."""


@dataclass(frozen=True)
class Checkpointed:
    tree_size: int
    root_hash: bytes
    text: str


@dataclass(frozen=True)
class Attempt:
    tx_hash: bytes
    raw: bytes
    nonce: int
    from_size: int
    tree_size: int
    root_hash: bytes
    signed_at: datetime
    estimated_gas: int | None = None
    estimated_price: int | None = None
    state: str = "signed"
    sent_at: datetime | None = None
    block_number: int | None = None
    block_hash: bytes | None = None
    gas_used: int | None = None
    gas_price: int | None = None
    evidence: bytes | None = None
    evidence_block_number: int | None = None
    evidence_block_hash: bytes | None = None
    reason: str | None = None


@dataclass
class MemoryLog:
    """Entries, checkpoints and attempts; `fail_at` names one write that fails once."""

    leaves: list[bytes] = field(default_factory=list)
    attempts: dict[bytes, Attempt] = field(default_factory=dict)
    checkpoint_size: int = 0
    log_id: bytes = bytes(32)
    fail_at: str | None = None
    persisted: bool = False
    purse: bytes | None = None

    def grow(self, size: int) -> None:
        """Append entries up to a size and checkpoint it."""
        while len(self.leaves) < size:
            self.leaves.append(leaf_hash(f"entry {len(self.leaves)}".encode()))
        self.checkpoint_size = size

    @property
    def identity(self) -> LogIdentity:
        return LogIdentity(self.log_id, origin_for("log.example", self.log_id), LOG_KEY.public_key)

    def states(self) -> list[tuple[int, str]]:
        return [(row.tree_size, row.state) for row in self.attempts.values()]

    def only(self, state: str) -> Attempt:
        (found,) = [row for row in self.attempts.values() if row.state == state]
        return found

    # AnchorStore

    def tree_size(self) -> int:
        return len(self.leaves)

    def newest_anchorable(self) -> Checkpointed | None:
        if not self.checkpoint_size:
            return None
        root = root_hash(self.leaves[: self.checkpoint_size])
        checkpoint = Checkpoint(self.identity.origin, self.checkpoint_size, root)
        return Checkpointed(self.checkpoint_size, root, sign_checkpoint(checkpoint, LOG_KEY))

    def nodes(self, tree_size: int) -> Callable[[int, int], bytes]:
        return nodes_of(self.leaves[:tree_size])

    def leaf_hashes(self, first: int, last: int) -> Iterable[bytes]:
        return iter(self.leaves[first:last])

    def open_attempts(self) -> Sequence[Attempt]:
        found = [row for row in self.attempts.values() if row.state in OPEN]
        return sorted(found, key=lambda row: row.nonce)

    def has_anchor(self, tree_size: int) -> bool:
        return any(
            row.tree_size == tree_size and row.state in ("included", "final")
            for row in self.attempts.values()
        )

    def newest_final(self) -> Attempt | None:
        found = [row for row in self.attempts.values() if row.state == "final"]
        return max(found, key=lambda row: row.tree_size, default=None)

    def count_dropped(self, from_size: int, *, reason: str) -> int:
        return sum(
            (row.from_size, row.reason) == (from_size, reason) for row in self.attempts.values()
        )

    def latest_estimate(self) -> int | None:
        found = [row.estimated_gas for row in self.attempts.values() if row.estimated_gas]
        return found[-1] if found else None

    def save_purse(self, purse: bytes) -> None:
        self.purse = purse

    def add_attempt(self, **values: Any) -> None:
        def write() -> None:
            known = self.attempts.get(values["tx_hash"])
            if known is None:
                self.attempts[values["tx_hash"]] = Attempt(**values)
            elif known.state == "dropped":
                again = replace(known, state="signed", reason=None, sent_at=None)
                self.attempts[known.tx_hash] = replace(again, signed_at=values["signed_at"])

        self._write("add_attempt", write)

    def mark_sent(self, tx_hash: bytes, *, sent_at: datetime) -> None:
        assert sent_at.tzinfo is not None
        if self.attempts[tx_hash].sent_at is None:
            self._move("mark_sent", tx_hash, ("signed", "sent"), state="sent", sent_at=sent_at)

    def mark_included(
        self,
        tx_hash: bytes,
        *,
        block_number: int,
        block_hash: bytes,
        gas_used: int | None,
        gas_price: int | None = None,
    ) -> None:
        values: dict[str, Any] = {
            "state": "included",
            "block_number": block_number,
            "block_hash": block_hash,
            "gas_used": gas_used,
            "gas_price": gas_price,
        }
        if self.attempts[tx_hash].block_hash != block_hash:
            values |= NO_EVIDENCE
        self._move("mark_included", tx_hash, (*OPEN, "dropped"), **values)

    def save_evidence(
        self, tx_hash: bytes, *, evidence: bytes, block_number: int, block_hash: bytes
    ) -> None:
        self._move(
            "save_evidence",
            tx_hash,
            ("included",),
            evidence=evidence,
            evidence_block_number=block_number,
            evidence_block_hash=block_hash,
        )

    def mark_final(self, tx_hash: bytes) -> None:
        self._move("mark_final", tx_hash, ("included",), state="final")

    def mark_unfinal(self, tx_hash: bytes) -> None:
        self._move("mark_unfinal", tx_hash, ("final",), state="included")

    def mark_returned(self, tx_hash: bytes) -> None:
        gone: dict[str, Any] = {"state": "sent", "block_number": None, "block_hash": None}
        gone |= {"gas_used": None, "gas_price": None, "sent_at": None}
        self._move("mark_returned", tx_hash, ("included",), **gone, **NO_EVIDENCE)

    def mark_dropped(self, tx_hash: bytes, *, reason: str) -> None:
        self._move("mark_dropped", tx_hash, OPEN, state="dropped", reason=reason)

    def _move(self, name: str, tx_hash: bytes, states: Sequence[str], **values: Any) -> None:
        def write() -> None:
            row = self.attempts[tx_hash]
            if row.state in states:
                self.attempts[tx_hash] = replace(row, **values)

        self._write(name, write)

    def _write(self, name: str, write: Callable[[], None]) -> None:
        if self.fail_at != name:
            write()
            return
        self.fail_at = None
        if self.persisted:
            write()
        raise WriteFailed(name)


NO_EVIDENCE: dict[str, Any] = {
    "evidence": None,
    "evidence_block_number": None,
    "evidence_block_hash": None,
}
