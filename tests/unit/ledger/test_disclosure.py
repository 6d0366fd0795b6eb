"""Which fields are chosen: minimum, policy, `ni:` values, extensions, documents in XML."""

from __future__ import annotations

import zlib
from base64 import urlsafe_b64encode
from typing import Any

import pytest

from tests.support.ledger import GTIN, event
from traceability.hashing.commitment import Field, RecordKind, salted_fields
from traceability.hashing.unsalted import contradicts, unsalted
from traceability.ledger.disclosure import (
    MAX_SHOWN,
    Audience,
    none_shown,
    selection,
)
from traceability.ledger.disclosure_policy import (
    CLOSED_POLICY,
    DEFAULT_POLICY,
    Policy,
    parse_policy,
)

CODE = f"https://id.gs1.org/01/{GTIN}/21/S0"
NI = "ni:///sha-256;" + "ab" * 32 + "?ver=CBV2.0"
CONTEXT = [
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"ex": "https://example.org/"},
]


def fields_of(**changes: Any) -> list[Field]:
    value = event() | {"@context": CONTEXT} | changes
    return salted_fields(RecordKind.EVENT, value, bytes(32))


def chosen(
    fields: list[Field],
    audience: Audience,
    policy: Policy = DEFAULT_POLICY,
    *,
    code: str | None = CODE,
) -> set[str] | None:
    """Return the paths that are shown besides the header; None if the record is shown whole."""
    indexes = selection(audience, code, policy=policy)(RecordKind.EVENT, fields)
    if indexes is None:
        return None
    return {"/".join(map(str, fields[index].path)) for index in indexes if index}


def open_to(*public: Any, partner: Any = "all") -> Policy:
    rules = {"ObjectEvent": {"public": list(public), "partner": partner}}
    return parse_policy({"format": "itemproof-disclosure-1", "version": 1, "events": rules})


PLACED = {
    "readPoint": {"id": "https://id.gs1.org/414/9521234567899"},
    "ex:grade": "A",
    "ilmd": {"ex:colour": "red", "ex:price": "7"},
}


class TestMinimum:
    def test_public_sees_the_code_alone(self) -> None:
        assert chosen(fields_of(**PLACED), "public") == {"epcList/0"}

    def test_partner_and_auditor_see_all(self) -> None:
        assert chosen(fields_of(**PLACED), "partner") is None
        assert chosen(fields_of(**PLACED), "auditor") is None

    def test_nothing_but_the_minimum_where_the_policy_was_erased(self) -> None:
        assert chosen(fields_of(**PLACED), "partner", CLOSED_POLICY) == {"epcList/0"}


class TestPolicy:
    def test_shows_what_it_names(self) -> None:
        found = chosen(fields_of(**PLACED), "public", open_to("readPoint"))
        assert found == {"epcList/0", "readPoint"}

    def test_extensions_come_with_their_context(self) -> None:
        found = chosen(fields_of(**PLACED), "public", open_to("ex:grade"))
        assert found == {"epcList/0", "ex:grade", "@context"}

    def test_shows_one_part_of_ilmd_and_not_its_neighbour(self) -> None:
        found = chosen(fields_of(**PLACED), "public", open_to(["ilmd", "ex:colour"]))
        assert found == {"epcList/0", "ilmd/ex:colour", "@context"}

    def test_narrows_what_partners_see(self) -> None:
        found = chosen(fields_of(**PLACED), "partner", open_to(partner=["readPoint"]))
        assert found == {"epcList/0", "readPoint"}

    def test_does_not_bind_auditors(self) -> None:
        assert chosen(fields_of(**PLACED), "auditor", open_to(partner=[])) is None

    def test_of_another_event_type_does_not_apply(self) -> None:
        fields = fields_of(type="AssociationEvent", epcList=None, parentID=CODE, **PLACED)
        assert chosen(fields, "public", open_to("readPoint")) == {"parentID"}


