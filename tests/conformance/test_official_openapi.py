"""Every operation of the official OpenAPI file that is served answers as that file allows.

The file's own faults are named where they are met: `REPAIRS`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jsonschema_rs
import pytest
from starlette.testclient import TestClient

from ledger_api.app import create_app
from ledger_api.settings import Settings
from tests.support.api import Api
from tests.support.capture import job_of
from tests.support.ledger import add_participant, document, event, opened_node
from traceability.store.engine import open_engine
from traceability.store.migrate import upgrade

pytestmark = pytest.mark.conformance_data

UUID = "urn:uuid:1b4e28ba-2fa1-11d2-883f-0016d3cca427"
CONTEXT = document()["@context"]
SERVED = ("/", "/capture", "/capture/{captureID}", "/events", "/events/{eventID}")

Asking = Callable[["Asker"], Any]


class Asker:
    """Sends the requests that lead to each answer."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.numbers = iter(range(1, 10_000))

    def send(self, method: str, path: str, *, role: str | None = "participant", **more: Any) -> Any:
        headers = {} if role is None else self.api.headers(role)
        headers |= more.pop("headers", {})
        return self.api.client.request(method, f"/epcis{path}", headers=headers, **more)

    def bare(self, **changes: Any) -> dict[str, Any]:
        return {"@context": CONTEXT, **event(next(self.numbers), **changes)}

    def captured(self) -> str:
        response = self.send("POST", "/capture", json=document(event(next(self.numbers))))
        job_of(self.api, response)
        return str(response.headers["location"]).removeprefix("/epcis")

    def failed(self) -> str:
        faulty = document(event(next(self.numbers), eventTime="2026-05-01"))
        response = self.send("POST", "/capture", json=faulty)
        job_of(self.api, response)
        return str(response.headers["location"]).removeprefix("/epcis")

    def recorded(self, **changes: Any) -> str:
        response = self.send("POST", "/events", json=self.bare(**changes))
        return str(response.headers["location"]).removeprefix("/epcis")


TEXT = {"headers": {"Content-Type": "text/plain"}, "content": b"x"}
JSON = {"Content-Type": "application/json"}
BAD_ACCEPT = {"headers": {"Accept": "text/csv"}}
OLD = {"headers": {"GS1-EPCIS-Version": "9.9"}}
LARGE = {"headers": JSON, "content": b"x" * (64 * 2**20 + 1)}
MANY = {"headers": JSON, "content": b"[" + b"1," * 2_000_000 + b"1]"}

# Path, method, the status it is to have, and how it is asked for.
CASES: list[tuple[str, str, int, Asking]] = [
    ("/", "options", 204, lambda a: a.send("OPTIONS", "/")),
    ("/", "get", 200, lambda a: a.send("GET", "/")),
    ("/", "get", 406, lambda a: a.send("GET", "/", **BAD_ACCEPT)),
    ("/capture", "options", 204, lambda a: a.send("OPTIONS", "/capture")),
    ("/capture", "post", 202, lambda a: a.send("POST", "/capture", json=document(a.bare()))),
    ("/capture", "post", 400, lambda a: a.send("POST", "/capture", json={})),
    ("/capture", "post", 400, lambda a: a.send("POST", "/capture", headers=JSON, content=b"{")),
    ("/capture", "post", 401, lambda a: a.send("POST", "/capture", role=None, json={})),
    ("/capture", "post", 403, lambda a: a.send("POST", "/capture", role="auditor", json={})),
    ("/capture", "post", 406, lambda a: a.send("POST", "/capture", json={}, **OLD)),
    ("/capture", "post", 413, lambda a: a.send("POST", "/capture", **MANY)),
    ("/capture", "post", 415, lambda a: a.send("POST", "/capture", **TEXT)),
    ("/capture", "get", 200, lambda a: (a.captured(), a.failed(), a.send("GET", "/capture"))[-1]),
    ("/capture", "get", 401, lambda a: a.send("GET", "/capture", role=None)),
    ("/capture", "get", 406, lambda a: a.send("GET", "/capture", **BAD_ACCEPT)),
    ("/capture/{captureID}", "options", 204, lambda a: a.send("OPTIONS", "/capture/x")),
    ("/capture/{captureID}", "get", 200, lambda a: a.send("GET", a.captured())),
    ("/capture/{captureID}", "get", 200, lambda a: a.send("GET", a.failed())),
    ("/capture/{captureID}", "get", 401, lambda a: a.send("GET", "/capture/x", role=None)),
    ("/capture/{captureID}", "get", 404, lambda a: a.send("GET", "/capture/x")),
    ("/capture/{captureID}", "get", 406, lambda a: a.send("GET", a.captured(), **BAD_ACCEPT)),
    ("/events", "options", 204, lambda a: a.send("OPTIONS", "/events")),
    ("/events", "get", 200, lambda a: a.send("GET", "/events")),
    ("/events", "get", 200, lambda a: (a.captured(), a.send("GET", "/events?perPage=1"))[-1]),
    ("/events", "get", 401, lambda a: a.send("GET", "/events", role=None)),
    ("/events", "get", 406, lambda a: a.send("GET", "/events", **BAD_ACCEPT)),
    ("/events", "get", 414, lambda a: a.send("GET", f"/events?a={'x' * 9000}")),
    ("/events", "post", 201, lambda a: a.send("POST", "/events", json=a.bare())),
    ("/events", "post", 400, lambda a: a.send("POST", "/events", json=a.bare(action="NO"))),
    ("/events", "post", 401, lambda a: a.send("POST", "/events", role=None, json={})),
    ("/events", "post", 403, lambda a: a.send("POST", "/events", role="auditor", json={})),
    ("/events", "post", 406, lambda a: a.send("POST", "/events", json={}, **OLD)),
    (
        "/events",
        "post",
        409,
        lambda a: (a.recorded(eventID=UUID), a.send("POST", "/events", json=a.bare(eventID=UUID)))[
            -1
        ],
    ),
    ("/events", "post", 413, lambda a: a.send("POST", "/events", **LARGE)),
    ("/events", "post", 415, lambda a: a.send("POST", "/events", **TEXT)),
    ("/events/{eventID}", "options", 204, lambda a: a.send("OPTIONS", "/events/x")),
    ("/events/{eventID}", "get", 200, lambda a: a.send("GET", a.recorded())),
    ("/events/{eventID}", "get", 401, lambda a: a.send("GET", "/events/x", role=None)),
    ("/events/{eventID}", "get", 404, lambda a: a.send("GET", f"/events/{quote(UUID)}0")),
    ("/events/{eventID}", "get", 406, lambda a: a.send("GET", a.recorded(), **BAD_ACCEPT)),
]


