"""Contexts: prefixes are followed, and what would give GS1's names another meaning is refused.

Source: JSON-LD 1.1, sections 4.1 and 9.15; EPCIS 2.0, section 10.2.
"""

from typing import Any

import pytest

from tests.support.epcis import EXAMPLE, GS1, document, event
from traceability.events.context import (
    GS1_CONTEXT,
    STANDARD_PREFIXES,
    STANDARD_TERMS,
    Context,
    extend,
)
from traceability.events.jsonld import parse_document

Case = tuple[str, dict[str, Any], dict[str, Any], str, str, str]

# Event type, good change, bad change, pointer inside the event, code, part of the message.
CASES: dict[str, Case] = {
    "context that redefines a member": (
        "ObjectEvent", {"context": {"step": "https://example.org/step"}},
        {"context": {"bizStep": "https://example.org/step"}},
        "/@context/bizStep", "EPCIS_TERM_REDEFINED",
        "context redefines 'bizStep': expected https://ref.gs1.org/epcis/bizStep"),
    "context that takes a member away": (
        "ObjectEvent", {"context": {"example": None}}, {"context": {"eventTime": None}},
        "/@context/eventTime", "EPCIS_TERM_REDEFINED", "got null"),
    "context that redefines a prefix": (
        "ObjectEvent", {"context": [{"cbv": "https://ref.gs1.org/cbv/"}]},
        {"context": [{"cbv": "https://ref.gs1.org.example/cbv/"}]},
        "/@context/0/cbv", "EPCIS_TERM_REDEFINED", "context redefines 'cbv'"),
    "context that redefines a scheme": (
        "ObjectEvent", {"context": [GS1, {"urx": "https://a.example/"}]},
        {"context": [GS1, {"urn": "https://a.example/"}]},
        "/@context/1/urn", "EPCIS_TERM_REDEFINED", "context redefines 'urn': expected urn:"),
    "context that hides a member behind a name": (
        "ObjectEvent", {"context": {"x:y": {"@id": "https://example.org/y"}}},
        {"context": {"x:y": {"@id": "epcis:action"}}},
        "/@context/x:y", "EPCIS_TERM_REDEFINED", "expected a meaning outside GS1's vocabularies"),
    "context that scopes a member": (
        "ObjectEvent", {"context": {"bizStep": {"@id": "epcis:bizStep", "@type": "@vocab"}}},
        {"context": {"bizStep": {"@id": "epcis:bizStep", "@context": {}}}},
        "/@context/bizStep", "EPCIS_TERM_REDEFINED", "context redefines 'bizStep'"),
    "context that leads in a circle": (
        "ObjectEvent", {"context": {"a": "b:x", "b": "https://example.org/"}},
        {"context": {"a": "b:x", "b": "https://example.org/", "e": "e:x"}},
        "/@context/e", "EPCIS_CONTEXT",
        "context leads nowhere: expected a URI after at most 8 prefixes"),
    "context that is a number": (
        "ObjectEvent", {"context": [EXAMPLE]}, {"context": [EXAMPLE, 7]},
        "/@context/1", "EPCIS_JSON_TYPE", "element 1 of @context has the wrong JSON type"),
    "context twice": (
        "ObjectEvent", {"context": [EXAMPLE, {}]}, {"context": [EXAMPLE, EXAMPLE]},
        "/@context", "EPCIS_DUPLICATE", "@context holds an element twice"),
    "context too long": (
        "ObjectEvent", {"context": {"x": "urn:" + "x" * 8_000}},
        {"context": {"x": "urn:" + "x" * 8_300}},
        "/@context", "EPCIS_CONTEXT", "@context is too long, with those before it"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_accepts_the_harmless_context(name: str) -> None:
    kind, good, *_ = CASES[name]
    assert parse_document(document(event(kind, **good))).faults == ()


@pytest.mark.parametrize("name", CASES)
def test_refuses_the_harmful_context_of_an_event(name: str) -> None:
    kind, _, bad, pointer, code, message = CASES[name]
    (fault,) = parse_document(document(event(kind, **bad))).faults
    assert (fault.pointer, fault.code) == (f"/epcisBody/eventList/0{pointer}", code)
    assert message in fault.message


@pytest.mark.parametrize("name", CASES)
def test_refuses_it_of_a_document_once_and_keeps_no_event(name: str) -> None:
    _, _, bad, pointer, code, _ = CASES[name]
    parsed = parse_document(document(event(), event(), **bad))
    assert [(fault.pointer, fault.code) for fault in parsed.faults] == [(pointer, code)]
    assert parsed.events == ()


def active(*entries: Any) -> Context:
    context, faults = extend(GS1_CONTEXT, list(entries), pointer="")
    assert faults == []
    return context


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("ex:a", "https://example.org/a"),
        ("ex://a", "ex://a"),
        ("inner:a", "https://example.org/deep/a"),
        ("ex:term", "https://example.org/term"),
        ("cbv:Disp-active", "https://ref.gs1.org/cbv/Disp-active"),
        ("cbvmda:lotNumber", "https://example.org/other/lotNumber"),
        ("unknown:a", "unknown:a"),
        ("urn:epc:id:sgtin:4012345.077889.25", "urn:epc:id:sgtin:4012345.077889.25"),
        ("https://example.org/a", "https://example.org/a"),
        ("plain", "plain"),
    ],
)
def test_expands_names_as_json_ld_does(name: str, uri: str) -> None:
    context = active(
        GS1,
        {"ex": "https://example.org/", "inner": {"@id": "ex:deep/", "@prefix": True}},
        {"ex:term": {"@type": "@id"}, "cbvmda": "https://example.org/other/"},
    )
    assert context.expand(name) == uri


