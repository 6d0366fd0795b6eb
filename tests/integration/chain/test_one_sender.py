"""Two ledgers with one publisher's key, and what the store keeps of an anchor."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.anchor_log import MemoryLog
from tests.support.anchored import Anchored
from traceability.chain.accounts import address_of
from traceability.chain.faults import PublisherBusy
from traceability.chain.sender import Sender
from traceability.merkle.tree import leaf_hash
from traceability.store.anchor_store import StoredAnchors
from traceability.store.store import Store

NOW = datetime(2026, 5, 1, 8, tzinfo=UTC)
HASH = b"\x01" * 32
ACCOUNT = "0x" + "11" * 20
HOLDER = """
import pathlib, time
from traceability.chain.sender import Sender
sender = Sender(pathlib.Path({folder!r}), address={account!r}, log_id=bytes([7]))
with sender.holding():
    sender.claim(3, chain_id=1)
    print("held", flush=True)
    time.sleep(60)
"""


class TestOneKey:
    def test_the_second_ledger_waits_until_the_first_is_included(
        self, anchored: Anchored, tmp_path: Path
    ) -> None:
        client, account = anchored.client, anchored.account
        log = MemoryLog(leaves=[leaf_hash(b"another ledger")], checkpoint_size=1)
        opened = client.open_log(log.leaves[0], address_of(account), account)
        log.log_id = opened.log_id
        second = Anchored(client, log, account)
        for found in (anchored, second):
            found.log.grow(10)
        client.ask("evm_setAutomine", False)
        try:
            assert step(anchored, tmp_path) == ["signed"]
            assert step(anchored, tmp_path) == ["sent"]
            with pytest.raises(PublisherBusy, match="nonce 2 in flight"):
                step(second, tmp_path)
            assert second.log.attempts == {}
        finally:
            client.ask("evm_setAutomine", True)
        client.mine(1)
        assert step(second, tmp_path) == ["signed"]
        for _ in range(5):
            step(second, tmp_path)
            step(anchored, tmp_path)
            client.mine(1)
        assert (anchored.log.states(), second.log.states()) == ([(10, "final")], [(10, "final")])

    def test_another_process_waits_until_the_first_one_dies(self, tmp_path: Path) -> None:
        program = HOLDER.format(folder=str(tmp_path), account=ACCOUNT)
        with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"held\n"
            sender = Sender(tmp_path, address=ACCOUNT, log_id=bytes(32), wait_seconds=0.1)
            with pytest.raises(PublisherBusy, match="another process holds"), sender.holding():
                pass
            holder.kill()
            holder.wait()
        with sender.holding():
            # Its claim outlives it: the chain may still include what it has sent.
            with pytest.raises(PublisherBusy, match="nonce 3 in flight"):
                sender.check_free(3, chain_id=1)
            sender.check_free(4, chain_id=1)


def step(anchored: Anchored, folder: Path) -> list[str]:
    sender = Sender(
        folder,
        address=address_of(anchored.account),
        log_id=anchored.log.log_id,
        wait_seconds=0.1,
    )
    return [moved.action for moved in anchored.anchorer(mines=False, sender=sender).step()]


def add(anchors: StoredAnchors, **changes: Any) -> None:
    values: dict[str, Any] = {
        "tx_hash": HASH,
        "raw": b"raw",
        "nonce": 7,
        "from_size": 1,
        "tree_size": 9,
        "root_hash": bytes(32),
        "signed_at": NOW,
        "estimated_gas": 50_000,
        "estimated_price": 10**9,
    }
    anchors.add_attempt(**values | changes)


class TestStoredAnchors:
    def test_keep_what_was_expected_and_what_it_cost(
        self, database_url: str, tmp_path: Path
    ) -> None:
        with Store.open(database_url, tmp_path) as store:
            anchors = StoredAnchors(store)
            add(anchors)
            include(anchors, gas_price=2 * 10**9)
            (row,) = anchors.open_attempts()
            assert (row.estimated_cost, row.cost) == (5 * 10**13, 8 * 10**13)
            assert anchors.latest_estimate() == 50_000
            anchors.mark_returned(HASH)
            (row,) = anchors.open_attempts()
            assert (row.state, row.cost, row.sent_at) == ("sent", None, None)

    def test_an_amount_that_no_column_holds_is_none(
        self, database_url: str, tmp_path: Path
    ) -> None:
        with Store.open(database_url, tmp_path) as store:
            anchors = StoredAnchors(store)
            add(anchors, estimated_price=2**63)
            include(anchors, gas_price=2**200)
            (row,) = anchors.open_attempts()
            assert (row.estimated_cost, row.cost, row.gas_used) == (None, None, 40_000)

    def test_final_can_be_taken_back_with_its_evidence(
        self, database_url: str, tmp_path: Path
    ) -> None:
        with Store.open(database_url, tmp_path) as store:
            anchors = StoredAnchors(store)
            add(anchors)
            assert anchors.newest_final() is None
            include(anchors)
            anchors.save_evidence(HASH, evidence=b"{}", block_number=4, block_hash=HASH)
            anchors.mark_final(HASH)
            found = anchors.newest_final()
            assert found is not None
            anchors.mark_unfinal(HASH)
            (row,) = anchors.open_attempts()
            assert (row.state, row.evidence) == ("included", b"{}")
            assert anchors.newest_final() is None

    def test_what_was_dropped_can_be_taken_up_again(
        self, database_url: str, tmp_path: Path
    ) -> None:
        with Store.open(database_url, tmp_path) as store:
            anchors = StoredAnchors(store)
            add(anchors)
            anchors.mark_sent(HASH, sent_at=NOW)
            add(anchors)
            assert anchors.open_attempts()[0].state == "sent", "repeating it changes nothing"
            anchors.mark_dropped(HASH, reason="lost")
            assert anchors.count_dropped(1, reason="lost") == 1
            assert anchors.count_dropped(2, reason="lost") == 0
            add(anchors)
            (row,) = anchors.open_attempts()
            assert (row.state, row.sent_at, row.drop_reason) == ("signed", None, None)

    def test_the_time_of_sending_is_that_of_the_first(
        self, database_url: str, tmp_path: Path
    ) -> None:
        with Store.open(database_url, tmp_path) as store:
            anchors = StoredAnchors(store)
            add(anchors)
            anchors.mark_sent(HASH, sent_at=NOW)
            anchors.mark_sent(HASH, sent_at=NOW.replace(hour=9))
            assert anchors.open_attempts()[0].sent_at == NOW

    def test_a_purse_replaces_the_one_before(self, database_url: str, tmp_path: Path) -> None:
        with Store.open(database_url, tmp_path) as store:
            anchors = StoredAnchors(store)
            assert anchors.purse() is None
            anchors.save_purse(b"1")
            anchors.save_purse(b"2")
            assert anchors.purse() == b"2"


def include(anchors: StoredAnchors, *, gas_price: int | None = None) -> None:
    anchors.mark_included(
        HASH, block_number=3, block_hash=HASH, gas_used=40_000, gas_price=gas_price
    )
