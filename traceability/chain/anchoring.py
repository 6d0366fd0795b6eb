"""Following checkpoints from the log to a final block, whatever fails on the way.

One `step` reads where things stand from the store, asks the chain, and makes every transition
that is due. Nothing is kept in memory between steps: after a crash, or a write that failed or
only seemed to, the next step goes on from what the store says. `anchor_store.py` draws the states.

What a crash leaves behind, and how the next step finishes it:

(1) before `add_attempt`: nothing was sent; another transaction is signed;
(2) after it: `signed`; the receipt is looked for, then the same bytes are sent (again);
(3) after sending, before `mark_sent`: the same;
(4) after inclusion, before `mark_included`: the receipt is found;
(5) before `save_evidence`: evidence is captured again, at a later block if that is pruned;
(6) before `mark_final`: the block is compared again;
(7) the store lost an attempt that the chain includes: it is learnt from the contract's event.

One anchor is in flight at a time. After a reorganisation the same bytes are sent again; where
they would revert, or nobody includes them, another transaction replaces them at the same nonce,
rebuilt from the contract's head. HeadMoved naming our own head means that the work is done.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from eth_account.signers.local import LocalAccount

from traceability.chain.accounts import address_of
from traceability.chain.anchor_store import AnchorStore, AttemptRow
from traceability.chain.faults import (
    FeeAboveLimit,
    FeeTooLow,
    HeadMoved,
    NonceUsed,
    TransactionPending,
)
from traceability.chain.fees import Fee, fee_of
from traceability.chain.following import (
    AnchorPolicy,
    Follower,
    Pinned,
    Progress,
    progress,
    told,
)
from traceability.chain.planning import LogIdentity, check_head, plan_anchor
from traceability.chain.registry_calls import RegistryCalls
from traceability.chain.values import AnchorCall, Head, TransactionReceipt

__all__ = ["AnchorPolicy", "Anchorer", "LogIdentity", "Progress", "utc_now"]

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.2
WAITING = ("signed", "sent")


def utc_now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


class Anchorer:
    """Anchors one log through one publisher account.

    Parameters
    ----------
    calls
        The chain and the registry on it.
    store
        Checkpoints, tree nodes and attempts.
    log
        The log's id on the chain and the key of its checkpoints.
    account
        The publisher; nothing else may send from it.
    code_hash
        Of the registry, 32 bytes; evidence is checked against it.
    """

    def __init__(
        self,
        calls: RegistryCalls,
        store: AnchorStore,
        *,
        log: LogIdentity,
        account: LocalAccount,
        code_hash: bytes,
        policy: AnchorPolicy | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._calls = calls
        self._store = store
        self._log = log
        self._account = account
        self._policy = policy or AnchorPolicy()
        self._now = now
        self._follower = Follower(
            calls,
            store,
            pinned=Pinned(log.log_id, code_hash),
            policy=self._policy,
            now=now,
        )

    def step(self, *, urgent: bool = False) -> tuple[Progress, ...]:
        """Make every transition that is due now, and return them.

        Parameters
        ----------
        urgent
            Anchor what is new although the interval has not passed.

        Raises
        ------
        ChainUnavailable, AnchorRejected, LogBehindChain, ForeignHead, RootNotRebuilt
            Whatever stands in the way; the transitions before it are stored.
        """
        return tuple(self._step(urgent=urgent))

    def run_until_final(
        self, *, timeout_seconds: float, poll_seconds: float = POLL_SECONDS
    ) -> tuple[Progress, ...]:
        """Anchor what is new and step until every anchor is final.

        Raises
        ------
        TransactionPending
            The time is over; `step` goes on later.
        """
        deadline = time.monotonic() + timeout_seconds
        done: list[Progress] = []
        while True:
            moved = self.step(urgent=True)
            done.extend(moved)
            if not moved and not self._store.open_attempts():
                return tuple(done)
            if time.monotonic() > deadline:
                raise TransactionPending(f"anchor not final after {timeout_seconds:g} seconds")
            if not moved:
                time.sleep(poll_seconds)

    def _step(self, *, urgent: bool) -> Iterator[Progress]:
        yield from self._follower.follow()
        waiting = [row for row in self._store.open_attempts() if row.state in WAITING]
        if waiting:
            first = waiting[0].nonce
            yield from self._advance([row for row in waiting if row.nonce == first])
        else:
            yield from self._begin(urgent=urgent)
        if self._policy.mines:
            self._follower.mine()

    # Attempts without a block

    def _advance(self, rows: Sequence[AttemptRow]) -> Iterator[Progress]:
        """Bring the attempts at one nonce, oldest first, as far as they come."""
        # The count is read before the receipts: if it covers the nonce, a receipt must exist.
        used = self._calls.nonce(address_of(self._account))
        for row in reversed(rows):
            receipt = self._calls.receipt(row.tx_hash)
            if receipt is not None:
                yield from self._settle(rows, row, receipt=receipt)
                return
        head = self._calls.head(self._log.log_id)
        done = [row for row in rows if _is_head(row, head)]
        if done and not self._store.has_anchor(head.tree_size):
            yield from self._accept_head(rows, done[-1], head=head)
        elif used > rows[-1].nonce:
            yield from self._drop(rows, "another transaction took its nonce")
        else:
            yield from self._push(rows, head)

    def _settle(
        self, rows: Sequence[AttemptRow], row: AttemptRow, *, receipt: TransactionReceipt
    ) -> Iterator[Progress]:
        """Record which attempt at this nonce a block includes; the others never will be."""
        if not receipt.succeeded:
            yield from self._drop(rows, "contract refused it in a block")
            return
        # The others first: once this one is included, the next step would not look at them so.
        others = [other for other in rows if other.tx_hash != row.tx_hash]
        yield from self._drop(others, "another attempt took its nonce")
        yield self._include(row, receipt)

    def _accept_head(
        self, rows: Sequence[AttemptRow], row: AttemptRow, *, head: Head
    ) -> Iterator[Progress]:
        """Record that the contract holds this attempt's head, though no receipt was found."""
        receipt = self._calls.receipt(row.tx_hash)
        if receipt is not None:
            # A block has included it since we asked.
            yield from self._settle(rows, row, receipt=receipt)
            return
        block_hash = self._calls.block_hash(head.block_number)
        if block_hash is None:
            return
        self._store.mark_included(
            row.tx_hash, block_number=head.block_number, block_hash=block_hash, gas_used=None
        )
        yield progress("included", row)

    def _push(self, rows: Sequence[AttemptRow], head: Head) -> Iterator[Progress]:
        """Send the newest attempt, or replace it where it would revert or waits too long."""
        newest = rows[-1]
        if not newest.raw or newest.from_size != head.tree_size:
            yield from self._replace(rows, head)
        elif not self._calls.knows(newest.tx_hash):
            yield from self._send(rows, head)
        elif newest.state == "signed":
            self._store.mark_sent(newest.tx_hash, sent_at=self._now())
            yield progress("sent", newest)
        elif self._waits_too_long(newest):
            yield from self._replace(rows, head)

    def _send(self, rows: Sequence[AttemptRow], head: Head) -> Iterator[Progress]:
        newest = rows[-1]
        try:
            self._calls.send_raw(newest.raw)
        except NonceUsed:
            # The next step finds our receipt, or that a stranger's transaction has it.
            return
        except FeeTooLow:
            yield from self._replace(rows, head)
            return
        self._store.mark_sent(newest.tx_hash, sent_at=self._now())
        yield progress("sent", newest)

    def _replace(self, rows: Sequence[AttemptRow], head: Head) -> Iterator[Progress]:
        """Sign the newest checkpoint anew at the same nonce, for a fee that displaces the old."""
        check_head(self._store, head)
        call = plan_anchor(self._store, head, log=self._log)
        if call is None:
            yield from self._drop(rows, "a later head is stored")
            return
        fee = self._calls.fee()
        for row in rows:
            fee = fee.replacing(fee_of(row.raw)) if row.raw else fee
        yield from self._sign(call, nonce=rows[-1].nonce, fee=fee)

    def _waits_too_long(self, row: AttemptRow) -> bool:
        return fee_of(row.raw).price > 0 and (self._now() - row.signed_at > self._policy.bump_after)

    # New attempts

    def _begin(self, *, urgent: bool) -> Iterator[Progress]:
        """Sign and send the newest checkpoint, if it is newer than the contract's head."""
        head = self._calls.head(self._log.log_id)
        check_head(self._store, head)
        if head.tree_size > 1 and not self._store.has_anchor(head.tree_size):
            yield from self._learn(head)
        if not urgent and self._is_too_soon(head):
            return
        call = plan_anchor(self._store, head, log=self._log)
        if call is None:
            return
        nonce = self._calls.nonce(address_of(self._account))
        yield from self._sign(call, nonce=nonce, fee=self._calls.fee())

    def _sign(self, call: AnchorCall, *, nonce: int, fee: Fee) -> Iterator[Progress]:
        if fee.price > self._policy.max_price:
            raise FeeAboveLimit(
                f"fee above the limit: expected at most {self._policy.max_price} wei, "
                f"got {fee.price}"
            )
        try:
            self._calls.check_anchor(call, sender=address_of(self._account))
        except HeadMoved:
            # Between our question and now; the next step plans from the new head.
            return
        signed = self._calls.sign_anchor(call, account=self._account, nonce=nonce, fee=fee)
        self._store.add_attempt(
            tx_hash=signed.tx_hash,
            raw=signed.raw,
            nonce=nonce,
            from_size=call.from_size,
            tree_size=call.tree_size,
            root_hash=call.root_hash,
            signed_at=self._now(),
        )
        yield told("signed", tree_size=call.tree_size, tx_hash=signed.tx_hash)

    def _learn(self, head: Head) -> Iterator[Progress]:
        """Record the anchor that stored the head, which the store knows nothing of."""
        found = self._calls.find_anchor(
            self._log.log_id, head.tree_size, block_number=head.block_number
        )
        if found is None:
            # Some chains keep no events, or count other blocks: a later anchor will cover it.
            logger.warning("anchor.unknown", extra={"tree_size": head.tree_size})
            return
        receipt = found.receipt
        self._store.add_attempt(
            tx_hash=receipt.tx_hash,
            raw=b"",
            nonce=found.nonce,
            from_size=found.from_size,
            tree_size=head.tree_size,
            root_hash=head.root_hash,
            signed_at=self._now(),
        )
        self._store.mark_included(
            receipt.tx_hash,
            block_number=receipt.block_number,
            block_hash=receipt.block_hash,
            gas_used=receipt.gas_used,
        )
        yield told("included", tree_size=head.tree_size, tx_hash=receipt.tx_hash)

    def _is_too_soon(self, head: Head) -> bool:
        anchored = datetime.fromtimestamp(head.timestamp, UTC)
        return head.tree_size > 1 and self._now() - anchored < self._policy.interval

    # Transitions

    def _include(self, row: AttemptRow, receipt: TransactionReceipt) -> Progress:
        self._store.mark_included(
            row.tx_hash,
            block_number=receipt.block_number,
            block_hash=receipt.block_hash,
            gas_used=receipt.gas_used,
        )
        return progress("included", row)

    def _drop(self, rows: Sequence[AttemptRow], reason: str) -> Iterator[Progress]:
        for row in rows:
            self._store.mark_dropped(row.tx_hash, reason=reason)
            yield progress("dropped", row)


def _is_head(row: AttemptRow, head: Head) -> bool:
    return (row.tree_size, row.root_hash) == (head.tree_size, head.root_hash)
