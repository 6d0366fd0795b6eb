"""The chain client against a real node: contract, transactions, evidence, dead and wrong chains."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from tests.support.anchored import Anchored
from tests.support.anvil import Anvil, free_port, running_anvil
from traceability.chain import registry
from traceability.chain.accounts import address_of
from traceability.chain.capture import EvidenceTarget, capture_anywhere, capture_evidence
from traceability.chain.client import ChainClient
from traceability.chain.faults import (
    AnchorRejected,
    ChainIdMismatch,
    ChainUnavailable,
    ContractMismatch,
    EndpointsDisagree,
    EvidenceUnavailable,
    HeadMoved,
    NonceUsed,
    PublisherUnfunded,
    RPCRefused,
    TransactionFailed,
)
from traceability.chain.fees import Fee, FeeMode, fee_of
from traceability.chain.planning import plan_anchor
from traceability.chain.registry_calls import RegistryCalls
from traceability.chain.values import AnchorCall, Finality, TransactionReceipt
from traceability.hashing.keccak import keccak256
from traceability.merkle.proofs import consistency_path, root_from_nodes

CODE_HASH = registry.artifact().code_hash


def dead_url() -> str:
    return f"http://127.0.0.1:{free_port()}"


def send_anchor(anchored: Anchored, size: int) -> TransactionReceipt:
    anchored.log.grow(size)
    return send(anchored, planned(anchored))


def send(anchored: Anchored, call: AnchorCall) -> TransactionReceipt:
    client = anchored.client
    signed = client.sign_anchor(
        call,
        account=anchored.account,
        nonce=client.nonce(address_of(anchored.account)),
        fee=client.fee(),
    )
    client.send_raw(signed.raw)
    return client.wait_for_receipt(signed.tx_hash)


def planned(anchored: Anchored) -> AnchorCall:
    head = anchored.client.head(anchored.log.log_id)
    call = plan_anchor(anchored.log, head, log=anchored.log.identity)
    assert call is not None
    return call


def target(anchored: Anchored, size: int) -> EvidenceTarget:
    anchored.log.grow(size)
    checkpoint = anchored.log.newest_anchorable()
    assert checkpoint is not None
    return EvidenceTarget(anchored.log.log_id, CODE_HASH, size, checkpoint.root_hash)


class TestContract:
    def test_the_deployed_code_is_the_pinned_one(self, anchored: Anchored, anvil: Anvil) -> None:
        anchored.client.check_contract(chain_id=anvil.chain_id)

    def test_refuses_other_code(self, anchored: Anchored) -> None:
        with pytest.raises(ContractMismatch, match="other code: expected hash 00000000"):
            anchored.client.check_contract(code_hash=bytes(32))

    def test_refuses_an_address_without_code(self, anvil: Anvil) -> None:
        with (
            anvil.client(contract="0x" + "ab" * 20) as client,
            pytest.raises(ContractMismatch, match="contract missing: no code at 0xabab"),
        ):
            client.check_contract()

    def test_refuses_to_guess_the_address(self, anvil: Anvil) -> None:
        with anvil.client() as client, pytest.raises(ContractMismatch, match="no contract"):
            client.head(bytes(32))

    def test_the_log_id_computed_here_is_the_contracts(self, anchored: Anchored) -> None:
        opener = address_of(anchored.account)
        assert anchored.client.log_id(anchored.log.leaves[0], opener) == anchored.log.log_id
        head = anchored.client.head(anchored.log.log_id)
        assert (head.tree_size, head.root_hash) == (1, anchored.log.leaves[0])
        assert (head.owner, head.publisher) == (opener, opener)

    def test_opening_twice_finds_the_log(self, anchored: Anchored) -> None:
        address = address_of(anchored.account)
        again = anchored.client.open_log(anchored.log.leaves[0], address, anchored.account)
        assert (again.log_id, again.tx_hash) == (anchored.log.log_id, None)

    def test_an_unopened_log_has_size_zero(self, anchored: Anchored) -> None:
        assert anchored.client.head(bytes(32)).tree_size == 0


class TestAnchor:
    def test_a_million_entries_grow_by_five_hundred_for_at_most_55k_gas(
        self, anchored: Anchored
    ) -> None:
        """Send whole transactions to a chain with Prague's rules."""
        sizes = (1, 1_000_000, 1_000_500)
        anchored.log.grow(sizes[-1])
        node = anchored.log.nodes(sizes[-1])
        used = []
        for before, after in pairwise(sizes):
            proof = tuple(consistency_path(before, tree_size=after, node=node))
            root = root_from_nodes(after, node)
            receipt = send(anchored, AnchorCall(anchored.log.log_id, before, after, root, proof))
            used.append((len(proof), receipt.gas_used))
        assert used[1][0] == 11
        assert used[1][1] <= 55_000

    def test_head_moved_names_the_head(self, anchored: Anchored) -> None:
        anchored.log.grow(5)
        call = planned(anchored)
        send_anchor(anchored, 5)
        with pytest.raises(HeadMoved, match="now at size 5") as caught:
            anchored.client.check_anchor(call, sender=address_of(anchored.account))
        assert (caught.value.tree_size, caught.value.root_hash) == (5, call.root_hash)

    def test_tells_which_check_failed(self, anchored: Anchored) -> None:
        anchored.log.grow(5)
        call = planned(anchored)
        sender = address_of(anchored.account)
        anchored.client.check_anchor(call, sender=sender)
        with pytest.raises(AnchorRejected, match=r"NotPublisher\(logId [0-9a-f]{16}, caller 0x11"):
            anchored.client.check_anchor(call, sender="0x" + "11" * 20)
        bad = AnchorCall(call.log_id, 1, 5, bytes(32), call.proof)
        with pytest.raises(AnchorRejected, match=r"Inconsistent\(fromSize 1, treeSize 5"):
            anchored.client.check_anchor(bad, sender=sender)
        small = AnchorCall(call.log_id, 1, 1, call.root_hash, ())
        with pytest.raises(AnchorRejected, match=r"BadSize\(fromSize 1, treeSize 1\)"):
            anchored.client.check_anchor(small, sender=sender)

    def test_finds_the_transaction_of_a_head(self, anchored: Anchored) -> None:
        receipt = send_anchor(anchored, 5)
        client, log_id = anchored.client, anchored.log.log_id
        found = client.find_anchor(log_id, 5, block_number=receipt.block_number)
        assert found is not None
        assert (found.receipt, found.nonce, found.from_size) == (receipt, 1, 1)
        assert client.find_anchor(log_id, 6, block_number=receipt.block_number) is None
        assert client.find_anchor(log_id, 5, block_number=receipt.block_number - 1) is None