def test_a_later_context_wins_and_can_take_a_prefix_back() -> None:
    assert active({"x": "urn:a:"}, {"x": "urn:b:"}).expand("x:1") == "urn:b:1"
    assert active({"x": "urn:a:"}, {"x": None}).expand("x:1") == "x:1"


def test_extending_leaves_the_outer_context_as_it_was() -> None:
    outer = active({"x": "urn:a:"})
    extend(outer, {"x": "urn:b:"}, pointer="")
    assert outer.expand("x:1") == "urn:a:1"
    assert outer.entries == [{"x": "urn:a:"}]


@pytest.mark.parametrize("name", sorted(STANDARD_TERMS))
def test_no_standard_term_may_be_given_another_meaning(name: str) -> None:
    _, faults = extend(GS1_CONTEXT, {name: "https://example.org/other"}, pointer="/@context")
    assert [(fault.pointer, fault.code) for fault in faults] == [
        (f"/@context/{name}", "EPCIS_TERM_REDEFINED")
    ]
    assert extend(GS1_CONTEXT, {name: STANDARD_TERMS[name]}, pointer="")[1] == []


@pytest.mark.parametrize("name", sorted(STANDARD_PREFIXES.keys() - {"cbvmda"}))
def test_a_standard_prefix_may_only_be_repeated(name: str) -> None:
    _, faults = extend(GS1_CONTEXT, {name: "https://example.org/other/"}, pointer="/@context")
    assert [fault.code for fault in faults] == ["EPCIS_TERM_REDEFINED"]
    assert extend(GS1_CONTEXT, {name: STANDARD_PREFIXES[name]}, pointer="")[1] == []


def test_the_web_vocabulary_may_be_named_by_any_of_its_addresses() -> None:
    for address in ("https://gs1.org/voc/", "http://www.gs1.org/voc/", "https://ref.gs1.org/voc/"):
        assert extend(GS1_CONTEXT, {"gs1": address}, pointer="")[1] == []


def test_prefixes_are_followed_eight_deep_and_no_further() -> None:
    chain = {f"p{n}": f"p{n + 1}:x" for n in range(7)} | {"p7": "urn:end:"}
    assert active(chain).expand("p0:a") == "urn:end:" + "x" * 7 + "a"
    longer = {f"p{n}": f"p{n + 1}:x" for n in range(9)} | {"p9": "urn:end:"}
    _, faults = extend(GS1_CONTEXT, longer, pointer="")
    assert [fault.pointer for fault in faults] == ["/p0"]


def test_a_term_that_stands_for_itself_has_one_fault() -> None:
    for name in ("x", "urn", "cbv", "bizStep"):
        _, faults = extend(GS1_CONTEXT, {name: f"{name}:"}, pointer="")
        assert [(fault.pointer, fault.code) for fault in faults] == [(f"/{name}", "EPCIS_CONTEXT")]


def test_remote_contexts_are_named_and_not_fetched() -> None:
    parsed = parse_document(document(event(), context=[GS1, "https://nowhere.invalid/context"]))
    assert parsed.faults == ()
    assert parsed.events[0].payload["@context"] == [GS1, "https://nowhere.invalid/context"]


class TestRepeatedEntries:
    """What is committed is the merged context, and must pass as the context of one event."""

    def merged(self, own: Any, *, outer: Any = None) -> Any:
        whole = document({**event(), "@context": own})
        whole["@context"] = [GS1, EXAMPLE] if outer is None else outer
        return parse_document(whole)

    @pytest.mark.parametrize(
        "own", [GS1, [GS1], EXAMPLE, [GS1, EXAMPLE], [EXAMPLE, {"x": "urn:x:"}]]
    )
    def test_entry_of_the_document_stands_once(self, own: Any) -> None:
        (found,) = self.merged(own).require_faultless()
        entries = found.payload["@context"]
        assert isinstance(entries, list)
        assert entries[:2] == [GS1, EXAMPLE]
        assert all(entries.count(entry) == 1 for entry in entries)
        (again,) = parse_document(found.payload).require_faultless()
        assert again.payload == found.payload

    def test_entry_that_takes_back_another_is_refused(self) -> None:
        first, second = {"ex": "urn:a:"}, {"ex": "urn:b:"}
        assert self.merged([first], outer=[GS1, first]).faults == ()
        (fault,) = self.merged([first], outer=[GS1, first, second]).faults
        assert (fault.code, fault.pointer) == (
            "EPCIS_CONTEXT",
            "/epcisBody/eventList/0/@context",
        )
        assert "repeats an entry" in fault.message
