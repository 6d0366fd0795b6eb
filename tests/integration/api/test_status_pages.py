"""What the pages say of recalls, and a recall by the supplier page's form, without a script."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import Api
from tests.support.ledger import GTIN, add_participant, document, event
from traceability.ledger.mint import Lot

LOT = f"https://id.gs1.org/01/{GTIN}/10/L1"
PAGE = {"Accept": "text/html", "Accept-Language": "en"}


@pytest.fixture
def minted(api: Api) -> Api:
    api.node.mint(Lot(GTIN, "L1", 2, {}), participant=api.participant)
    api.node.sequencer.run(close=True)
    return api


def send(api: Api, kind: str, code: str = LOT, role: str = "participant") -> Any:
    key = api.headers(role)["Authorization"].removeprefix("Bearer ")
    fields = {"api_key": key, "kind": kind, "code": code, "reason": "safety"}
    return api.client.post("/supplier/statuses", data=fields, headers=PAGE)


def page(api: Api, path: str) -> str:
    return str(api.client.get(path, headers=PAGE).text)


def status(api: Api) -> str:
    return str(api.client.get("/api/statuses", params={"code": LOT}).json()["status"])


def test_a_lot_is_recalled_and_the_recall_lifted_by_the_form(minted: Api) -> None:
    assert "chip-status-recalled" not in page(minted, "/audit")
    found = send(minted, "recalled")
    assert found.status_code == 200, found.text
    assert "every page shows it from now on" in found.text
    assert 'chip-status-recalled"' in found.text
    assert status(minted) == "recalled"
    assert "Recalled: do not use" in page(minted, f"/01/{GTIN}/10/L1")
    assert f'<a href="/01/{GTIN}/10/L1">Lot L1</a>' in page(minted, "/audit")
    assert "It was said before, and stands." in send(minted, "recalled").text
    assert send(minted, "recall_lifted", "1").status_code == 200
    assert status(minted) == "current"
    assert page(minted, "/audit").count("chip-status-") == 2


def test_the_form_shows_ones_own_batches_and_changes_nothing(minted: Api) -> None:
    other = add_participant(minted.node)
    found = minted.node.submission.submit(document(event(9)), participant=other)
    assert found.batch is not None
    minted.node.sequencer.run(close=True)
    shown = send(minted, "", "").text
    assert "Lot L1" in shown
    assert shown.count("chip-status-current") == 1
    everything = send(minted, "", "", "operator").text
    assert everything.count("chip-status-current") == 2
    assert status(minted) == "current"


@pytest.mark.parametrize(
    ("sent", "expected", "why"),
    [
        (("recall_lifted", LOT, "participant"), 409, "NOT_RECALLED"),
        (("recalled", LOT + "X", "participant"), 404, "CODE_UNKNOWN"),
        (("recalled", "", "participant"), 400, "CODE_"),
        (("erased", LOT, "participant"), 400, "DECLARATION_INVALID"),
        (("recalled", LOT, "auditor"), 403, "API_ROLE_MISSING"),
    ],
)
def test_what_the_form_cannot_say_is_refused(
    minted: Api, sent: tuple[str, str, str], expected: int, why: str
) -> None:
    found = send(minted, *sent)
    assert (found.status_code, why in found.text) == (expected, True), found.text
    assert status(minted) == "current"


def test_nobody_recalls_what_is_anothers(minted: Api) -> None:
    other = Api(minted.node, minted.client, add_participant(minted.node))
    found = send(other, "recalled")
    assert (found.status_code, "STATUS_NOT_ALLOWED" in found.text) == (403, True)
    fields = {"kind": "recalled", "code": LOT, "reason": "safety"}
    found = minted.client.post("/supplier/statuses", data=fields, headers=PAGE)
    assert (found.status_code, "NOT_AUTHENTICATED" in found.text) == (401, True)
    assert status(minted) == "current"


def test_the_list_of_statuses_names_no_item(minted: Api) -> None:
    with minted.node.store.reading() as repositories:
        (item, _) = repositories.items.between(1, 1, 3)
    assert send(minted, "recalled", f"{LOT}/21/{item.serial}").status_code == 200
    text = page(minted, "/audit")
    assert "Batch 1, records 1" in text
    assert item.serial not in text
    assert "1 of its records are recalled" in send(minted, "", "").text
