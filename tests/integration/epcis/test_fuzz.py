"""Every operation of the binding in our OpenAPI document: whatever is asked, no answer is a 5xx."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import schemathesis
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from ledger_api.app import create_app
from ledger_api.auth import create_api_key
from ledger_api.epcis.problems import MAX_ADDRESS
from ledger_api.settings import Settings
from tests.support.ledger import add_participant, document, event, opened_node
from traceability.store.engine import open_engine
from traceability.store.migrate import upgrade

OFTEN = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
PROBLEM = "application/problem+json"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Return a client of a served ledger with an event in it, and an operator's key."""
    folder: Path = tmp_path_factory.mktemp("fuzz")
    url = f"sqlite:///{folder / 'ledger.sqlite'}"
    upgrade(engine := open_engine(url))
    engine.dispose()
    with opened_node(url, folder) as node:
        add_participant(node)
        _, token = create_api_key(node.store, "operator", participant=None, now=0)
        headers = {"Authorization": f"Bearer {token}"}
        app = create_app(node, Settings(drafting_processes=0))
        with TestClient(app, headers=headers, raise_server_exceptions=False) as client:
            client.post("/epcis/capture", json=document(event(1)))
            yield client


def operations(client: TestClient) -> list[Any]:
    interface = schemathesis.openapi.from_dict(client.get("/openapi.json").json())
    found = [result.ok() for result in interface.get_all_operations()]
    return [operation for operation in found if operation.path.startswith("/epcis")]


def test_of_what_is_described_nothing_answers_with_5xx(client: TestClient) -> None:
    listed = operations(client)
    assert len(listed) == 12

    for operation in listed:

        @OFTEN
        @given(case=operation.as_strategy())
        def check(case: Any) -> None:
            asked = case.as_transport_kwargs(base_url="http://testserver")
            asked.pop("cookies")
            if isinstance(asked.get("data"), bytes):
                asked["content"] = asked.pop("data")
            key = client.headers["authorization"]
            asked["headers"] = {**asked["headers"], "Authorization": key}
            response = client.request(**asked)
            assert response.status_code < 500, f"{case.method} {case.path}: {response.text}"
            if not response.request.url.path.startswith("/epcis"):
                return  # The client has taken an id of ".." for a step up.
            assert response.headers["gs1-epcis-version"]
            if response.status_code >= 400:
                assert response.headers["content-type"] == PROBLEM

        check()


def test_a_fault_of_ours_is_a_problem_that_tells_nothing_of_it(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("secret")

    monkeypatch.setattr("ledger_api.epcis.reading.query_document", broken)
    response = client.get("/epcis/events")
    found = response.json()
    assert (response.status_code, found["type"]) == (500, "epcisException:ImplementationException")
    assert "secret" not in response.text
    assert response.headers["gs1-epcis-version"]


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
MEMBERS = st.sampled_from(
    [*event(1), "@context", "eventID", "errorDeclaration", "ilmd", "parentID", "sensorElementList"]
)


@OFTEN
@given(changes=st.dictionaries(MEMBERS, JSON, max_size=3))
@example(changes={"type": []})
@example(changes={"epcList": {"a": {}}})
def test_no_event_does(client: TestClient, changes: dict[str, Any]) -> None:
    body = json.dumps(document(event(2) | changes)).encode()
    headers = {"Content-Type": "application/json"}
    for path in ("/epcis/events", "/epcis/capture"):
        response = client.post(path, content=body, headers=headers)
        assert response.status_code in (201, 202, 400, 409), response.text
    job = ended(client, client.post("/epcis/capture", content=body, headers=headers))
    assert all(error["status"] in (400, 409) for error in job["errors"])


def ended(client: TestClient, response: Any) -> dict[str, Any]:
    if response.status_code != 202:
        return {"errors": []}
    deadline = time.monotonic() + 20
    while True:
        job: dict[str, Any] = client.get(response.headers["location"]).json()
        if not job["running"]:
            return job
        assert time.monotonic() < deadline
        time.sleep(0.01)


@OFTEN
@given(
    body=st.binary(max_size=200),
    kind=st.sampled_from(["application/json", "application/xml", "text/xml"]),
    packing=st.sampled_from(["", "gzip"]),
)
def test_no_bytes_do(client: TestClient, body: bytes, kind: str, packing: str) -> None:
    headers = {"Content-Type": kind, "Content-Encoding": packing}
    response = client.post("/epcis/capture", content=body, headers=headers)
    assert response.status_code == 400
    assert response.headers["content-type"] == PROBLEM


@OFTEN
@given(
    name=st.sampled_from(
        [
            "Accept",
            "Accept-Encoding",
            "GS1-EPC-Format",
            "GS1-EPCIS-Min",
            "GS1-EPCIS-Max",
            "GS1-CBV-Min",
            "GS1-EPCIS-Version",
            "GS1-Extensions",
        ]
    ),
    text=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40),
)
@example(name="Accept", text="*/*;q=nan")
@example(name="Accept", text=";;,,;q=1e999")
@example(name="GS1-EPCIS-Max", text="9999.9999")
def test_no_header_does(client: TestClient, name: str, text: str) -> None:
    response = client.get("/epcis/events", headers={name: text})
    assert response.status_code in (200, 400, 406), response.text


@OFTEN
@given(path=st.text(max_size=30), query=st.text(st.characters(codec="utf-8"), max_size=30))
@example(path="events//", query="")
@example(path="capture/../events", query="perPage=1&perPage=2")
@example(path="events/" + "x" * MAX_ADDRESS, query="")
def test_no_address_does(client: TestClient, path: str, query: str) -> None:
    response = client.get(f"/epcis/{quote(path, errors='replace')}", params={"q": query})
    assert response.status_code < 500 or response.json()["code"] == "NOT_IMPLEMENTED"
