"""Each thing that the chain may do to an anchor, by the name that the anchorer gives it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from tests.support.anchored import Anchored, advance, finish, open_log
from tests.support.anvil import Anvil, running_anvil
from tests.support.endpoint import proxied
from traceability.chain.accounts import address_of
from traceability.chain.anchor_store import REVERTED
from traceability.chain.client import ChainClient
from traceability.chain.costs import Purse
from traceability.chain.faults import (
    AnchorReverted,
    FeeAboveLimit,
    PoolFull,
    PublisherUnfunded,
    RPCRefused,
    TransactionFailed,
)
from traceability.chain.fees import FeeMode
from traceability.chain.values import TransactionReceipt


def later() -> datetime:
    """Return a moment at which whatever a test has sent has waited too long."""
    return datetime.now(UTC) + timedelta(minutes=4)


def saying(client: ChainClient, method: str, message: str) -> Callable[..., Any]:
    """Return an `ask` that refuses one method with these words."""
    ask = client.ask

    def refusing(asked: str, *params: object) -> Any:
        if asked == method:
            raise RPCRefused(asked, {"code": -32000, "message": message})
        return ask(asked, *params)

    return refusing


class TestRefusedBytes:
    def test_a_full_pool_is_tried_again(
        self, anchored: Anchored, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        anchored.log.grow(4)
        advance(anchored, "signed")
        with monkeypatch.context() as patch:
            ask = saying(anchored.client, "eth_sendRawTransaction", "txpool is full")
            patch.setattr(anchored.client, "ask", ask)
            with pytest.raises(PoolFull, match="txpool is full"):
                anchored.anchorer().step()
        finish(anchored)
        assert anchored.log.states() == [(4, "final")]

    def test_what_is_never_taken_is_signed_anew_after_a_while(
        self, anchored: Anchored, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        anchored.log.grow(4)
        advance(anchored, "signed")
        with monkeypatch.context() as patch:
            ask = saying(anchored.client, "eth_sendRawTransaction", "type not supported")
            patch.setattr(anchored.client, "ask", ask)
            with pytest.raises(TransactionFailed, match="type not supported"):
                anchored.anchorer().step()
            assert len(anchored.log.attempts) == 1
            moved = anchored.anchorer(now=later).step()
        assert [progress.action for progress in moved] == ["signed"]
        finish(anchored)
        assert sorted(anchored.log.states()) == [(4, "dropped"), (4, "final")]

    def test_an_empty_account_is_told_and_goes_on_when_it_is_funded(
        self, anchored: Anchored
    ) -> None:
        anchored.log.grow(4)
        address = address_of(anchored.account)
        advance(anchored, "signed")
        anchored.client.fund(address, 1)
        with pytest.raises(PublisherUnfunded, match="too little"):
            anchored.anchorer().step()
        assert anchored.log.purse is not None
        purse = Purse.from_bytes(anchored.log.purse)
        assert (purse.balance, purse.anchors_left, purse.is_low) == (1, 0, True)
        anchored.client.fund(address, 10**21)
        finish(anchored)
        assert anchored.log.states() == [(4, "final")]
        assert not Purse.from_bytes(anchored.log.purse).is_low

    def test_a_node_that_shows_no_waiting_transaction_is_not_sent_to_without_end(
        self, anchored: Anchored, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        anchored.log.grow(4)
        anchored.client.ask("evm_setAutomine", False)
        try:
            advance(anchored, "sent")
            monkeypatch.setattr(anchored.client, "knows", lambda _: False)
            assert anchored.anchorer(mines=False).step() == ()
        finally:
            anchored.client.ask("evm_setAutomine", True)
        anchored.client.mine(1)
        finish(anchored)
        assert anchored.log.states() == [(4, "final")]


class TestNonces:
    def test_one_that_is_too_high_is_given_up_and_signed_anew(self, anvil: Anvil) -> None:
        with proxied(anvil.url) as proxy, ChainClient([proxy.url], chain_id=31337) as client:
            client.deploy(anvil.new_account())
            anchored = open_log(client, anvil.new_account())
            anchored.log.grow(4)
            proxy.lies["eth_getTransactionCount"] = lambda params, truth: "0x99"
            advance(anchored, "sent")
            assert [row.nonce for row in anchored.log.attempts.values()] == [0x99]
            proxy.honest()
            assert anchored.anchorer().step() == (), "the gap may close by itself"
            moved = anchored.anchorer(now=later).step()
            assert [progress.action for progress in moved] == ["dropped"]
            finish(anchored)
            assert sorted(anchored.log.states()) == [(4, "dropped"), (4, "final")]
            assert anchored.log.only("final").nonce == 1


class TestReverts:
    def test_no_more_than_three_from_one_head(
        self, anchored: Anchored, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        anchored.log.grow(4)
        used = count(1)

        def reverted(tx_hash: bytes) -> TransactionReceipt:
            return TransactionReceipt(tx_hash, False, 1, bytes(32), 21_000, None)

        with monkeypatch.context() as patch:
            patch.setattr(anchored.client, "receipt", reverted)
            patch.setattr(anchored.client, "nonce", lambda _: next(used))
            for _ in range(6):
                anchored.anchorer().step()
            with pytest.raises(AnchorReverted, match="3 blocks included one from size 1 in vain"):
                anchored.anchorer().step()
        assert [row.reason for row in anchored.log.attempts.values()] == [REVERTED] * 3
        finish(anchored)
        assert (4, "final") in anchored.log.states(), "by hand it goes on"


class TestGivenUp:
    def test_bytes_that_were_given_up_can_be_signed_and_sent_after_all(
        self, anchored: Anchored, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fee = anchored.client.fee()
        monkeypatch.setattr(anchored.client, "fee", lambda: fee)
        anchored.log.grow(4)
        advance(anchored, "signed")
        with monkeypatch.context() as patch:
            patch.setattr(anchored.client, "nonce", lambda _: 99)
            assert [moved.action for moved in anchored.anchorer().step()] == ["dropped"]
        finish(anchored)
        assert anchored.log.states() == [(4, "final")]


class TestFees:
    @pytest.mark.parametrize("mode", list(FeeMode))
    def test_anchors_in_every_mode_and_keeps_what_it_cost(self, mode: FeeMode) -> None:
        free = ("--gas-price", "0", "--block-base-fee-per-gas", "0")
        options = free if mode is FeeMode.FREE else ()
        with (
            running_anvil(*options, accounts=2) as chain,
            chain.client(fee_mode=mode) as client,
        ):
            client.deploy(chain.accounts[0])
            anchored = open_log(client, chain.accounts[1])
            anchored.log.grow(40)
            estimate = anchored.anchorer().estimate()
            assert estimate is not None
            assert anchored.log.attempts == {}, "an estimate sends nothing"
            before = client.balance(address_of(anchored.account))
            finish(anchored)
            row = anchored.log.only("final")
            paid = before - client.balance(address_of(anchored.account))
            assert (row.gas_used or 0) * (row.gas_price or 0) == paid
            assert (row.estimated_gas, paid == 0) == (estimate.gas, mode is FeeMode.FREE)
            assert paid <= estimate.cost * 2
            assert anchored.anchorer().estimate() is None, "nothing is new"

    def test_replacing_ends_at_the_limit_and_the_last_one_stands(self) -> None:
        with running_anvil("--no-mining", accounts=1) as chain, chain.client() as client:
            client.ask("evm_setAutomine", True)
            client.deploy(chain.accounts[0])
            anchored = open_log(client, chain.new_account())
            client.ask("evm_setAutomine", False)
            anchored.log.grow(20)
            advance(anchored, "sent")
            first = anchored.log.only("sent")
            limit = client.fee().price
            anchorer = anchored.anchorer(mines=False, now=later, max_price=limit)
            with pytest.raises(FeeAboveLimit, match=f"expected at most {limit} wei"):
                anchorer.step()
            client.mine(1)
            finish(anchored)
            assert anchored.log.only("final").tx_hash == first.tx_hash


class TestReorganisations:
    def test_what_came_back_is_not_replaced_at_once_because_it_is_old(
        self, anchored: Anchored
    ) -> None:
        anchored.log.grow(20)
        advance(anchored, "included")
        anchored.client.ask("anvil_reorg", 1, [])
        anchored.client.ask("anvil_dropAllTransactions")
        anchored.client.ask("evm_setAutomine", False)
        try:
            anchorer = anchored.anchorer(mines=False, now=later)
            actions = [moved.action for _ in range(4) for moved in anchorer.step()]
        finally:
            anchored.client.ask("evm_setAutomine", True)
        assert actions == ["returned", "sent"]
        anchored.client.mine(1)
        finish(anchored)
        assert anchored.log.states() == [(20, "final")]

    @pytest.mark.parametrize("anchors", [1, 2])
    def test_finality_that_is_broken_is_taken_back_and_anchored_again(
        self, anchors: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        with running_anvil(accounts=2) as chain, chain.client() as client:
            client.deploy(chain.accounts[0])
            anchored = open_log(client, chain.accounts[1])
            for size in (20, 30)[:anchors]:
                anchored.log.grow(size)
                finish(anchored)
            newest = client.block("latest")
            row = anchored.log.newest_final()
            assert newest is not None
            assert row is not None
            first = min(found.block_number or 0 for found in anchored.log.attempts.values())
            client.ask("anvil_reorg", newest.number - first + 1, [])
            client.ask("anvil_dropAllTransactions")
            assert client.head(anchored.log.log_id).tree_size == 1
            actions = finish(anchored)
            assert actions[:2] == ["unfinal", "returned"]
            assert "anchor.finality_broken" in caplog.text
            assert client.head(anchored.log.log_id).tree_size == row.tree_size
            assert (row.tree_size, "final") in anchored.log.states()
            assert finish(anchored) == []

    def test_finality_that_stands_is_left_alone(self, anchored: Anchored) -> None:
        anchored.log.grow(20)
        finish(anchored)
        anchored.client.mine(2)
        anchored.client.ask("anvil_reorg", 2, [])
        assert anchored.anchorer().step() == ()

    def test_a_finality_tag_that_stands_still_is_told(
        self, anchored: Anchored, caplog: pytest.LogCaptureFixture
    ) -> None:
        anchored.log.grow(20)
        advance(anchored, "evidence")
        anchored.anchorer(mines=False).step()
        assert "anchor.finality_overdue" not in caplog.text
        late = datetime.now(UTC) + timedelta(minutes=61)
        assert anchored.anchorer(mines=False, now=lambda: late).step() == ()
        assert "anchor.finality_overdue" in caplog.text
        assert anchored.log.states() == [(20, "included")]


class TestPolicy:
    @pytest.mark.parametrize(("new", "signed"), [(9, 0), (10, 1)])
    def test_enough_entries_end_the_interval(
        self, new: int, signed: int, anchored: Anchored
    ) -> None:
        anchored.log.grow(20)
        finish(anchored)
        anchored.log.grow(20 + new)
        anchorer = anchored.anchorer(interval=timedelta(hours=1), entries=10)
        assert len(anchorer.step()) == signed

    def test_the_interval_ends_by_itself(self, anchored: Anchored) -> None:
        anchored.log.grow(20)
        finish(anchored)
        anchored.log.grow(21)
        late = datetime.now(UTC) + timedelta(minutes=61)
        anchorer = anchored.anchorer(interval=timedelta(hours=1), entries=10, now=lambda: late)
        assert [moved.action for moved in anchorer.step()] == ["signed"]


def test_a_command_waits_as_long_as_its_only_endpoint_asks(anvil: Anvil) -> None:
    with proxied(anvil.url) as proxy, ChainClient([proxy.url], chain_id=31337) as client:
        client.deploy(anvil.new_account())
        anchored = open_log(client, anvil.new_account())
        anchored.log.grow(4)
        proxy.status, proxy.headers = 429, {"Retry-After": "0"}
        asked = len(proxy.asked)

        def honest_after_three(_: str) -> None:
            if len(proxy.asked) > asked + 3:
                proxy.status = 200

        proxy.before = honest_after_three
        finish(anchored)
        assert anchored.log.states() == [(4, "final")]
