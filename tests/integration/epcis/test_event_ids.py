"""An event that came without an eventID: the record's name, or its hash where that is asked."""

from __future__ import annotations

from urllib.parse import quote

from tests.support.api import Api
from tests.support.capture import EVENTS, asked
from tests.support.ledger import document, event
from traceability.events.jsonld import parse_document
from traceability.hashing.event_hash import event_hash

HASHED = {"ItemProof-Event-ID": "hash"}


def listed(api: Api, **headers: str) -> list[dict[str, object]]:
    answer = asked(api, EVENTS, headers=headers)
    assert answer.status_code == 200
    found: list[dict[str, object]] = answer.json()["epcisBody"]["queryResults"]["resultsBody"][
        "eventList"
    ]
    return found


def test_record_name_is_given_unless_the_hash_is_asked_for(api: Api) -> None:
    whole = document(event(1), event(2, eventID="urn:x:2"))
    assert api.submit(whole).status_code == 201
    named = [str(one["eventID"]) for one in listed(api)]
    assert named[0].startswith("urn:itemproof:record:")
    hashed = listed(api, **HASHED)
    (first, _) = parse_document(whole).require_faultless()
    wanted = event_hash(first.payload).uri
    assert [one["eventID"] for one in hashed] == [wanted, "urn:x:2"]
    assert named[1] == "urn:x:2"


def test_hash_finds_its_event_and_another_finds_none(api: Api) -> None:
    assert api.submit(document(event(1))).status_code == 201
    uri = str(listed(api, **HASHED)[0]["eventID"])
    found = asked(api, f"{EVENTS}/{quote(uri, safe='')}", headers=HASHED)
    assert found.status_code == 200
    assert uri in found.text
    other = uri.replace("sha-256;", "sha-256;00", 1)[: len(uri)]
    assert asked(api, f"{EVENTS}/{quote(other, safe='')}").status_code == 404


def test_other_words_are_refused(api: Api) -> None:
    assert asked(api, EVENTS, headers={"ItemProof-Event-ID": "random"}).status_code == 400
