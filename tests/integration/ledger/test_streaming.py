"""Long documents, taken bit by bit: the same as whole ones, all or nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.ledger import add_participant, document
from tests.support.streaming import (
    AT_ONCE,
    as_json,
    as_xml,
    content,
    events,
    is_sound,
    payloads,
    slices,
    take,
    taken,
    written,
)
from traceability.errors import InvalidInput
from traceability.ledger import pieces
from traceability.ledger.drafting import DocumentBody, DocumentForm
from traceability.ledger.node import Node
from traceability.ledger.pieces import EVENTS_AT_ONCE
from traceability.store.repositories.one_code import RuleMode


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let eight events be three pieces."""
    monkeypatch.setattr(pieces, "EVENTS_AT_ONCE", AT_ONCE)


@pytest.fixture
def participant(node: Node) -> bytes:
    return add_participant(node)


@pytest.fixture(params=["json", "xml"])
def form(request: pytest.FixtureRequest) -> DocumentForm:
    found: DocumentForm = request.param
    return found


class TestStream:
    def test_keeps_what_the_whole_document_would(
        self, node: Node, participant: bytes, form: DocumentForm
    ) -> None:
        data = written(events(), form)
        result, records = take(node, data, form, participant=participant)
        assert (result.status, result.accepted, result.batches) == ("ACCEPTED", 8, 3)
        kept = payloads(node)
        other = add_participant(node)
        whole = node.submission.submit_body(DocumentBody(data, form), participant=other)
        assert whole.count("accepted") == 8
        assert payloads(node)[8:] == kept
        assert [one.pointer for one in records] == [one.pointer for one in whole.records]
        assert [one.event_hash for one in records] == [one.event_hash for one in whole.records]
        assert len({one.record for one in records}) == 8
        assert is_sound(node)

    def test_tells_each_fault_in_its_place(
        self, node: Node, participant: bytes, form: DocumentForm
    ) -> None:
        faulty = events()
        faulty[1]["bizStep"] = faulty[7]["bizStep"] = "casting"
        data = written(faulty, form)
        result, records = take(node, data, form, participant=participant)
        whole = node.submission.submit_body(DocumentBody(data, form), participant=participant)
        assert (result.status, result.rejected, result.batches) == ("REJECTED", 8, 0)
        assert [one.faults for one in records] == [one.faults for one in whole.records]
        assert payloads(node) == []

    def test_proceeds_with_exactly_the_good_ones(
        self, node: Node, participant: bytes, form: DocumentForm
    ) -> None:
        faulty = events()
        for number in (1, 3, 4, 5):
            faulty[number]["bizStep"] = "casting"
        data = written(faulty, form)
        result, records = take(node, data, form, participant=participant, proceed=True)
        assert (result.status, result.accepted, result.rejected) == ("PARTIALLY_ACCEPTED", 4, 4)
        assert [one.result == "accepted" for one in records] == [
            number not in (1, 3, 4, 5) for number in range(8)
        ]
        assert len(payloads(node)) == 4
        assert is_sound(node)

    def test_of_bare_events(self, node: Node, participant: bytes) -> None:
        bare = [{"@context": document()["@context"], **one} for one in events(4)]
        result, records = take(node, json.dumps(bare).encode(), participant=participant)
        assert [one.pointer for one in records] == ["/0", "/1", "/2", "/3"]
        assert (result.accepted, result.batches) == (4, 2)
        result, records = take(node, json.dumps(bare[0]).encode(), participant=participant)
        assert [(one.pointer, one.result) for one in records] == [("", "duplicate")]

    def test_of_no_events_keeps_nothing(self, node: Node, participant: bytes) -> None:
        result, records = take(node, as_json([]), participant=participant)
        assert (result.status, records, payloads(node)) == ("ACCEPTED", [], [])

    def test_with_a_faulty_envelope_has_no_good_event(self, node: Node, participant: bytes) -> None:
        value = document(*events())
        del value["creationDate"]
        data = json.dumps(value).encode()
        result, records = take(node, data, participant=participant, proceed=True)
        assert [one.pointer for one in records] == ["/creationDate"]
        assert (result.status, payloads(node)) == ("REJECTED", [])

    @pytest.mark.parametrize("keep", [0, 1, 4, 7])
    def test_that_is_broken_further_on_keeps_nothing(
        self, node: Node, participant: bytes, form: DocumentForm, keep: int
    ) -> None:
        data = written(events(), form)
        cut = data[: len(data) * (keep + 1) // 9]
        with pytest.raises(InvalidInput), taken(node, cut, form, participant=participant):
            pass
        assert payloads(node) == []

    def test_refuses_a_member_that_stands_twice_further_on(
        self, node: Node, participant: bytes
    ) -> None:
        data = as_json(events()).replace(
            b'"eventID": "urn:example:7"', b'"action": "OBSERVE", "eventID": "urn:example:7"'
        )
        with (
            pytest.raises(InvalidInput, match="twice") as refused,
            taken(node, data, participant=participant, proceed=True),
        ):
            pass
        assert refused.value.pointer == "/epcisBody/eventList/7/action"
        assert payloads(node) == []

    def test_calls_back_between_drawing_up_and_keeping(
        self, node: Node, participant: bytes
    ) -> None:
        told: list[Any] = []
        named = {
            "progress": told.append,
            "when_drafted": lambda: told.append("drafted"),
            "also": lambda _repositories, result: told.append(result.accepted),
        }
        take(node, as_json(events()), participant=participant, **named)
        assert told == [3, 6, 8, "drafted", 8]


class TestDuplicates:
    def test_are_known_across_pieces(
        self, node: Node, participant: bytes, form: DocumentForm
    ) -> None:
        found = events()
        found[7] = found[0]
        result, records = take(node, written(found, form), form, participant=participant)
        assert (result.status, result.accepted, result.duplicate) == ("ACCEPTED", 7, 1)
        assert records[7].result == "duplicate"
        assert records[7].original is not None
        assert len(payloads(node)) == 7

    def test_stay_so_where_all_is_rolled_back(self, node: Node, participant: bytes) -> None:
        found = events()
        found[4] = found[0]
        found[7] = found[1] | {"action": "DELETE"}
        _, records = take(node, as_json(found), participant=participant)
        assert [one.result for one in records] == ["rejected"] * 4 + ["duplicate"] + [
            "rejected"
        ] * 3
        assert records[4].original is None
        assert [one.faults[0].code for one in (records[0], records[7])] == [
            "ROLLED_BACK",
            "EVENT_ID_CONFLICT",
        ]
        assert records[7].faults[0].pointer == "/epcisBody/eventList/7/eventID"
        assert payloads(node) == []
        assert is_sound(node)

    def test_of_a_whole_document_keep_nothing(
        self, node: Node, participant: bytes, form: DocumentForm
    ) -> None:
        data = written(events(), form)
        take(node, data, form, participant=participant)
        before = (payloads(node), slices(node))
        result, _ = take(node, data, form, participant=participant)
        assert (result.status, result.duplicate, result.batches) == ("ACCEPTED", 8, 0)
        assert (payloads(node), slices(node)) == before


class TestOneCode:
    def test_holds_across_pieces(self, node: Node, participant: bytes) -> None:
        with node.store.unit_of_work() as work:
            work.repositories.one_code.set_mode(participant, RuleMode.ENFORCE)
            work.commit()
        found = events()
        found[0] |= {"action": "ADD", "bizStep": "commissioning"}
        again = {"action": "ADD", "bizStep": "commissioning", "epcList": found[0]["epcList"]}
        result, records = take(
            node, as_json([*found[:7], found[7] | again]), participant=participant, proceed=True
        )
        assert (result.accepted, result.rejected) == (7, 1)
        assert records[7].faults[0].pointer == "/epcisBody/eventList/7/epcList/0"
        result, _ = take(node, as_json(events()[1:]), participant=participant)
        assert result.rejected == 0


class TestSlices:
    @pytest.fixture(autouse=True)
    def small_chunks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let a document be read in more than one part."""
        monkeypatch.setattr("traceability.events.xml.parsing.CHUNK", 700)

    def check(self, node: Node, data: bytes) -> list[dict[str, Any]]:
        found = slices(node)
        assert b"".join(content(one) for one in found) == data
        assert [one["slice"] for one in found] == list(range(len(found)))
        assert {one["document"]["bytes"] for one in found} == {len(data)}
        assert {one["document"]["slices"] for one in found} == {len(found)}
        places = [sum(one["bytes"] for one in found[:number]) for number in range(len(found))]
        assert [one["offset"] for one in found] == places
        return found

    def test_are_together_the_document(self, node: Node, participant: bytes) -> None:
        data = as_xml(events())
        take(node, data, "xml", participant=participant)
        assert len(self.check(node, data)) == 3
        assert is_sound(node)

    @pytest.mark.parametrize("new", [0, 4, 7])
    def test_are_so_where_only_one_piece_has_something_new(
        self, node: Node, participant: bytes, new: int
    ) -> None:
        found = events()
        take(node, as_json(found[:new] + found[new + 1 :]), participant=participant)
        data = as_xml(found)
        result, _ = take(node, data, "xml", participant=participant)
        assert (result.accepted, result.duplicate, result.batches) == (1, 7, 3)
        self.check(node, data)

    def test_of_a_short_document_is_the_whole_as_before(
        self, node: Node, participant: bytes
    ) -> None:
        data = as_xml(events(2))
        take(node, data, "xml", participant=participant)
        (found,) = slices(node)
        assert content(found) == data
        assert set(found) == {"bytes", "content", "encoding", "mapping"}


def test_a_piece_is_what_the_measured_batch_is() -> None:
    assert EVENTS_AT_ONCE == 500
