"""What the code of an erased item still says: over HTTP and on its page."""

from __future__ import annotations

import pytest

from tests.integration.api.test_statuses import RECALL, declare, erase, status
from tests.support.api import Api, problem
from tests.support.ledger import GTIN, document, event
from traceability.ledger.mint import Lot


class TestErasedItem:
    @pytest.fixture
    def code(self, api: Api) -> str:
        """Return the code of an item that was recalled, then erased; an event names it, too."""
        api.node.mint(Lot(GTIN, "L1", 1, {}), participant=api.participant)
        api.node.sequencer.run(close=True)
        with api.node.store.reading() as repositories:
            (item,) = repositories.items.between(1, 1, 2)
        code = f"https://id.gs1.org/01/{GTIN}/10/L1/21/{item.serial}"
        assert api.submit(document(event(0, epcList=[code]))).status_code == 201
        assert declare(api, {**RECALL, "code": code}).status_code == 201
        assert erase(api, {"code": code}).status_code == 200
        api.node.sequencer.run(close=True)
        return code

    def test_its_code_still_says_that_it_was_recalled_and_erased(self, api: Api, code: str) -> None:
        found = status(api, code)
        assert found["status"] == "recalled"
        assert [one["kind"] for one in found["history"]] == ["recalled", "erased"]
        assert found["history"][1]["basis"] == "consent_withdrawn"
        item = api.client.get(f"/api/items/{code}").json()
        assert (item["kind"], item["status"], item["erased"]) == ("item", "recalled", True)
        assert item["proof_url"] is None
        assert item["history"] == found["history"]
        problem(api.client.get("/api/proofs", params={"code": code}), 404, "RECORD_ERASED")

    @pytest.mark.parametrize(
        ("language", "recalled", "erased"),
        [
            ("en", "Recalled: do not use", "The record of this item was erased"),
            ("zh", "已召回", "这件物品的记录已被删除"),
        ],
    )
    def test_its_page_warns_and_says_so(
        self, api: Api, code: str, language: str, recalled: str, erased: str
    ) -> None:
        path = code.removeprefix("https://id.gs1.org")
        answer = api.client.get(path, params={"lang": language}, headers={"Accept": "text/html"})
        assert answer.status_code == 410
        assert answer.text.index(recalled) < answer.text.index(erased)
        assert "data-check-line" not in answer.text
        other = api.client.get(f"{path}9", params={"lang": language})
        assert other.status_code == 404
        assert erased not in other.text
