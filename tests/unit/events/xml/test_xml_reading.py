"""XML becomes the JSON-LD that it says; what is not well-formed or mixed is refused by its line."""

from __future__ import annotations

import io
from typing import Any

import pytest

from tests.support.epcis_xml import MAX, TIME, ZONE, object_event, xml
from traceability.events.jsonld import parse_document
from traceability.events.xml.faults import (
    XmlContentInvalid,
    XmlDocumentUnknown,
    XmlInvalid,
    XmlVersionInvalid,
)
from traceability.events.xml.reading import MAPPING_REVISION, read_xml, stream_xml


def read_event(*args: str, **kwargs: str) -> dict[str, Any]:
    (event,) = read_xml(xml(*args, **kwargs), max_bytes=MAX).value["epcisBody"]["eventList"]
    assert isinstance(event, dict)
    return event


def test_a_document_becomes_json_ld_without_faults() -> None:
    found = read_xml(xml(object_event()), max_bytes=MAX)
    assert found.value == {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-01-02T03:04:05Z",
        "epcisBody": {
            "eventList": [
                {
                    "type": "ObjectEvent",
                    "eventTime": "2026-01-02T03:04:05Z",
                    "eventTimeZoneOffset": "+08:00",
                    "epcList": ["urn:epc:id:sgtin:4012345.077889.25"],
                    "action": "OBSERVE",
                }
            ]
        },
    }
    assert parse_document(found.value).require_faultless()
    assert (found.version, found.first_event, found.revision) == ("2.0", 0, MAPPING_REVISION)


@pytest.mark.parametrize(
    "text",
    [
        "urn:epcglobal:cbv:bizstep:shipping",
        "https://ref.gs1.org/cbv/BizStep-shipping",
        "\n  cbv:BizStep-shipping ",
        "shipping",
    ],
)
def test_words_have_one_form(text: str) -> None:
    assert read_event(object_event(f"<bizStep>{text}</bizStep>"))["bizStep"] == "shipping"


def test_words_of_others_stay() -> None:
    step = "<bizStep>urn:epcglobal:cbv:bizstep:flying</bizStep>"
    assert read_event(object_event(step))["bizStep"] == "urn:epcglobal:cbv:bizstep:flying"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("+012.50", 12.5),
        (".5", 0.5),
        ("5.", 5),
        ("1e3", 1000),
        ("0.1000000000000000055", "0.1000000000000000055"),
        ("1e999", "1e999"),
        ("NaN", "NaN"),
        ("-INF", "-INF"),
        ("1_0", "1_0"),
        ("٣", "٣"),
        ("-0", "-0"),
        ("9" * 401, "9" * 401),
    ],
)
def test_numbers_are_those_that_a_double_holds_exactly(text: str, value: object) -> None:
    quantity = f"<quantityElement><epcClass>urn:x:y</epcClass><quantity>{text}</quantity>"
    found = read_event(object_event(f"<quantityList>{quantity}</quantityElement></quantityList>"))
    assert found["quantityList"] == [{"epcClass": "urn:x:y", "quantity": value}]


def test_a_number_that_is_none_is_faulted_at_its_line() -> None:
    quantity = "<quantityElement>\n<epcClass>urn:x:y</epcClass>\n<quantity>many</quantity>"
    event = object_event(f"<quantityList>{quantity}</quantityElement></quantityList>")
    found = read_xml(xml(object_event(), event), max_bytes=MAX)
    (fault,) = parse_document(found.value).faults
    assert fault.pointer == "/epcisBody/eventList/1/quantityList/0/quantity"
    assert found.lines.of(fault.pointer) == 7


def test_extensions_keep_their_namespaces_and_shapes() -> None:
    more = (
        '<a:text>x</a:text><a:list>1</a:list><a:list>2</a:list><a:object k="v"><b>1</b></a:object>'
        '<a:unit code="KGM">3.5</a:unit><a:empty/><a:nil xsi:nil="true"/>'
    )
    namespaces = 'xmlns:a="urn:a:" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    found = read_xml(xml(object_event(more), namespaces=namespaces), max_bytes=MAX).value
    assert found["@context"][1:] == [{"a": "urn:a:"}]
    (event,) = found["epcisBody"]["eventList"]
    assert {name: value for name, value in event.items() if ":" in name} == {
        "a:text": "x",
        "a:list": ["1", "2"],
        "a:object": {"k": "v", "b": "1"},
        "a:unit": {"code": "KGM", "#text": "3.5"},
        "a:empty": "",
        "a:nil": None,
    }


