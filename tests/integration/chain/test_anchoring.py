"""The anchorer on a real chain: the plain way, every failing write, and reorganisations."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.anchor_log import MemoryLog, WriteFailed
from tests.support.anchored import Anchored, advance, finish, open_log
from tests.support.anvil import Anvil, other_transaction, running_anvil
from traceability.chain import registry
from traceability.chain.accounts import address_of
from traceability.chain.anchoring import LogIdentity
from traceability.chain.faults import (
    AnchorRejected,
    ChainUnavailable,
    FeeAboveLimit,
    ForeignHead,
    LogBehindChain,
    RootNotRebuilt,
    TransactionPending,
)
from traceability.hashing.encoding import b64u_decode
from traceability.merkle.checkpoint import CheckpointInvalid
from traceability.verify.evidence import AnchorEvidence, check_evidence

WRITES = ("add_attempt", "mark_sent", "mark_included", "save_evidence", "mark_final")


def stored_evidence(anchored: Anchored, size: int) -> AnchorEvidence:
    (row,) = [r for r in anchored.log.attempts.values() if r.tree_size == size and r.evidence]
    value = json.loads(row.evidence or b"")
    account, first, second = (
        tuple(b64u_decode(node) for node in nodes) for nodes in (value["account"], *value["slots"])
    )
    return AnchorEvidence(b64u_decode(value["header"]), account, (first, second))


class TestThePlainWay:
    def test_goes_from_signed_to_final(self, anchored: Anchored) -> None:
        anchored.log.grow(300)
        assert finish(anchored) == ["signed", "sent", "included", "evidence", "final"]
        assert anchored.log.states() == [(300, "final")]
        assert anchored.client.head(anchored.log.log_id).tree_size == 300

    def test_stores_evidence_that_the_verifier_accepts(self, anchored: Anchored) -> None:
        anchored.log.grow(77)
        finish(anchored)
        head = check_evidence(
            stored_evidence(anchored, 77),
            anchored.log.log_id,
            contract=anchored.client.contract,
            code_hash=registry.artifact().code_hash,
        )
        row = anchored.log.only("final")
        assert (head.tree_size, head.root_hash) == (77, row.root_hash)
        assert (head.header_number, head.header_hash) == (row.block_number, row.block_hash)
        assert head.block_number == row.block_number

    def test_stored_evidence_names_the_members_of_the_format(self, anchored: Anchored) -> None:
        anchored.log.grow(5)
        finish(anchored)
        value = json.loads(anchored.log.only("final").evidence or b"")
        assert sorted(value) == ["account", "header", "slots"]
        assert len(value["slots"]) == 2

    def test_anchors_again_and_again(self, anchored: Anchored) -> None:
        for size in (2, 3, 64, 65, 200):
            anchored.log.grow(size)
            finish(anchored)
        assert anchored.log.states() == [(n, "final") for n in (2, 3, 64, 65, 200)]

    def test_does_nothing_when_nothing_is_new(self, anchored: Anchored) -> None:
        assert anchored.anchorer().step() == ()
        anchored.log.grow(9)
        finish(anchored)
        assert anchored.anchorer().step() == ()

    def test_waits_for_the_interval_unless_it_is_urgent(self, anchored: Anchored) -> None:
        anchored.log.grow(9)
        finish(anchored)
        anchored.log.grow(10)
        anchorer = anchored.anchorer(interval=timedelta(hours=1))
        assert anchorer.step() == ()
        assert [moved.action for moved in anchorer.step(urgent=True)] == ["signed"]

    def test_runs_without_finality_only_until_its_time_is_over(self, anchored: Anchored) -> None:
        anchored.log.grow(4)
        with pytest.raises(TransactionPending, match="anchor not final after"):
            anchored.anchorer(mines=False).run_until_final(timeout_seconds=0.2)
        assert anchored.log.states() == [(4, "included")]


class TestRefusals:
    def test_refuses_a_checkpoint_of_another_key(self, anchored: Anchored) -> None:
        anchored.log.grow(4)
        other = LogIdentity(anchored.log.log_id, anchored.log.identity.origin, b"\x01" * 32)
        anchorer = anchored.anchorer()
        anchorer._signer._log = other
        with pytest.raises(CheckpointInvalid):
            anchorer.step()
        assert anchored.log.attempts == {}

    def test_refuses_a_root_that_the_entries_do_not_lead_to(
        self, anchored: Anchored, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        anchored.log.grow(4)
        changed = [*anchored.log.leaves[:3], b"\x01" * 32]
        monkeypatch.setattr(MemoryLog, "leaf_hashes", lambda self, first, last: changed[first:last])
        with pytest.raises(RootNotRebuilt, match="entries do not lead to the checkpoint at size 4"):
            anchored.anchorer().step()
        assert anchored.log.attempts == {}

    def test_refuses_a_checkpoint_over_missing_entries(
        self, anchored: Anchored, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        anchored.log.grow(4)
        monkeypatch.setattr(
            MemoryLog, "leaf_hashes", lambda self, first, last: self.leaves[first : last - 1]
        )
        with pytest.raises(RootNotRebuilt, match="entries missing: expected 4, got 3"):
            anchored.anchorer().step()

    def test_refuses_to_go_on_with_a_store_older_than_the_chain(self, anchored: Anchored) -> None:
        anchored.log.grow(30)
        finish(anchored)
        anchored.log.leaves = anchored.log.leaves[:20]
        anchored.log.checkpoint_size = 20
        with pytest.raises(LogBehindChain, match="entries 20 to 29 are missing"):
            anchored.anchorer().step()

    def test_refuses_a_head_of_another_history(self, anchored: Anchored) -> None:
        anchored.log.grow(30)
        finish(anchored)
        anchored.log.leaves[3] = bytes(32)
        anchored.log.grow(31)
        with pytest.raises(ForeignHead, match="at size 30"):
            anchored.anchorer().step()

    def test_tells_why_the_contract_refuses(self, anchored: Anchored, anvil: Anvil) -> None:
        anchored.log.grow(4)
        anchored.account = anvil.accounts[2]
        with pytest.raises(AnchorRejected, match="NotPublisher"):
            anchored.anchorer().step()
        assert anchored.log.attempts == {}

    def test_pays_no_more_than_the_limit(self, anchored: Anchored) -> None:
        anchored.log.grow(4)
        with pytest.raises(FeeAboveLimit, match="expected at most 1 wei"):
            anchored.anchorer(max_price=1).step()
        assert anchored.log.attempts == {}

    def test_waits_while_the_chain_is_down_and_goes_on_when_it_is_back(
        self, anchored: Anchored, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        anchored.log.grow(4)
        with monkeypatch.context() as patch:
            patch.setattr(anchored.client, "ask", unavailable)
            with pytest.raises(ChainUnavailable):
                anchored.anchorer().step()
        assert anchored.log.attempts == {}
        finish(anchored)
        assert anchored.log.states() == [(4, "final")]


def unavailable(method: str, *params: object) -> object:
    raise ChainUnavailable(f"down: {method}")


class TestFaults:
    @pytest.mark.parametrize("persisted", [False, True])
    @pytest.mark.parametrize("write", WRITES)
    def test_the_next_step_finishes_after_a_failed_write(
        self, write: str, persisted: bool, anchored: Anchored
    ) -> None:
        anchored.log.grow(40)
        anchored.log.fail_at, anchored.log.persisted = write, persisted
        with pytest.raises(WriteFailed):
            finish(anchored)
        finish(anchored)
        assert [state for state in anchored.log.states() if state[1] != "dropped"] == [
            (40, "final")
        ]
        assert anchored.log.only("final").evidence is not None
        sent = anchored.client.nonce(address_of(anchored.account))
        assert sent == 2, "one transaction opened the log, one anchored"

    def test_a_forgotten_anchor_is_learnt_from_the_chain(self, anchored: Anchored) -> None:
        anchored.log.grow(40)
        finish(anchored)
        row = anchored.log.only("final")
        anchored.log.attempts.clear()
        assert finish(anchored) == ["included", "evidence", "final"]
        again = anchored.log.only("final")
        assert (again.tx_hash, again.nonce, again.gas_used) == (
            row.tx_hash,
            row.nonce,
            row.gas_used,
        )
        assert (again.from_size, again.evidence) == (1, row.evidence)

    def test_growth_after_a_forgotten_anchor_is_anchored(self, anchored: Anchored) -> None:
        anchored.log.grow(40)
        finish(anchored)
        anchored.log.attempts.clear()
        anchored.log.grow(50)
        finish(anchored)
        assert anchored.log.states() == [(40, "final"), (50, "final")]


class TestReorganisations:
    @pytest.mark.parametrize("before", ["included", "evidence"])
    def test_an_anchored_checkpoint_returns_and_is_anchored_again(
        self, before: str, anchored: Anchored
    ) -> None:
        anchored.log.grow(20)
        advance(anchored, before)
        raw = anchored.log.only("included").raw
        anchored.client.ask("anvil_reorg", 1, [])
        anchored.client.ask("anvil_dropAllTransactions")
        advance(anchored, "returned")
        assert anchored.log.states() == [(20, "sent")]
        row = anchored.log.only("sent")
        assert (row.block_number, row.evidence, row.gas_used) == (None, None, None)
        assert finish(anchored)[-1] == "final"
        assert anchored.log.only("final").raw == raw, "the same bytes were sent again"

    def test_another_block_with_the_same_transaction_replaces_the_evidence(
        self, anchored: Anchored, anvil: Anvil
    ) -> None:
        anchored.log.grow(20)
        advance(anchored, "evidence")
        before = anchored.log.only("included")
        block = [["0x" + before.raw.hex(), 0], [other_transaction(anvil), 0]]
        anchored.client.ask("anvil_reorg", 1, block)
        advance(anchored, "included")
        after = anchored.log.only("included")
        assert after.block_hash != before.block_hash
        assert finish(anchored) == ["evidence", "final"]

    def test_two_anchors_return_together_and_both_are_anchored_again(
        self, anchored: Anchored
    ) -> None:
        anchored.log.grow(20)
        advance(anchored, "evidence")
        anchored.log.grow(30)
        advance(anchored, "evidence")
        anchored.client.ask("anvil_reorg", 2, [])
        anchored.client.ask("anvil_dropAllTransactions")
        finish(anchored)
        assert anchored.client.head(anchored.log.log_id).tree_size == 30
        assert (30, "final") in anchored.log.states()

    def test_a_transaction_that_would_revert_now_is_replaced_at_its_nonce(self) -> None:
        with running_anvil(accounts=1) as chain, chain.client() as client:
            client.deploy(chain.accounts[0])
            anchored = open_log(client, chain.new_account())
            anchored.log.grow(20)
            client.ask("evm_setAutomine", False)
            advance(anchored, "sent")
            first = anchored.log.only("sent")
            # Somebody with our key stores a head in between (a second operator, a lost store).
            client.ask("anvil_dropAllTransactions")
            other = MemoryLog(log_id=anchored.log.log_id)
            other.grow(10)
            anchored.log.attempts.clear()
            client.ask("evm_setAutomine", True)
            finish(Anchored(client, other, anchored.account))
            anchored.log.attempts[first.tx_hash] = first
            finish(anchored)
            assert client.head(anchored.log.log_id).tree_size == 20
            assert (20, "dropped") in anchored.log.states()
            assert (20, "final") in anchored.log.states()


class TestStuckTransactions:
    def test_a_transaction_without_a_block_is_replaced_for_a_higher_fee(self) -> None:
        with running_anvil("--no-mining", accounts=1) as chain, chain.client() as client:
            client.ask("evm_setAutomine", True)
            client.deploy(chain.accounts[0])
            anchored = open_log(client, chain.new_account())
            client.ask("evm_setAutomine", False)
            anchored.log.grow(20)
            advance(anchored, "sent")
            first = anchored.log.only("sent")
            later = datetime.now(UTC) + timedelta(minutes=4)
            anchorer = anchored.anchorer(mines=False, now=lambda: later)
            assert [moved.action for moved in anchorer.step()] == ["signed"]
            assert [moved.action for moved in anchorer.step()] == ["sent"]
            (second,) = set(anchored.log.attempts.values()) - {first}
            assert (second.nonce, second.tree_size) == (first.nonce, 20)
            client.mine(1)
            finish(anchored)
            assert anchored.log.only("final").tx_hash == second.tx_hash
            assert anchored.log.only("dropped").tx_hash == first.tx_hash

    def test_a_nonce_that_a_stranger_took_is_given_up(self, anchored: Anchored) -> None:
        anchored.log.grow(20)
        advance(anchored, "signed")
        stranger = anchored.client.sign(
            b"", account=anchored.account, to="0x" + "11" * 20, gas=21_000
        )
        anchored.client.send_raw(stranger.raw)
        finish(anchored)
        assert [state for _, state in anchored.log.states()] == ["dropped", "final"]
