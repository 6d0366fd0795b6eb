"""Erasure: content and what was derived from it is gone, everything else is still proven."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Table, text

from tests.support.ledger import GTIN, add_participant, document, event
from traceability.events.jsonld import parse_document
from traceability.hashing.event_hash import event_hash
from traceability.hashing.statement import ALL_RECORDS, Erasure
from traceability.ledger.audit.audit import audit
from traceability.ledger.bundles import RecordAddress, RecordErased
from traceability.ledger.erasure_plan import plan_fields
from traceability.ledger.faults import EventIdMustGo, FieldsUnknown, RecordUnknown
from traceability.ledger.keeping import CapturedBatch
from traceability.ledger.lookup import CodeUnknown, find_record
from traceability.ledger.mint import Lot
from traceability.ledger.node import Node
from traceability.ledger.standing import standing_of
from traceability.ledger.status_targets import Target
from traceability.ledger.statuses import Declaration, Declared
from traceability.ledger.trust import trust_of
from traceability.store.repositories import erasing
from traceability.store.repositories.erased_codes import code_key
from traceability.store.unit_of_work import reading
from traceability.verify.bundle import CompleteDisclosure
from traceability.verify.verifier import verify_bundle

WHY = Erasure(bytes(range(16)), "consent_withdrawn")
PLACE = {"id": "https://id.gs1.org/414/9521234567899"}


@pytest.fixture
def participant(node: Node) -> bytes:
    return add_participant(node, gln="9521234567899")


@pytest.fixture
def batch(node: Node, participant: bytes) -> CapturedBatch:
    events = [event(number, readPoint=PLACE) for number in range(3)]
    result = node.submission.submit(document(*events), participant=participant)
    assert result.batch is not None
    node.sequencer.run(close=True)
    return result.batch


def erase(node: Node, entry: bytes, records: Any, erasure: Erasure = WHY) -> Declared:
    said = Declaration(entry, records, "erased", "personal_data", erasure=erasure)
    (declared,) = node.statuses.declare([said])
    node.sequencer.run(close=True)
    return declared


def erase_fields(node: Node, batch: CapturedBatch, index: int, *names: str) -> set[int]:
    """Erase fields of one record by name; return their leaf indexes."""
    with node.store.reading() as repositories:
        plan = plan_fields(repositories, Target(batch.entry_hash, ((index, index),)), names)
    gone: set[int] = set()
    for one in plan:
        erase(node, one.entry, one.records, replace(WHY, fields=one.fields))
        gone |= {at for first, last in one.fields or () for at in range(first, last + 1)}
    return gone


def status(node: Node, batch: int, index: int) -> str | None:
    """Return the status that a bundle of the record proves."""
    bundle = node.prove_record(RecordAddress(batch, index)).to_bytes()
    report = verify_bundle(bundle, trust_of(node.store, node.identity), accept="logged")
    assert report.verified, report
    return None if report.facts is None else report.facts.status


def count(node: Node, table: str, where: str = "1 = 1") -> int:
    with node.store.engine.connect() as connection:
        found = connection.execute(
            text(f"SELECT count(*) FROM {table} WHERE {where}")
        )  # names are ours
        return int(found.scalar_one())


def is_sound(node: Node) -> bool:
    report = audit(node.store, second_place=node.second_place)
    assert report.ok, report.differences
    return report.ok


class TestRecords:
    def test_an_erased_record_is_gone_and_the_others_are_proven(
        self, node: Node, batch: CapturedBatch
    ) -> None:
        erase(node, batch.entry_hash, ((1, 1),))
        with pytest.raises(RecordErased):
            node.prove_record(RecordAddress(batch.batch, 1))
        assert [status(node, batch.batch, index) for index in (0, 2)] == ["current", "current"]
        assert count(node, "records", "payload IS NULL AND secret IS NULL") == 1
        assert count(node, "events") == 2
        assert count(node, "epcs", "uri LIKE '%21/S1'") == 0
        with node.store.reading() as repositories:
            address = RecordAddress(batch.batch, 1)
            standing = standing_of(repositories, node.identity, address)
            found = find_record(repositories, f"https://id.gs1.org/01/{GTIN}/21/S1")
            assert (found.address, found.is_erased, found.is_item) == (address, True, False)
            with pytest.raises(CodeUnknown):
                find_record(repositories, f"https://id.gs1.org/01/{GTIN}/21/S9")
        assert standing.status == "erased"
        assert standing.history[0].basis == "consent_withdrawn"
        assert is_sound(node)

    def test_a_whole_batch_is_erased(self, node: Node, batch: CapturedBatch) -> None:
        erase(node, batch.entry_hash, ALL_RECORDS)
        assert count(node, "records", "payload IS NOT NULL") == 0
        assert [count(node, name) for name in ("events", "event_epcs", "epcs")] == [0, 0, 0]
        assert is_sound(node)

    def test_the_second_time_it_is_the_same_entry(self, node: Node, batch: CapturedBatch) -> None:
        first = erase(node, batch.entry_hash, ((1, 1),))
        other = replace(WHY, requester=bytes(16), basis="court_order")
        assert erase(node, batch.entry_hash, ((1, 1),), other) == replace(first, repeated=True)

    def test_a_range_beyond_the_batch_is_refused(self, node: Node, batch: CapturedBatch) -> None:
        with pytest.raises(RecordUnknown):
            erase(node, batch.entry_hash, ((1, 3),))
        assert count(node, "records", "payload IS NULL") == 0

    def test_a_code_that_others_name_stays(self, node: Node, participant: bytes) -> None:
        same = f"https://id.gs1.org/01/{GTIN}/21/SAME"
        events = [event(number, epcList=[same]) for number in (1, 2)]
        found = node.submission.submit(document(*events), participant=participant)
        assert found.batch is not None
        node.sequencer.run(close=True)
        erase(node, found.batch.entry_hash, ((0, 0),))
        assert count(node, "epcs", "uri LIKE '%SAME'") == 1
        erase(node, found.batch.entry_hash, ((1, 1),))
        assert count(node, "epcs", "uri LIKE '%SAME'") == 0


class TestItems:
    @pytest.mark.parametrize("gone", [(1, 1), (2, 3), (5, 5), (1, 5)])
    def test_erased_items_leave_the_others_found_and_proven(
        self, node: Node, participant: bytes, gone: tuple[int, int]
    ) -> None:
        minted = node.mint(Lot(GTIN, "L1", 5, {}), participant=participant)
        node.sequencer.run(close=True)
        with node.store.reading() as repositories:
            serials = {row.record_index: row.serial for row in repositories.items.between(1, 1, 6)}
        erase(node, minted.entry_hash, (gone,))
        for index, serial in serials.items():
            is_gone = gone[0] <= index <= gone[1]
            code = f"https://id.gs1.org/01/{GTIN}/10/L1/21/{serial}"
            with node.store.reading() as repositories:
                found = find_record(repositories, code)
                with pytest.raises(CodeUnknown):
                    find_record(repositories, code.replace("/10/L1/", "/10/L2/"))
            assert (found.address.record_index, found.is_erased) == (index, is_gone)
            if is_gone:
                with pytest.raises(RecordErased):
                    node.prove_record(RecordAddress(minted.batch, index))
            else:
                assert status(node, minted.batch, index) == "current"
        assert count(node, "items") == 5 - (gone[1] - gone[0] + 1)
        assert is_sound(node)

    def test_an_event_that_names_an_erased_item_does_not_answer_for_it(
        self, node: Node, participant: bytes
    ) -> None:
        minted = node.mint(Lot(GTIN, "L1", 2, {}), participant=participant)
        with node.store.reading() as repositories:
            codes = [
                f"https://id.gs1.org/01/{GTIN}/21/{row.serial}"
                for row in repositories.items.between(1, 1, 3)
            ]
        node.submission.submit(document(event(0, epcList=codes)), participant=participant)
        node.sequencer.run(close=True)
        erase(node, minted.entry_hash, ((1, 1),))
        with pytest.raises(RecordErased):
            node.prove(codes[0])
        assert node.prove(codes[1]).record.index == 2
        with node.store.reading() as repositories:
            assert find_record(repositories, codes[0]).address == RecordAddress(minted.batch, 1)

    def test_the_code_of_an_erased_item_cannot_be_tried_out_without_the_key(
        self, node: Node, participant: bytes
    ) -> None:
        minted = node.mint(Lot(GTIN, "L1", 1, {}), participant=participant)
        with node.store.reading() as repositories:
            (row,) = repositories.items.between(1, 1, 2)
        code = f"https://id.gs1.org/01/{GTIN}/21/{row.serial}"
        erase(node, minted.entry_hash, ((1, 1),))
        with node.store.engine.connect() as connection:
            query = text("SELECT code_hash FROM erased_codes WHERE record_index = 1")
            kept = bytes(connection.execute(query).scalar_one())
        assert kept == hmac.digest(
            code_key(node.identity.duplicate_key), code.encode(), hashlib.sha256
        )
        assert kept != hashlib.sha256(code.encode()).digest()
        for key, found in ((None, []), (bytes(32), []), (node.store.code_key, [(1, 1)])):
            with reading(node.store.engine, code_key=key) as repositories:
                assert repositories.erased_codes.records_of(code) == found


class TestFields:
    def test_an_erased_field_is_gone_and_the_others_are_proven(
        self, node: Node, batch: CapturedBatch
    ) -> None:
        gone = erase_fields(node, batch, 1, "readPoint")
        bundle = node.prove_record(RecordAddress(batch.batch, 1))
        assert not isinstance(bundle.record.fields, CompleteDisclosure)
        shown = {field.path for field in bundle.record.fields.fields}
        assert ("readPoint",) not in shown
        assert {("epcList", 0), ("@context",)} <= shown
        assert len(gone) == 1
        assert [status(node, batch.batch, index) for index in range(3)] == [
            "current",
            "erased",
            "current",
        ]
        assert count(node, "events", "read_point IS NULL") == 1
        assert count(node, "records", "payload IS NULL AND secret IS NULL") == 1
        assert is_sound(node)

    def test_more_fields_are_erased_later(self, node: Node, batch: CapturedBatch) -> None:
        erase_fields(node, batch, 1, "readPoint")
        erase_fields(node, batch, 1, "epcList")
        assert count(node, "epcs", "uri LIKE '%21/S1'") == 0
        bundle = node.prove_record(RecordAddress(batch.batch, 1))
        assert {field.path for field in bundle.record.fields.fields} == {(), ("@context",)}
        assert is_sound(node)
        erase(node, batch.entry_hash, ((1, 1),))
        assert count(node, "partial_records") == 0
        assert is_sound(node)

    def test_an_event_id_that_is_a_hash_of_the_content_goes_too(
        self, node: Node, participant: bytes
    ) -> None:
        plain = document(event(8, readPoint=PLACE))
        uri = event_hash(parse_document(plain).require_faultless()[0].payload).uri
        named = event(8, readPoint=PLACE, eventID=uri)
        result = node.submission.submit(document(named), participant=participant)
        assert result.batch is not None
        node.sequencer.run(close=True)
        index = self._leaf(node, result.batch, "readPoint")
        with pytest.raises(EventIdMustGo):
            erase(
                node,
                result.batch.entry_hash,
                ((0, 0),),
                replace(WHY, fields=((index, index),)),
            )
        gone = erase_fields(node, result.batch, 0, "readPoint")
        assert len(gone) == 2
        assert count(node, "events", "event_id IS NOT NULL") == 0
        assert is_sound(node)

    @pytest.mark.parametrize("form", ["upper case", "web address"])
    def test_so_does_one_in_another_form_and_every_copy_of_it(
        self, node: Node, participant: bytes, form: str
    ) -> None:
        plain = document(event(8, readPoint=PLACE))
        uri = event_hash(parse_document(plain).require_faultless()[0].payload).uri
        web = uri.replace("ni:///sha-256;", "https://a.example/.well-known/ni/sha-256/")
        event_id = uri.upper() if form == "upper case" else web
        copy = [{"type": "inv", "bizTransaction": web}]
        named = event(8, readPoint=PLACE, eventID=event_id, bizTransactionList=copy)
        result = node.submission.submit(document(named), participant=participant)
        assert result.batch is not None, result.records
        node.sequencer.run(close=True)
        assert len(erase_fields(node, result.batch, 0, "readPoint")) == 3
        with node.store.reading() as repositories:
            left = repositories.erasing.partial(result.batch.batch, 0)
        assert left is not None
        assert uri.partition(";")[2][:64].encode() not in left.lower()
        assert is_sound(node)

    def test_an_event_id_that_tells_nothing_stays(self, node: Node, participant: bytes) -> None:
        named = event(8, readPoint=PLACE, eventID="urn:example:8")
        result = node.submission.submit(document(named), participant=participant)
        assert result.batch is not None
        node.sequencer.run(close=True)
        assert len(erase_fields(node, result.batch, 0, "readPoint")) == 1
        assert count(node, "events", "event_id IS NOT NULL") == 1

    def _leaf(self, node: Node, batch: CapturedBatch, name: str) -> int:
        bundle = node.prove_record(RecordAddress(batch.batch, 0))
        paths = [field.path for field in bundle.record.fields.fields]
        return paths.index((name,))

    @pytest.mark.parametrize("fields", [((99, 99),), ((1, 99),)])
    def test_a_field_that_is_not_there_is_refused(
        self, node: Node, batch: CapturedBatch, fields: Any
    ) -> None:
        with pytest.raises(FieldsUnknown):
            erase(node, batch.entry_hash, ((1, 1),), replace(WHY, fields=fields))
        assert count(node, "partial_records") == 0

    def test_an_item_has_no_fields_to_erase(self, node: Node, participant: bytes) -> None:
        minted = node.mint(Lot(GTIN, "L1", 2, {}), participant=participant)
        with pytest.raises(FieldsUnknown):
            erase(node, minted.entry_hash, ((1, 1),), replace(WHY, fields=((1, 1),)))
        assert count(node, "erased_items") == 0


def test_every_table_that_loses_something_is_overwritten() -> None:
    """`erased_items` only gains rows."""
    named = {one.name for one in vars(erasing).values() if isinstance(one, Table)}
    assert named - {"erased_items"} <= set(erasing.TOUCHED)
    assert "corrections" in named


def test_an_erased_card_leaves_a_number_in_the_place_of_a_name(
    node: Node, participant: bytes, batch: CapturedBatch
) -> None:
    with node.store.reading() as repositories:
        key = repositories.keys.of_participant(participant)[0]
        registration = repositories.entries.by_arrival(key.registered_arrival)
    assert registration is not None
    erase(node, registration.leaf_hash, ALL_RECORDS)
    with node.store.reading() as repositories:
        row = repositories.participants.get(participant)
        card = repositories.participants.card(key.card)
    assert row is not None
    assert (row.name, row.gln) == (participant.hex(), None)
    assert card is not None
    assert (card.payload, card.secret) == (None, None)
    assert node.prove_record(RecordAddress(batch.batch, 0)).card is None
    assert status(node, batch.batch, 0) == "current"
    assert is_sound(node)