@pytest.fixture(scope="module")
def official(conformance_data: Path) -> dict[str, Any]:
    path = conformance_data / "epcis/gs1/REST Bindings/openapi.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    for repair in REPAIRS:
        repair(found["components"])
    return found


def _either_errors_or_file(components: dict[str, Any]) -> None:
    """Take one of two shapes as either: neither has a required member, so each job fits both."""
    job = components["schemas"]["CaptureJob"]["allOf"][1]
    job["anyOf"] = job.pop("oneOf")


def _status_of_conflict(components: dict[str, Any]) -> None:
    """Give the problem of a 409 the status 409; the file says 406."""
    content = components["responses"]["409ResourceAlreadyExistsException"]["content"]
    for kind in content.values():
        kind["schema"]["allOf"][0]["properties"]["status"]["enum"] = [409]


REPAIRS: list[Callable[[dict[str, Any]], None]] = [_either_errors_or_file, _status_of_conflict]


@pytest.fixture(scope="module")
def asker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    folder = tmp_path_factory.mktemp("official")
    url = f"sqlite:///{folder / 'ledger.sqlite'}"
    upgrade(engine := open_engine(url))
    engine.dispose()
    with opened_node(url, folder) as node:
        participant = add_participant(node, gln="9521234567899")
        with TestClient(create_app(node, Settings()), base_url="http://localhost") as client:
            yield Asker(Api(node, client, participant))


def resolved(official: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference within the file."""
    while "$ref" in value:
        found: Any = official
        for step in value["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        value = found
    return value


def check(official: dict[str, Any], schema: dict[str, Any], value: Any) -> None:
    """Hold a value against a schema of the file."""
    whole = {"allOf": [schema], "components": official["components"]}
    validator = jsonschema_rs.Draft4Validator(whole, validate_formats=True)
    assert not [str(error) for error in validator.iter_errors(value)], value


@pytest.mark.parametrize("case", CASES, ids=[f"{case[1]} {case[0]} {case[2]}" for case in CASES])
def test_answers_as_it_may(
    official: dict[str, Any], asker: Asker, case: tuple[str, str, int, Asking]
) -> None:
    path, method, status, ask = case
    response = ask(asker)
    assert response.status_code == status, response.text
    operation = official["paths"][path][method]
    assert str(status) in operation["responses"]
    allowed = resolved(official, operation["responses"][str(status)])
    for name, header in allowed.get("headers", {}).items():
        text = response.headers.get(name)
        if text is None:
            assert name in ("Link", "GS1-Next-Page-Token-Expires", "GS1-CBV-XML-Format"), name
            continue
        schema = resolved(official, header)["schema"]
        check_header(official, resolved(official, schema), name, text)
    if "content" not in allowed:
        return
    kind = response.headers["content-type"]
    assert kind in allowed["content"]
    check(official, allowed["content"][kind]["schema"], response.json())


def check_header(official: dict[str, Any], schema: dict[str, Any], name: str, text: str) -> None:
    """Hold a header against its schema; a Link is no URI, though its schema says so."""
    if name == "Link":
        assert text.endswith('; rel="next"')
    elif schema.get("type") == "integer":
        check(official, schema, int(text))
    elif schema.get("type") == "object":
        check(official, schema, dict(part.split("=", 1) for part in text.split(",")))
    else:
        check(official, schema, text)


def test_every_served_operation_is_asked(official: dict[str, Any]) -> None:
    asked = {(path, method) for path, method, _, _ in CASES}
    methods = ("get", "post", "put", "delete", "options")
    listed = {
        (path, method) for path in SERVED for method in official["paths"][path] if method in methods
    }
    assert asked == listed


def test_each_status_of_a_capture_is_met(official: dict[str, Any]) -> None:
    met = {
        str(status) for path, method, status, _ in CASES if (path, method) == ("/capture", "post")
    }
    # 500 is what this node must not answer with.
    assert met | {"500"} == set(official["paths"]["/capture"]["post"]["responses"])
