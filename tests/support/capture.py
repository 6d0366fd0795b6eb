"""An EPCIS client for tests: hand a document over, wait for its job."""

from __future__ import annotations

import json
import time
from typing import Any

from tests.support.api import Api, problem

CAPTURE = "/epcis/capture"
EVENTS = "/epcis/events"
JSON_LD = {"Content-Type": "application/ld+json"}
# A job takes milliseconds; a machine with much else to do may let it wait.
END_SECONDS = 60.0


def posted(
    api: Api,
    path: str,
    value: Any,
    *,
    role: str = "participant",
    headers: dict[str, str] | None = None,
) -> Any:
    """Return the answer to a document, given as bytes or as what is written as JSON."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    named = JSON_LD | api.headers(role) | (headers or {})
    return api.client.post(path, content=body, headers=named)


def asked(
    api: Api, path: str, *, role: str = "participant", headers: dict[str, str] | None = None
) -> Any:
    """Return the answer to a question."""
    return api.client.get(path, headers=api.headers(role) | (headers or {}))


def job_of(api: Api, response: Any, *, role: str = "participant") -> dict[str, Any]:
    """Return the job of an answer once it has ended."""
    assert response.status_code == 202, response.text
    deadline = time.monotonic() + END_SECONDS
    headers = api.headers(role)
    while time.monotonic() < deadline:
        found = api.client.get(response.headers["location"], headers=headers)
        assert found.status_code == 200, found.text
        job: dict[str, Any] = found.json()
        if not job["running"]:
            return job
        time.sleep(0.02)
    raise AssertionError("job does not end")


def captured(api: Api, value: Any, **how: Any) -> dict[str, Any]:
    """Hand a document over and return its ended job."""
    return job_of(api, posted(api, CAPTURE, value, **how), role=how.get("role", "participant"))


def refusal(response: Any, status: int, kind: str, code: str) -> dict[str, Any]:
    """Check that an answer is a problem of the standard's type and our code, and return it."""
    found = problem(response, status, code)
    assert (found["type"], found["status"]) == (f"epcisException:{kind}", status), found
    assert response.headers["gs1-epcis-version"]
    return found


def count_events(api: Api) -> int:
    """Return how many events there are."""
    with api.node.store.reading() as repositories:
        return sum(batch.record_count for batch in repositories.batches.all())
