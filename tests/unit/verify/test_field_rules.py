"""The form of disclosed fields, rule by rule; the vectors hold the same through the verifier."""

from __future__ import annotations

from typing import Any

import pytest

from traceability.hashing.commitment import DisclosureInvalid, Field, Path, RecordKind
from traceability.verify.field_rules import check_complete, check_partial

SALT = bytes(16)
HEADER = {
    "kind": "event",
    "type": "ObjectEvent",
    "eventTime": "2026-01-05T08:00:00Z",
    "eventTimeZoneOffset": "+08:00",
}
CONTEXT = Field(("@context",), SALT, [])


def event(*parts: tuple[Path, Any], **header: Any) -> list[Field]:
    members = {name: value for name, value in (HEADER | header).items() if value is not ...}
    return [Field((), SALT, members), CONTEXT, *(Field(path, SALT, value) for path, value in parts)]


class TestCheckComplete:
    @pytest.mark.parametrize(
        "parts",
        [
            [],
            [(("epcList", 0), "urn:x:1"), (("epcList", 1), "urn:x:2")],
            [(("epcList",), [])],
            [(("ilmd",), {})],
            [(("ilmd", "a"), 1), (("ilmd", "b"), {"deep": []})],
            [(("ilmd", 0), {"a": 1})],
            [(("x:y", "a"), None), (("x:z", 0), None)],
            [(("readPoint",), {"id": "urn:x:1"})],
        ],
    )
    def test_accepts_each_shape_of_field(self, parts: list[tuple[Path, Any]]) -> None:
        check_complete(RecordKind.EVENT, event(*parts))

    @pytest.mark.parametrize(
        ("parts", "fault"),
        [
            ([(("action",), "ADD")], "names 'action'"),
            ([(("recordTime",), "x")], "names 'recordTime'"),
            ([(("kind",), "item")], "names 'kind'"),
            ([(("epcList", 65_536), "x")], "ends in no index or name"),
            ([(("disposition", 0), "x")], "names 'disposition'"),
            ([((), HEADER)], r"path is not \[member\]"),
            ([((1,), "x")], r"path is not \[member\]"),
            ([(("readPoint", "id"), "x")], "'readPoint' may not be split by name"),
            ([(("epcList",), ["x"])], "'epcList' must be split"),
            ([(("x:y",), {"a": 1})], "'x:y' must be split"),
            ([(("x:y",), [1])], "'x:y' must be split"),
            ([(("ilmd",), {"a": 1})], "'ilmd' must be split"),
            ([(("ilmd", "a"), 1), (("ilmd", 0), 1)], "'ilmd' has two shapes"),
            ([(("epcList", 0), "x"), (("epcList",), [])], "'epcList' has two shapes"),
            ([(("epcList", 1), "x")], "elements of 'epcList' have a gap"),
            ([(("b",), 1), (("a",), 1)], "do not ascend"),
            ([(("a",), 1), (("a",), 1)], "do not ascend"),
            ([(("epcList", i), "x") for i in range(11)], "do not ascend"),
            ([(("errorDeclaration",), {})], "does not declare the error"),
        ],
    )
    def test_refuses_a_field_out_of_form(self, parts: list[tuple[Path, Any]], fault: str) -> None:
        with pytest.raises(DisclosureInvalid, match=fault):
            check_complete(RecordKind.EVENT, event(*parts))

    @pytest.mark.parametrize(
        ("header", "fault"),
        [
            ({"kind": "item"}, "another kind"),
            ({"type": ...}, "missing or unknown members: 'type'"),
            ({"eventTimeZoneOffset": ...}, "missing or unknown members"),
            ({"eventID": "urn:x:1"}, "missing or unknown members: 'eventID'"),
            ({"bizStep": None}, "'bizStep' has the wrong type"),
            ({"declared_error": "true"}, "'declared_error' has the wrong type"),
            ({"declared_error": True}, "an error that no field has"),
            ({"type": "Event"}, "no EPCIS event type"),
        ],
    )
    def test_refuses_a_header_out_of_form(self, header: dict[str, Any], fault: str) -> None:
        with pytest.raises(DisclosureInvalid, match=fault):
            check_complete(RecordKind.EVENT, event(**header))

    def test_accepts_an_error_that_header_and_field_declare(self) -> None:
        declared = event((("errorDeclaration",), {"reason": "x"}), declared_error=True)
        check_complete(RecordKind.EVENT, declared)

    def test_refuses_an_event_without_context(self) -> None:
        with pytest.raises(DisclosureInvalid, match="without its @context"):
            check_complete(RecordKind.EVENT, event()[:1])

    def test_refuses_a_context_that_is_no_array(self) -> None:
        fields = [event()[0], Field(("@context",), SALT, "https://example.org")]
        with pytest.raises(DisclosureInvalid, match="@context is no array"):
            check_complete(RecordKind.EVENT, fields)

    def test_an_item_has_exactly_one_field(self) -> None:
        header = Field((), SALT, {"kind": "item", "id": "urn:x:1"})
        check_complete(RecordKind.ITEM, [header])
        with pytest.raises(DisclosureInvalid, match="2 fields: expected exactly 1"):
            check_complete(RecordKind.ITEM, [header, Field(("note",), SALT, "x")])

    def test_a_document_may_have_members_of_any_name(self) -> None:
        header = Field((), SALT, {"kind": "document", "media_type": "text/plain"})
        check_complete(RecordKind.DOCUMENT, [header, Field(("action",), SALT, "x")])


class TestCheckPartial:
    def test_accepts_ascending_leaves(self) -> None:
        shown = list(enumerate(event((("epcList", 7), "x"))))
        check_partial(RecordKind.EVENT, [shown[0], (9, shown[2][1])], field_count=12)

    def test_refuses_leaves_that_do_not_ascend(self) -> None:
        shown = list(enumerate(event((("epcList", 7), "x"))))
        with pytest.raises(DisclosureInvalid, match="leaf indexes do not ascend"):
            check_partial(RecordKind.EVENT, [shown[0], shown[2], shown[1]], field_count=12)

    def test_an_extension_is_shown_with_its_context(self) -> None:
        header, context, note = event((("x:note", "en"), "copper"))
        check_partial(RecordKind.EVENT, [(0, header), (1, context), (2, note)], field_count=4)
        with pytest.raises(DisclosureInvalid, match="'x:note' is disclosed without its @context"):
            check_partial(RecordKind.EVENT, [(0, header), (2, note)], field_count=4)

    def test_refuses_a_record_of_too_many_fields(self) -> None:
        shown = list(enumerate(event()))
        check_partial(RecordKind.EVENT, shown, field_count=65_536)
        with pytest.raises(DisclosureInvalid, match="too many fields"):
            check_partial(RecordKind.EVENT, shown, field_count=65_537)

    def test_refuses_an_item_that_hides_a_second_field(self) -> None:
        header = Field((), SALT, {"kind": "item", "id": "urn:x:1"})
        check_partial(RecordKind.ITEM, [(0, header)], field_count=1)
        with pytest.raises(DisclosureInvalid, match="expected exactly 1"):
            check_partial(RecordKind.ITEM, [(0, header)], field_count=2)
