"""What happens to an anchor after a block includes it: evidence, finality, reorganisation.

Source: `docs/formats.md`, section 6.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from traceability.chain.anchor_store import AnchorStore, AttemptRow
from traceability.chain.capture import EvidenceTarget, capture_anywhere
from traceability.chain.faults import EvidenceUnavailable
from traceability.chain.registry_calls import RegistryCalls

logger = logging.getLogger(__name__)

# After so long without a block, the fee was too low.
BUMP_AFTER = timedelta(minutes=3)
# A node that has just restarted may need this long before it can prove its state again.
EVIDENCE_PATIENCE = timedelta(minutes=10)
# Without evidence so many endpoints must call a block final: one alone might invent it.
WITNESSES = 2
# Ethereum takes a quarter of an hour; after so long the chain or the endpoint is stuck.
FINALITY_PATIENCE = timedelta(hours=1)
# 500 gwei: public chains have been dearer for minutes only.
MAX_PRICE = 500 * 10**9


@dataclass(frozen=True, slots=True)
class AnchorPolicy:
    """When to anchor and how to wait.

    Parameters
    ----------
    interval
        At least so long after the last anchor's block; zero anchors whatever is new.
    entries
        When so many entries wait, the interval is not; zero: it always is.
    bump_after
        A transaction without a block is replaced with a higher fee after this time.
    mines
        The chain is a development chain: blocks are made to reach finality.
    foreign_block_numbers
        The contract's `block.number` is another chain's.
    evidence_patience
        An anchor is not called final without evidence until so long after its signing, and
        then only if several endpoints say so, or a later one with evidence is final.
    max_price
        The most to pay for a unit of gas, in wei: no endpoint may talk us into more.
    """

    interval: timedelta = timedelta(0)
    entries: int = 0
    bump_after: timedelta = BUMP_AFTER
    mines: bool = False
    foreign_block_numbers: bool = False
    evidence_patience: timedelta = EVIDENCE_PATIENCE
    max_price: int = MAX_PRICE


@dataclass(frozen=True, slots=True)
class Progress:
    """One transition: signed, sent, included, evidence, final, unfinal, returned or dropped."""

    action: str
    tree_size: int
    tx_hash: bytes


@dataclass(frozen=True, slots=True)
class Pinned:
    """The log and the code that evidence must be about."""

    log_id: bytes
    code_hash: bytes


class Follower:
    """Follows included attempts to finality, or back to waiting."""

    def __init__(
        self,
        calls: RegistryCalls,
        store: AnchorStore,
        *,
        pinned: Pinned,
        policy: AnchorPolicy,
        now: Callable[[], datetime],
    ) -> None:
        self._calls = calls
        self._store = store
        self._pinned = pinned
        self._policy = policy
        self._now = now

    def follow(self) -> Iterator[Progress]:
        """Make every transition of included attempts that is due now."""
        yield from self._check_final()
        for row in self._store.open_attempts():
            if row.state != "included" or row.block_number is None:
                continue
            if self._calls.block_hash(row.block_number) == row.block_hash:
                yield from self._follow_standing(row, row.block_number)
            else:
                yield from self._follow_moved(row)

    def _check_final(self) -> Iterator[Progress]:
        """Take back what was called final, if all the same another block is there now."""
        row = self._store.newest_final()
        if row is None or row.block_number is None:
            return
        found = self._calls.block_hash(row.block_number)
        if found in (None, row.block_hash):
            return
        logger.error("anchor.finality_broken block=%d", row.block_number)
        self._store.mark_unfinal(row.tx_hash)
        yield progress("unfinal", row)

    def mine(self) -> None:
        """Make the blocks that the newest included attempt still needs to be final."""
        included = [row for row in self._store.open_attempts() if row.state == "included"]
        numbers = [row.evidence_block_number or row.block_number or 0 for row in included]
        missing = max(numbers, default=-1) - self._calls.finalized_number()
        if included and missing > 0:
            self._calls.mine(missing)

    def _follow_moved(self, row: AttemptRow) -> Iterator[Progress]:
        """Find the block that includes the transaction now; without one, go back to waiting."""
        receipt = self._calls.receipt(row.tx_hash)
        logger.warning("anchor.moved tree_size=%d block=%d", row.tree_size, row.block_number or 0)
        if receipt is None or not receipt.succeeded:
            self._store.mark_returned(row.tx_hash)
            yield progress("returned", row)
            return
        self._store.mark_included(
            row.tx_hash,
            block_number=receipt.block_number,
            block_hash=receipt.block_hash,
            gas_used=receipt.gas_used,
            gas_price=receipt.gas_price,
        )
        yield progress("included", row)

    def _follow_standing(self, row: AttemptRow, block_number: int) -> Iterator[Progress]:
        proven = self._standing_evidence(row, block_number)
        if proven is None and (proven := self._capture(row, block_number)) is not None:
            yield progress("evidence", row)
        least = 1
        if proven is None:
            if self._is_nowhere(row):
                yield from self._follow_moved(row)
                return
            if self._now() - row.signed_at < self._policy.evidence_patience:
                return
            proven = (block_number, row.block_hash)
            least = 1 if self._is_covered(row) else WITNESSES
        number, block_hash = proven
        found = self._calls.final_block_hash(number, least=least)
        if block_hash is not None and found == block_hash:
            self._store.mark_final(row.tx_hash)
            yield progress("final", row)
        elif self._now() - row.signed_at > FINALITY_PATIENCE:
            waited = (self._now() - row.signed_at).total_seconds()
            logger.warning("anchor.finality_overdue block=%d seconds=%.0f", number, waited)

    def _is_nowhere(self, row: AttemptRow) -> bool:
        """Tell whether the receipt was a lie: neither is it there now, nor the contract's head."""
        receipt = self._calls.receipt(row.tx_hash)
        if receipt is not None and receipt.block_hash == row.block_hash:
            return False
        return self._calls.head(self._pinned.log_id).tree_size < row.tree_size

    def _is_covered(self, row: AttemptRow) -> bool:
        """Tell whether a later final anchor has evidence: its tree holds this one's."""
        later = self._store.newest_final()
        return later is not None and later.evidence is not None and later.tree_size > row.tree_size

    def _standing_evidence(
        self, row: AttemptRow, block_number: int
    ) -> tuple[int, bytes | None] | None:
        """Return the block of the stored evidence, unless there is none or it is gone."""
        number, block_hash = row.evidence_block_number, row.evidence_block_hash
        if row.evidence is None or number is None:
            return None
        # Evidence may be of a later block, which a reorganisation can take away alone.
        if number != block_number and self._calls.block_hash(number) != block_hash:
            return None
        return number, block_hash

    def _capture(self, row: AttemptRow, block_number: int) -> tuple[int, bytes | None] | None:
        """Keep evidence and return its block; None if no endpoint can show any."""
        target = EvidenceTarget(
            log_id=self._pinned.log_id,
            code_hash=self._pinned.code_hash,
            tree_size=row.tree_size,
            root_hash=row.root_hash,
            foreign_block_numbers=self._policy.foreign_block_numbers,
        )
        try:
            found = capture_anywhere(self._calls, target, block_number=block_number)
        except EvidenceUnavailable as fault:
            # A later anchor's evidence and a consistency proof will have to do.
            logger.warning("anchor.evidence_unavailable %s", fault)
            return None
        self._store.save_evidence(
            row.tx_hash,
            evidence=found.data,
            block_number=found.block_number,
            block_hash=found.block_hash,
        )
        return found.block_number, found.block_hash


def progress(action: str, row: AttemptRow) -> Progress:
    """Log a transition that is now stored, and return it."""
    return told(action, tree_size=row.tree_size, tx_hash=row.tx_hash)


def told(action: str, *, tree_size: int, tx_hash: bytes) -> Progress:
    """Log a transition of an attempt that no row was read of yet, and return it."""
    logger.info("anchor.%s tree_size=%d transaction=%s", action, tree_size, tx_hash.hex())
    return Progress(action, tree_size, tx_hash)
