"""EPCIS documents signed here for a participant: accepted, duplicate, rejected."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.ledger import add_participant, document, event, opened_node
from traceability.ledger.audit.audit import audit
from traceability.ledger.drafting import DocumentBody
from traceability.ledger.faults import KeyUnknown
from traceability.ledger.node import Node
from traceability.ledger.submission import SubmissionResult

NI = "ni:///sha-256;" + "00" * 32 + "?ver=CBV2.0"
ERROR = {"declarationTime": "2026-05-02T08:00:00.000Z", "reason": "incorrect_data"}


@pytest.fixture
def participant(node: Node) -> bytes:
    return add_participant(node)


def submit(
    node: Node, participant: bytes, *events: dict[str, object], proceed: bool = False
) -> SubmissionResult:
    return node.submission.submit(document(*events), participant=participant, proceed=proceed)


def results(result: SubmissionResult) -> list[str]:
    return [record.result for record in result.records]


def entries(node: Node) -> int:
    return len(node_entries(node))


def node_entries(node: Node) -> list[object]:
    with node.store.reading() as repositories:
        sequenced = list(repositories.entries.between(0, 10_000))
        return [*sequenced, *repositories.entries.unsequenced(10_000)]


class TestDuplicates:
    def test_same_event_again_is_a_duplicate(self, node: Node, participant: bytes) -> None:
        assert submit(node, participant, event(1)).status == "ACCEPTED"
        before = entries(node)
        again = submit(node, participant, event(1), event(2))
        assert results(again) == ["duplicate", "accepted"]
        assert entries(node) == before + 1

    def test_same_event_twice_in_one_document_is_kept_once(
        self, node: Node, participant: bytes
    ) -> None:
        assert results(submit(node, participant, event(1), event(1))) == ["accepted", "duplicate"]

    def test_a_document_of_duplicates_adds_no_entry(self, node: Node, participant: bytes) -> None:
        submit(node, participant, event(1))
        before = entries(node)
        again = submit(node, participant, event(1))
        assert (again.status, again.batch) == ("ACCEPTED", None)
        assert entries(node) == before

    def test_same_id_and_other_content_is_a_conflict(self, node: Node, participant: bytes) -> None:
        submit(node, participant, event(1, eventID="urn:uuid:1b4e28ba-2fa1-11d2-883f-0016d3cca427"))
        before = entries(node)
        other = event(2, eventID="urn:uuid:1b4e28ba-2fa1-11d2-883f-0016d3cca427")
        result = submit(node, participant, other)
        assert result.status == "REJECTED"
        assert result.records[0].faults[0].code == "EVENT_ID_CONFLICT"
        assert entries(node) == before

    def test_same_id_with_an_error_declaration_is_accepted(
        self, node: Node, participant: bytes
    ) -> None:
        known = event(1, eventID="urn:uuid:1b4e28ba-2fa1-11d2-883f-0016d3cca427")
        submit(node, participant, known)
        declared = known | {"errorDeclaration": ERROR}
        assert results(submit(node, participant, declared)) == ["accepted"]
        assert results(submit(node, participant, declared)) == ["duplicate"]

    def test_a_wrong_hash_id_is_accepted_with_a_warning(
        self, node: Node, participant: bytes
    ) -> None:
        result = submit(node, participant, event(1, eventID=NI))
        assert results(result) == ["accepted"]
        assert result.records[0].warning == "EVENT_ID_HASH_MISMATCH"


class TestFaultyDocument:
    def test_rolls_back_whole(self, node: Node, participant: bytes) -> None:
        before = entries(node)
        result = submit(node, participant, event(1), event(2, eventTime="2026-05-01T08:00:00"))
        assert result.status == "REJECTED"
        assert [record.faults[0].code for record in result.records] == [
            "ROLLED_BACK",
            "EPCIS_TIME_ZONE",
        ]
        assert entries(node) == before

    def test_proceeds_with_the_sound_events_when_told(self, node: Node, participant: bytes) -> None:
        faulty = event(2, eventTime="2026-05-01T08:00:00")
        result = submit(node, participant, event(1), faulty, proceed=True)
        assert result.status == "PARTIALLY_ACCEPTED"
        assert results(result) == ["accepted", "rejected"]
        assert result.batch is not None
        with node.store.reading() as repositories:
            assert len(repositories.batches.records_between(result.batch.batch, 0, 9)) == 1

    def test_names_the_event_of_a_wrong_check_digit(self, node: Node, participant: bytes) -> None:
        wrong = event(1, epcList=["https://id.gs1.org/01/09521234567898/21/1"])
        fault = submit(node, participant, wrong).records[0].faults[0]
        assert fault.code == "CODE_CHECK_DIGIT"
        assert fault.pointer == "/epcisBody/eventList/0/epcList/0"

    def test_check_says_the_same_and_keeps_nothing(self, node: Node, participant: bytes) -> None:
        before = entries(node)
        result = node.submission.check_body(DocumentBody(json.dumps(document(event(1))).encode()))
        assert (results(result), result.batch) == (["accepted"], None)
        assert entries(node) == before


def test_refuses_a_participant_whose_key_is_elsewhere(node: Node) -> None:
    with pytest.raises(KeyUnknown, match="no live key held by this node"):
        submit(node, bytes(16), event(1))


def test_a_new_process_goes_on_where_the_last_one_stopped(sqlite_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with opened_node(sqlite_url, folder) as first:
        participant = add_participant(first)
        submit(first, participant, event(1))
        log = first.identity.log
    with opened_node(sqlite_url, folder) as second:
        assert second.identity.log == log
        assert results(submit(second, participant, event(1), event(2))) == [
            "duplicate",
            "accepted",
        ]


class TestNamesOfRecords:
    """An event that came without an id has its record's name, which is no other event's."""

    def named(self, node: Node, participant: bytes) -> str:
        first = submit(node, participant, event(1)).records[0]
        assert first.event_id is not None
        assert first.event_id.startswith("urn:itemproof:record:")
        return first.event_id

    def test_sent_again_under_it_is_a_duplicate(self, node: Node, participant: bytes) -> None:
        name = self.named(node, participant)
        before = entries(node)
        assert results(submit(node, participant, event(1, eventID=name))) == ["duplicate"]
        assert entries(node) == before

    def test_other_content_under_it_is_refused(self, node: Node, participant: bytes) -> None:
        name = self.named(node, participant)
        (refused,) = submit(node, participant, event(2, eventID=name)).records
        assert (refused.result, refused.faults[0].code) == ("rejected", "EVENT_ID_CONFLICT")


class TestOtherParticipants:
    """What one participant sent tells another nothing."""

    def test_same_event_of_another_is_accepted(self, node: Node, participant: bytes) -> None:
        other = add_participant(node)
        known = event(1, eventID="urn:x:1")
        assert results(submit(node, participant, known)) == ["accepted"]
        assert results(submit(node, other, known)) == ["accepted"]
        assert results(submit(node, other, known)) == ["duplicate"]
        changed = event(2, eventID="urn:x:1")
        assert results(submit(node, other, changed)) == ["rejected"]


@pytest.mark.parametrize("quantity", [25.0, 25, 1e21, 0.5, 1.5e17])
def test_quantity_is_read_again_as_it_is_written(
    node: Node, participant: bytes, quantity: float
) -> None:
    element = {"epcClass": "urn:epc:class:lgtin:9521234.056789.L1", "quantity": quantity}
    result = submit(node, participant, event(1, quantityList=[{**element, "uom": "KGM"}]))
    assert results(result) == ["accepted"]
    node.sequencer.run(close=True)
    assert audit(node.store, second_place=node.second_place).differences == ()
