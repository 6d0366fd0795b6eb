"""`/epcis/capture` and its jobs, on both databases."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace

import pytest

from tests.support.api import Api
from tests.support.capture import (
    CAPTURE,
    asked,
    captured,
    count_events,
    job_of,
    posted,
    refusal,
)
from tests.support.ledger import document, event
from traceability.ledger.trust import trust_of
from traceability.verify.verifier import verify_bundle

UUID = "urn:uuid:1b4e28ba-2fa1-11d2-883f-0016d3cca427"
CONTEXT = {"@context": [*document()["@context"], {"ex": "https://ns.example.com/epcis/"}]}
FAULTY = {"eventTime": "2026-05-01T08:00:00"}


class TestJobs:
    def test_promise_what_they_keep(self, api: Api) -> None:
        response = posted(api, CAPTURE, document(event(1), event(2)))
        assert (response.status_code, response.content) == (202, b"")
        job = job_of(api, response)
        assert (job["success"], job["errors"], job["accepted"]) == (True, [], 2)
        assert job["captureErrorBehaviour"] == "rollback"
        assert job["createdAt"] < job["finishedAt"]
        assert [one["result"] for one in job["events"]] == ["accepted", "accepted"]
        assert count_events(api) == 2

    def test_lead_to_a_proof_of_each_event(self, api: Api) -> None:
        job = captured(api, document(event(1), event(2)))
        told = job["events"][1]
        assert told["eventHash"].startswith("ni:///sha-256;")
        assert told["eventHashRevision"]
        assert told["eventID"] == told["record"]
        api.node.sequencer.run(close=True)
        proof = api.client.get(told["proofUrl"])
        trust = trust_of(api.node.store, api.node.identity)
        report = verify_bundle(proof.content, trust, accept="logged", code=told["record"])
        assert report.verified
        with api.node.store.reading() as repositories:
            record = repositories.recorded.of_batch(job["batch"])[1]
        assert record.field_count > 1
        assert len(bytes.fromhex(told["recordCommitment"])) == 32
        assert api.client.get(job["receiptUrl"]).status_code == 200

    def test_roll_back_for_one_fault(self, api: Api) -> None:
        job = captured(api, document(event(1), event(2, **FAULTY), event(3)))
        assert (job["success"], job["rejected"], count_events(api)) == (False, 3, 0)
        codes = {error["code"] for error in job["errors"]}
        assert codes == {"EPCIS_TIME_ZONE", "ROLLED_BACK"}
        first = next(error for error in job["errors"] if error["code"] == "EPCIS_TIME_ZONE")
        assert first["pointer"] == "/epcisBody/eventList/1/eventTime"
        assert first["type"] == "epcisException:ValidationException"

    def test_proceed_with_the_good_ones(self, api: Api) -> None:
        headers = {"GS1-Capture-Error-Behaviour": "proceed"}
        job = captured(api, document(event(1), event(2, **FAULTY), event(3)), headers=headers)
        assert (job["success"], job["captureErrorBehaviour"]) == (False, "proceed")
        assert [one["result"] for one in job["events"]] == ["accepted", "rejected", "accepted"]
        assert (len(job["errors"]), count_events(api)) == (1, 2)

    @pytest.mark.parametrize("number", ["1e308", "1" + "0" * 101, "1e-101"])
    def test_leave_numbers_out_of_range_out(self, api: Api, number: str) -> None:
        body = json.dumps(document(event(1), event(2, mark=7)) | CONTEXT).replace(
            '"mark": 7', f'"ex:a": {number}'
        )
        job = captured(api, body.encode(), headers={"GS1-Capture-Error-Behaviour": "proceed"})
        assert [one["result"] for one in job["events"]] == ["accepted", "rejected"]
        (error,) = job["errors"]
        assert (error["code"], error["pointer"]) == (
            "EPCIS_NUMBER_RANGE",
            "/epcisBody/eventList/1/ex:a",
        )

    def test_name_what_a_duplicate_repeats(self, api: Api) -> None:
        first = captured(api, document(event(1, eventID=UUID)))
        again = captured(api, document(event(1, eventID=UUID), event(2)))
        assert [one["result"] for one in again["events"]] == ["duplicate", "accepted"]
        assert again["success"] is True
        assert again["events"][0]["record"] == first["events"][0]["record"]

    def test_name_it_without_an_id_too_but_not_anothers(self, api: Api) -> None:
        first = captured(api, document(event(1)))
        again = captured(api, document(event(1)))["events"][0]
        assert again["record"] == first["events"][0]["record"]
        assert again["proofUrl"] == first["events"][0]["proofUrl"]
        other = captured(api, document(event(1)), role="operator")["events"][0]
        assert other["result"] == "accepted"
        assert other["record"] != again["record"]

    def test_tell_faults_in_the_readers_language(self, api: Api) -> None:
        response = posted(api, CAPTURE, document(event(2, **FAULTY)))
        job_of(api, response)
        titles = {
            lang: asked(api, response.headers["location"], headers={"Accept-Language": lang}).json()
            for lang in ("zh", "en")
        }
        assert titles["zh"]["errors"][0]["title"] != titles["en"]["errors"][0]["title"]

    def test_of_others_are_unknown(self, api: Api) -> None:
        response = posted(api, CAPTURE, document(event(1)), role="operator")
        location = response.headers["location"]
        refusal(asked(api, location), 404, "NoSuchNameException", "CAPTURE_JOB_UNKNOWN")
        assert asked(api, location, role="auditor").status_code == 200
        assert asked(api, CAPTURE).json() == []
        assert len(asked(api, CAPTURE, role="auditor").json()) == 1

    def test_are_listed_newest_first_page_by_page(self, api: Api) -> None:
        names = []
        for number in range(5):
            response = posted(api, CAPTURE, document(event(number)))
            job_of(api, response)
            names.append(response.headers["location"].rsplit("/", 1)[1])
        seen: list[str] = []
        address = f"{CAPTURE}?perPage=2"
        while address:
            page = asked(api, address)
            assert len(page.json()) <= 2
            seen += [job["captureID"] for job in page.json()]
            link = page.headers.get("link", "")
            assert ("gs1-next-page-token-expires" in page.headers) == bool(link)
            address = link.partition("<")[2].partition(">")[0]
        assert seen == names[::-1]


class TestForms:
    def test_packed_bodies_are_unpacked(self, api: Api) -> None:
        packed = gzip.compress(json.dumps(document(event(1))).encode())
        job = captured(api, packed, headers={"Content-Encoding": "gzip"})
        assert job["accepted"] == 1

    def test_several_packed_members_are_one_body(self, api: Api) -> None:
        whole = json.dumps(document(event(1))).encode()
        packed = gzip.compress(whole[:50]) + gzip.compress(whole[50:])
        assert captured(api, packed, headers={"Content-Encoding": "gzip"})["accepted"] == 1

    @pytest.mark.parametrize("cut", [5, 30, -1])
    def test_cut_off_packed_bodies_are_refused(self, api: Api, cut: int) -> None:
        packed = gzip.compress(json.dumps(document(event(1))).encode())[:cut]
        response = posted(api, CAPTURE, packed, headers={"Content-Encoding": "gzip"})
        refusal(response, 400, "ValidationException", "PACKED_BODY_INVALID")

    @pytest.mark.parametrize("encoding", ["br", "gzip, gzip", "deflate"])
    def test_other_packings_are_refused(self, api: Api, encoding: str) -> None:
        response = posted(api, CAPTURE, document(event(1)), headers={"Content-Encoding": encoding})
        refusal(response, 415, "UnsupportedMediaTypeException", "CONTENT_ENCODING_UNKNOWN")

    @pytest.mark.parametrize(
        "kind", ["text/csv", "application/json; charset=utf-16", "", "application/*"]
    )
    def test_other_media_types_are_refused(self, api: Api, kind: str) -> None:
        response = posted(api, CAPTURE, document(event(1)), headers={"Content-Type": kind})
        refusal(response, 415, "UnsupportedMediaTypeException", "MEDIA_TYPE_UNKNOWN")

    def test_a_list_and_a_bare_event_are_documents(self, api: Api) -> None:
        context = document()["@context"]
        bare = [{"@context": context, **event(number)} for number in range(3)]
        assert captured(api, bare[:2])["accepted"] == 2
        assert captured(api, bare[2])["accepted"] == 1


class TestLimits:
    def test_are_announced(self, api: Api) -> None:
        response = api.client.options(CAPTURE)
        assert response.status_code == 204
        assert response.headers["gs1-epcis-capture-limit"] == "2000000"
        assert response.headers["gs1-epcis-capture-file-size-limit"] == str(2**30)
        assert response.headers["gs1-capture-error-behaviour"] == "all"

    def test_of_events_are_held(self, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        app = api.client.app
        services = app.state.services
        settings = services.settings.model_copy(update={"max_capture_events": 2})
        monkeypatch.setattr(app.state, "services", replace(services, settings=settings))
        response = posted(api, CAPTURE, document(event(1), event(2), event(3)))
        refusal(response, 413, "CaptureLimitExceededException", "CAPTURE_LIMIT_EXCEEDED")
        assert response.headers["gs1-epcis-capture-limit"] == "2"
        assert captured(api, document(event(1), event(2)))["accepted"] == 2


class TestIdempotency:
    def test_the_same_request_is_done_once(self, api: Api) -> None:
        headers = api.headers("participant") | {"Idempotency-Key": '"one"'}
        first = posted(api, CAPTURE, document(event(1)), headers=headers)
        again = posted(api, CAPTURE, document(event(1)), headers=headers)
        assert again.status_code == 202
        assert again.headers["location"] == first.headers["location"]
        assert len(asked(api, CAPTURE).json()) == 1

    def test_another_request_under_a_used_key_is_refused(self, api: Api) -> None:
        headers = api.headers("participant") | {"Idempotency-Key": "one"}
        posted(api, CAPTURE, document(event(1)), headers=headers)
        for changed in (
            posted(api, CAPTURE, document(event(2)), headers=headers),
            posted(
                api,
                CAPTURE,
                document(event(1)),
                headers=headers | {"GS1-Capture-Error-Behaviour": "proceed"},
            ),
        ):
            kind = "ResourceAlreadyExistsException"
            refusal(changed, 409, kind, "IDEMPOTENCY_KEY_REUSED")

    def test_keys_of_others_are_not_ours(self, api: Api) -> None:
        named = {"Idempotency-Key": "one"}
        first = posted(api, CAPTURE, document(event(1)), headers=named)
        other = posted(api, CAPTURE, document(event(1)), role="operator", headers=named)
        assert first.headers["location"] != other.headers["location"]

    @pytest.mark.parametrize("name", ["", '""', "with space", "x" * 256])
    def test_malformed_keys_are_refused(self, api: Api, name: str) -> None:
        response = posted(api, CAPTURE, document(event(1)), headers={"Idempotency-Key": name})
        refusal(response, 400, "ValidationException", "IDEMPOTENCY_KEY_INVALID")

    def test_a_refused_document_uses_no_key_up(self, api: Api) -> None:
        headers = api.headers("participant") | {"Idempotency-Key": "one"}
        refusal(
            posted(api, CAPTURE, b"{", headers=headers), 400, "ValidationException", "JSON_SYNTAX"
        )
        assert posted(api, CAPTURE, document(event(1)), headers=headers).status_code == 202


class TestRefusals:
    def test_without_a_key(self, api: Api) -> None:
        response = api.client.post(CAPTURE, json={})
        refusal(response, 401, "SecurityException", "NOT_AUTHENTICATED")
        assert response.headers["www-authenticate"].startswith("Bearer")

    def test_of_an_auditor(self, api: Api) -> None:
        response = posted(api, CAPTURE, document(event(1)), role="auditor")
        refusal(response, 403, "SecurityException", "API_ROLE_MISSING")

    @pytest.mark.parametrize("value", ["all", "other"])
    def test_of_an_unknown_behaviour(self, api: Api, value: str) -> None:
        headers = {"GS1-Capture-Error-Behaviour": value}
        response = posted(api, CAPTURE, document(event(1)), headers=headers)
        refusal(response, 400, "ValidationException", "REQUEST_INVALID")

    def test_of_a_version_that_is_not_read(self, api: Api) -> None:
        response = posted(api, CAPTURE, document(event(1)), headers={"GS1-EPCIS-Version": "3.0"})
        refusal(response, 406, "NotAcceptableException", "NOT_ACCEPTABLE")
        good = posted(api, CAPTURE, document(event(1)), headers={"GS1-EPCIS-Version": "2.0.0"})
        assert good.status_code == 202

    def test_of_a_document_of_another_version_than_said(self, api: Api) -> None:
        response = posted(api, CAPTURE, document(event(1)), headers={"GS1-EPCIS-Version": "1.2"})
        refusal(response, 400, "ValidationException", "EPCIS_VERSION_CONFLICT")

    def test_of_a_faulty_envelope_names_each_fault(self, api: Api) -> None:
        value = document(event(1))
        del value["schemaVersion"]
        del value["creationDate"]
        response = posted(api, CAPTURE, value)
        found = refusal(response, 400, "ValidationException", "EPCIS_DOCUMENT_FAULTY")
        assert {fault["pointer"] for fault in found["errors"]} == {
            "/schemaVersion",
            "/creationDate",
        }
        assert count_events(api) == 0

    @pytest.mark.parametrize("value", [1, "text", None, {}, {"type": "Other"}, {"type": 1}])
    def test_of_what_is_no_document(self, api: Api, value: object) -> None:
        found = posted(api, CAPTURE, value)
        assert found.status_code == 400
        assert found.json()["type"] == "epcisException:ValidationException"
