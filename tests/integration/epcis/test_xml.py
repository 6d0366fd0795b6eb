"""XML in and out, and codes and words as the reader wants them written."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.epcis.test_hostile import GOOD_XML
from tests.support.api import Api
from tests.support.capture import CAPTURE, EVENTS, asked, captured, posted, refusal
from tests.support.ledger import document, event
from traceability.events.jsonld import parse_document
from traceability.events.xml.reading import read_xml

XML = {"Content-Type": "application/xml"}
LIMIT = 2**20
SENSED = {
    "sensorElementList": [{"sensorReport": [{"type": "Temperature", "value": 26, "uom": "CEL"}]}]
}
URN = "urn:epc:id:sgtin:4012345.077889.25"
LINK = "https://id.gs1.org/01/04012345778892/21/25"


def older(text: str) -> str:
    """Return the good document as one of version 1.2."""
    return (
        text.replace("xsd:2", "xsd:1")
        .replace('"2.0"', '"1.2"')
        .replace("https://id.gs1.org/01/09521234567899/21/X1", URN)
    )


def events_in(response: Any) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith(("application/xml", "text/xml"))
    value = read_xml(response.content, max_bytes=LIMIT).value
    found: list[dict[str, Any]] = value["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    return found


@pytest.mark.parametrize("text", [GOOD_XML, older(GOOD_XML)], ids=["2.0", "1.2"])
@pytest.mark.parametrize("kind", ["application/xml", "text/xml; charset=utf-8"])
def test_is_taken_in_both_versions(api: Api, text: str, kind: str) -> None:
    job = captured(api, text.encode(), headers={"Content-Type": kind})
    assert (job["success"], job["accepted"]) == (True, 1)
    assert job["events"][0]["result"] == "accepted"
    found = asked(api, EVENTS).json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    assert [one["action"] for one in found] == ["OBSERVE"]


def test_is_taken_in_utf_16(api: Api) -> None:
    text = '<?xml version="1.0" encoding="UTF-16"?>' + GOOD_XML
    assert captured(api, text.encode("utf-16"), headers=XML)["accepted"] == 1


def test_is_the_same_event_as_in_json(api: Api) -> None:
    captured(api, GOOD_XML.encode(), headers=XML)
    same = event(1, epcList=["https://id.gs1.org/01/09521234567899/21/X1"], bizStep=None)
    same["eventTime"] = "2026-05-01T08:00:00.000Z"
    assert captured(api, document(same))["events"][0]["result"] == "duplicate"


def test_as_one_event(api: Api) -> None:
    response = posted(api, EVENTS, GOOD_XML.encode(), headers=XML)
    assert response.status_code == 201
    again = posted(api, EVENTS, GOOD_XML.encode(), headers=XML)
    refusal(again, 409, "ResourceAlreadyExistsException", "EVENT_EXISTS")


def test_faults_have_their_lines(api: Api) -> None:
    text = GOOD_XML.replace("<action>OBSERVE", "<action>SEE")
    job = captured(api, text.encode(), headers=XML)
    assert job["success"] is False
    assert job["errors"][0]["line"] == 4


def test_of_another_version_than_said(api: Api) -> None:
    headers = XML | {"GS1-EPCIS-Version": "2.0"}
    response = posted(api, CAPTURE, older(GOOD_XML).encode(), headers=headers)
    refusal(response, 400, "ValidationException", "EPCIS_VERSION_CONFLICT")
    assert posted(api, CAPTURE, GOOD_XML.encode(), headers=headers).status_code == 202


@pytest.mark.parametrize(("highest", "version"), [("2.0", "2.0"), ("1.2.0", "1.2")])
def test_is_given_in_the_version_that_is_asked_for(api: Api, highest: str, version: str) -> None:
    captured(api, document(event(1)))
    headers = {"Accept": "application/xml", "GS1-EPCIS-Max": highest}
    response = asked(api, EVENTS, headers=headers)
    assert events_in(response)[0]["action"] == "OBSERVE"
    assert read_xml(response.content, max_bytes=LIMIT).version == version
    assert response.headers["gs1-epcis-version"] == f"{version}.0"


def test_says_what_the_older_version_cannot(api: Api) -> None:
    captured(api, document(event(1, **SENSED)))
    headers = {"Accept": "application/xml", "GS1-EPCIS-Max": "1.2"}
    response = asked(api, EVENTS, headers=headers)
    found = refusal(response, 406, "NotAcceptableException", "EPCIS_NOT_EXPRESSIBLE")
    assert "sensorElementList" in found["pointer"] + found["detail"]
    assert asked(api, EVENTS, headers={"Accept": "application/xml"}).status_code == 200


@pytest.mark.parametrize(
    ("form", "code"),
    [("Always_GS1_Digital_Link", LINK), ("Always_EPC_URN", URN), ("Never_Translates", URN)],
)
def test_writes_codes_as_they_are_wanted(api: Api, form: str, code: str) -> None:
    captured(api, document(event(1, epcList=[URN])))
    headers = {"Accept": "application/xml", "GS1-EPC-Format": form}
    assert events_in(asked(api, EVENTS, headers=headers))[0]["epcList"] == [code]


@pytest.mark.parametrize(
    ("form", "word"),
    [
        ("Always_Web_URI", b"https://ref.gs1.org/cbv/BizStep-shipping"),
        ("Always_URN", b"urn:epcglobal:cbv:bizstep:shipping"),
    ],
)
def test_writes_words_as_they_are_wanted(api: Api, form: str, word: bytes) -> None:
    captured(api, document(event(1)))
    headers = {"Accept": "text/xml", "GS1-CBV-XML-Format": form}
    response = asked(api, EVENTS, headers=headers)
    assert word in response.content
    assert response.headers["gs1-cbv-xml-format"] == form


def test_is_preferred_where_it_is(api: Api) -> None:
    headers = {"Accept": "application/json;q=0.5, application/xml"}
    assert asked(api, EVENTS, headers=headers).headers["content-type"] == "application/xml"
    headers = {"Accept": "application/json, application/xml;q=0.5"}
    assert asked(api, EVENTS, headers=headers).headers["content-type"] == "application/json"


def test_keeps_names_apart_that_share_a_prefix(api: Api) -> None:
    context = document()["@context"]
    sent = [
        {
            "@context": [*context, {"example": f"https://example.org/{number}/"}],
            **event(number),
            "example:a": str(number),
        }
        for number in range(2)
    ]
    assert captured(api, sent)["accepted"] == 2
    found = asked(api, EVENTS, headers={"Accept": "application/xml"})
    names = [
        one.extension(f"https://example.org/{index}/a")
        for index, one in enumerate(
            parse_document(read_xml(found.content, max_bytes=LIMIT).value).events
        )
    ]
    assert names == ["0", "1"]