class TestHashes:
    @pytest.mark.parametrize("audience", ["public", "partner"])
    @pytest.mark.parametrize(
        "changes",
        [
            {"eventID": NI},
            {"eventID": NI.upper()},
            {"ex:parent": {"of": [NI]}},
            {"ex:parent": "see https://example.org/.well-known/ni/sha-256/abc"},
            {"errorDeclaration": {"declarationTime": "x", "correctiveEventIDs": [NI]}},
        ],
    )
    def test_are_never_shown_whatever_the_policy(
        self, audience: Audience, changes: dict[str, Any]
    ) -> None:
        found = chosen(fields_of(**changes), audience, open_to(*changes, partner=[*changes]))
        assert found is not None
        assert not found & changes.keys()
        everything = parse_policy(
            {
                "format": "itemproof-disclosure-1",
                "version": 1,
                "events": {"default": {"public": "all", "partner": "all"}},
            }
        )
        found = chosen(fields_of(**changes), audience, everything)
        assert found is not None
        assert not found & changes.keys()

    def test_are_shown_to_auditors(self) -> None:
        assert chosen(fields_of(eventID=NI), "auditor") is None

    def test_another_event_id_is_shown_to_partners(self) -> None:
        assert chosen(fields_of(eventID="urn:uuid:1"), "partner") is None

    def test_are_known_anywhere_in_text(self) -> None:
        assert unsalted({"a": ["x NI:///sha-256;1"]})
        assert not unsalted({"a": ["opinion: none"]})

    @pytest.mark.parametrize(
        "event_id",
        [NI, NI.upper(), "https://a.example/.well-known/ni/sha-256/" + "AB" * 32 + "?ver=CBV2.0"],
    )
    def test_are_compared_in_every_form(self, event_id: str) -> None:
        assert unsalted(event_id)
        assert not contradicts(event_id, NI)
        assert contradicts(event_id, NI.replace("ab", "cd"))

    def test_other_ids_contradict_no_hash(self) -> None:
        assert not contradicts("urn:uuid:00000000-0000-4000-8000-000000000001", NI)


class TestLength:
    def test_lists_are_left_out_of_what_would_be_too_long(self) -> None:
        epcs = [f"https://id.gs1.org/01/{GTIN}/21/S{n}" for n in range(MAX_SHOWN + 1)]
        fields = fields_of(eventID=NI, epcList=epcs, **PLACED)
        found = chosen(fields, "partner")
        shown = {"epcList/0", "@context", "readPoint", "ex:grade", "ilmd/ex:colour"}
        assert found == shown | {"ilmd/ex:price"}

    def test_a_long_record_without_secrets_is_shown_whole(self) -> None:
        epcs = [f"https://id.gs1.org/01/{GTIN}/21/S{n}" for n in range(MAX_SHOWN + 1)]
        assert chosen(fields_of(epcList=epcs), "partner") is None


class TestXml:
    @pytest.mark.parametrize(
        ("text", "beside", "is_shown"),
        [
            (b"<ObjectEvent/>", True, True),
            (b"<ObjectEvent/>", False, False),
            (b"<ObjectEvent><eventID>ni:///sha-256;1</eventID></ObjectEvent>", True, False),
            (b"<ObjectEvent>&#110;i:///x</ObjectEvent>", True, False),
            ("<ObjectEvent/>".encode("utf-16"), True, False),
            (b"<AggregationEvent/>", True, False),
        ],
    )
    def test_is_as_private_as_its_events(self, text: bytes, beside: bool, is_shown: bool) -> None:
        content = urlsafe_b64encode(zlib.compress(text)).rstrip(b"=").decode()
        fields = salted_fields(
            RecordKind.DOCUMENT,
            {"bytes": len(text), "content": content, "encoding": "zlib", "mapping": "m"},
            bytes(32),
            media_type="application/xml",
        )
        narrow = {"AggregationEvent": {"public": [], "partner": []}}
        policy = parse_policy({"format": "itemproof-disclosure-1", "version": 1, "events": narrow})
        choose = selection("partner", policy=policy, events_shown=lambda _audience: beside)
        assert (choose(RecordKind.DOCUMENT, fields) is None) is is_shown

    def test_nothing_is_shown_of_content_that_is_damaged(self) -> None:
        fields = salted_fields(
            RecordKind.DOCUMENT, {"content": "AAAA"}, bytes(32), media_type="application/xml"
        )
        choose = selection("partner", events_shown=lambda _audience: True)
        assert choose(RecordKind.DOCUMENT, fields) == [0]
        assert none_shown("partner") is False
