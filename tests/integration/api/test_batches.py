"""`POST /api/batches` and what can be asked afterwards."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.api import Api, problem
from tests.support.ledger import document, event
from traceability.hashing.envelope import RECEIPT_TYPE, envelope_from_json, verify_envelope
from traceability.hashing.statement import parse_receipt


class TestSubmit:
    def test_answers_with_a_signed_receipt(self, api: Api) -> None:
        response = api.submit(document(event(1)))
        assert response.status_code == 201
        found = response.json()
        envelope = envelope_from_json(found["receipt"])
        key = api.node.identity.log_key
        assert envelope.payload_type == RECEIPT_TYPE
        verify_envelope(envelope, [(key.alg, key.public_key)], payload_type=RECEIPT_TYPE)
        assert parse_receipt(envelope.payload).leaf_index == found["leaf_index"]
        again = api.client.get(f"/api/receipts/{found['entry_hash']}")
        assert again.json() == found["receipt"]
        batch = api.client.get(
            response.headers["location"], headers=api.headers("participant")
        ).json()
        assert (batch["record_count"], batch["state"]) == (1, "logged")

    def test_duplicates_alone_are_no_new_batch(self, api: Api) -> None:
        api.submit(document(event(1)))
        again = api.submit(document(event(1)))
        assert (again.status_code, again.json()["duplicate"]) == (200, 1)

    def test_names_every_fault_of_a_refused_document(self, api: Api) -> None:
        response = api.submit(document(event(1, eventTime="2026-05-01T08:00:00"), event(2)))
        records = problem(response, 400, "EPCIS_TIME_ZONE")["records"]
        assert records[0]["error"]["code"] == "EPCIS_TIME_ZONE"
        assert records[0]["error"]["pointer"] == "/epcisBody/eventList/0/eventTime"
        assert records[1]["error"]["code"] == "ROLLED_BACK"


class TestRefusals:
    def test_without_a_key(self, api: Api) -> None:
        problem(api.client.post("/api/batches", json={}), 401, "NOT_AUTHENTICATED")

    def test_with_a_wrong_secret(self, api: Api) -> None:
        good = api.headers("operator")
        last = good["Authorization"][-1]
        bad = {"Authorization": good["Authorization"][:-1] + ("A" if last != "A" else "B")}
        problem(api.client.post("/api/batches", json={}, headers=bad), 401, "NOT_AUTHENTICATED")

    def test_with_a_revoked_key(self, api: Api) -> None:
        headers = api.headers("operator")
        name = headers["Authorization"].split("_")[1]
        with api.node.store.unit_of_work() as work:
            assert work.repositories.access.revoke(name, revoked=1)
            work.commit()
        response = api.client.post("/api/batches", json={}, headers=headers)
        problem(response, 401, "NOT_AUTHENTICATED")

    def test_of_an_auditor(self, api: Api) -> None:
        problem(api.submit(document(event(1)), role="auditor"), 403, "API_ROLE_MISSING")

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            (b'{"a":1,"a":2}', "JSON_DUPLICATE_KEY"),
            (b'{"a":0.1000000000000000055}', "JSON_NUMBER"),
            (json.dumps(document(event(1))).encode()[:-40], "JSON_SYNTAX"),
            (b"[" * 100_000, "JSON_DEPTH"),
            (b"\xff\xfe", "JSON_ENCODING"),
        ],
    )
    def test_of_bytes_that_are_not_strict_json(self, api: Api, body: bytes, code: str) -> None:
        headers = api.headers("operator") | {"Content-Type": "application/json"}
        problem(api.client.post("/api/batches", content=body, headers=headers), 400, code)

    def test_of_a_body_over_the_limit(self, api: Api) -> None:
        headers = api.headers("operator") | {"Content-Type": "application/json"}
        body = b"[" * (64 * 2**20 + 1)
        response = api.client.post("/api/batches", content=body, headers=headers)
        problem(response, 413, "JSON_TOO_LARGE")

    def test_of_an_unknown_media_type(self, api: Api) -> None:
        headers = api.headers("operator") | {"Content-Type": "text/csv"}
        response = api.client.post("/api/batches", content=b"a,b", headers=headers)
        problem(response, 415, "MEDIA_TYPE_UNKNOWN")

    def test_of_a_conflicting_event_id(self, api: Api) -> None:
        known = {"eventID": "urn:uuid:1b4e28ba-2fa1-11d2-883f-0016d3cca427"}
        api.submit(document(event(1, **known)))
        response = api.submit(document(event(2, **known)))
        assert problem(response, 409, "EVENT_ID_CONFLICT")["outcome"] == "REJECTED"

    @pytest.mark.parametrize("path", ["/log/anchor/", "/api/batches/"])
    def test_of_a_number_that_no_log_reaches(self, api: Api, path: str) -> None:
        headers = api.headers("operator")
        response = api.client.get(f"{path}{10**22}", headers=headers)
        problem(response, 400, "REQUEST_INVALID")

    def test_of_anothers_batch(self, api: Api) -> None:
        location = api.submit(document(event(1)), role="operator").headers["location"]
        response = api.client.get(location, headers=api.headers("participant"))
        problem(response, 404, "BATCH_UNKNOWN")

    def test_of_a_malformed_parameter_is_400(self, api: Api) -> None:
        response = api.client.get("/api/batches/x", headers=api.headers("operator"))
        problem(response, 400, "REQUEST_INVALID")

    def test_speaks_chinese_when_asked(self, api: Api) -> None:
        found = api.client.post("/api/batches?lang=zh", json={}).json()
        assert any("一" <= character <= "鿿" for character in found["title"])


@pytest.mark.parametrize(
    "value",
    [
        [],
        {},
        {"envelope": 1, "records": []},
        {"envelope": {}, "records": [], "more": 1},
    ],
)
def test_refuses_a_malformed_signed_batch(api: Api, value: Any) -> None:
    headers = api.headers("participant") | {"Content-Type": "application/vnd.itemproof.batch+json"}
    response = api.client.post("/api/batches", content=json.dumps(value), headers=headers)
    assert response.status_code == 400
    assert response.json()["code"] in ("SIGNED_BATCH_INVALID", "ENVELOPE_INVALID")
