"""Faults are short, bounded in number, and every part of the schema has words for its faults."""

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import jsonschema_rs
import pytest

from tests.support.epcis import GS1, ITEM, LOT, document, event
from traceability.events import schema
from traceability.events.faults import (
    MAX_FAULTS,
    DocumentFaulty,
    Fault,
    FaultCode,
    pointer_to,
    shown,
)
from traceability.events.jsonld import MAX_PARTS, parse_document
from traceability.events.model import EVENT_TYPES


def our_schema() -> dict[str, Any]:
    text = files("traceability.events").joinpath("schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def objects(value: Any, name: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every object of the schema with the name of the member that holds it."""
    if isinstance(value, dict):
        yield name, value
        for member, inner in value.items():
            yield from objects(inner, member)
    elif isinstance(value, list):
        for inner in value:
            yield from objects(inner, name)


class TestSchema:
    def test_is_a_valid_schema(self) -> None:
        assert jsonschema_rs.meta.is_valid(our_schema())

    def test_knows_the_types_of_events_and_documents(self) -> None:
        assert {*EVENT_TYPES, "EPCISDocument", "EPCISQueryDocument"} <= our_schema()["$defs"].keys()

    def test_leaves_no_object_open(self) -> None:
        open_ones = [
            name
            for name, found in objects(our_schema())
            if "object" in found.get("type", ()) and "properties" in found
            if not {"additionalProperties", "unevaluatedProperties"} & found.keys()
        ]
        # Master data are looked at but not taken in; `event` is closed by those who refer to it.
        assert set(open_ones) == {"event", "epcisMasterData", "items"}

    def test_has_words_for_every_format_pattern_and_enumeration(self) -> None:
        for name, found in objects(our_schema()):
            if isinstance(found.get("format"), str):
                assert found["format"] in schema._EXPECTED
            if isinstance(found.get("pattern"), str) or "enum" in found:
                assert name in schema._EXPECTED

    def test_uses_no_keyword_without_words(self) -> None:
        spoken = {"type", "format", "pattern", "enum", "exclusiveMinimum", "minItems", "required",
                  "minProperties", "uniqueItems", "unevaluatedProperties", "additionalProperties",
                  "dependentRequired", "maxLength", "minimum", "maximum", "not"}  # fmt: skip
        silent = {"$ref", "$defs", "$id", "$schema", "$comment", "title", "properties", "items",
                  "patternProperties", "const", "exclusiveMaximum"}  # fmt: skip
        holders = {"properties", "$defs", "patternProperties", "dependentRequired"}
        used = {
            key for name, found in objects(our_schema()) if name not in holders for key in found
        }
        assert used <= spoken | silent

    def test_denies_only_what_is_told_as_out_of_range(self) -> None:
        """What `not` and the upper bound inside it refuse has the words of the range."""
        denying = [
            found
            for _, found in objects(our_schema())
            if {"not", "exclusiveMaximum"} & found.keys()
        ]
        in_range = our_schema()["$defs"]["inRange"]
        assert denying == [in_range, in_range["not"]]


class TestBounds:
    def test_faults_of_many_events_are_bounded_and_the_last_says_so(self) -> None:
        parsed = parse_document(document(*([{}] * (MAX_FAULTS + 5))))
        assert len(parsed.faults) == MAX_FAULTS + 1
        assert parsed.faults[-1].code == "EPCIS_TOO_MANY_FAULTS"
        assert parsed.faults[-2].pointer == f"/epcisBody/eventList/{MAX_FAULTS - 1}/type"

    def test_just_as_many_faults_as_allowed_are_all_given(self) -> None:
        parsed = parse_document(document(*([{}] * MAX_FAULTS)))
        assert len(parsed.faults) == MAX_FAULTS
        assert {fault.code for fault in parsed.faults} == {"EPCIS_EVENT_TYPE"}

    @pytest.mark.parametrize(
        "change",
        [
            {"epcList": ["7"] * 20_000},
            {"epcList": [ITEM] * 20_000},
            {"epcList": ["https://id.gs1.org/01/04012345778894/21/1"] * 20_000},
            {"quantityList": [{"epcClass": LOT, "quantity": 0.5}] * 20_000},
            {f"epcis:{n}": 1 for n in range(20_000)},
        ],
    )
    def test_faults_of_one_event_are_bounded(self, change: dict[str, Any]) -> None:
        parsed = parse_document({**event(context=GS1), **change})
        assert len(parsed.faults) == MAX_FAULTS + 1
        assert parsed.faults[-1].code == "EPCIS_TOO_MANY_FAULTS"
        assert parsed.events == ()

    @pytest.mark.parametrize("member", ["epcList", "ilmd", "example:x"])
    def test_an_event_of_more_parts_than_a_record_holds_is_refused(self, member: str) -> None:
        sample = event(context=GS1, action="ADD", **{member: []})
        parts = len(sample) + sum(len(each) for each in sample.values() if type(each) is not str)
        things = {f"urn:x:{n}": 1 for n in range(MAX_PARTS - parts)}
        sample[member] = things if member == "ilmd" else list(things)
        assert not parse_document(sample).faults
        sample["example:one_more"] = 1
        (fault,) = parse_document(sample).faults
        assert (fault.pointer, fault.code) == ("", "EPCIS_TOO_LARGE")

    def test_one_fault_stands_for_those_of_a_huge_value(self) -> None:
        reports = [{"type": "Mass", "value": "7"} for _ in range(60_000)]
        parsed = parse_document(document(event(sensorElementList=[{"sensorReport": reports}])))
        assert [fault.code for fault in parsed.faults] == ["EPCIS_JSON_TYPE"]
        few = parse_document(document(event(sensorElementList=[{"sensorReport": reports[:9]}])))
        assert len(few.faults) == 9

    def test_a_long_list_with_one_repetition_has_one_fault(self) -> None:
        things = [f"urn:epc:id:sgtin:4012345.077889.{n}" for n in range(20_000)]
        parsed = parse_document(document(event(epcList=[*things, things[7]])))
        assert [fault.pointer for fault in parsed.faults] == [
            "/epcisBody/eventList/0/epcList/20000"
        ]
        (good,) = parse_document(document(event(epcList=things))).require_faultless()
        assert len(good.objects) == 20_000


class TestWords:
    @pytest.mark.parametrize(
        ("value", "words"),
        [
            ("a'b", '"a\'b"'),
            ("x" * 100, "'" + "x" * 48 + "…'"),
            ({"secret": 1}, "an object"),
            (["secret"], "an array"),
            (None, "null"),
            (True, "true"),
            (False, "false"),
            (0, "0"),
            (1, "1"),
            (1.5, "1.5"),
            (10**400, "a long integer"),
        ],
    )
    def test_values_are_shown_short(self, value: object, words: str) -> None:
        assert shown(value) == words

    def test_pointers_are_escaped(self) -> None:
        assert pointer_to("/a", ["b/c", 0, "~"]) == "/a/b~1c/0/~0"
        assert pointer_to("", []) == ""

    def test_a_fault_is_shown_without_what_it_lacks(self) -> None:
        fault = Fault("/a", FaultCode.URI, "a is wrong: expected b, got c", expected="b")
        shown_fault = fault.to_dict()
        assert shown_fault == {
            "code": "EPCIS_URI",
            "message": "a is wrong: expected b, got c",
            "pointer": "/a",
            "expected": "b",
        }
        assert type(shown_fault["code"]) is str

    def test_one_fault_is_raised_with_its_own_words(self) -> None:
        error = DocumentFaulty([Fault("/a", "CODE", "a is wrong: expected b, got c", "b", "c")])
        assert str(error) == "a is wrong: expected b, got c"
        assert (error.pointer, error.expected, error.got) == ("/a", "b", "c")

    def test_codes_are_unlike_and_ours(self) -> None:
        assert all(code.value == f"EPCIS_{code.name}" for code in FaultCode)