OUTER = (
    "<a:object><a:one>1</a:one><a:list>1</a:list><a:list>2</a:list><a:list>3</a:list></a:object>"
    '<a:list>1</a:list><a:list>2</a:list><b:x xmlns:b="urn:b:"><c:y xmlns:c="urn:c:"/></b:x>'
    "<a:list>3</a:list>"
)


@pytest.mark.parametrize("around", ["<EPCISBody>", "<EventList>"])
def test_extensions_of_document_and_body_are_read_as_those_of_events(around: str) -> None:
    data = xml(object_event(), object_event(), namespaces='xmlns:a="urn:a:"')
    data = data.replace(around.encode(), f"{OUTER}{around}".encode())
    first, second = [piece.value for piece in stream_xml(io.BytesIO(data), events_at_once=1)]
    holder = first if around == "<EPCISBody>" else first["epcisBody"]
    assert {name: value for name, value in holder.items() if ":" in name} == {
        "a:object": {"a:one": "1", "a:list": ["1", "2", "3"]},
        "a:list": ["1", "2", "3"],
        "b:x": {"c:y": ""},
    }
    assert first["@context"][1:] == [{"a": "urn:a:", "b": "urn:b:", "c": "urn:c:"}]
    # They are told once, and not again in each piece.
    assert not [name for name in (*second, *second["epcisBody"]) if ":" in name]


def test_prefixes_declared_in_an_event_stand_in_its_own_context() -> None:
    first = object_event('<a:x xmlns:a="urn:a:">1</a:x>')
    second = object_event('<a:x xmlns:a="urn:b:">1</a:x>')
    found = read_xml(xml(first, second), max_bytes=MAX)
    events = found.value["epcisBody"]["eventList"]
    assert [event["@context"] for event in events] == [[{"a": "urn:a:"}], [{"a": "urn:b:"}]]
    assert parse_document(found.value).require_faultless()


@pytest.mark.parametrize("prefix", ["https", "cbv", "eventTime", "under_score", "ß"])
def test_prefixes_that_json_ld_cannot_use_are_renamed(prefix: str) -> None:
    event = object_event(f"<{prefix}:x>1</{prefix}:x>")
    found = read_xml(xml(event, namespaces=f'xmlns:{prefix}="urn:a:"'), max_bytes=MAX).value
    assert found["@context"][1:] == [{"ns1": "urn:a:"}]
    assert found["epcisBody"]["eventList"][0]["ns1:x"] == "1"
    assert parse_document(found).require_faultless()


def test_master_data_vocabulary_is_gs1s_with_and_without_its_last_colon() -> None:
    more = "<ilmd><m:lotNumber>L</m:lotNumber></ilmd>"
    event = object_event(more).replace("OBSERVE", "ADD")
    for uri in ("urn:epcglobal:cbv:mda", "urn:epcglobal:cbv:mda:"):
        found = read_xml(xml(event, namespaces=f'xmlns:m="{uri}"'), max_bytes=MAX).value
        assert found["epcisBody"]["eventList"][0]["ilmd"] == {"cbvmda:lotNumber": "L"}
        assert len(found["@context"]) == 1
        assert parse_document(found).require_faultless()


OLD = (
    f"<ObjectEvent>{TIME}{ZONE}<baseExtension><eventID>urn:x:1</eventID></baseExtension><epcList/>"
    "<action>ADD</action><extension><quantityList><quantityElement><epcClass>urn:x:y</epcClass>"
    "</quantityElement></quantityList><ilmd><a:lot>L</a:lot></ilmd>"
    "<extension><a:later>1</a:later></extension></extension></ObjectEvent>"
)
OLD_TRANSFORMATION = (
    f"<extension><TransformationEvent>{TIME}{ZONE}<inputEPCList><epc>urn:x:a</epc></inputEPCList>"
    "<outputEPCList><epc>urn:x:b</epc></outputEPCList></TransformationEvent></extension>"
)


