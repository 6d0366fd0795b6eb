"""The OpenAPI document against the application: whatever is asked, no answer is a 5xx."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from starlette.testclient import TestClient

from ledger_api.app import create_app
from ledger_api.auth import create_api_key
from ledger_api.settings import Settings
from tests.support.ledger import GTIN, add_participant, document, event, opened_node
from traceability.ledger.mint import Lot
from traceability.store.engine import open_engine
from traceability.store.migrate import upgrade


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, dict[str, str]]]:
    """Return an application with a little in its ledger, and an operator's headers."""
    folder: Path = tmp_path_factory.mktemp("openapi")
    url = f"sqlite:///{folder / 'ledger.sqlite'}"
    upgrade(engine := open_engine(url))
    engine.dispose()
    with opened_node(url, folder) as node:
        participant = add_participant(node, gln="9521234567899")
        node.submission.submit(document(event(1)), participant=participant)
        node.mint(Lot(GTIN, "L1", 3, {}), participant=participant)
        node.sequencer.run(close=True)
        _, token = create_api_key(node.store, "operator", participant=None, now=0)
        yield create_app(node, Settings()), {"Authorization": f"Bearer {token}"}


def test_nothing_that_is_read_answers_with_5xx(served: tuple[Any, dict[str, str]]) -> None:
    app, headers = served
    interface = schemathesis.openapi.from_asgi("/openapi.json", app)
    operations = [result.ok() for result in interface.get_all_operations()]
    reading = [operation for operation in operations if operation.method.upper() == "GET"]
    assert len(reading) > 10

    for operation in reading:

        @settings(
            max_examples=15,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def check(case: Any) -> None:
            response = case.call(headers=headers)
            assert response.status_code < 500, f"{case.method} {case.path}: {response.text}"

        check()


def test_the_example_is_accepted(served: tuple[Any, dict[str, str]]) -> None:
    app, headers = served
    body = app.openapi()["paths"]["/api/batches"]["post"]["requestBody"]["content"]
    with TestClient(create_app(app.state.services.node, Settings())) as client:
        example = body["application/ld+json"]["example"]
        assert client.post("/api/batches", json=example, headers=headers).status_code == 201


def test_the_example_of_a_status_is_accepted(served: tuple[Any, dict[str, str]]) -> None:
    app, headers = served
    body = app.openapi()["paths"]["/api/statuses"]["post"]["requestBody"]["content"]
    with TestClient(create_app(app.state.services.node, Settings())) as client:
        example = body["application/json"]["example"]
        assert client.post("/api/statuses", json=example, headers=headers).status_code == 201


def test_the_example_of_an_erasure_is_a_trial(served: tuple[Any, dict[str, str]]) -> None:
    app, headers = served
    body = app.openapi()["paths"]["/api/erasures"]["post"]["requestBody"]["content"]
    with TestClient(create_app(app.state.services.node, Settings())) as client:
        example = body["application/json"]["example"]
        answer = client.post("/api/erasures", json=example, headers=headers)
        assert (answer.status_code, answer.json()["erased"]) == (200, False)


@pytest.mark.parametrize("path", ["/api/mock-recalls", "/api/recalls"])
def test_the_example_of_a_recall_is_accepted(served: tuple[Any, dict[str, str]], path: str) -> None:
    app, headers = served
    body = app.openapi()["paths"][path]["post"]["requestBody"]["content"]
    with TestClient(create_app(app.state.services.node, Settings())) as client:
        answer = client.post(path, json=body["application/json"]["example"], headers=headers)
        assert answer.status_code == 200
        assert answer.json()["figures"][0]["found"] == 3


def test_every_operation_says_what_it_is(served: tuple[Any, dict[str, str]]) -> None:
    for path, methods in served[0].openapi()["paths"].items():
        for method, operation in methods.items():
            assert operation.get("summary"), f"{method} {path}"
            assert operation.get("tags"), f"{method} {path}"
            assert "422" not in operation["responses"], f"{method} {path}"


def test_the_readme_names_every_address(served: tuple[Any, dict[str, str]]) -> None:
    app, _ = served
    text = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    addresses = {"/".join(path.split("/")[:3]) for path in app.openapi()["paths"]}
    assert "/api/trace" in addresses
    missing = {one for one in addresses if f"`{one}" not in text and f"`POST {one}" not in text}
    assert missing == set()
