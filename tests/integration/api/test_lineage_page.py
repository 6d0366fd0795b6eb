"""Questions of lineage by the audit page's form, without a script."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest

from ledger_api.auth import create_api_key
from ledger_api.exports.formats import FORMATS
from tests.integration.api.test_lineage_limits import lot, made
from tests.support.api import Api
from tests.support.ledger import add_participant, document
from tests.support.workbooks import read_workbook

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PAGE = {"Accept": "text/html", "Accept-Language": "en"}


TOLD = {
    "trace": ["Codes and items", "no event says where this came from"],
    "recall": ["Codes and items", lot(2)],
    "journey": ["Steps", "2 Jan 2026"],
    "where": ["Known by", "a lot can be in several places"],
    "holders": [" KGM", "Last told"],
    "balance": ["Unaccounted", "the material does not add up"],
    "across": ["Place of making", lot(1)],
}


@pytest.fixture
def chain(api: Api) -> Api:
    """Return a ledger with three lots, each made of the one before."""
    assert api.submit(document(made(0), made(1))).status_code == 201
    api.node.sequencer.run(close=True)
    return api


def send(api: Api, question: str, *, code: str = lot(0), role: str = "auditor", **more: str) -> Any:
    key = api.headers(role)["Authorization"].removeprefix("Bearer ")
    fields = {"api_key": key, "question": question, "code": code, "format": "page"} | more
    return api.client.post("/audit", data=fields, headers=PAGE)


class TestOnThePage:
    def test_each_question_is_answered(self, chain: Api) -> None:
        for question, told in TOLD.items():
            found = send(chain, question, code=lot(1), key="place")
            assert found.status_code == 200, found.text
            assert found.headers["Cache-Control"] == "no-cache"
            assert 'id="asked"' in found.text
            assert [words for words in told if words not in found.text] == []
            assert '<a class="proof" href="/api/proofs?code=' in found.text

    def test_every_proof_of_an_answer_is_there(self, chain: Api) -> None:
        text = send(chain, "recall").text
        paths = {
            part.split('"')[0] for part in text.split('<a class="proof" href="/api/proofs')[1:]
        }
        assert len(paths) == 3
        for path in paths:
            assert chain.client.get(f"/api/proofs{path}").status_code == 200

    def test_the_key_is_not_in_the_answer(self, chain: Api) -> None:
        key = chain.headers("auditor")["Authorization"].removeprefix("Bearer ")
        sent = {"api_key": key, "question": "trace", "code": lot(0), "format": "page"}
        assert key not in chain.client.post("/audit", data=sent, headers=PAGE).text

    def test_a_code_in_the_address_fills_the_form_and_asks_nothing(self, chain: Api) -> None:
        found = chain.client.get(f"/audit?question=journey&code={lot(0)}", headers=PAGE).text
        assert f'value="{lot(0)}"' in found
        assert '<option value="journey" selected>' in found
        assert 'id="asked"' not in found


class TestFiles:
    def test_each_format_is_a_download_of_what_the_interface_gives(self, chain: Api) -> None:
        headers = chain.headers("auditor")
        for question, (name, form) in product(["recall", "journey"], FORMATS.items()):
            found = send(chain, question, format=name)
            assert found.status_code == 200, found.text
            kept = found.headers["Content-Disposition"]
            assert kept == f'attachment; filename="{question}.{form.suffix}"'
            asked = {"code": lot(0), "format": name}
            same = chain.client.get(f"/api/{question}", params=asked, headers=headers)
            assert found.content == same.content

    def test_the_spreadsheet_opens(self, chain: Api) -> None:
        found = read_workbook(send(chain, "recall", format="fsma204").content)
        assert len(found["Transformation"]) == 5

    def test_rows_and_json_are_downloads_too(self, chain: Api) -> None:
        rows = send(chain, "holders", format="ndjson")
        assert rows.headers["Content-Disposition"] == 'attachment; filename="holders.ndjson"'
        assert "end" in json.loads(rows.text.splitlines()[-1])
        value = send(chain, "balance", format="json")
        assert value.headers["Content-Disposition"] == 'attachment; filename="balance.json"'
        assert value.json()["state"] == "breached"

    def test_a_format_that_a_question_has_not_is_told_on_the_page(self, chain: Api) -> None:
        for question, form in (("where", "csv"), ("balance", "ndjson"), ("trace", "pdf")):
            found = send(chain, question, format=form)
            assert found.status_code == 400
            assert "EXPORT_FORMAT_UNKNOWN" in found.text
            assert "page, json" in found.text


class TestRefusals:
    def test_the_nearest_known_code_is_named(self, chain: Api) -> None:
        found = send(chain, "recall", code=f"{lot(0)[:-1]}l")
        assert found.status_code == 404
        assert "CODE_NOT_TRACED" in found.text
        assert "The nearest known code:" in found.text
        assert f">{lot(0)}</code></a>" in found.text

    def test_a_malformed_code_is_told_on_the_page(self, chain: Api) -> None:
        for form in ("page", "fsma204", "ndjson"):
            found = send(chain, "trace", code="(01)0952123456<b>", format=form)
            assert found.status_code == 400
            assert found.headers["content-type"].startswith("text/html")
            assert "CODE_" in found.text
            assert "<b>" not in found.text

    def test_another_firms_code_is_as_if_unknown(self, chain: Api) -> None:
        other = add_participant(chain.node, gln="9521234500018")
        _, key = create_api_key(chain.node.store, "participant", participant=other, now=0)
        known = send(chain, "trace", api_key=key)
        unknown = send(chain, "trace", code=lot(9), api_key=key)
        assert known.status_code == unknown.status_code == 404
        assert known.text == unknown.text.replace(lot(9), lot(0))

    def test_without_a_key_nothing_is_told(self, chain: Api) -> None:
        found = send(chain, "trace", api_key="")
        assert found.status_code == 401
        assert lot(1) not in found.text

    def test_an_unknown_question_is_refused(self, chain: Api) -> None:
        assert send(chain, "guess").status_code == 400
