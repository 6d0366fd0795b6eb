"""Documents of every kind give their events, with contexts merged and identifiers in one form."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.support.epcis import (
    ABSENT,
    CASE,
    EVENTS,
    EXAMPLE,
    GS1,
    ITEM,
    LOT,
    ORDER,
    OTHER_ITEM,
    PLACE,
    document,
    event,
    query_document,
)
from traceability.events.faults import DocumentFaulty
from traceability.events.jsonld import parse_document
from traceability.events.model import EventObject, SubmittedEvent, TypedReference

ITEM_URI = "https://id.gs1.org/01/04012345778892/21/25"
LOT_URI = "https://id.gs1.org/01/04012345123456/10/998877"
CASE_URI = "https://id.gs1.org/00/140123452345678902"
PLACE_URI = "https://id.gs1.org/414/4012345000054"


def read(sample: dict[str, Any], **changes: Any) -> SubmittedEvent:
    """Parse a document of one event."""
    (found,) = parse_document(document(sample, **changes)).require_faultless()
    return found


class TestDocuments:
    def test_a_document_gives_its_events_in_order(self) -> None:
        parsed = parse_document(document(*map(event, EVENTS)))
        assert parsed.type == "EPCISDocument"
        assert [found.type for found in parsed.require_faultless()] == list(EVENTS)
        assert [found.pointer for found in parsed.events] == [
            f"/epcisBody/eventList/{index}" for index in range(5)
        ]

    def test_a_query_document_gives_its_events(self) -> None:
        parsed = parse_document(query_document(event(), event("TransformationEvent")))
        assert parsed.type == "EPCISQueryDocument"
        assert [found.pointer for found in parsed.require_faultless()] == [
            "/epcisBody/queryResults/resultsBody/eventList/0",
            "/epcisBody/queryResults/resultsBody/eventList/1",
        ]

    def test_a_bare_event_is_a_document(self) -> None:
        parsed = parse_document(event(context=GS1))
        assert parsed.type == "event"
        (found,) = parsed.require_faultless()
        assert (found.pointer, found.payload["@context"]) == ("", [GS1])

    def test_a_list_of_events_is_a_document(self) -> None:
        parsed = parse_document([event(context=GS1), event(context=[GS1])])
        assert parsed.type == "list"
        assert [found.pointer for found in parsed.require_faultless()] == ["/0", "/1"]

    def test_a_bare_events_context_does_not_reach_the_next(self) -> None:
        for meaning in ("urn:one:", "urn:two:", "urn:one:"):
            sample = event(context=[GS1, {"x": meaning}], bizStep="x:step")
            (found,) = parse_document(sample).require_faultless()
            assert found.biz_step == f"{meaning}step"

    def test_a_faulty_context_is_told_at_its_place_every_time(self) -> None:
        for _ in range(2):
            faulty = event(context=[GS1, {"urn": "https://example.com/"}])
            (fault,) = parse_document([faulty]).faults
            assert fault.pointer == "/0/@context/1/urn"

    def test_refuses_an_event_that_has_no_context_at_all(self) -> None:
        (fault,) = parse_document(event()).faults
        assert (fault.pointer, fault.code) == ("/@context", "EPCIS_MEMBER_MISSING")
        (fault,) = parse_document([event(context=GS1), event()]).faults
        assert fault.pointer == "/1/@context"

    def test_a_document_may_be_empty(self) -> None:
        assert parse_document(document()).require_faultless() == ()
        assert parse_document([]).require_faultless() == ()

    @pytest.mark.parametrize(
        ("value", "pointer", "got"),
        [
            (7, "", "7"),
            ("EPCISDocument", "", "'EPCISDocument'"),
            (None, "", "null"),
            ({}, "/type", "no type"),
            ({"type": "EPCISMasterDataDocument"}, "/type", "'EPCISMasterDataDocument'"),
            ({"type": ["EPCISDocument"]}, "/type", "an array"),
            ({"type": None}, "/type", "null"),
        ],
    )
    def test_refuses_what_is_no_document(self, value: Any, pointer: str, got: str) -> None:
        (fault,) = parse_document(value).faults
        assert (fault.pointer, fault.code) == (pointer, "EPCIS_DOCUMENT_TYPE")
        assert fault.message.endswith(f"or a list of events, got {got}")

    @pytest.mark.parametrize(
        ("changes", "pointer", "code"),
        [
            ({"context": ABSENT}, "/@context", "EPCIS_MEMBER_MISSING"),
            ({"schemaVersion": ABSENT}, "/schemaVersion", "EPCIS_MEMBER_MISSING"),
            ({"schemaVersion": "1.2"}, "/schemaVersion", "EPCIS_VERSION"),
            ({"schemaVersion": 2.0}, "/schemaVersion", "EPCIS_JSON_TYPE"),
            ({"creationDate": "2026-01-02"}, "/creationDate", "EPCIS_TIME"),
            ({"creationDate": "2026-01-02T03:04:05"}, "/creationDate", "EPCIS_TIME_ZONE"),
            ({"id": "document 1"}, "/id", "EPCIS_URI"),
            ({"note": 1}, "/note", "EPCIS_MEMBER_UNKNOWN"),
            ({"epcisBody": ABSENT}, "/epcisBody", "EPCIS_MEMBER_MISSING"),
            ({"epcisBody": []}, "/epcisBody", "EPCIS_JSON_TYPE"),
            ({"epcisBody": {}}, "/epcisBody/eventList", "EPCIS_MEMBER_MISSING"),
            ({"epcisBody": {"eventList": {}}}, "/epcisBody/eventList", "EPCIS_JSON_TYPE"),
            ({"epcisHeader": {"x": 1}}, "/epcisHeader/x", "EPCIS_MEMBER_UNKNOWN"),
            (
                {"epcisHeader": {"epcisMasterData": {"vocabularyList": [{}]}}},
                "/epcisHeader/epcisMasterData/vocabularyList/0/type",
                "EPCIS_MEMBER_MISSING",
            ),
        ],
    )
    def test_a_faulty_envelope_leaves_no_event(
        self, changes: dict[str, Any], pointer: str, code: str
    ) -> None:
        parsed = parse_document(document(event(), **changes))
        assert [(fault.pointer, fault.code) for fault in parsed.faults] == [(pointer, code)]
        assert parsed.events == ()

    def test_a_full_envelope_is_accepted(self) -> None:
        elements = [{"id": "urn:x:1", "attributes": [{"id": "urn:x:name", "attribute": "a"}]}]
        vocabulary = {"type": "urn:x:places", "vocabularyElementList": elements}
        full = document(
            event(),
            id="urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
            sender=PLACE,
            receiver=PLACE,
            instanceIdentifier="7",
            epcisHeader={"epcisMasterData": {"vocabularyList": [vocabulary]}, "example:x": 1},
            example__note="kept",
        )
        assert len(parse_document(full).require_faultless()) == 1

    def test_all_faults_of_all_events_come_in_one_answer(self) -> None:
        parsed = parse_document(
            document(
                event(action="MOVE", bizStep="dancing", epcList=["7", ITEM, ITEM]),
                7,
                event(),
                event("TransformationEvent", inputQuantityList=[{"quantity": -1, "uom": "x"}]),
                schemaVersion="1.2",
            )
        )
        events = "/epcisBody/eventList"
        assert parsed.faults[0].pointer == "/schemaVersion"
        assert {(fault.pointer, fault.code) for fault in parsed.faults} == {
            ("/schemaVersion", "EPCIS_VERSION"),
            (f"{events}/0/epcList/0", "EPCIS_URI"),
            (f"{events}/0/action", "EPCIS_ACTION"),
            (f"{events}/0/bizStep", "EPCIS_VOCABULARY"),
            (f"{events}/0/epcList/2", "EPCIS_DUPLICATE"),
            (f"{events}/1", "EPCIS_JSON_TYPE"),
            (f"{events}/3/inputQuantityList/0/quantity", "EPCIS_QUANTITY"),
            (f"{events}/3/inputQuantityList/0/uom", "EPCIS_UNIT"),
            (f"{events}/3/inputQuantityList/0/epcClass", "EPCIS_MEMBER_MISSING"),
        }
        places = [fault.pointer.split("/")[3] for fault in parsed.faults[1:]]
        assert places == sorted(places)

    def test_faults_are_raised_as_one_error_when_asked(self) -> None:
        parsed = parse_document(document(event(action="MOVE"), event(action="MOVE")))
        with pytest.raises(DocumentFaulty, match=r"2 faults, the first at .*eventList/0") as caught:
            parsed.require_faultless()
        assert caught.value.faults == parsed.faults
        assert caught.value.pointer == "/epcisBody/eventList/0/action"
        assert caught.value.code == "EPCIS_DOCUMENT_FAULTY"


class TestContexts:
    @pytest.mark.parametrize(
        ("outer", "own", "merged"),
        [
            (GS1, ABSENT, [GS1]),
            ({"x": "urn:x:"}, ABSENT, [{"x": "urn:x:"}]),
            ([GS1, EXAMPLE], ABSENT, [GS1, EXAMPLE]),
            (GS1, {"x": "urn:x:"}, [GS1, {"x": "urn:x:"}]),
            ([GS1], [GS1, EXAMPLE], [GS1, EXAMPLE]),
            ([], "urn:x:context", ["urn:x:context"]),
        ],
    )
    def test_the_documents_contexts_come_before_the_events(
        self, outer: Any, own: Any, merged: list[Any]
    ) -> None:
        assert read(event(context=own), context=outer).payload["@context"] == merged

    def test_an_events_context_does_not_reach_the_next(self) -> None:
        first = event(context={"x": "urn:one:"}, bizStep="x:step")
        second = event(bizStep="x:step")
        found = parse_document(document(first, second)).require_faultless()
        assert [each.biz_step for each in found] == ["urn:one:step", "x:step"]

    def test_the_payload_is_the_event_as_submitted_but_for_the_context(self) -> None:
        sample = event(example__x={"deep": [None, 1.5, {"bizStep": "anything"}]}, ilmd=ABSENT)
        before = repr(sample)
        payload = dict(read(sample).payload)
        assert payload.pop("@context") == [GS1, EXAMPLE]
        assert payload == sample
        assert repr(sample) == before


class TestModel:
    def test_times_are_utc_and_the_offset_stays(self) -> None:
        found = read(event())
        assert found.event_time == datetime(2026, 1, 1, 19, 4, 5, 678_000, tzinfo=UTC)
        assert found.event_time.tzinfo is UTC
        assert found.event_time_zone_offset == "+08:00"

    def test_all_forms_of_an_identifier_become_one(self) -> None:
        found = read(event(epcList=[ITEM, OTHER_ITEM]))
        assert found.objects == (
            EventObject("epc", ITEM_URI),
            EventObject("epc", OTHER_ITEM),
        )
        for form in (
            ITEM,
            ITEM_URI,
            "https://shop.example/01/04012345778892/10/L7/21/25?11=260102",
        ):
            assert read(event(epcList=[form])).objects[0].uri == ITEM_URI

    def test_identifiers_that_are_not_gs1s_stay(self) -> None:
        uris = ["urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "https://example.org/drum/7"]
        assert [each.uri for each in read(event(epcList=uris)).objects] == uris

    def test_a_prefixed_identifier_is_expanded(self) -> None:
        found = read(event(epcList=["example:drum7"], readPoint={"id": "example:hall"}))
        assert found.objects[0].uri == "https://example.org/vocabulary/drum7"
        assert found.read_point == "https://example.org/vocabulary/hall"

    def test_an_object_event_names_things_and_quantities(self) -> None:
        quantities = [
            {"epcClass": LOT, "quantity": 200.5, "uom": "KGM"},
            {"epcClass": LOT, "quantity": 3},
            {"epcClass": "urn:epc:idpat:sgtin:4012345.077889.*"},
        ]
        assert read(event(epcList=[ITEM], quantityList=quantities)).objects == (
            EventObject("epc", ITEM_URI),
            EventObject("epc", LOT_URI, True, Decimal("200.5"), "KGM"),
            EventObject("epc", LOT_URI, True, Decimal(3)),
            EventObject("epc", "https://id.gs1.org/01/04012345778892", True),
        )

    @pytest.mark.parametrize(
        ("number", "exact"),
        [
            (0.1, "0.1"),
            (3, "3"),
            (3.0, "3"),
            (1e21, "1e21"),
            (9007199254740991, "9007199254740991"),
        ],
    )
    def test_quantities_are_exact(self, number: float, exact: str) -> None:
        found = read(event(quantityList=[{"epcClass": LOT, "quantity": number, "uom": "KGM"}]))
        assert found.objects[-1].quantity == Decimal(exact)

    @pytest.mark.parametrize("kind", ["AggregationEvent", "AssociationEvent"])
    def test_containers_come_before_what_they_hold(self, kind: str) -> None:
        found = read(
            event(kind, parentID=CASE, childQuantityList=[{"epcClass": LOT, "quantity": 2}])
        )
        assert [(each.role, each.is_class) for each in found.objects] == [
            ("parent", False),
            ("child", False),
            ("child", True),
        ]
        assert found.objects[0].uri == CASE_URI
        assert found.objects[2].quantity == 2

    def test_a_transaction_names_parent_and_things(self) -> None:
        found = read(event("TransactionEvent", parentID=CASE))
        assert [each.role for each in found.objects] == ["parent", "epc"]
        assert found.biz_transactions == (TypedReference("po", ORDER),)

    def test_a_transformation_names_inputs_and_outputs(self) -> None:
        found = read(
            event(
                "TransformationEvent",
                inputEPCList=[ITEM],
                outputQuantityList=[{"epcClass": LOT, "quantity": 1}],
                outputEPCList=[OTHER_ITEM],
                transformationID="urn:epc:id:gdti:0614141.12345.400",
            )
        )
        assert found.action is None
        assert [(each.role, each.is_class) for each in found.objects] == [
            ("input", False),
            ("output", False),
            ("input", True),
            ("output", True),
        ]
        assert found.transformation_id == "https://id.gs1.org/253/0614141123452400"

    @pytest.mark.parametrize(
        "step",
        [
            "shipping",
            "cbv:BizStep-shipping",
            "https://ref.gs1.org/cbv/BizStep-shipping",
            "https://ns.gs1.org/cbv/BizStep-shipping",
            "urn:epcglobal:cbv:bizstep:shipping",
            "mine:BizStep-shipping",
        ],
    )
    def test_all_forms_of_a_step_become_one(self, step: str) -> None:
        own = {"mine": "https://ref.gs1.org/cbv/"}
        assert read(event(bizStep=step, context=own)).biz_step == "shipping"

    def test_places_parties_and_declarations_are_read(self) -> None:
        found = read(
            event(
                disposition="cbv:Disp-in_transit",
                bizLocation={"id": "https://a.example/414/4012345000054/254/7"},
                sourceList=[
                    {"type": "cbv:SDT-owning_party", "source": "urn:epc:id:pgln:4012345.00005"}
                ],
                destinationList=[{"type": "urn:x:customer", "destination": "urn:x:7"}],
                eventID="urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
                errorDeclaration={"declarationTime": "2026-02-01T00:00:00Z"},
            )
        )
        assert found.disposition == "in_transit"
        assert found.read_point == PLACE_URI
        assert found.biz_location == "https://id.gs1.org/414/4012345000054/254/7"
        assert found.sources == (
            TypedReference("owning_party", "https://id.gs1.org/417/4012345000054"),
        )
        assert found.destinations == (TypedReference("urn:x:customer", "urn:x:7"),)
        assert found.event_id == "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
        assert found.declares_error

    def test_what_is_absent_is_none(self) -> None:
        found = read(event(bizStep=ABSENT, readPoint=ABSENT))
        assert (found.biz_step, found.disposition, found.read_point) == (None, None, None)
        assert (found.biz_location, found.event_id, found.transformation_id) == (None, None, None)
        assert (found.biz_transactions, found.sources, found.destinations) == ((), (), ())
        assert not found.declares_error

    def test_an_event_cannot_be_changed(self) -> None:
        with pytest.raises(AttributeError):
            read(event()).action = "ADD"  # type: ignore[misc]  # the point of the test


class TestExtensions:
    OURS = "urn:itemproof:vocab:1:"

    @pytest.mark.parametrize(
        ("context", "member"),
        [
            ({"itemproof": OURS}, "itemproof:inspection"),
            ({"ip": OURS}, "ip:inspection"),
            ({}, "urn:itemproof:vocab:1:inspection"),
            ({"urn-ip": "urn:itemproof:"}, "urn-ip:vocab:1:inspection"),
        ],
    )
    def test_our_own_members_are_found_under_any_prefix(
        self, context: dict[str, str], member: str
    ) -> None:
        found = read(event(context=context, **{member: {"kind": "incoming"}}))
        assert found.extension("itemproof:inspection") == {"kind": "incoming"}
        assert found.extension("urn:itemproof:vocab:1:inspection") == {"kind": "incoming"}

    def test_our_prefix_with_another_meaning_is_not_ours(self) -> None:
        found = read(
            event(context={"itemproof": "https://example.org/"}, **{"itemproof:inspection": 1})
        )
        assert found.extension("itemproof:inspection") is None
        assert found.extension("https://example.org/inspection") == 1

    def test_unknown_namespaces_are_kept(self) -> None:
        found = read(event(**{"rail:vehicle": [{"rail:axles": "4"}], "urn:x:y": None}))
        assert found.payload["rail:vehicle"] == [{"rail:axles": "4"}]
        assert found.extension("rail:vehicle") == [{"rail:axles": "4"}]
        assert "urn:x:y" in found.payload
