"""Lineage over HTTP in the formats that others read."""

from __future__ import annotations

import io
import json
from contextlib import closing
from typing import Any

import pytest
from fastapi.testclient import TestClient

from ledger_api.exports.formats import FORMATS
from tests.support.api import Api, problem
from tests.support.ledger import GTIN, document, event
from tests.support.workbooks import read_workbook
from traceability.ledger.mint import Lot

LOT = f"https://id.gs1.org/01/{GTIN}/10/L1"
QUESTIONS = ["trace", "recall", "journey"]


@pytest.fixture
def lot(api: Api) -> str:
    """Return the code of a lot of three items."""
    api.node.mint(Lot(GTIN, "L1", 3, {"name": "Cable"}), participant=api.participant)
    api.node.sequencer.run(close=True)
    return LOT


def ask(api: Api, question: str, *, role: str = "operator", **sent: Any) -> Any:
    headers = api.headers(role) | sent.pop("headers", {})
    return api.client.get(f"/api/{question}", params=sent, headers=headers)


class TestFormats:
    @pytest.mark.parametrize("question", QUESTIONS)
    def test_each_is_served_under_its_name(self, api: Api, lot: str, question: str) -> None:
        for name, form in FORMATS.items():
            response = ask(api, question, code=lot, format=name)
            assert response.status_code == 200, response.text
            assert response.headers["content-type"].split(";")[0] == form.media_type
            kept = response.headers["content-disposition"]
            assert kept == f'attachment; filename="{question}.{form.suffix}"'
            assert response.content
            assert response.headers["itemproof-truncated"] == "false"
            again = ask(api, question, code=lot, format=name)
            assert again.content == response.content

    def test_each_media_type_leads_to_its_first_format(self, api: Api, lot: str) -> None:
        first: dict[str, str] = {}
        for name, form in FORMATS.items():
            first.setdefault(form.media_type, name)
        for media_type, name in first.items():
            accepted = ask(api, "recall", code=lot, headers={"Accept": media_type})
            assert accepted.content == ask(api, "recall", code=lot, format=name).content

    @pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html", "image/png"])
    def test_json_is_given_where_no_other_is_asked_for(
        self, api: Api, lot: str, accept: str
    ) -> None:
        response = ask(api, "trace", code=lot, headers={"Accept": accept})
        assert response.headers["content-type"] == "application/json"
        assert response.json() == ask(api, "trace", code=lot, format="json").json()

    def test_a_name_goes_before_accept(self, api: Api, lot: str) -> None:
        response = ask(api, "trace", code=lot, format="json", headers={"Accept": "text/csv"})
        assert response.headers["content-type"] == "application/json"

    @pytest.mark.parametrize("name", ["pdf", "", "CSV", "csv,xlsx", "x" * 100])
    def test_another_is_refused_and_the_formats_named(self, api: Api, lot: str, name: str) -> None:
        found = problem(ask(api, "trace", code=lot, format=name), 400, "EXPORT_FORMAT_UNKNOWN")
        assert found["expected"] == ", ".join(FORMATS)
        assert found.get("got", "") == name[:40]

    def test_an_unknown_code_is_no_file(self, api: Api) -> None:
        code = f"https://id.gs1.org/01/{GTIN}/10/NONE"
        problem(ask(api, "trace", code=code, format="csv"), 404, "CODE_NOT_TRACED")

    def test_a_key_is_needed(self, api: Api, lot: str) -> None:
        asked = {"code": lot, "format": "csv"}
        problem(api.client.get("/api/trace", params=asked), 401, "NOT_AUTHENTICATED")


class TestContents:
    def test_a_recall_names_its_items_with_their_proofs(self, api: Api, lot: str) -> None:
        found = ask(api, "recall", code=lot).json()
        rows = read_workbook(ask(api, "recall", code=lot, format="xlsx").content)
        assert [row[0] for row in rows["Items"][1:]] == found["items"]
        elements = json.loads(ask(api, "recall", code=lot, format="cytoscape").content)
        labels = [one["data"]["label"] for one in elements["elements"]["nodes"]]
        assert labels == found["items"]

    def test_the_proofs_that_are_named_are_there(self, api: Api, lot: str) -> None:
        node = json.loads(ask(api, "recall", code=lot, format="cytoscape").content)["elements"]
        for one in node["edges"]:
            path = one["data"]["proof_url"].split("/", 3)[3]
            assert api.client.get(f"/{path}").status_code == 200

    def test_a_journey_has_its_events(self, api: Api) -> None:
        told = event(1)
        api.submit(document(told))
        api.node.sequencer.run(close=True)
        code = told["epcList"][0]
        rows = read_workbook(ask(api, "journey", code=code, format="xlsx").content)
        assert len(rows["Steps"]) == 2
        assert rows["Steps"][1][0] == told["eventTime"]


def test_the_api_description_has_every_media_type_with_an_example(api: Api) -> None:
    described = api.client.get("/openapi.json").json()["paths"]
    for question in QUESTIONS:
        content = described[f"/api/{question}"]["get"]["responses"]["200"]["content"]
        assert {form.media_type for form in FORMATS.values()} <= set(content)
        for media_type, one in content.items():
            assert "example" in one or one["schema"].get("format") == "binary", media_type


def test_an_export_that_fails_sends_nothing(
    api: Api, lot: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_answered: object, target: io.BytesIO) -> None:
        target.write(b"half of it")
        raise OSError("disk full")

    broken = FORMATS["csv"].__class__("csv", "text/csv", "csv", fail)
    monkeypatch.setitem(FORMATS, "csv", broken)
    # Entered, it would start the application once more.
    with closing(TestClient(api.client.app, raise_server_exceptions=False)) as client:
        response = client.get(f"/api/trace?code={lot}&format=csv", headers=api.headers("operator"))
    assert response.status_code == 500
    assert b"half of it" not in response.content
