"""`/epcis/capture` and its jobs, on both databases."""

from __future__ import annotations

import gzip
import json
import time
from typing import Any

import pytest

from tests.support.api import Api
from tests.support.ledger import document, event

CAPTURE = "/epcis/capture"


def capture(api: Api, value: Any, role: str = "participant", **headers: str) -> Any:
    named = {"Content-Type": "application/ld+json"} | api.headers(role)
    named |= {name.replace("_", "-"): text for name, text in headers.items()}
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return api.client.post(CAPTURE, content=body, headers=named)


def finished(api: Api, location: str, role: str = "participant") -> dict[str, Any]:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        response = api.client.get(location, headers=api.headers(role))
        assert response.status_code == 200, response.text
        job: dict[str, Any] = response.json()
        if not job["running"]:
            return job
        time.sleep(0.02)
    raise AssertionError("job does not end")


class TestCapture:
    def test_promises_a_job_that_records_the_events(self, api: Api) -> None:
        response = capture(api, document(event(1), event(2)))
        assert (response.status_code, response.content) == (202, b"")
        assert response.headers["gs1-epcis-version"] == "2.0.0"
        job = finished(api, response.headers["location"])
        assert (job["success"], job["errors"], job["accepted"]) == (True, [], 2)
        assert [one["result"] for one in job["events"]] == ["accepted", "accepted"]
        first = job["events"][0]
        assert first["eventHash"].startswith("ni:///sha-256;")
        assert first["eventID"] == first["record"]
        proof = api.client.get(first["proofUrl"], headers=api.headers("participant"))
        api.node.sequencer.run(close=True)
        proof = api.client.get(first["proofUrl"])
        assert proof.status_code == 200, proof.text