class TestTransactions:
    def test_known_bytes_may_be_sent_again(self, anchored: Anchored) -> None:
        with running_anvil("--no-mining", accounts=1) as chain, chain.client() as client:
            transfer = client.sign(b"", account=chain.accounts[0], to="0x" + "11" * 20, gas=21_000)
            assert not client.knows(transfer.tx_hash)
            assert client.send_raw(transfer.raw) == transfer.tx_hash
            assert client.send_raw(transfer.raw) == transfer.tx_hash
            assert client.knows(transfer.tx_hash)
            assert client.receipt(transfer.tx_hash) is None
            client.mine(1)
            assert client.wait_for_receipt(transfer.tx_hash).succeeded

    def test_a_used_nonce_is_told_apart(self, anvil: Anvil) -> None:
        account = anvil.new_account()
        with anvil.client() as client:
            transfer = client.sign(b"", account=account, to="0x" + "11" * 20, gas=21_000)
            client.send_raw(transfer.raw)
            other = client.sign(b"", account=account, to="0x" + "22" * 20, gas=21_000, nonce=0)
            with pytest.raises(NonceUsed, match="nonce too low"):
                client.send_raw(other.raw)

    def test_an_empty_account_is_told_apart(self, anvil: Anvil) -> None:
        account = anvil.new_account()
        with anvil.client() as client:
            client.fund(address_of(account), 0)
            transfer = client.sign(b"", account=account, to="0x" + "11" * 20, gas=21_000)
            with pytest.raises(PublisherUnfunded, match="too little"):
                client.send_raw(transfer.raw)

    def test_a_reverted_transaction_fails(self, anchored: Anchored) -> None:
        data = registry.encode_call("seal", bytes(32), bytes(32))
        client = anchored.client
        seal = client.sign(data, account=anchored.account, to=client.contract, gas=100_000)
        client.send_raw(seal.raw)
        with pytest.raises(TransactionFailed, match="transaction reverted"):
            client.wait_for_receipt(seal.tx_hash)

    def test_nonsense_is_refused_for_good(self, anvil: Anvil) -> None:
        with anvil.client() as client, pytest.raises(TransactionFailed, match="not taken"):
            client.send_raw(b"\x02\x00")

    @pytest.mark.parametrize("mode", [FeeMode.EIP1559, FeeMode.LEGACY])
    def test_pays_in_either_mode(self, mode: FeeMode, anvil: Anvil, anchored: Anchored) -> None:
        with ChainClient(
            [anvil.url],
            contract=anchored.client.contract,
            fee_mode=mode,
        ) as client:
            fee = client.fee()
            assert (fee.tip is None) == (mode is FeeMode.LEGACY)
            signed = client.sign(b"", account=anchored.account, to="0x" + "11" * 20, gas=21_000)
            assert fee_of(signed.raw) == client.fee()
            client.send_raw(signed.raw)
            assert client.wait_for_receipt(signed.tx_hash).succeeded

    def test_pays_nothing_on_a_free_chain(self) -> None:
        free = ("--gas-price", "0", "--block-base-fee-per-gas", "0")
        with (
            running_anvil(*free, accounts=1) as chain,
            chain.client(fee_mode=FeeMode.FREE) as client,
        ):
            assert client.fee() == Fee(0)
            client.fund(address_of(chain.accounts[0]), 0)
            client.deploy(chain.accounts[0])
            client.check_contract()


