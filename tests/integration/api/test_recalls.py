"""`/api/mock-recalls`, `/api/recalls` and the form of the supplier page."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from ledger_api.recalls.asking import check_folder
from tests.support.api import Api, problem
from tests.support.disclosure import PARTNER_GLN, policy, put
from tests.support.ledger import GTIN, add_participant, document, event
from traceability.hashing.ed25519 import SigningKey
from traceability.verify.trust import load_trust

ITEM = f"https://id.gs1.org/01/{GTIN}/21/S1"
ZIP = {"Accept": "application/zip"}


@pytest.fixture
def seen(api: Api) -> Api:
    found = api.submit(document(event(1), event(2)))
    assert found.status_code == 201, found.text
    api.node.write_trust()
    return api


def ask(
    api: Api, value: Any, *, role: str = "operator", path: str = "mock-recalls", **more: str
) -> Any:
    headers = {**api.headers(role), **more}
    return api.client.post(f"/api/{path}", json=value, headers=headers)


def status(api: Api) -> str:
    found = api.client.get("/api/statuses", params={"code": ITEM}).json()
    return str(found["status"])


def unpacked(data: bytes, folder: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        archive.extractall(folder)
    return folder / "report"


def test_an_exercise_is_reported_and_changes_nothing(seen: Api) -> None:
    answer = ask(seen, {"code": ITEM, "target_minutes": 10})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["type"], found["passed"], found["target"]["minutes"]) == ("mock-recall", True, 10)
    (line,) = found["lines"]
    assert (line["code"], line["state"]) == (ITEM, "in_transit")
    assert line["proof_url"].endswith(f"/api/proofs?code={line['record']}")
    assert status(seen) == "current"


def test_the_zip_is_the_signed_folder(seen: Api, tmp_path: Path) -> None:
    answer = ask(seen, {"code": ITEM}, **ZIP)
    assert answer.headers["content-type"] == "application/zip"
    folder = unpacked(answer.content, tmp_path)
    manifest = check_folder(folder, load_trust(seen.node.trust_file))
    assert json.loads((folder / "report.json").read_bytes())["code"] == manifest.summary["code"]
    assert not list(seen.node.data_dir.glob(".recall-*"))


def test_a_participants_own_key_signs_where_the_node_holds_it(seen: Api, tmp_path: Path) -> None:
    answer = ask(seen, {"code": ITEM}, role="participant", **ZIP)
    manifest = check_folder(unpacked(answer.content, tmp_path), load_trust(seen.node.trust_file))
    assert manifest.author is not None
    assert manifest.author.participant == seen.participant


def test_who_keeps_its_key_has_the_operators_signature(seen: Api, tmp_path: Path) -> None:
    partner = add_participant(seen.node, key=SigningKey.generate(), gln=PARTNER_GLN)
    put(seen.node, seen.participant, policy(partners=[PARTNER_GLN]))
    other = Api(seen.node, seen.client, partner)
    answer = ask(other, {"code": ITEM}, role="participant", **ZIP)
    manifest = check_folder(unpacked(answer.content, tmp_path), load_trust(seen.node.trust_file))
    assert manifest.author is None
    problem(
        ask(other, {"code": ITEM, "reason": "safety"}, role="participant", path="recalls"),
        403,
        "KEY_UNKNOWN",
    )


def test_a_recall_marks_the_records_once(seen: Api) -> None:
    value = {"code": ITEM, "reason": "safety"}
    first = ask(seen, value, path="recalls")
    assert first.status_code == 200, first.text
    assert status(seen) == "recalled"
    (said,) = first.json()["said"]
    (again,) = ask(seen, value, path="recalls").json()["said"]
    assert (said["repeated"], again["repeated"]) == (False, True)
    assert said["entry_hash"] == again["entry_hash"]


@pytest.mark.parametrize(
    ("value", "status_code", "code"),
    [
        ({"code": f"(01){GTIN}(10)NONE"}, 404, "CODE_NOT_TRACED"),
        ({"code": "(01)09521234567890(10)X"}, 400, "CODE_CHECK_DIGIT"),
        ({}, 400, "RECALL_REQUEST_INVALID"),
        ({"code": 7}, 400, "RECALL_REQUEST_INVALID"),
        ({"code": ITEM, "more": "x"}, 400, "RECALL_REQUEST_INVALID"),
        ({"code": ITEM, "reason": "safety"}, 400, "RECALL_REQUEST_INVALID"),
        ({"code": ITEM, "asked": "yesterday"}, 400, "RECALL_REQUEST_INVALID"),
        ({"code": ITEM, "asked": "2999-01-01"}, 400, "RECALL_REQUEST_INVALID"),
        ({"code": ITEM, "target_minutes": "soon"}, 400, "RECALL_TARGET_INVALID"),
        ({"code": ITEM, "tolerance": "much"}, 400, "TOLERANCE_INVALID"),
    ],
)
def test_what_cannot_be_asked_is_told(seen: Api, value: Any, status_code: int, code: str) -> None:
    problem(ask(seen, value), status_code, code)


def test_a_recall_needs_a_reason_and_a_key(seen: Api) -> None:
    problem(ask(seen, {"code": ITEM}, path="recalls"), 400, "RECALL_REQUEST_INVALID")
    problem(ask(seen, {"code": ITEM}, role="auditor"), 403, "API_ROLE_MISSING")
    problem(seen.client.post("/api/mock-recalls", json={"code": ITEM}), 401, "NOT_AUTHENTICATED")
    assert status(seen) == "current"


class TestPage:
    def send(self, api: Api, **changes: str) -> Any:
        key = api.headers("participant")["Authorization"].removeprefix("Bearer ")
        return api.client.post(
            "/supplier/mock-recall?lang=en", data={"api_key": key, "code": ITEM, **changes}
        )

    def test_the_form_answers_with_the_report(self, seen: Api, tmp_path: Path) -> None:
        answer = self.send(seen)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
        assert "mock-recall.zip" in answer.headers["content-disposition"]
        check_folder(unpacked(answer.content, tmp_path), load_trust(seen.node.trust_file))

    @pytest.mark.parametrize(
        ("changes", "status_code", "code"),
        [
            ({"api_key": "itemproof_x"}, 401, "NOT_AUTHENTICATED"),
            ({"code": f"(01){GTIN}(10)NONE"}, 404, "CODE_NOT_TRACED"),
            ({"target_minutes": "soon"}, 400, "RECALL_TARGET_INVALID"),
        ],
    )
    def test_what_was_wrong_is_on_the_page(
        self, seen: Api, changes: dict[str, str], status_code: int, code: str
    ) -> None:
        answer = self.send(seen, **changes)
        assert (answer.status_code, answer.headers["content-type"]) == (
            status_code,
            "text/html; charset=utf-8",
        )
        assert code in answer.text
        assert "Nothing was changed" in answer.text

    def test_the_page_leads_from_the_recall_to_its_rehearsal(self, seen: Api) -> None:
        text = seen.client.get("/supplier?lang=zh").text
        assert 'href="#rehearse"' in text
        assert "演练召回" in text
