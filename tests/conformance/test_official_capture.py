"""Every official document through HTTP and back: each format, version and form of codes.

What comes back as JSON-LD untranslated is what was sent; in every other form it has the same
event hash, so that it says the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from ledger_api.app import create_app
from ledger_api.settings import Settings
from tests.conformance.test_official_documents import ACCEPTED
from tests.support.api import Api
from tests.support.capture import asked, captured
from tests.support.ledger import add_participant
from traceability.events.jsonld import parse_document
from traceability.events.xml.reading import read_xml
from traceability.hashing.event_hash import event_hash
from traceability.ledger.node import Node

pytestmark = pytest.mark.conformance_data
EPC_FORMS = ("Always_GS1_Digital_Link", "Always_EPC_URN", "Never_Translates")
ALL = "/epcis/events?perPage=1000"


@pytest.fixture
def api(sqlite_node: Node) -> Iterator[Api]:
    """Return the application on SQLite; databases are told apart elsewhere."""
    participant = add_participant(sqlite_node)
    app = create_app(sqlite_node, Settings(drafting_processes=0))
    with TestClient(app, base_url="http://localhost") as client:
        yield Api(sqlite_node, client, participant)


def hashes(value: Any) -> list[str]:
    document = parse_document(value)
    assert document.faults == ()
    return [event_hash(one.payload).prehash for one in document.events]


def without_additions(event: dict[str, Any], sent: dict[str, Any]) -> dict[str, Any]:
    """Return an event without what the server adds."""
    added = {"recordTime"} | ({"eventID"} - sent.keys())
    return {name: value for name, value in event.items() if name not in added}


@pytest.mark.parametrize("path", ACCEPTED, ids=lambda path: path.name)
def test_comes_back_in_every_form(api: Api, path: Path) -> None:
    sent = json.loads(path.read_text(encoding="utf-8"))
    events = parse_document(sent).events
    job = captured(api, path.read_bytes())
    assert job["success"] is True, job["errors"]
    assert job["accepted"] + job["duplicate"] == len(events)
    kept = [
        event
        for event, told in zip(events, job["events"], strict=True)
        if told["result"] == "accepted"
    ]
    expected = [event_hash(event.payload).prehash for event in kept]
    plain = asked(api, ALL, headers={"GS1-EPC-Format": "Never_Translates"}).json()
    given = parse_document(plain).events
    for event, back in zip(kept, given, strict=True):
        submitted = {name: value for name, value in event.payload.items() if name != "recordTime"}
        assert without_additions(back.payload, event.payload) == submitted
    for form in EPC_FORMS:
        headers = {"GS1-EPC-Format": form}
        assert hashes(asked(api, ALL, headers=headers).json()) == expected
        check_xml(api, headers, expected)


def check_xml(api: Api, headers: dict[str, str], expected: list[str]) -> None:
    """Ask for both versions of XML; what 1.2 cannot express it says."""
    headers = headers | {"Accept": "application/xml"}
    for words in ("Always_Web_URI", "Always_URN"):
        response = asked(api, ALL, headers=headers | {"GS1-CBV-XML-Format": words})
        assert response.status_code == 200, response.text
        assert hashes(read_xml(response.content, max_bytes=2**24).value) == expected
    response = asked(api, ALL, headers=headers | {"GS1-EPCIS-Max": "1.2"})
    if response.status_code == 406:
        assert response.json()["code"] == "EPCIS_NOT_EXPRESSIBLE"
    else:
        assert hashes(read_xml(response.content, max_bytes=2**24).value) == expected