def test_wrappers_of_version_1_2_are_taken_away() -> None:
    source = xml(OLD, OLD_TRANSFORMATION, version="1.2", namespaces='xmlns:a="urn:a:"')
    found = read_xml(source, max_bytes=MAX)
    first, second = found.value["epcisBody"]["eventList"]
    assert (found.version, found.value["schemaVersion"]) == ("1.2", "2.0")
    assert first["eventID"] == "urn:x:1"
    assert first["quantityList"] == [{"epcClass": "urn:x:y"}]
    assert (first["ilmd"], first["a:later"]) == ({"a:lot": "L"}, "1")
    assert "epcList" not in first
    assert second["type"] == "TransformationEvent"
    assert parse_document(found.value).require_faultless()


@pytest.mark.parametrize("number", ["1.0", "1.1", "1"])
def test_earlier_versions_are_read_as_1_2(number: str) -> None:
    source = xml(object_event(), version="1.2").replace(b'"1.2"', f'"{number}"'.encode())
    assert read_xml(source, max_bytes=MAX).version == "1.2"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (xml(object_event()).replace(b'"2.0"', b'"1.2"'), "expected 2.0, got '1.2'"),
        (xml(object_event()).replace(b'"2.0"', b'"3.0"'), "expected 2.0, got '3.0'"),
        (xml(object_event(), version="1.2").replace(b'"1.2"', b'"2.0"'), "expected 1.2"),
        (xml(OLD, namespaces='xmlns:a="urn:a:"'), "'eventID' stands in an extension"),
        (xml(OLD_TRANSFORMATION), "'TransformationEvent' stands in an extension"),
        (xml("<AssociationEvent/>", version="1.2"), "'AssociationEvent' is unknown in version 1.2"),
        (
            xml(object_event("<sensorElementList/>"), version="1.2"),
            "'sensorElementList' is unknown in version 1.2",
        ),
    ],
)
def test_mixed_versions_are_refused(source: bytes, message: str) -> None:
    with pytest.raises(XmlVersionInvalid, match=message) as caught:
        read_xml(source, max_bytes=MAX)
    assert caught.value.code == "XML_VERSION"


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (object_event("<action>ADD</action>"), "'action' stands twice at line 4"),
        (object_event("<bizStep><x/></bizStep>"), "'x' has no place here at line 4: expected text"),
        (object_event("<readPoint>x<id>urn:x</id></readPoint>"), "has text beside elements"),
        (object_event("<readPoint><id>urn:x</id>x</readPoint>"), "has text beside elements"),
        (object_event('<bizStep a="1">x</bizStep>'), "unknown attribute at line 4: .* got 'a'"),
        (object_event("<sourceList><epc/></sourceList>"), "'epc' has no place here .* source"),
        (object_event("<sensorElementList><x/></sensorElementList>"), "expected sensorElement"),
    ],
)
def test_what_stands_in_the_wrong_place_is_refused(event: str, message: str) -> None:
    with pytest.raises(XmlContentInvalid, match=message) as caught:
        read_xml(xml(event), max_bytes=MAX)
    assert caught.value.pointer == "line 4"


def test_elements_in_the_namespace_of_epcis_are_refused() -> None:
    source = xml(object_event()).replace(b"epcis:EPCISDocument xmlns:epcis", b"EPCISDocument xmlns")
    source = source.replace(b"</epcis:", b"</")
    with pytest.raises(XmlContentInvalid, match="'EPCISBody' is in the namespace of EPCIS"):
        read_xml(source, max_bytes=MAX)


def test_unknown_members_are_left_to_the_rules_of_events() -> None:
    found = read_xml(xml(object_event("<colour>red</colour>")), max_bytes=MAX)
    (fault,) = parse_document(found.value).faults
    assert (fault.code, fault.pointer) == (
        "EPCIS_MEMBER_UNKNOWN",
        "/epcisBody/eventList/0/colour",
    )
    assert found.lines.of(fault.pointer) == 4


@pytest.mark.parametrize(
    "root",
    ["<a/>", '<EPCISDocument schemaVersion="2.0"/>', '<x xmlns="urn:epcglobal:epcis:xsd:2"/>'],
)
def test_other_documents_are_refused(root: str) -> None:
    with pytest.raises(XmlDocumentUnknown, match="unknown type at line 1"):
        read_xml(root.encode(), max_bytes=MAX)


