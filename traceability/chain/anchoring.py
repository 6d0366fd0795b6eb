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

What the chain or an endpoint may do, and by which name it is known:

underpriced                    the nonce is signed again for more; FEE_ABOVE_LIMIT at the ceiling
already known                  counts as sent
nonce too low                  `anchor.nonce_used`; our receipt is looked for, or the row dropped
nonce too high                 `anchor.nonce_too_high`; dropped after a while, signed anew
dropped by the nodes           `anchor.sent_again`: the same bytes
without a block for long       `anchor.replaced`: signed at its nonce for a higher fee
the head moves while we ask    `anchor.head_moved`: the next step starts from the new one
reverted                       `anchor.dropped`; rebuilt from the contract's head, three times
                               at most (ANCHOR_REVERTED)
out of funds, pool full        PUBLISHER_UNFUNDED, TRANSACTION_POOL_FULL: tried again
never taken                    TRANSACTION_FAILED; signed anew after a while
no answer, too many requests   CHAIN_UNAVAILABLE, CHAIN_TIMEOUT, CHAIN_RATE_LIMITED
endpoints disagree             CHAIN_ENDPOINTS_DISAGREE: believed neither
reorganisation                 `anchor.returned`; across finality `anchor.finality_broken` too
another ledger with this key   PUBLISHER_BUSY

One anchor is in flight at a time. After a reorganisation the same bytes are sent again; where
they would revert, or nobody includes them, another transaction replaces them at the same nonce,
rebuilt from the contract's head. HeadMoved naming our own head means that the work is done.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

from traceability.chain.accounts import Account
from traceability.chain.anchor_store import REVERTED, AnchorStore, AttemptRow
from traceability.chain.costs import GUESSED_GAS, Estimate, Purse
from traceability.chain.faults import (
    ChainUnavailable,
    EndpointsDisagree,
    FeeTooLow,
    NonceTooHigh,
    NonceUsed,
    PublisherUnfunded,
    RateLimited,
    TransactionFailed,
    TransactionPending,
)
from traceability.chain.fees import fee_of
from traceability.chain.following import (
    AnchorPolicy,
    Follower,
    Pinned,
    Progress,
    progress,
)
from traceability.chain.planning import LogIdentity
from traceability.chain.registry_calls import RegistryCalls
from traceability.chain.sender import Sender
from traceability.chain.signing import Signer
from traceability.chain.values import Head, TransactionReceipt

