"""A participant signs on its own machine: whatever breaks, one statement under each number."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.ledger import GTIN, document, event
from tests.support.signing import Signing, signing
from traceability.client import (
    BatchDraft,
    KeyFolder,
    Submitter,
    document_record,
    draft_batch,
    event_records,
    faults,
    lot_records,
    master_data_record,
)
from traceability.client.transport import Answer
from traceability.errors import ItemProofError
from traceability.hashing.ed25519 import SignatureInvalid, SigningKey
from traceability.hashing.secp256k1 import WalletKey
from traceability.hashing.signatures import SecretKey
from traceability.ledger.audit.audit import audit
from traceability.ledger.bundles import RecordAddress
from traceability.ledger.node import Node
from traceability.merkle.checkpoint import Checkpoint, sign_checkpoint
from traceability.verify.verifier import verify_bundle


@pytest.fixture
def one(sqlite_node: Node, tmp_path: Path) -> Iterator[Signing]:
    with signing(sqlite_node, tmp_path / "chain", SigningKey.generate()) as found:
        yield found


def events(*numbers: int) -> BatchDraft:
    return draft_batch(event_records(document(*map(event, numbers))))


def bent(answer: Answer, **changes: Any) -> Answer:
    return replace(answer, body=json.dumps(json.loads(answer.body) | changes).encode())


def agreed(one: Signing, *, batches: int) -> None:
    """Demand so many batches, one chain without gap or conflict, and an audit that agrees."""
    one.node.sequencer.run(close=True)
    assert audit(one.node.store, second_place=one.node.second_place).ok
    with one.node.store.reading() as repositories:
        assert len(list(repositories.batches.all())) == batches
        chain = repositories.keys.chain(one.key.key_id)
        assert chain is not None
        assert chain.next_sequence == batches
        for sequence in range(batches):
            assert repositories.entries.by_sequence(one.key.key_id, sequence) is not None


@pytest.mark.parametrize("new_key", [SigningKey.generate, WalletKey.generate])
def test_what_it_signs_is_kept_and_proven(
    node: Node, tmp_path: Path, new_key: Callable[[], SecretKey]
) -> None:
    lot, items = lot_records(GTIN, "L1", quantity=3, attributes={"name": "铜芯电缆"})
    photo = document_record({"sha256": "ab" * 32}, "image/png+json")
    drafts = [
        events(1, 2),
        draft_batch([lot], items),
        draft_batch([*event_records(document(event(3))), photo]),
    ]
    with signing(node, tmp_path / "chain", new_key()) as one:
        for sequence, draft in enumerate(drafts):
            accepted = one.submitter().submit(draft)
            assert (accepted.sequence, accepted.is_shown) == (sequence, True)
            assert accepted.batch_root == draft.batch_root
            assert accepted.receipt_file.read_bytes()
        agreed(one, batches=3)
        for batch, draft in enumerate(drafts, 1):
            address = RecordAddress(batch, draft.record_count - 1)
            report = verify_bundle(
                node.prove_record(address).to_bytes(), one.trust, accept="logged"
            )
            assert report.exit_status == 0, [s for s in report.steps if s.result == "failed"]


def test_items_without_a_record_of_their_lot_are_proven_too(one: Signing) -> None:
    _, items = lot_records(GTIN, "L1", quantity=2)
    one.submitter().submit(draft_batch(event_records(document(event(1))), items))
    one.node.sequencer.run(close=True)
    for record in (0, 1):
        data = one.node.prove_record(RecordAddress(1, record)).to_bytes()
        assert verify_bundle(data, one.trust, accept="logged").exit_status == 0


def test_master_data_is_signed_with_its_events(one: Signing) -> None:
    value: dict[str, Any] = document(event(1))
    vocabulary = {"type": "urn:epcglobal:epcis:vtype:BusinessLocation", "vocabularyElementList": []}
    value["epcisHeader"] = {"epcisMasterData": {"vocabularyList": [vocabulary]}}
    records = [*event_records(value), *master_data_record(value)]
    assert [record.kind.name for record in records] == ["EVENT", "DOCUMENT"]
    assert master_data_record(document(event(1))) == []
    one.submitter().submit(draft_batch(records))
    agreed(one, batches=1)


class TestDrafts:
    def test_of_nothing_is_refused(self) -> None:
        with pytest.raises(faults.DraftInvalid, match="no records"):
            draft_batch([])

    def test_of_a_serial_twice_is_refused(self) -> None:
        lot_records(GTIN, "L1", quantity=2, serials=["A", "B"])
        with pytest.raises(faults.DraftInvalid, match="expected 2 different ones, got 1"):
            lot_records(GTIN, "L1", quantity=2, serials=["A", "A"])

    def test_have_another_root_each_time_since_secrets_are_drawn(self) -> None:
        assert events(1).batch_root != events(1).batch_root
        assert events(1).record_count == 1


# Each write and each way of the wire, failing before and after it was done.
STEPS = ("keep_outbox", "keep_receipt", "keep_state", "clear_outbox", "send")


@pytest.mark.parametrize("persisted", [False, True])
@pytest.mark.parametrize("step", STEPS)
def test_the_next_run_finishes_after_a_fault(
    one: Signing, monkeypatch: pytest.MonkeyPatch, step: str, persisted: bool
) -> None:
    one.submitter().submit(events(0))
    owner, name = (one.transport.__class__, "ask") if step == "send" else (KeyFolder, step)
    work = getattr(owner, name)

    def broken(*arguments: Any, **named: Any) -> Any:
        if step == "send" and arguments[1] != "POST":
            return work(*arguments, **named)
        if persisted:
            work(*arguments, **named)
        raise faults.NodeUnavailable("injected fault") if step == "send" else OSError("injected")

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, broken)
        with pytest.raises((OSError, ItemProofError), match="injected"):
            one.submitter().submit(events(1))
    one.submitter().resume()
    one.submitter().submit(events(2))
    # Before the outbox was written nothing was signed that anybody could have seen.
    agreed(one, batches=2 if (step, persisted) == ("keep_outbox", False) else 3)
    assert one.submitter().resume() is None


def test_an_overloaded_node_is_asked_again_as_it_says(one: Signing) -> None:
    left = [Answer(503, b"", {"retry-after": "7"}), Answer(429, b"{}", {})]
    one.transport.changed["/api/batches"] = lambda answer: left.pop(0) if left else answer
    accepted = one.submitter().submit(events(1))
    assert one.slept == [7.0, 0.5]
    assert accepted.sequence == 0
    agreed(one, batches=1)


def test_a_node_that_stays_silent_keeps_the_batch_in_the_outbox(one: Signing) -> None:
    one.transport.changed["/api/batches"] = lambda _: Answer(502, b"<html>", {})
    with pytest.raises(faults.NodeUnavailable, match="answers 502"):
        one.submitter().submit(events(1))
    one.transport.changed.clear()
    resumed = one.submitter().resume()
    assert resumed is not None
    assert resumed.sequence == 0
    agreed(one, batches=1)


def test_a_refused_batch_is_set_aside_and_its_number_is_free(one: Signing) -> None:
    one.submitter().submit(events(1))
    with pytest.raises(faults.BatchRefused) as caught:
        one.submitter().submit(events(1))
    assert caught.value.problem["code"] == "EVENT_DUPLICATE"
    kept = sorted(place.name for place in (one.path / "refused").iterdir())
    assert kept == ["1-0.json", "1-0.problem.json"]
    assert one.submitter().submit(events(2)).sequence == 1
    agreed(one, batches=2)


class TestReceipts:
    def test_of_another_entry_is_refused_and_asked_for_again(self, one: Signing) -> None:
        one.submitter().submit(events(1))
        other = json.loads((one.path / "receipts" / "0.json").read_bytes())

        def exchanged(answer: Answer) -> Answer:
            return replace(
                answer, body=json.dumps(json.loads(answer.body) | {"receipt": other}).encode()
            )

        one.transport.changed["/api/batches"] = exchanged
        with pytest.raises(faults.ReceiptMismatch):
            one.submitter().submit(events(2))
        one.transport.changed.clear()
        assert one.submitter().resume() is not None
        agreed(one, batches=2)

    def test_by_another_key_is_refused(self, one: Signing) -> None:
        def forged(answer: Answer) -> Answer:
            body = json.loads(answer.body)
            signature = body["receipt"]["signatures"][0]
            signature["sig"] = "A" * 86 + "=="
            return replace(answer, body=json.dumps(body).encode())

        one.transport.changed["/api/batches"] = forged
        with pytest.raises(SignatureInvalid):
            one.submitter().submit(events(1))
        assert not (one.path / "receipts").exists()


class TestHistory:
    def served(self, one: Signing, size: int, root: bytes) -> None:
        """Have the node show a head that its own log key signed."""
        head = Checkpoint(one.trust.origin, size, root)
        note = sign_checkpoint(head, one.node.identity.log_key)
        one.transport.changed["/log/checkpoint"] = lambda _: Answer(200, note.encode(), {})

    def test_that_is_another_one_is_refused_with_evidence(self, one: Signing) -> None:
        one.submitter().submit(events(1))
        size = one.submitter()._newest().tree_size
        self.served(one, size, bytes(32))
        with pytest.raises(faults.SplitView, match="does not continue"):
            one.submitter().submit(events(2))
        evidence = json.loads((one.path / "split-view.json").read_bytes())
        assert evidence["first"] != evidence["second"]
        agreed(one, batches=1)

    def test_that_grew_from_another_one_is_refused(self, one: Signing) -> None:
        one.submitter().submit(events(1))
        size = one.submitter()._newest().tree_size
        self.served(one, size, bytes(range(32)))
        (one.path / "state.json").unlink()
        one.submitter()._newest()
        one.transport.changed.clear()
        one.transport.client.post(
            "/api/batches", json=document(event(5)), headers=operator(one.node)
        )
        with pytest.raises(faults.SplitView, match="does not continue"):
            one.submitter().submit(events(2))

    def test_that_became_shorter_is_refused(self, one: Signing) -> None:
        old = one.transport.ask("GET", "/log/checkpoint")
        one.submitter().submit(events(1))
        one.transport.changed["/log/checkpoint"] = lambda _: old
        with pytest.raises(faults.SplitView, match="shorter"):
            one.submitter().submit(events(2))

    def test_that_merely_grew_is_followed(self, one: Signing) -> None:
        one.submitter().submit(events(1))
        for number in range(5, 9):
            one.transport.client.post(
                "/api/batches", json=document(event(number)), headers=operator(one.node)
            )
        assert one.submitter().submit(events(2)).is_shown


def operator(node: Node) -> dict[str, str]:
    from ledger_api.auth import create_api_key

    _, token = create_api_key(node.store, "operator", participant=None, now=0)
    return {"Authorization": f"Bearer {token}"}


class TestKey:
    def test_whose_chain_the_node_tells_otherwise_signs_nothing(self, one: Signing) -> None:
        one.submitter().submit(events(1))
        path = f"/api/keys/{one.key.key_id.hex()}"

        def rolled_back(answer: Answer) -> Answer:
            return replace(
                answer, body=json.dumps(json.loads(answer.body) | {"next_sequence": 0}).encode()
            )

        one.transport.changed[path] = rolled_back
        with pytest.raises(faults.KeyChainDiffers, match="expected 1 statements"):
            one.submitter().submit(events(2))
        assert not (one.path / "outbox.json").exists()

    def test_that_is_revoked_or_unknown_signs_nothing(self, one: Signing) -> None:
        stranger = Submitter(
            one.transport, one.trust, key=SigningKey.generate(), folder=KeyFolder(one.path / "b")
        )
        with pytest.raises(faults.KeyNotUsable, match="register it first"):
            stranger.submit(events(1))
        one.node.registrar.revoke(one.key.key_id, reason="lost")
        with pytest.raises(faults.KeyNotUsable, match="revoked"):
            one.submitter().submit(events(1))

    def test_of_another_folder_is_refused(self, one: Signing) -> None:
        one.submitter().submit(events(1))
        one.key = SigningKey.generate()
        with pytest.raises(faults.KeyFolderInvalid, match="another key or log"):
            one.submitter().submit(events(2))

    def test_whose_folder_is_damaged_is_refused(self, one: Signing) -> None:
        one.submitter().submit(events(1))
        (one.path / "state.json").write_bytes(b'{"version":1}')
        with pytest.raises(faults.KeyFolderInvalid, match="damaged"):
            one.submitter().submit(events(2))

    def test_that_another_program_uses_waits(self, one: Signing) -> None:
        with KeyFolder(one.path).locked(), pytest.raises(faults.KeyFolderBusy):
            one.submitter().submit(events(1))
        assert one.submitter().submit(events(1)).sequence == 0


def test_a_wrong_api_key_is_told_and_nothing_is_signed(one: Signing) -> None:
    one.transport.headers["Authorization"] = "Bearer itemproof_0_0"
    with pytest.raises(faults.NodeRefusedCaller):
        one.submitter().submit(events(1))
    assert not (one.path / "outbox.json").exists()
