"""Evidence bundles over HTTP: whole, for auditors, bounded."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from ledger_api.evidence import endpoints
from tests.support.api import Api, problem
from tests.support.ledger import GTIN, document, event

CODE = f"https://id.gs1.org/01/{GTIN}/21/S0"


@pytest.fixture
def logged(api: Api) -> Api:
    """Return a ledger with two events of one code."""
    assert api.submit(document(event(0), event(0, bizStep="receiving"))).status_code == 201
    api.node.sequencer.run(close=True)
    return api


def get(api: Api, role: str = "auditor", **asked: Any) -> Any:
    return api.client.get("/api/evidence", params=asked, headers=api.headers(role))


def test_of_a_code_is_a_whole_zip(logged: Api) -> None:
    answer = get(logged, code=CODE)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert int(answer.headers["content-length"]) == len(answer.content)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert "proofs/0000002.json" in archive.namelist()


def test_of_a_batch(logged: Api) -> None:
    assert get(logged, batch=1).status_code == 200


def test_is_for_auditors_only(logged: Api) -> None:
    problem(get(logged, "participant", code=CODE), 403, "API_ROLE_MISSING")
    problem(logged.client.get("/api/evidence", params={"code": CODE}), 401, "NOT_AUTHENTICATED")


def test_faults_are_told_before_anything_is_sent(logged: Api) -> None:
    problem(get(logged, code="urn:no:such"), 404, "CODE_UNKNOWN")
    problem(get(logged), 400, "EVIDENCE_CHOICE_INVALID")
    problem(get(logged, code=CODE, batch=1), 400, "EVIDENCE_CHOICE_INVALID")


def test_too_many_records_are_refused(logged: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "MAX_RECORDS", 1)
    problem(get(logged, code=CODE), 400, "EVIDENCE_TOO_LARGE")