__all__ = ["AnchorPolicy", "Anchorer", "LogIdentity", "Progress", "utc_now"]

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.2
# How often the publisher's balance is looked at.
PURSE_AGE = timedelta(minutes=1)
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
    sender
        Keeps other processes from sending from this account meanwhile; None where nobody can.
    """

    def __init__(
        self,
        calls: RegistryCalls,
        store: AnchorStore,
        *,
        log: LogIdentity,
        account: Account,
        code_hash: bytes,
        policy: AnchorPolicy | None = None,
        now: Callable[[], datetime] = utc_now,
        sender: Sender | None = None,
    ) -> None:
        self._calls = calls
        self._store = store
        self._log = log
        self._policy = policy or AnchorPolicy()
        self._now = now
        self._sender = sender
        self._purse_at: datetime | None = None
        self._signer = Signer(
            calls,
            store,
            log=log,
            account=account,
            policy=self._policy,
            now=now,
            sender=sender,
        )
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
        try:
            with self._sender.holding() if self._sender else nullcontext():
                moved = tuple(self._step(urgent=urgent))
        except PublisherUnfunded:
            self._look_into_purse()
            raise
        self._look_into_purse()
        return moved

    def estimate(self) -> Estimate | None:
        """Return what anchoring the newest checkpoint would cost now; None if nothing is new."""
        return self._signer.estimate()

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
            pause = poll_seconds
            moved: tuple[Progress, ...] = ()
            try:
                moved = self.step(urgent=True)
            except (RateLimited, EndpointsDisagree) as fault:
                # Both pass by themselves: endpoints ask for patience, or lag behind each other.
                pause = max(pause, getattr(fault, "retry_after_seconds", 0.0))
                if time.monotonic() + pause > deadline:
                    raise
            else:
                done.extend(moved)
                if not moved and not self._store.open_attempts():
                    return tuple(done)
                if time.monotonic() > deadline:
                    raise TransactionPending(f"anchor not final after {timeout_seconds:g} seconds")
            if not moved:
                time.sleep(pause)

    def _step(self, *, urgent: bool) -> Iterator[Progress]:
        yield from self._follower.follow()
        waiting = [row for row in self._store.open_attempts() if row.state in WAITING]
        if waiting:
            first = waiting[0].nonce
            yield from self._advance([row for row in waiting if row.nonce == first])
        else:
            yield from self._signer.begin(urgent=urgent)
        if self._policy.mines:
            self._follower.mine()

    # Attempts without a block

    def _advance(self, rows: Sequence[AttemptRow]) -> Iterator[Progress]:
        """Bring the attempts at one nonce, oldest first, as far as they come."""
        # The count is read before the receipts: if it covers the nonce, a receipt must exist.
        used = self._calls.nonce(self._signer.address)
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
        elif used < rows[0].nonce and self._is_old(rows[-1]):
            # An earlier transaction of the account has vanished: this one cannot be included.
            logger.warning("anchor.nonce_too_high expected=%d got=%d", used, rows[0].nonce)
            yield from self._drop(rows, "its nonce leaves a gap")
        else:
            yield from self._push(rows, head)

    def _settle(
        self, rows: Sequence[AttemptRow], row: AttemptRow, *, receipt: TransactionReceipt
    ) -> Iterator[Progress]:
        """Record which attempt at this nonce a block includes; the others never will be."""
        if not receipt.succeeded:
            yield from self._drop(rows, REVERTED)
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
        elif newest.state == "signed" or newest.sent_at is None:
            yield from self._mark_sent(newest)
        elif self._waits_too_long(newest):
            yield from self._replace(rows, head)

    def _send(self, rows: Sequence[AttemptRow], head: Head) -> Iterator[Progress]:
        newest = rows[-1]
        try:
            self._calls.send_raw(newest.raw)
        except NonceUsed:
            # The next step finds our receipt, or that a stranger's transaction has it.
            logger.warning("anchor.nonce_used nonce=%d", newest.nonce)
        except NonceTooHigh:
            # Given up after a while, unless the earlier transaction turns up.
            logger.warning("anchor.nonce_too_high nonce=%d", newest.nonce)
        except FeeTooLow:
            yield from self._replace(rows, head)
        except TransactionFailed:
            # Other settings, or another node, may make of it what this one takes.
            if not self._is_old(newest):
                raise
            yield from self._replace(rows, head)
        else:
            if newest.sent_at is not None:
                logger.warning("anchor.sent_again transaction=%s", newest.tx_hash.hex())
            yield from self._mark_sent(newest)
            if newest.sent_at is not None and self._waits_too_long(newest):
                # Some nodes take transactions and never show them.
                yield from self._replace(rows, head)

    def _mark_sent(self, row: AttemptRow) -> Iterator[Progress]:
        self._store.mark_sent(row.tx_hash, sent_at=self._now())
        if row.sent_at is None:
            yield progress("sent", row)

    def _replace(self, rows: Sequence[AttemptRow], head: Head) -> Iterator[Progress]:
        """Sign the newest checkpoint anew at the same nonce, for a fee that displaces the old."""
        replaced = self._signer.replace(rows, head)
        if replaced is None:
            yield from self._drop(rows, "a later head is stored")
        else:
            for signed in replaced:
                logger.warning("anchor.replaced nonce=%d", rows[-1].nonce)
                yield signed

    def _is_old(self, row: AttemptRow) -> bool:
        return self._now() - (row.sent_at or row.signed_at) > self._policy.bump_after

    def _waits_too_long(self, row: AttemptRow) -> bool:
        return fee_of(row.raw).price > 0 and self._is_old(row)

    # The publisher's means

    def _look_into_purse(self) -> None:
        """Keep balance and price for whoever watches; a chain that does not answer is no fault."""
        now = self._now()
        if self._purse_at is not None and now - self._purse_at < PURSE_AGE:
            return
        try:
            balance = self._calls.balance(self._signer.address)
            price = self._calls.fee().expected
        except ChainUnavailable as fault:
            logger.info("anchor.balance_unknown %s", fault)
            return
        estimate = Estimate(self._store.latest_estimate() or GUESSED_GAS, price)
        purse = Purse(now, self._signer.address, balance, estimate)
        if purse.is_low:
            logger.warning(
                "anchor.balance_low wei=%d anchors_left=%d", balance, purse.anchors_left or 0
            )
        self._store.save_purse(purse.to_bytes())
        self._purse_at = now

    # Transitions

    def _include(self, row: AttemptRow, receipt: TransactionReceipt) -> Progress:
        self._store.mark_included(
            row.tx_hash,
            block_number=receipt.block_number,
            block_hash=receipt.block_hash,
            gas_used=receipt.gas_used,
            gas_price=receipt.gas_price,
        )
        return progress("included", row)

    def _drop(self, rows: Sequence[AttemptRow], reason: str) -> Iterator[Progress]:
        for row in rows:
            self._store.mark_dropped(row.tx_hash, reason=reason)
            logger.info("anchor.given_up transaction=%s reason=%r", row.tx_hash.hex(), reason)
            yield progress("dropped", row)


def _is_head(row: AttemptRow, head: Head) -> bool:
    return (row.tree_size, row.root_hash) == (head.tree_size, head.root_hash)
