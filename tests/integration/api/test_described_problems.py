"""Every problem that an address answers stands in the OpenAPI document.

`api`, which all tests here use, holds each answer against the document; these tests lead to the
statuses that not every address has.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from ledger_api.keys.requests import MAX_BODY
from ledger_api.policies.endpoints import MAX_POLICY_BYTES
from tests.support.api import Api, problem
from tests.support.disclosure import policy
from tests.support.ledger import document, event

GLN = "9521234567899"
KEY = "00" * 32
TEXT = {"Content-Type": "text/plain"}
OPERATIONS = [
    ("get", "/api/policies/{gln}", {"400", "401", "403", "404", "503"}),
    ("put", "/api/policies/{gln}", {"400", "401", "403", "404", "409", "413", "429", "503"}),
    ("get", "/api/evidence", {"400", "401", "403", "404", "503"}),
    ("get", "/api/keys", {"400", "401", "403", "404", "503"}),
    ("post", "/api/keys", {"400", "401", "403", "404", "409", "413", "429", "503"}),
    ("post", "/api/statuses", {"400", "401", "403", "404", "409", "413", "415", "429", "503"}),
    ("post", "/api/erasures", {"400", "401", "403", "404", "413", "429", "503"}),
]


@pytest.mark.parametrize(("method", "path", "statuses"), OPERATIONS)
def test_the_problems_of_an_address_are_told(
    api: Api, method: str, path: str, statuses: set[str]
) -> None:
    told = api.client.get("/openapi.json").json()["paths"][path][method]["responses"]
    assert {name for name in told if name[0] in "45"} == statuses
    for status in statuses:
        assert told[status]["description"]
        assert set(told[status]["content"]) == {"application/problem+json"}


@pytest.mark.parametrize(
    ("method", "path", "most"),
    [
        ("PUT", f"/api/policies/{GLN}", MAX_POLICY_BYTES),
        ("POST", "/api/keys", MAX_BODY),
        ("POST", "/api/keys/drafts", MAX_BODY),
        ("POST", f"/api/keys/{KEY}/revocation", MAX_BODY),
        ("POST", "/api/statuses", 64 * 1024),
        ("POST", "/api/erasures", 64 * 1024),
    ],
)
def test_a_body_that_is_too_long_is_413(api: Api, method: str, path: str, most: int) -> None:
    headers = api.headers("operator") | {"Content-Type": "application/json"}
    answer = api.client.request(method, path, content=b" " * (most + 1), headers=headers)
    problem(answer, 413, "JSON_TOO_LARGE")


@pytest.mark.parametrize("path", ["/api/statuses", f"/api/keys/{KEY}/revocation", "/api/batches"])
def test_an_unknown_media_type_is_415(api: Api, path: str) -> None:
    answer = api.client.post(path, content=b"x", headers=api.headers("operator") | TEXT)
    problem(answer, 415, "MEDIA_TYPE_UNKNOWN")


def test_a_conflict_is_409(api: Api) -> None:
    headers = api.headers("operator")
    answer = api.client.put(f"/api/policies/{GLN}", json=policy(7), headers=headers)
    problem(answer, 409, "DISCLOSURE_POLICY_VERSION")
    assert api.submit(document(event(1))).status_code == 201
    lifted = {"batch": 1, "kind": "recall_lifted", "reason": "safety"}
    problem(api.client.post("/api/statuses", json=lifted, headers=headers), 409, "NOT_RECALLED")


@pytest.mark.parametrize(("status", "media_type"), [(409, "application/json"), (415, "text/plain")])
def test_a_problem_that_is_not_told_is_noticed(api: Api, status: int, media_type: str) -> None:
    app: Any = api.client.app
    del app.openapi()["paths"]["/api/statuses"]["post"]["responses"][str(status)]
    assert api.submit(document(event(1))).status_code == 201
    value = json.dumps({"batch": 1, "kind": "recall_lifted", "reason": "safety"})
    headers = api.headers("operator") | {"Content-Type": media_type}
    with pytest.raises(AssertionError, match=f"answers {status}, which the OpenAPI document"):
        api.client.post("/api/statuses", content=value, headers=headers)