class TestEvidence:
    def test_proves_the_head_at_inclusion_and_later(self, anchored: Anchored) -> None:
        receipt = send_anchor(anchored, 6)
        anchored.client.mine(3)
        for block in (receipt.block_number, receipt.block_number + 2):
            captured = capture_evidence(anchored.client, target(anchored, 6), block_number=block)
            assert captured.block_number == block
            assert captured.block_hash == anchored.client.block_hash(block)

    def test_refuses_evidence_of_an_earlier_head(self, anchored: Anchored) -> None:
        receipt = send_anchor(anchored, 6)
        with pytest.raises(EvidenceUnavailable, match="another head: expected size 6, got 1"):
            capture_evidence(
                anchored.client, target(anchored, 6), block_number=receipt.block_number - 1
            )

    def test_refuses_evidence_under_other_code(self, anchored: Anchored) -> None:
        receipt = send_anchor(anchored, 6)
        sound = target(anchored, 6)
        other = EvidenceTarget(sound.log_id, bytes(32), 6, sound.root_hash)
        with pytest.raises(EvidenceUnavailable, match="contract code differs"):
            capture_evidence(anchored.client, other, block_number=receipt.block_number)

    def test_takes_the_newest_block_where_the_first_is_pruned(
        self, anchored: Anchored, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        receipt = send_anchor(anchored, 6)
        anchored.client.mine(1)
        ask = RegistryCalls.evidence

        def pruned(self: RegistryCalls, log_id: bytes, block_number: int) -> object:
            if block_number == receipt.block_number:
                raise EvidenceUnavailable("pruned")
            return ask(self, log_id, block_number)

        monkeypatch.setattr(RegistryCalls, "evidence", pruned)
        captured = capture_anywhere(
            anchored.client, target(anchored, 6), block_number=receipt.block_number
        )
        assert captured.block_number == receipt.block_number + 1

    def test_rebuilds_the_header_where_the_node_has_no_raw_one(
        self, anchored: Anchored, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        receipt = send_anchor(anchored, 6)
        raw = anchored.client.evidence(anchored.log.log_id, receipt.block_number)
        ask = anchored.client.ask

        def without_debug(method: str, *params: object) -> object:
            if method == "debug_getRawHeader":
                raise RPCRefused(method, {"code": -32601, "message": "method not found"})
            return ask(method, *params)

        monkeypatch.setattr(anchored.client, "ask", without_debug)
        rebuilt = anchored.client.evidence(anchored.log.log_id, receipt.block_number)
        assert rebuilt == raw
        assert keccak256(rebuilt.header) == receipt.block_hash

    def test_keeps_no_header_that_does_not_hash_to_the_block(
        self, anchored: Anchored, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        receipt = send_anchor(anchored, 6)
        ask = anchored.client.ask

        def lying(method: str, *params: object) -> object:
            if method == "debug_getRawHeader":
                return "0xc0"
            answer = ask(method, *params)
            if method == "eth_getBlockByNumber":
                return {**answer, "gasUsed": "0x1"}
            return answer

        monkeypatch.setattr(anchored.client, "ask", lying)
        with pytest.raises(EvidenceUnavailable, match="header unavailable"):
            anchored.client.evidence(anchored.log.log_id, receipt.block_number)

    def test_what_a_node_shows_is_checked_before_it_is_kept(
        self, anchored: Anchored, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        receipt = send_anchor(anchored, 6)
        sound = anchored.client.evidence(anchored.log.log_id, receipt.block_number)
        leaf = sound.slots[0][-1]
        changed = leaf[:-1] + bytes([leaf[-1] ^ 1])
        lie = replace(sound, slots=((*sound.slots[0][:-1], changed), sound.slots[1]))
        monkeypatch.setattr(RegistryCalls, "evidence", lambda *_: lie)
        with pytest.raises(EvidenceUnavailable, match="trie node does not have the hash"):
            capture_evidence(
                anchored.client, target(anchored, 6), block_number=receipt.block_number
            )


class TestFinality:
    def test_the_tag_follows_two_blocks_behind(self, anchored: Anchored) -> None:
        number = send_anchor(anchored, 6).block_number
        assert anchored.client.final_block_hash(number) is None
        anchored.client.mine(2)
        assert anchored.client.finalized_number() >= number
        assert anchored.client.final_block_hash(number) == anchored.client.block_hash(number)

    def test_depth_counts_blocks(self, anchored: Anchored, anvil: Anvil) -> None:
        number = send_anchor(anchored, 6).block_number
        with anvil.client(finality=Finality.parse("depth:4")) as client:
            client.mine(3)
            assert client.final_block_hash(number) is None
            client.mine(1)
            assert client.final_block_hash(number) == client.block_hash(number)


class TestEndpoints:
    def test_a_dead_endpoint_is_passed_over(self, anvil: Anvil) -> None:
        with ChainClient([dead_url(), anvil.url], chain_id=anvil.chain_id) as client:
            assert client.chain_id() == anvil.chain_id
            assert client.finalized_number() >= -1
            assert client.final_block_hash(0) == client.block_hash(0)

    def test_a_chain_that_is_down_is_unavailable(self) -> None:
        url = dead_url()
        with ChainClient([url]) as client, pytest.raises(ChainUnavailable, match="does not answer"):
            client.chain_id()
        with ChainClient([url]) as client, pytest.raises(ChainUnavailable, match="unavailable"):
            client.final_block_hash(0)

    def test_no_endpoint_at_all_is_unavailable(self) -> None:
        with pytest.raises(ChainUnavailable, match="no endpoint configured"):
            ChainClient([])

    def test_a_secret_in_the_address_stays_out_of_the_message(self) -> None:
        url = dead_url() + "/v3/s3cr3t"
        with ChainClient([url]) as client, pytest.raises(ChainUnavailable) as caught:
            client.chain_id()
        assert "s3cr3t" not in str(caught.value)

    @pytest.mark.parametrize("first_is_dead", [False, True])
    def test_another_chain_is_refused(self, first_is_dead: bool, anvil: Anvil) -> None:
        urls = [dead_url(), anvil.url] if first_is_dead else [anvil.url]
        with (
            ChainClient(urls, chain_id=1) as client,
            pytest.raises(ChainIdMismatch, match="expected id 1, got 31337"),
        ):
            client.block("latest")

    def test_the_first_answer_counts_as_chain_id_unless_one_is_named(self, anvil: Anvil) -> None:
        with ChainClient([anvil.url]) as client, pytest.raises(ChainIdMismatch, match="id 5"):
            client.require_chain(5)

    def test_endpoints_that_disagree_are_believed_neither(self, anvil: Anvil) -> None:
        with (
            running_anvil("--timestamp", "1000000000", accounts=0) as other,
            ChainClient([anvil.url, other.url], chain_id=anvil.chain_id) as client,
            pytest.raises(EndpointsDisagree, match="endpoints disagree on block 0"),
        ):
            client.final_block_hash(0)
