"""What seldom happens to an anchor: another publisher, lost answers, missing evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.anchor_log import MemoryLog, WriteFailed
from tests.support.anchored import TIMEOUT, Anchored, advance, finish, open_log
from tests.support.anvil import Anvil, other_transaction, running_anvil
from tests.support.endpoint import proxied
from traceability.chain import registry
from traceability.chain.accounts import Account, address_of
from traceability.chain.anchor_store import AttemptRow
from traceability.chain.client import ChainClient
from traceability.chain.faults import (
    EvidenceUnavailable,
    FeeTooLow,
    HeadMoved,
    NonceUsed,
    TransactionFailed,
)
from traceability.chain.following import Follower
from traceability.chain.registry_calls import RegistryCalls


def after_patience() -> datetime:
    """Return a moment at which evidence of what a test has anchored was waited for long enough."""
    return datetime.now(UTC) + timedelta(minutes=11)


@dataclass
class Contested:
    """A log whose owner lets two accounts publish in turn."""

    ours: Anchored
    owner: Account
    other: Account

    def let_publish(self, account: Account) -> None:
        data = registry.encode_call("setPublisher", self.ours.log.log_id, address_of(account))
        client = self.ours.client
        call = client.sign(data, account=self.owner, to=client.contract, gas=100_000)
        client.send_raw(call.raw)
        client.wait_for_receipt(call.tx_hash)

    def other_anchors(self, size: int) -> None:
        """Let the other account store a head behind our back."""
        self.let_publish(self.other)
        theirs = MemoryLog(log_id=self.ours.log.log_id)
        theirs.grow(size)
        finish(Anchored(self.ours.client, theirs, self.other))
        self.let_publish(self.ours.account)


@pytest.fixture
def contested(anvil: Anvil, contract: str) -> Iterator[Contested]:
    owner, ours, other = (anvil.new_account() for _ in range(3))
    with anvil.client(contract=contract) as client:
        log = MemoryLog()
        log.grow(1)
        log.log_id = client.open_log(log.leaves[0], address_of(ours), owner).log_id
        yield Contested(Anchored(client, log, ours), owner, other)


def raising(fault: Exception) -> Callable[..., Any]:
    def refuse(*_arguments: object, **_options: object) -> Any:
        raise fault

    return refuse


class TestAnotherPublisher:
    def test_an_anchor_that_would_revert_is_rebuilt_at_its_nonce(
        self, contested: Contested
    ) -> None:
        ours = contested.ours
        ours.log.grow(20)
        advance(ours, "signed")
        first = ours.log.only("signed")
        contested.other_anchors(10)
        finish(ours)
        second = ours.log.only("final")
        assert (second.nonce, second.from_size, second.tree_size) == (first.nonce, 10, 20)
        assert ours.log.only("dropped").tx_hash == first.tx_hash
        assert ours.client.nonce(address_of(ours.account)) == 1

    def test_our_own_head_stored_by_another_means_done(self, contested: Contested) -> None:
        ours = contested.ours
        ours.log.grow(20)
        advance(ours, "signed")
        contested.other_anchors(20)
        assert finish(ours) == ["included", "evidence", "final"]
        assert ours.log.states() == [(20, "final")]
        assert ours.log.only("final").gas_used is None
        assert ours.client.nonce(address_of(ours.account)) == 0

    def test_an_anchor_behind_a_later_head_is_given_up(self, contested: Contested) -> None:
        ours = contested.ours
        ours.log.grow(20)
        advance(ours, "signed")
        ours.log.grow(25)
        contested.other_anchors(25)
        finish(ours)
        assert ours.log.states() == [(20, "dropped"), (25, "final")]
        assert ours.log.only("dropped").reason == "a later head is stored"

    def test_an_anchor_that_reverted_in_a_block_is_given_up(self, contested: Contested) -> None:
        ours = contested.ours
        ours.log.grow(20)
        advance(ours, "signed")
        raw = ours.log.only("signed").raw
        contested.other_anchors(10)
        # Had no block taken it yet, the anchorer would rightly replace it first.
        with pytest.raises(TransactionFailed, match="reverted"):
            ours.client.wait_for_receipt(ours.client.send_raw(raw))
        finish(ours)
        assert ours.log.only("dropped").reason == "contract refused it in a block"
        assert (20, "final") in ours.log.states()


class TestLostAnswers:
    def test_bytes_that_a_node_holds_are_not_sent_again(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with running_anvil(accounts=1) as chain, chain.client() as client:
            client.deploy(chain.accounts[0])
            anchored = open_log(client, chain.new_account())
            client.ask("evm_setAutomine", False)
            anchored.log.grow(20)
            anchored.log.fail_at = "mark_sent"
            with pytest.raises(WriteFailed):
                advance(anchored, "sent")
            with monkeypatch.context() as patch:
                patch.setattr(client, "send_raw", raising(AssertionError("sent twice")))
                advance(anchored, "sent")
            client.mine(1)
            advance(anchored, "included")

    def test_a_nonce_called_used_is_looked_at_again(
        self, anchored: Anchored, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        anchored.log.grow(20)
        advance(anchored, "signed")
        with monkeypatch.context() as patch:
            patch.setattr(ChainClient, "send_raw", raising(NonceUsed("nonce used")))
            assert anchored.anchorer(mines=False).step() == ()
        assert anchored.log.states() == [(20, "signed")]
        finish(anchored)
        assert anchored.log.states() == [(20, "final")]

    def test_a_fee_called_too_low_is_raised(
        self, anchored: Anchored, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        anchored.log.grow(20)
        advance(anchored, "signed")
        with monkeypatch.context() as patch:
            patch.setattr(ChainClient, "send_raw", raising(FeeTooLow("fee too low")))
            assert [moved.action for moved in anchored.anchorer(mines=False).step()] == ["signed"]
        assert len({row.nonce for row in anchored.log.attempts.values()}) == 1
        finish(anchored)
        assert sorted(state for _, state in anchored.log.states()) == ["dropped", "final"]

    def test_a_head_that_moves_while_we_ask_leaves_nothing_signed(
        self,
        anchored: Anchored,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        anchored.log.grow(20)
        with monkeypatch.context() as patch:
            patch.setattr(RegistryCalls, "check_anchor", raising(HeadMoved(5, bytes(32))))
            assert anchored.anchorer(mines=False).step() == ()
        assert anchored.log.attempts == {}
        assert "anchor.head_moved tree_size=5" in caplog.text
        finish(anchored)
        assert anchored.log.states() == [(20, "final")]

    def test_a_forgotten_anchor_without_events_does_not_stop_the_next(
        self, anchored: Anchored, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        anchored.log.grow(20)
        finish(anchored)
        anchored.log.attempts.clear()
        monkeypatch.setattr(RegistryCalls, "find_anchor", lambda *_, **__: None)
        assert anchored.anchorer().step() == ()
        anchored.log.grow(30)
        finish(anchored)
        assert anchored.log.states() == [(30, "final")]


class TestMissingEvidence:
    def test_is_waited_for_and_then_done_without_where_two_endpoints_say_so(
        self, anchored: Anchored, anvil: Anvil, contract: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self._lose_evidence(anchored, monkeypatch)
        with (
            proxied(anvil.url) as proxy,
            ChainClient([anvil.url, proxy.url], contract=contract) as client,
        ):
            two = Anchored(client, anchored.log, anchored.account)
            assert two.anchorer().step() == ()
            moved = two.anchorer(now=after_patience).step()
        assert [progress.action for progress in moved] == ["final"]
        assert anchored.log.only("final").evidence is None

    def test_one_endpoint_alone_is_not_believed_without_it(
        self, anchored: Anchored, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patch:
            self._lose_evidence(anchored, patch)
            assert anchored.anchorer(now=after_patience).step() == ()
            assert anchored.log.states() == [(20, "included")]
        assert finish(anchored) == ["evidence", "final"]

    def test_a_later_anchor_with_evidence_covers_one_without(
        self, anchored: Anchored, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self._lose_evidence(anchored, monkeypatch, only=20)
        anchored.log.grow(30)
        anchorer = anchored.anchorer(now=after_patience)
        anchorer.run_until_final(timeout_seconds=TIMEOUT, poll_seconds=0.01)
        assert anchored.log.states() == [(20, "final"), (30, "final")]
        assert [row.evidence is None for row in anchored.log.attempts.values()] == [True, False]

    @staticmethod
    def _lose_evidence(
        anchored: Anchored, patch: pytest.MonkeyPatch, *, only: int | None = None
    ) -> None:
        """Bring an anchor of size 20 into a final block of which no node shows evidence."""
        anchored.log.grow(20)
        advance(anchored, "included")
        anchored.client.mine(4)
        capture = Follower._capture

        def missing(self: Follower, row: AttemptRow, block_number: int) -> object:
            lost = only in (None, row.tree_size)
            return None if lost else capture(self, row, block_number)

        patch.setattr(Follower, "_capture", missing)

    def test_is_captured_when_the_node_can_show_it_again(
        self, anchored: Anchored, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        anchored.log.grow(20)
        advance(anchored, "included")
        with monkeypatch.context() as patch:
            patch.setattr(RegistryCalls, "evidence", raising(EvidenceUnavailable("pruned")))
            assert anchored.anchorer(mines=False).step() == ()
        assert finish(anchored) == ["evidence", "final"]

    def test_evidence_of_a_later_block_is_captured_again_when_that_block_goes(
        self, anchored: Anchored, anvil: Anvil, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        anchored.log.grow(20)
        advance(anchored, "included")
        row = anchored.log.only("included")
        anchored.client.mine(1)
        ask = RegistryCalls.evidence

        def pruned(self: RegistryCalls, log_id: bytes, block_number: int) -> object:
            if block_number == row.block_number:
                raise EvidenceUnavailable("pruned")
            return ask(self, log_id, block_number)

        monkeypatch.setattr(RegistryCalls, "evidence", pruned)
        advance(anchored, "evidence")
        before = anchored.log.only("included")
        assert before.evidence_block_number == (row.block_number or 0) + 1
        anchored.client.ask("anvil_reorg", 1, [[other_transaction(anvil), 0]])
        advance(anchored, "evidence")
        after = anchored.log.only("included")
        assert after.block_hash == row.block_hash
        assert after.evidence_block_hash != before.evidence_block_hash
        assert finish(anchored) == ["final"]
