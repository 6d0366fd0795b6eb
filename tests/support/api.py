"""The application over a test ledger, with a client for each role."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from starlette.testclient import TestClient

from ledger_api.app import create_app
from ledger_api.auth import create_api_key
from ledger_api.settings import Settings
from tests.support.described import requires_described
from tests.support.ledger import add_participant
from traceability.ledger.node import Node


@dataclass(frozen=True, slots=True)
class Api:
    """A served ledger: a client without a key, and headers for those who have one."""

    node: Node
    client: TestClient
    participant: bytes

    def headers(self, role: str) -> dict[str, str]:
        owner = self.participant if role == "participant" else None
        _, token = create_api_key(self.node.store, role, participant=owner, now=0)
        return {"Authorization": f"Bearer {token}", "Accept-Language": "en"}

    def submit(self, value: Any, *, role: str = "participant") -> Any:
        return self.client.post("/api/batches", json=value, headers=self.headers(role))


@pytest.fixture
def api(node: Node) -> Iterator[Api]:
    """Return the application, once on each database."""
    participant = add_participant(node, gln="9521234567899")
    app = create_app(node, Settings())
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        client.event_hooks = {"response": [requires_described(app)]}
        yield Api(node, client, participant)


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    """Check that an answer is a problem with words for its code, and return it."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    found: dict[str, Any] = response.json()
    assert (response.status_code, found["code"]) == (status, code), found
    assert found["title"]
    assert found["remedy"]
    return found
