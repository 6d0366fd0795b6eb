"""Signing anchors: when one is due, at which nonce, for which fee; stored before it is sent."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from traceability.chain.accounts import Account, address_of
from traceability.chain.anchor_store import REVERTED, AnchorStore, AttemptRow
from traceability.chain.costs import Estimate
from traceability.chain.faults import AnchorReverted, FeeAboveLimit, HeadMoved
from traceability.chain.fees import Fee, fee_of
from traceability.chain.following import AnchorPolicy, Progress, told
from traceability.chain.planning import LogIdentity, check_head, plan_anchor
from traceability.chain.registry_calls import RegistryCalls
from traceability.chain.sender import Sender
from traceability.chain.values import AnchorCall, Head

logger = logging.getLogger(__name__)

# Each costs gas: after so many from one head somebody has to look.
MAX_REVERTS = 3


class Signer:
    """Signs for one publisher; see `Anchorer` for the parameters."""

    def __init__(
        self,
        calls: RegistryCalls,
        store: AnchorStore,
        *,
        log: LogIdentity,
        account: Account,
        policy: AnchorPolicy,
        now: Callable[[], datetime],
        sender: Sender | None,
    ) -> None:
        self._calls = calls
        self._store = store
        self._log = log
        self._account = account
        self._policy = policy
        self._now = now
        self._sender = sender

    @property
    def address(self) -> str:
        """The publisher's address."""
        return address_of(self._account)

    def begin(self, *, urgent: bool) -> Iterator[Progress]:
        """Sign the newest checkpoint, if it is newer than the contract's head and due.

        Raises
        ------
        AnchorReverted
            Blocks have included several from this head, in vain, and it is not urgent.
        PublisherBusy
            Another ledger has a transaction in flight from this account.
        """
        if self._sender is not None:
            self._sender.release()
        head = self._calls.head(self._log.log_id)
        check_head(self._store, head)
        if head.tree_size > 1 and not self._store.has_anchor(head.tree_size):
            yield from self._learn(head)
        if not urgent and not self._is_due(head):
            return
        call = plan_anchor(self._store, head, log=self._log)
        if call is None:
            return
        if not urgent:
            self._check_reverts(head)
        nonce = self._calls.nonce(self.address)
        if self._sender is not None:
            self._sender.check_free(nonce, chain_id=self._calls.chain_id())
        yield from self._sign(call, nonce=nonce, fee=self._calls.fee())

    def replace(self, rows: Sequence[AttemptRow], head: Head) -> Iterator[Progress] | None:
        """Sign the newest checkpoint anew at the same nonce, for a fee that displaces the old.

        None where a later head is stored: there is nothing left to anchor at this nonce.
        """
        check_head(self._store, head)
        call = plan_anchor(self._store, head, log=self._log)
        if call is None:
            return None
        fee = self._calls.fee()
        for row in rows:
            fee = fee.replacing(fee_of(row.raw)) if row.raw else fee
        return self._sign(call, nonce=rows[-1].nonce, fee=fee)

    def estimate(self) -> Estimate | None:
        """Return what anchoring the newest checkpoint would cost now; None if nothing is new."""
        head = self._calls.head(self._log.log_id)
        check_head(self._store, head)
        call = plan_anchor(self._store, head, log=self._log)
        if call is None:
            return None
        gas = self._calls.estimate_gas(call, sender=self.address)
        return Estimate(gas, self._calls.fee().expected)

    def _sign(self, call: AnchorCall, *, nonce: int, fee: Fee) -> Iterator[Progress]:
        if fee.price > self._policy.max_price:
            raise FeeAboveLimit(
                f"fee above the limit: expected at most {self._policy.max_price} wei, "
                f"got {fee.price}"
            )
        try:
            self._calls.check_anchor(call, sender=self.address)
        except HeadMoved as moved:
            # Between our question and now; the next step plans from the new head.
            logger.warning("anchor.head_moved tree_size=%d", moved.tree_size)
            return
        gas = self._calls.estimate_gas(call, sender=self.address)
        signed = self._calls.sign_anchor(
            call, account=self._account, nonce=nonce, fee=fee, estimated_gas=gas
        )
        if self._sender is not None:
            self._sender.claim(nonce, chain_id=self._calls.chain_id())
        self._store.add_attempt(
            tx_hash=signed.tx_hash,
            raw=signed.raw,
            nonce=nonce,
            from_size=call.from_size,
            tree_size=call.tree_size,
            root_hash=call.root_hash,
            signed_at=self._now(),
            estimated_gas=gas,
            estimated_price=fee.expected,
        )
        yield told("signed", tree_size=call.tree_size, tx_hash=signed.tx_hash)

    def _learn(self, head: Head) -> Iterator[Progress]:
        """Record the anchor that stored the head, which the store knows nothing of."""
        found = self._calls.find_anchor(
            self._log.log_id, head.tree_size, block_number=head.block_number
        )
        if found is None:
            # Some chains keep no events, or count other blocks: a later anchor will cover it.
            logger.warning("anchor.unknown tree_size=%d", head.tree_size)
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
            gas_price=receipt.gas_price,
        )
        yield told("included", tree_size=head.tree_size, tx_hash=receipt.tx_hash)

    def _is_due(self, head: Head) -> bool:
        """Tell whether the interval is over, or enough entries wait."""
        anchored = datetime.fromtimestamp(head.timestamp, UTC)
        if head.tree_size == 1 or self._now() - anchored >= self._policy.interval:
            return True
        newest = self._store.newest_anchorable()
        waiting = 0 if newest is None else newest.tree_size - head.tree_size
        return 0 < self._policy.entries <= waiting

    def _check_reverts(self, head: Head) -> None:
        found = self._store.count_dropped(head.tree_size, reason=REVERTED)
        if found >= MAX_REVERTS:
            raise AnchorReverted(
                f"anchor reverted again and again: {found} blocks included one from size "
                f"{head.tree_size} in vain; look why, then anchor by hand",
                expected="an anchor that the contract takes",
                got=f"{found} refused",
            )
