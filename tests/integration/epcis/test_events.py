"""`/epcis/events`: one event in, events back, on both databases."""

from __future__ import annotations

import gzip
import json
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.api import Api
from tests.support.capture import (
    EVENTS,
    asked,
    captured,
    count_events,
    job_of,
    posted,
    refusal,
)
from tests.support.ledger import add_participant, document, event
from traceability.events.jsonld import parse_document

CONTEXT = document()["@context"]
UUID = "urn:uuid:1b4e28ba-2fa1-11d2-883f-0016d3cca427"
EXAMPLE = {"example": "https://example.org/vocabulary/"}
HASH_ID = f"ni:///sha-256;{'0' * 64}?ver=CBV2.0"


def bare(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {"@context": CONTEXT, **event(number, **changes)}


def events_of(response: Any) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.text
    value = response.json()
    assert value["type"] == "EPCISQueryDocument"
    found: list[dict[str, Any]] = value["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    return found


class TestRecording:
    def test_answers_with_the_event_and_its_address(self, api: Api) -> None:
        response = posted(api, EVENTS, bare(1))
        assert response.status_code == 201
        made = response.json()
        assert {name: made[name] for name in event(1)} == event(1)
        assert made["eventID"].startswith("urn:itemproof:record:")
        assert events_of(asked(api, response.headers["location"]))[0]["eventID"] == made["eventID"]

    def test_keeps_the_id_that_the_event_has(self, api: Api) -> None:
        response = posted(api, EVENTS, bare(1, eventID=UUID))
        assert response.json()["eventID"] == UUID
        assert response.headers["location"] == f"{EVENTS}/{quote(UUID, safe='')}"

    def test_refuses_a_recorded_event(self, api: Api) -> None:
        posted(api, EVENTS, bare(1))
        again = posted(api, EVENTS, bare(1))
        refusal(again, 409, "ResourceAlreadyExistsException", "EVENT_EXISTS")
        assert posted(api, EVENTS, bare(2)).status_code == 201

    def test_refuses_another_event_with_a_used_id(self, api: Api) -> None:
        posted(api, EVENTS, bare(1, eventID=UUID))
        other = posted(api, EVENTS, bare(2, eventID=UUID))
        refusal(other, 409, "ResourceAlreadyExistsException", "EVENT_ID_CONFLICT")

    def test_names_every_fault(self, api: Api) -> None:
        response = posted(api, EVENTS, bare(1, eventTime="2026-05-01T08:00:00", epcList=["x"]))
        found = refusal(response, 400, "ValidationException", "EVENT_REFUSED")
        assert {fault["pointer"] for fault in found["errors"]} == {"/eventTime", "/epcList/0"}
        one = posted(api, EVENTS, bare(1, eventTime="2026-05-01T08:00:00"))
        refusal(one, 400, "ValidationException", "EPCIS_TIME_ZONE")
        assert count_events(api) == 0

    def test_takes_one_event_only(self, api: Api) -> None:
        for value in (document(event(1), event(2)), document(), []):
            refusal(posted(api, EVENTS, value), 400, "ValidationException", "ONE_EVENT_EXPECTED")
        assert posted(api, EVENTS, document(event(1))).status_code == 201

    def test_is_done_once_under_a_name(self, api: Api) -> None:
        headers = api.headers("participant") | {"Idempotency-Key": "one"}
        first = posted(api, EVENTS, bare(1), headers=headers)
        again = posted(api, EVENTS, bare(1), headers=headers)
        assert (again.status_code, again.json()) == (201, first.json())
        assert again.headers["location"] == first.headers["location"]
        other = posted(api, EVENTS, bare(2), headers=headers)
        refusal(other, 409, "ResourceAlreadyExistsException", "IDEMPOTENCY_KEY_REUSED")
        assert count_events(api) == 1


class TestListing:
    def test_gives_back_what_was_captured_in_order(self, api: Api) -> None:
        captured(api, document(*(event(number) for number in range(5))))
        response = asked(api, EVENTS)
        found = events_of(response)
        assert [one["eventTime"] for one in found] == [
            event(number)["eventTime"] for number in range(5)
        ]
        assert all(one["recordTime"] for one in found)
        assert parse_document(response.json()).faults == ()

    def test_goes_page_by_page_through_batches(self, api: Api) -> None:
        for start in (0, 3, 6):
            captured(api, document(*(event(start + number) for number in range(3))))
        seen: list[str] = []
        address = f"{EVENTS}?perPage=2"
        while address:
            page = asked(api, address)
            assert len(events_of(page)) <= 2
            seen += [one["eventTime"] for one in events_of(page)]
            address = page.headers.get("link", "").partition("<")[2].partition(">")[0]
        assert seen == [event(number)["eventTime"] for number in range(9)]

    def test_by_record_time_carries_on_over_pages(self, api: Api) -> None:
        captured(api, document(event(1), event(2)))
        first = events_of(asked(api, EVENTS))[0]["recordTime"]
        captured(api, document(event(3), event(4), event(5)))
        later = events_of(asked(api, EVENTS))[2]["recordTime"]
        assert len(events_of(asked(api, f"{EVENTS}?LT_recordTime={quote(later)}"))) == 2
        assert len(events_of(asked(api, f"{EVENTS}?GE_recordTime={quote(first)}"))) == 5
        page = asked(api, f"{EVENTS}?GE_recordTime={quote(later)}&perPage=2")
        token = page.headers["link"].partition("nextPageToken=")[2].partition(">")[0]
        rest = asked(api, f"{EVENTS}?nextPageToken={token}")
        assert [len(events_of(page)), len(events_of(rest))] == [2, 1]

    def test_tells_a_shared_context_once(self, api: Api) -> None:
        plain = bare(1)
        extended = {**event(2), "@context": [*CONTEXT, EXAMPLE], "example:a": "b"}
        assert captured(api, [plain, extended])["accepted"] == 2
        response = asked(api, EVENTS)
        value = response.json()
        assert value["@context"] == CONTEXT
        found = events_of(response)
        assert "@context" not in found[0]
        assert found[1]["@context"] == [EXAMPLE]
        again = parse_document(value)
        assert [one.payload["@context"] for one in again.events] == [
            CONTEXT,
            [*CONTEXT, EXAMPLE],
        ]

    def test_shows_participants_their_own(self, api: Api) -> None:
        captured(api, document(event(1)))
        captured(api, document(event(2)), role="operator")
        other = add_participant(api.node)
        assert other != api.participant
        assert len(events_of(asked(api, EVENTS))) == 1
        assert len(events_of(asked(api, EVENTS, role="auditor"))) == 2
        assert len(events_of(asked(api, EVENTS, role="operator"))) == 2

    def test_packs_what_is_long(self, api: Api) -> None:
        captured(api, document(*(event(number) for number in range(20))))
        plain = asked(api, EVENTS, headers={"Accept-Encoding": "identity"})
        packed = asked(api, EVENTS, headers={"Accept-Encoding": "gzip"})
        assert packed.headers["content-encoding"] == "gzip"
        assert "content-encoding" not in plain.headers
        assert events_of(plain) == events_of(packed)
        assert int(packed.headers["content-length"]) < len(plain.content) / 4
        assert gzip.compress(b"") != packed.content

    @pytest.mark.parametrize(
        ("query", "where"),
        [
            ("perPage=0", "query/perPage"),
            ("perPage=x", "query/perPage"),
            ("nextPageToken=x", "query/nextPageToken"),
            (f"nextPageToken={'A' * 55}", "query/nextPageToken"),
            ("EQ_action=ADD", "query/EQ_action"),
            ("GE_recordTime=2026-05-01T08:00:00", "query/GE_recordTime"),
        ],
    )
    def test_refuses_what_it_would_have_to_ignore(self, api: Api, query: str, where: str) -> None:
        response = asked(api, f"{EVENTS}?{query}")
        kind = "QueryParameterException"
        assert refusal(response, 400, kind, "QUERY_PARAMETER_INVALID")["pointer"] == where

    def test_refuses_the_token_of_another_list(self, api: Api) -> None:
        for number in range(2):
            captured(api, document(event(number)))
        link = asked(api, "/epcis/capture?perPage=1").headers["link"]
        token = link.partition("nextPageToken=")[2].partition(">")[0]
        response = asked(api, f"{EVENTS}?nextPageToken={token}")
        refusal(response, 400, "QueryParameterException", "QUERY_PARAMETER_INVALID")

    def test_refuses_an_address_without_end(self, api: Api) -> None:
        response = asked(api, f"{EVENTS}?nextPageToken={'A' * 9000}")
        refusal(response, 414, "URITooLongException", "URI_TOO_LONG")


class TestOneEvent:
    def test_comes_with_the_declarations_of_its_error(self, api: Api) -> None:
        wrong = event(1, eventID=UUID)
        declared = wrong | {
            "errorDeclaration": {
                "declarationTime": "2026-05-02T08:00:00.000Z",
                "reason": "did_not_occur",
            }
        }
        assert captured(api, document(wrong))["accepted"] == 1
        assert captured(api, document(declared))["accepted"] == 1
        found = events_of(asked(api, f"{EVENTS}/{quote(UUID, safe='')}"))
        assert [("errorDeclaration" in one) for one in found] == [False, True]

    def test_is_found_by_an_event_hash_written_as_it_is(self, api: Api) -> None:
        posted(api, EVENTS, bare(1, eventID=HASH_ID))
        for path in (f"{EVENTS}/{quote(HASH_ID, safe='')}", f"{EVENTS}/{HASH_ID}"):
            assert events_of(asked(api, path))[0]["eventID"] == HASH_ID

    def test_of_others_is_unknown(self, api: Api) -> None:
        response = posted(api, EVENTS, bare(1), role="operator")
        path = response.headers["location"]
        refusal(asked(api, path), 404, "NoSuchNameException", "EVENT_UNKNOWN")
        assert asked(api, path, role="auditor").status_code == 200

    @pytest.mark.parametrize(
        "name",
        ["urn:uuid:0", "urn:itemproof:record:x:0", f"urn:itemproof:record:{'A' * 43}:{'9' * 30}"],
    )
    def test_that_is_not_there(self, api: Api, name: str) -> None:
        refusal(asked(api, f"{EVENTS}/{name}"), 404, "NoSuchNameException", "EVENT_UNKNOWN")


class TestForms:
    @pytest.mark.parametrize("kind", ["application/json", "application/ld+json"])
    def test_json_is_given_as_it_is_called(self, api: Api, kind: str) -> None:
        response = asked(api, EVENTS, headers={"Accept": kind})
        assert response.headers["content-type"] == kind
        assert response.headers["gs1-epc-format"] == "Always_GS1_Digital_Link"

    @pytest.mark.parametrize(
        "headers",
        [
            {"Accept": "text/csv"},
            {"Accept": "application/json;q=0"},
            {"Accept": "application/json", "GS1-EPCIS-Max": "1.2"},
            {"GS1-EPCIS-Min": "2.1"},
            {"GS1-EPCIS-Version": "1.0"},
            {"GS1-EPCIS-Min": "2.0", "GS1-CBV-Max": "1.2"},
            {"GS1-EPC-Format": "Other"},
        ],
    )
    def test_what_cannot_be_given_is_said_so(self, api: Api, headers: dict[str, str]) -> None:
        response = asked(api, EVENTS, headers=headers)
        refusal(response, 406, "NotAcceptableException", "NOT_ACCEPTABLE")

    def test_codes_are_translated(self, api: Api) -> None:
        urn = "urn:epc:id:sgtin:4012345.077889.25"
        link = "https://id.gs1.org/01/04012345778892/21/25"
        posted(api, EVENTS, bare(1, epcList=[urn]))
        for form, code in (
            ("Always_GS1_Digital_Link", link),
            ("Always_EPC_URN", urn),
            ("Never_Translates", urn),
        ):
            response = asked(api, EVENTS, headers={"GS1-EPC-Format": form})
            assert response.headers["gs1-epc-format"] == form
            assert events_of(response)[0]["epcList"] == [code]


class TestDiscovery:
    def test_lists_the_resources_of_the_standard(self, api: Api) -> None:
        for path in ("/epcis", "/epcis/"):
            found = api.client.get(path)
            assert found.status_code == 200
            assert {"capture", "events"} <= set(found.json()["member"])

    @pytest.mark.parametrize(
        ("path", "allowed"),
        [
            ("/epcis/", "OPTIONS, GET"),
            ("/epcis/capture", "OPTIONS, GET, POST"),
            ("/epcis/capture/", "OPTIONS, GET, POST"),
            ("/epcis/capture/x", "OPTIONS, GET"),
            ("/epcis/events", "OPTIONS, GET, POST"),
            ("/epcis/events/", "OPTIONS, GET, POST"),
            ("/epcis/events/x", "OPTIONS, GET"),
        ],
    )
    def test_options_say_what_is_there(self, api: Api, path: str, allowed: str) -> None:
        found = api.client.options(path)
        assert (found.status_code, found.headers["allow"]) == (204, allowed)
        for name in ("Version", "Min", "Max"):
            assert found.headers[f"gs1-epcis-{name}"]
            assert found.headers[f"gs1-cbv-{name}"]
        assert found.headers["gs1-vendor-version"]
        assert found.headers["gs1-extensions"].startswith("itemproof=")

    def test_a_slash_at_the_end_makes_no_other_resource(self, api: Api) -> None:
        assert captured(api, document(event(1)))["success"]
        job_of(api, posted(api, "/epcis/capture/", document(event(2))))
        assert posted(api, "/epcis/events/", bare(3)).status_code == 201
        assert len(asked(api, "/epcis/capture/").json()) == 2
        assert len(events_of(asked(api, "/epcis/events/"))) == 3

    @pytest.mark.parametrize("path", ["/epcis", "/epcis/", "/epcis/capture/", "/epcis/events/"])
    def test_other_methods_of_each_are_refused_alike(self, api: Api, path: str) -> None:
        found = api.client.put(path)
        refusal(found, 405, "ImplementationException", "METHOD_NOT_ALLOWED")
        assert found.headers["allow"].startswith("OPTIONS, GET")

    def test_other_methods_and_resources_are_told_apart(self, api: Api) -> None:
        found = api.client.delete("/epcis/events")
        refusal(found, 405, "ImplementationException", "METHOD_NOT_ALLOWED")
        assert found.headers["allow"] == "OPTIONS, GET, POST"
        refusal(api.client.get("/epcis/queries"), 501, "ImplementationException", "NOT_IMPLEMENTED")
        refusal(api.client.get("/epcis/other"), 404, "NoSuchNameException", "RESOURCE_UNKNOWN")


def test_json_of_events_is_compact(api: Api) -> None:
    posted(api, EVENTS, bare(1))
    response = asked(api, EVENTS)
    assert len(response.content) <= len(json.dumps(response.json()))