HEADER = (
    '<EPCISHeader><h:StandardBusinessDocumentHeader xmlns:h="http://www.unece.org/cefact/namespaces'
    '/StandardBusinessDocumentHeader"><h:Sender><h:Identifier>urn:a</h:Identifier></h:Sender>'
    "<h:Receiver><h:Identifier>urn:b</h:Identifier></h:Receiver><h:DocumentIdentification>"
    "<h:InstanceIdentifier>7</h:InstanceIdentifier></h:DocumentIdentification>"
    "</h:StandardBusinessDocumentHeader><extension><EPCISMasterData><VocabularyList>"
    '<Vocabulary type="urn:epcglobal:epcis:vtype:ReadPoint"><VocabularyElementList>'
    '<VocabularyElement id="urn:x:1"><attribute id="urn:m:a">v</attribute><children><id>urn:x:2'
    "</id></children></VocabularyElement></VocabularyElementList></Vocabulary></VocabularyList>"
    "</EPCISMasterData></extension></EPCISHeader>"
)
MASTER = [
    {
        "type": "urn:epcglobal:epcis:vtype:ReadPoint",
        "vocabularyElementList": [
            {
                "id": "urn:x:1",
                "attributes": [{"id": "urn:m:a", "attribute": "v"}],
                "children": ["urn:x:2"],
            }
        ],
    }
]


@pytest.mark.parametrize("version", ["2.0", "1.2"])
def test_headers_give_sender_receiver_and_master_data(version: str) -> None:
    source = xml(object_event(), version=version, header=HEADER)
    found = read_xml(source, max_bytes=MAX).value
    assert (found["sender"], found["receiver"]) == ("urn:a", "urn:b")
    assert found["instanceIdentifier"] == "7"
    assert found["epcisHeader"] == {"epcisMasterData": {"vocabularyList": MASTER}}
    assert parse_document(found).require_faultless()


def test_answers_to_queries_keep_name_and_subscription() -> None:
    source = (
        '<q:EPCISQueryDocument xmlns:q="urn:epcglobal:epcis-query:xsd:2" schemaVersion="2.0" '
        'creationDate="2026-01-02T03:04:05Z"><EPCISBody><q:QueryResults>'
        "<queryName>SimpleEventQuery</queryName><subscriptionID>s</subscriptionID><resultsBody>"
        f"<EventList>{object_event()}</EventList></resultsBody></q:QueryResults></EPCISBody>"
        "</q:EPCISQueryDocument>"
    )
    found = read_xml(source.encode(), max_bytes=MAX)
    results = found.value["epcisBody"]["queryResults"]
    assert (results["queryName"], results["subscriptionID"]) == ("SimpleEventQuery", "s")
    assert parse_document(found.value).require_faultless()
    assert found.lines.of("/epcisBody/queryResults/resultsBody/eventList/0/action") == 1


def test_pieces_are_documents_with_the_header_in_the_first() -> None:
    source = xml(*[object_event()] * 5, header=HEADER)
    pieces = list(stream_xml(io.BytesIO(source), events_at_once=2))
    assert [len(piece.value["epcisBody"]["eventList"]) for piece in pieces] == [2, 2, 1]
    assert [piece.first_event for piece in pieces] == [0, 2, 4]
    assert ["epcisHeader" in piece.value for piece in pieces] == [True, False, False]
    assert [piece.lines.of("/epcisBody/eventList/0/action") for piece in pieces] == [4, 6, 8]
    assert all(parse_document(piece.value).require_faultless() for piece in pieces)


def test_a_stream_without_events_is_one_empty_piece() -> None:
    (piece,) = stream_xml(io.BytesIO(xml()), events_at_once=2)
    assert piece.value["epcisBody"] == {"eventList": []}


def test_a_fault_at_the_end_is_raised_when_it_is_reached() -> None:
    source = xml(*[object_event()] * 3000).replace(b"</EventList>", b"<")
    pieces = stream_xml(io.BytesIO(source), events_at_once=100)
    next(pieces)
    with pytest.raises(XmlInvalid, match="not well-formed"):
        list(pieces)


def test_lines_of_far_events_are_found_in_any_order() -> None:
    found = read_xml(xml(*[object_event()] * 9_000), max_bytes=10**7)
    for index in (8_999, 0, 4_000, 3_999):
        assert found.lines.of(f"/epcisBody/eventList/{index}/epcList/0") == 4 + index
    assert found.lines.of("/epcisBody") == 1
    assert found.lines.of("") == 1
