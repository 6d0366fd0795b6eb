"""Several endpoints of one chain: limits, silence, lies, and what they agree on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.anchored import Anchored, advance, finish, open_log
from tests.support.anvil import Anvil, running_anvil
from tests.support.endpoint import Proxy, proxied
from traceability.chain.client import ChainClient
from traceability.chain.faults import (
    ChainTimeout,
    ChainUnavailable,
    ContractMismatch,
    EndpointsDisagree,
    RateLimited,
)

OTHER_HASH = "0x" + "ab" * 32


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def proxy(anvil: Anvil) -> Iterator[Proxy]:
    with proxied(anvil.url) as found:
        yield found


class TestLimits:
    @pytest.mark.parametrize("status", [429, 503])
    def test_an_endpoint_is_left_alone_as_long_as_it_asks(self, status: int, proxy: Proxy) -> None:
        clock = Clock()
        proxy.status, proxy.headers = status, {"Retry-After": "40"}
        with ChainClient([proxy.url], clock=clock) as client:
            with pytest.raises(RateLimited, match="only in 40 seconds"):
                client.chain_id()
            proxy.honest()
            clock.now += 39
            with pytest.raises(RateLimited) as caught:
                client.chain_id()
            assert caught.value.retry_after_seconds == 1
            assert len(proxy.asked) == 1, "nothing was sent to it meanwhile"
            clock.now += 2
            assert client.chain_id() == 31337

    def test_without_a_time_it_is_asked_again_after_a_growing_one(self, proxy: Proxy) -> None:
        clock = Clock()
        proxy.status = 429
        waits = []
        with ChainClient([proxy.url], clock=clock, jitter=lambda: 1.0) as client:
            for _ in range(4):
                with pytest.raises(RateLimited) as caught:
                    client.chain_id()
                waits.append(caught.value.retry_after_seconds)
                clock.now += waits[-1]
        assert waits == [1, 2, 4, 8]

    def test_another_endpoint_answers_meanwhile(self, proxy: Proxy, anvil: Anvil) -> None:
        proxy.status, proxy.headers = 429, {"Retry-After": "40"}
        with ChainClient([proxy.url, anvil.url]) as client:
            assert client.chain_id() == 31337
            assert client.block_hash(0) is not None
        assert len(proxy.asked) == 1

    def test_an_overload_without_a_time_is_no_limit(self, proxy: Proxy) -> None:
        proxy.status = 503
        with ChainClient([proxy.url]) as client:
            with pytest.raises(ChainUnavailable) as caught:
                client.chain_id()
            assert type(caught.value) is ChainUnavailable
            proxy.honest()
            assert client.chain_id() == 31337, "the only endpoint is asked again at once"

    def test_silence_is_named(self, proxy: Proxy) -> None:
        proxy.delay = 0.5
        with (
            ChainClient([proxy.url], timeout_seconds=0.1) as client,
            pytest.raises(ChainTimeout, match="does not answer eth_chainId"),
        ):
            client.chain_id()


@pytest.fixture
def three(anvil: Anvil, contract: str, proxy: Proxy) -> Iterator[tuple[Proxy, Anchored]]:
    """Return a log behind a proxy and two ways to the true chain."""
    with (
        proxied(anvil.url) as second,
        ChainClient(
            [proxy.url, anvil.url, second.url], contract=contract, chain_id=anvil.chain_id
        ) as client,
    ):
        yield proxy, open_log(client, anvil.new_account())


@pytest.fixture
def two(anvil: Anvil, contract: str, proxy: Proxy) -> Iterator[tuple[Proxy, Anchored]]:
    """Return a log behind a proxy and one way to the true chain."""
    with ChainClient([proxy.url, anvil.url], contract=contract, chain_id=anvil.chain_id) as client:
        yield proxy, open_log(client, anvil.new_account())


class TestThree:
    def test_honest_ones_anchor(self, three: tuple[Proxy, Anchored]) -> None:
        _, anchored = three
        anchored.log.grow(20)
        finish(anchored)
        assert anchored.log.states() == [(20, "final")]

    @pytest.mark.parametrize(
        ("method", "lie"),
        [
            ("eth_call", "0x" + "00" * 352),
            ("eth_call", "0x"),
            ("eth_getTransactionCount", "0x99"),
            ("eth_getTransactionReceipt", None),
            ("eth_getTransactionByHash", {"hash": OTHER_HASH}),
        ],
    )
    def test_one_liar_is_outvoted(
        self, method: str, lie: object, three: tuple[Proxy, Anchored]
    ) -> None:
        proxy, anchored = three
        proxy.lies[method] = lambda params, truth: lie
        anchored.log.grow(20)
        finish(anchored)
        assert (20, "final") in anchored.log.states()

    def test_bytes_that_one_swallows_reach_the_others(self, three: tuple[Proxy, Anchored]) -> None:
        proxy, anchored = three
        proxy.swallowed["eth_sendRawTransaction"] = OTHER_HASH
        anchored.log.grow(20)
        finish(anchored)
        assert anchored.log.states() == [(20, "final")]

    def test_nothing_is_final_where_one_names_another_block(
        self, three: tuple[Proxy, Anchored]
    ) -> None:
        proxy, anchored = three
        anchored.log.grow(20)
        advance(anchored, "evidence")
        anchored.client.mine(4)
        proxy.lies["eth_getBlockByNumber"] = lambda params, truth: truth | {"hash": OTHER_HASH}
        with pytest.raises(EndpointsDisagree, match="endpoints disagree on block"):
            anchored.anchorer().step()
        assert anchored.log.states() == [(20, "included")]
        proxy.honest()
        assert [moved.action for moved in anchored.anchorer().step()] == ["final"]


class TestTwo:
    @pytest.mark.parametrize(
        ("method", "lie"),
        [("eth_call", "0x" + "00" * 352), ("eth_getTransactionCount", "0x99")],
    )
    def test_that_disagree_are_believed_neither(
        self, method: str, lie: object, two: tuple[Proxy, Anchored]
    ) -> None:
        proxy, anchored = two
        proxy.lies[method] = lambda params, truth: lie
        anchored.log.grow(20)
        with pytest.raises((EndpointsDisagree, ContractMismatch)):
            anchored.anchorer().step()
        assert anchored.log.attempts == {}

    def test_a_receipt_that_only_one_has_is_waited_for(self, two: tuple[Proxy, Anchored]) -> None:
        proxy, anchored = two
        anchored.log.grow(20)
        advance(anchored, "sent")
        proxy.lies["eth_getTransactionReceipt"] = lambda params, truth: None
        proxy.lies["eth_call"] = lambda params, truth: truth
        (row,) = anchored.log.attempts.values()
        assert anchored.client.receipt(row.tx_hash) is None
        proxy.honest()
        assert anchored.client.receipt(row.tx_hash) is not None

    def test_nothing_is_final_while_one_does_not_say_so(self, two: tuple[Proxy, Anchored]) -> None:
        proxy, anchored = two
        anchored.log.grow(20)
        advance(anchored, "evidence")
        anchored.client.mine(4)

        def stuck(params: list[object], truth: object) -> object:
            return None if params[0] == "finalized" else truth

        proxy.lies["eth_getBlockByNumber"] = stuck
        assert anchored.anchorer(mines=False).step() == ()
        proxy.honest()
        assert [moved.action for moved in anchored.anchorer().step()] == ["final"]

    def test_a_receipt_of_another_transaction_is_no_answer(
        self, two: tuple[Proxy, Anchored]
    ) -> None:
        proxy, anchored = two
        anchored.log.grow(20)
        advance(anchored, "sent")
        (row,) = anchored.log.attempts.values()
        with ChainClient([proxy.url]) as alone:
            proxy.lies["eth_getTransactionReceipt"] = lambda params, truth: (
                truth | {"transactionHash": OTHER_HASH}
            )
            with pytest.raises(ChainUnavailable, match="receipt of another transaction"):
                alone.receipt(row.tx_hash)


def test_a_chain_without_the_contract_is_outvoted_by_two(anvil: Anvil, contract: str) -> None:
    with (
        running_anvil(accounts=0) as empty,
        proxied(anvil.url) as second,
        anvil.client(contract=contract) as honest,
        ChainClient(
            [empty.url, anvil.url, second.url], contract=contract, chain_id=anvil.chain_id
        ) as client,
    ):
        log = open_log(honest, anvil.new_account()).log
        assert client.head(log.log_id).tree_size == 1
