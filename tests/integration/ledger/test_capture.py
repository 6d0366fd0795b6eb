"""Batches that participants sign themselves: what is accepted, and each neighbour refused."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.support.ledger import GTIN, add_participant, event
from tests.support.suppliers import Supplier
from traceability.errors import ItemProofError
from traceability.hashing.ed25519 import SigningKey
from traceability.hashing.envelope import STATEMENT_TYPE, sign_envelope
from traceability.hashing.statement import BatchStatement, Seen
from traceability.ledger.faults import (
    BatchMismatch,
    EventDuplicate,
    EventIdConflict,
    KeyRevoked,
    KeyUnknown,
    PrefixNotAllowed,
    RoleNotAllowed,
    SeenRefused,
    SequenceConflict,
    SequenceGap,
    SerialDuplicate,
    SerialForm,
    SerialOrder,
    WrongLog,
    WrongParticipant,
)
from traceability.ledger.node import Node
from traceability.ledger.prepared import PreparedItems
from traceability.lineage.one_code.faults import CommissionedTwice
from traceability.lineage.one_code.judging import OneCode
from traceability.store.repositories.one_code import RuleMode


@pytest.fixture
def supplier(node: Node) -> Supplier:
    key = SigningKey.generate()
    return Supplier(node, key, add_participant(node, key=key, prefixes=("9521234",)))


def counts(node: Node) -> tuple[int, int, int]:
    with node.store.reading() as repositories:
        entries = repositories.entries.count_sequenced() + len(repositories.entries.unsequenced(99))
        return entries, repositories.batches.count_records(), repositories.items.count()


class TestSignedBatch:
    def test_is_logged_under_its_key(self, supplier: Supplier) -> None:
        batch = supplier.batch(event(1), event(2))
        statement = supplier.statement(batch)
        captured = supplier.node.capture.signed(supplier.sign(statement), statement, batch=batch)
        supplier.node.sequencer.run()
        with supplier.node.store.reading() as repositories:
            entry = repositories.entries.by_arrival(captured.arrival)
            assert entry is not None
            assert entry.leaf_index is not None
            assert len(repositories.batches.records_between(captured.batch, 0, 9)) == 2

    def test_sent_twice_gets_the_same_answer_and_no_second_entry(self, supplier: Supplier) -> None:
        batch = supplier.batch(event(1))
        statement = supplier.statement(batch)
        envelope = supplier.sign(statement)
        first = supplier.node.capture.signed(envelope, statement, batch=batch)
        before = counts(supplier.node)
        again = supplier.node.capture.signed(envelope, statement, batch=batch)
        assert again == replace(first, repeated=True)
        assert counts(supplier.node) == before

    def test_another_statement_under_a_used_sequence_is_kept_as_evidence(
        self, supplier: Supplier
    ) -> None:
        first = supplier.batch(event(1))
        statement = supplier.statement(first)
        supplier.node.capture.signed(supplier.sign(statement), statement, batch=first)
        other = supplier.batch(event(2))
        second = replace(statement, batch_root=other.batch_root)
        before = counts(supplier.node)
        with pytest.raises(SequenceConflict, match="another statement with sequence 0"):
            supplier.node.capture.signed(supplier.sign(second), second, batch=other)
        assert counts(supplier.node) == before
        with supplier.node.store.reading() as repositories:
            assert repositories.entries.count_conflicts() == 1


Change = Callable[[Supplier, BatchStatement], BatchStatement]


def _header(**changes: Any) -> Change:
    return lambda _, statement: replace(statement, header=replace(statement.header, **changes))


def _seen_of_another_history(_: Supplier, statement: BatchStatement) -> BatchStatement:
    return replace(statement, seen=replace(statement.seen, root_hash=bytes(32)))


def _seen_before_the_key(supplier: Supplier, statement: BatchStatement) -> BatchStatement:
    with supplier.node.store.reading() as repositories:
        head = repositories.tree.checkpoint(1)
    assert head is not None
    return replace(statement, seen=Seen(1, head.root_hash))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (_header(log=bytes(32)), WrongLog),
        (_header(sequence=1), SequenceGap),
        (_header(previous=b"\x01" * 32), SequenceGap),
        (lambda _, s: replace(s, record_count=s.record_count + 1), BatchMismatch),
        (lambda _, s: replace(s, batch_root=bytes(32)), BatchMismatch),
        (lambda _, s: replace(s, participant=bytes(16)), WrongParticipant),
        (lambda _, s: replace(s, seen=replace(s.seen, tree_size=99)), SeenRefused),
        (_seen_of_another_history, SeenRefused),
        (_seen_before_the_key, SeenRefused),
    ],
)
def test_one_changed_member_is_refused_and_nothing_is_kept(
    supplier: Supplier, change: Change, error: type[ItemProofError]
) -> None:
    batch = supplier.batch(event(1))
    statement = change(supplier, supplier.statement(batch))
    before = counts(supplier.node)
    with pytest.raises(error):
        supplier.node.capture.signed(supplier.sign(statement), statement, batch=batch)
    assert counts(supplier.node) == before


class TestEventsKnownBefore:
    def capture(self, supplier: Supplier, *events: dict[str, Any]) -> None:
        batch = supplier.batch(*events)
        statement = supplier.statement(batch)
        supplier.node.capture.signed(supplier.sign(statement), statement, batch=batch)

    @pytest.mark.parametrize(
        ("second", "error"),
        [
            (event(1, eventID="urn:x:1"), EventDuplicate),
            (event(2, eventID="urn:x:1"), EventIdConflict),
        ],
    )
    def test_are_refused_in_another_batch(
        self, supplier: Supplier, second: dict[str, Any], error: type[ItemProofError]
    ) -> None:
        self.capture(supplier, event(1, eventID="urn:x:1"))
        before = counts(supplier.node)
        with pytest.raises(error) as caught:
            self.capture(supplier, event(3), second)
        assert caught.value.pointer.startswith("/records/1")
        assert counts(supplier.node) == before

    def test_are_refused_in_the_same_batch(self, supplier: Supplier) -> None:
        with pytest.raises(EventIdConflict):
            self.capture(supplier, event(1, eventID="urn:x:1"), event(2, eventID="urn:x:1"))

    def test_other_ids_are_taken(self, supplier: Supplier) -> None:
        before = counts(supplier.node)
        self.capture(supplier, event(1, eventID="urn:x:1"))
        self.capture(supplier, event(2, eventID="urn:x:2"))
        entries, records, items = before
        assert counts(supplier.node) == (entries + 2, records + 2, items)
        with supplier.node.store.reading() as repositories:
            found = repositories.events.by_event_id(["urn:x:1", "urn:x:2", "urn:x:3"])
        assert sorted(one.event_id or "" for one in found) == ["urn:x:1", "urn:x:2"]

    @pytest.mark.parametrize("mode", list(RuleMode))
    def test_one_code_rules_are_looked_at_only_where_they_are_enforced(
        self, supplier: Supplier, monkeypatch: pytest.MonkeyPatch, mode: RuleMode
    ) -> None:
        with supplier.node.store.unit_of_work() as work:
            work.repositories.one_code.set_mode(supplier.participant, mode)
            work.commit()
        judged = []
        judge = OneCode.judge

        def noted(*arguments: Any, **named: Any) -> Any:
            judged.append(named["participant"])
            return judge(*arguments, **named)

        monkeypatch.setattr(OneCode, "judge", noted)
        self.capture(supplier, event(1))
        assert judged == ([supplier.participant] if mode is RuleMode.ENFORCE else [])

    def test_one_code_rules_hold_where_they_are_enforced(self, supplier: Supplier) -> None:
        with supplier.node.store.unit_of_work() as work:
            work.repositories.one_code.set_mode(supplier.participant, RuleMode.ENFORCE)
            work.commit()
        made = {"action": "ADD", "bizStep": "commissioning"}
        self.capture(supplier, event(1, **made))
        before = counts(supplier.node)
        with pytest.raises(CommissionedTwice):
            self.capture(supplier, event(1, **made, eventTime="2026-05-09T08:00:00.000Z"))
        assert counts(supplier.node) == before


class TestSerials:
    @pytest.mark.parametrize(
        "serials", [["A1", "B" * 21], ["A1", "B2/8008/2001010101"], ["A1", "C?x=1"], ["A%2F1"]]
    )
    def test_that_no_item_can_have_are_refused(
        self, supplier: Supplier, serials: list[str]
    ) -> None:
        with pytest.raises((SerialForm, SerialOrder)):
            supplier.batch(items=PreparedItems(GTIN, "L1", serials, bytes(16 * len(serials))))

    def test_that_items_have_are_taken(self, supplier: Supplier) -> None:
        serials = ["A1", "B-2_x.Z"]
        items = PreparedItems(GTIN, "L1", serials, bytes(32))
        batch = supplier.batch(items=items)
        assert (batch.items, batch.record_count) == (items, 2)
        other = supplier.batch(items=replace(items, serials=["A1", "B-2_x.Y"]))
        assert other.batch_root != batch.batch_root


class TestKeys:
    def test_refuses_an_unregistered_key(self, supplier: Supplier) -> None:
        batch = supplier.batch(event(1))
        statement = supplier.statement(batch)
        stranger = SigningKey.generate()
        claimed = replace(statement, header=replace(statement.header, key=stranger.key_id))
        envelope = sign_envelope(STATEMENT_TYPE, claimed.to_payload(), [stranger])
        with pytest.raises(KeyUnknown):
            supplier.node.capture.signed(envelope, claimed, batch=batch)

    def test_refuses_a_signature_by_another_key(self, supplier: Supplier) -> None:
        batch = supplier.batch(event(1))
        statement = supplier.statement(batch)
        forged = sign_envelope(STATEMENT_TYPE, statement.to_payload(), [SigningKey.generate()])
        with pytest.raises(ItemProofError, match="other signers"):
            supplier.node.capture.signed(forged, statement, batch=batch)

    def test_refuses_a_revoked_key(self, supplier: Supplier) -> None:
        supplier.node.registrar.revoke(supplier.key.key_id, reason="lost")
        batch = supplier.batch(event(1))
        statement = supplier.statement(batch)
        with pytest.raises(KeyRevoked):
            supplier.node.capture.signed(supplier.sign(statement), statement, batch=batch)

    def test_refuses_a_kind_of_record_outside_its_roles(self, node: Node) -> None:
        key = SigningKey.generate()
        auditor = Supplier(node, key, add_participant(node, key=key, roles=("auditor",)))
        batch = auditor.batch(event(1))
        statement = auditor.statement(batch)
        with pytest.raises(RoleNotAllowed, match="may not sign event records"):
            node.capture.signed(auditor.sign(statement), statement, batch=batch)

    def test_commissions_only_under_its_prefixes(self, supplier: Supplier) -> None:
        own = event(1, action="ADD", bizStep="commissioning")
        batch = supplier.batch(own)
        statement = supplier.statement(batch)
        supplier.node.capture.signed(supplier.sign(statement), statement, batch=batch)
        foreign = own | {"epcList": ["https://id.gs1.org/01/04012345678901/21/1"]}
        batch = supplier.batch(foreign)
        statement = supplier.statement(batch)
        with pytest.raises(PrefixNotAllowed, match="04012345678901"):
            supplier.node.capture.signed(supplier.sign(statement), statement, batch=batch)

    def test_commissions_no_parent_outside_its_prefixes(self, supplier: Supplier) -> None:
        aggregation = event(
            1,
            type="AggregationEvent",
            action="ADD",
            bizStep="commissioning",
            epcList=None,
            parentID="https://id.gs1.org/01/04012345678901/21/1",
            childEPCs=[f"https://id.gs1.org/01/{GTIN}/21/1"],
        )
        batch = supplier.batch(aggregation)
        statement = supplier.statement(batch)
        with pytest.raises(PrefixNotAllowed, match="04012345678901"):
            supplier.node.capture.signed(supplier.sign(statement), statement, batch=batch)

    def test_observes_everybodys_goods(self, supplier: Supplier) -> None:
        foreign = event(1, epcList=["https://id.gs1.org/01/04012345678901/21/1"])
        batch = supplier.batch(foreign)
        statement = supplier.statement(batch)
        assert supplier.node.capture.signed(supplier.sign(statement), statement, batch=batch)


def items(*serials: str, gtin: str = GTIN) -> PreparedItems:
    return PreparedItems(gtin, "L1", serials, secrets.token_bytes(16 * len(serials)))


class TestItems:
    def _submit(self, supplier: Supplier, some: PreparedItems) -> None:
        batch = supplier.batch(items=some)
        statement = supplier.statement(batch)
        supplier.node.capture.signed(supplier.sign(statement), statement, batch=batch)

    def test_are_found_by_their_serial(self, supplier: Supplier) -> None:
        self._submit(supplier, items("A1", "A2", "A3"))
        with supplier.node.store.reading() as repositories:
            run = repositories.items.runs_of(GTIN, "L1")[0]
            found = repositories.items.find(run, "A2")
            assert found is not None
            assert found.record_index == 1
            assert repositories.items.find(run, "A4") is None

    def test_refuses_a_serial_twice_in_one_batch(self, supplier: Supplier) -> None:
        with pytest.raises(SerialDuplicate, match="'A1' is in the batch twice"):
            self._submit(supplier, items("A1", "A1"))

    def test_refuses_serials_out_of_order(self, supplier: Supplier) -> None:
        with pytest.raises(SerialOrder, match="do not ascend"):
            self._submit(supplier, items("A2", "A1"))

    def test_refuses_a_serial_that_an_earlier_batch_issued(self, supplier: Supplier) -> None:
        self._submit(supplier, items("A1", "A3"))
        before = counts(supplier.node)
        with pytest.raises(SerialDuplicate, match="'A3' of GTIN 09521234567899 was issued before"):
            self._submit(supplier, items("A2", "A3"))
        assert counts(supplier.node) == before

    def test_refuses_a_gtin_outside_its_prefixes(self, supplier: Supplier) -> None:
        with pytest.raises(PrefixNotAllowed):
            self._submit(supplier, items("A1", gtin="04012345678901"))
