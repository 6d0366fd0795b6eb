"""Documents are written in the order of the standard's schema; what a version lacks is named."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.epcis import GS1, document, event, query_document
from traceability.events.xml.faults import NotExpressible
from traceability.events.xml.reading import read_xml
from traceability.events.xml.writing import write_xml

MAX = 10**6
CERTIFICATE = "https://example.org/certificate/1"
SENSORS = [{"sensorReport": [{"type": "Temperature", "value": 26.5, "uom": "CEL"}]}]


def written(*events: dict[str, Any], version: Any = "2.0", **changes: Any) -> str:
    return write_xml(document(*events, **changes), version=version).decode()


def names_in_order(text: str, *names: str) -> bool:
    places = [text.index(f"<{name}") for name in names]
    return places == sorted(places)


def test_members_stand_in_the_order_of_the_schema() -> None:
    text = written(event(ilmd={}, sourceList=[], eventID="urn:x:1", quantityList=[], action="ADD"))
    assert names_in_order(
        text, "eventTime", "eventTimeZoneOffset", "eventID", "epcList", "action", "bizStep",
        "readPoint", "quantityList", "ilmd",
    )  # fmt: skip
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<epcis:EPCISDocument ')


def test_version_1_2_wraps_what_came_later() -> None:
    text = written(
        event(eventID="urn:x:1", quantityList=[{"epcClass": "urn:x:y"}]),
        event("TransformationEvent"),
        version="1.2",
    )
    assert 'xmlns:epcis="urn:epcglobal:epcis:xsd:1"' in text
    assert "<baseExtension><eventID>urn:x:1</eventID></baseExtension>" in text
    assert "<extension><quantityList>" in text
    assert "<extension><TransformationEvent>" in text
    assert "urn:epcglobal:cbv:bizstep:shipping" in text


@pytest.mark.parametrize(
    ("faulty", "pointer", "message"),
    [
        (event("AssociationEvent"), "/type", "EPCIS 1.2 in XML cannot express an AssociationEvent"),
        (event(sensorElementList=SENSORS), "/sensorElementList", "cannot express sensorElementL"),
        (event(certificationInfo=CERTIFICATE), "/certificationInfo", "cannot express certific"),
        (
            event(persistentDisposition={"set": ["active"]}),
            "/persistentDisposition",
            "cannot express persistentDisposition",
        ),
    ],
)
def test_version_1_2_names_what_it_cannot_express(
    faulty: dict[str, Any], pointer: str, message: str
) -> None:
    assert written(event(), faulty)
    with pytest.raises(NotExpressible, match=message) as caught:
        written(event(), faulty, version="1.2")
    assert caught.value.pointer == f"/epcisBody/eventList/1{pointer}"
    assert caught.value.code == "EPCIS_NOT_EXPRESSIBLE"


@pytest.mark.parametrize(
    ("value", "pointer"),
    [
        (event(type="QuantityEvent"), "/type"),
        (event(colour="red"), "/colour"),
        (event(bizStep=1), "/bizStep"),
        (event(eventID="urn:\x01"), "/eventID"),
        (event(quantityList=[{"epcClass": "urn:x:y", "quantity": "1"}]), "/quantityList"),
    ],
)
def test_what_is_no_event_is_not_written(value: dict[str, Any], pointer: str) -> None:
    with pytest.raises(NotExpressible) as caught:
        written(value)
    assert caught.value.pointer == f"/epcisBody/eventList/0{pointer}"


def test_only_documents_are_written() -> None:
    with pytest.raises(NotExpressible, match="document type 'ObjectEvent'"):
        write_xml(event(), version="2.0")
    with pytest.raises(NotExpressible, match="no events"):
        write_xml({**document(), "epcisBody": {}}, version="2.0")


@pytest.mark.parametrize("version", ["2.0", "1.2"])
def test_the_envelope_comes_back(version: Any) -> None:
    attributes = [
        {"id": "urn:m:a", "attribute": "v"},
        {"id": "urn:m:b", "attribute": 1.5},
        {"id": "urn:m:c", "attribute": {"example:x": ["1"], "plain": {"y": None}}},
    ]
    element = {"id": "urn:x:1", "children": ["urn:x:2"], "attributes": attributes}
    master = [{"type": "urn:t", "vocabularyElementList": [element]}]
    whole = document(
        event(),
        sender="urn:a",
        receiver="urn:b",
        instanceIdentifier="7",
        id="https://example.org/1?a&b",
        epcisHeader={"epcisMasterData": {"vocabularyList": master}},
        example__note="x",
    )
    assert read_xml(write_xml(whole, version=version), max_bytes=MAX).value == whole


@pytest.mark.parametrize("version", ["2.0", "1.2"])
def test_answers_to_queries_come_back(version: Any) -> None:
    whole = query_document(event(), schemaVersion="2.0", creationDate="2026-01-02T03:04:05Z")
    whole["epcisBody"]["queryResults"]["subscriptionID"] = "s"
    assert read_xml(write_xml(whole, version=version), max_bytes=MAX).value == whole


def test_an_events_own_context_comes_back() -> None:
    own = event(context=[{"own": "urn:own:"}], own__x=[1, "1"], example__y={"own:z": True})
    found = read_xml(write_xml(document(own), version="2.0"), max_bytes=MAX).value
    assert found == document(own)


def test_extensions_of_a_header_have_no_place() -> None:
    header = {"epcisMasterData": {"vocabularyList": []}, "example:x": "1"}
    with pytest.raises(NotExpressible) as caught:
        written(event(), epcisHeader=header)
    assert caught.value.pointer == "/epcisHeader/example:x"


def test_prefixes_of_the_context_win_over_our_own() -> None:
    taken = {"xsi": "urn:one:", "itemproofxml": "urn:two:", "sbdh": "urn:three:"}
    whole = document(event(xsi__a=None, itemproofxml__b=[]), context=[GS1, taken], sender="urn:s")
    assert read_xml(write_xml(whole, version="2.0"), max_bytes=MAX).value == whole
