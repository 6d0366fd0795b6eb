"""What cannot be is traced anyway and named, by the library and over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from ledger_api.app import create_app
from ledger_api.settings import Settings
from tests.support.api import Api
from tests.support.contradictions import FOUND, SOUND, contradictions
from tests.support.ledger import add_participant
from traceability.ledger.node import Node
from traceability.lineage.balance.asking import balance
from traceability.lineage.journeys import journey
from traceability.lineage.tracing import recall, trace
from traceability.lineage.where import where

LIBRARY: dict[str, Callable[..., Any]] = {
    "trace": trace,
    "recall": recall,
    "journey": journey,
    "where": where,
    "balance": balance,
}


@pytest.fixture
def served(sqlite_node: Node) -> Iterator[Api]:
    """Return a served ledger with what cannot be."""
    participant = add_participant(sqlite_node, gln="9521234567899")
    app = create_app(sqlite_node, Settings())
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        api = Api(sqlite_node, client, participant)
        assert api.submit(contradictions()).status_code == 201
        yield api


def test_what_cannot_be_is_traced_and_named_at_each_surface(served: Api) -> None:
    headers = served.headers("participant")
    for question, code, finding, subject in FOUND:
        with served.node.store.reading() as repositories:
            found = LIBRARY[question](repositories, code).findings
        answer = served.client.get(f"/api/{question}", params={"code": code}, headers=headers)
        assert answer.status_code == 200, answer.text
        for told in ([one.to_json() for one in found], answer.json()["findings"]):
            said = [(one["code"], one["subject"]) for one in told]
            named = subject or next(name for other, name in said if other == finding)
            assert (finding, named) in said, (question, code, said)
            assert all(one["message"] for one in told)
    for question, code in SOUND:
        answer = served.client.get(f"/api/{question}", params={"code": code}, headers=headers)
        odd = {one["code"] for one in answer.json()["findings"]}
        assert not odd & {found for _, _, found, _ in FOUND}, (question, code, odd)
