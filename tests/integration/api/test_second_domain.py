"""A catch from vessel through processor to retailer, as data: asked for over HTTP."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.api import Api, problem

DOCUMENT = Path(__file__).parents[3] / "docs" / "examples" / "catch.jsonld"


def told() -> dict[str, Any]:
    value: dict[str, Any] = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    return value


def lots(event: int, name: str) -> list[str]:
    found = told()["epcisBody"]["eventList"][event][name]
    return [one["epcClass"] for one in found]


CATCH = lots(0, "quantityList")[0]
FILLETS, OTHER_FILLETS, BY_PRODUCT = lots(5, "outputQuantityList")
PACKS = lots(7, "outputQuantityList")[0]


def asked(api: Api, question: str, code: str, **more: Any) -> dict[str, Any]:
    answer = api.client.get(
        f"/api/{question}", params={"code": code, **more}, headers=api.headers("auditor")
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
def caught(api: Api) -> Api:
    api.submit(told())
    return api


class TestCatch:
    def test_a_pack_on_the_shelf_comes_from_the_vessels_trip(self, caught: Api) -> None:
        assert set(asked(caught, "trace", PACKS)["items"]) == {PACKS, FILLETS, CATCH}

    def test_a_bad_catch_reaches_everything_that_was_made_of_it(self, caught: Api) -> None:
        found = asked(caught, "recall", CATCH)
        assert set(found["items"]) == {CATCH, FILLETS, OTHER_FILLETS, BY_PRODUCT, PACKS}

    def test_its_material_adds_up_to_the_gram(self, caught: Api) -> None:
        found = asked(caught, "balance", CATCH)
        assert (found["state"], found["unit"], found["findings"]) == ("closed", "KGM", [])
        assert (found["input"], found["product"], found["scrap"]) == ("1200", "1120", "80")
        assert found["unaccounted"] == "0"
        packed = next(one for one in found["transformations"] if one["output"] == "480")
        assert packed["outputs"] == [{"code": PACKS, "quantity": "1200", "uom": None}]

    def test_what_the_same_line_made_shares_its_machine(self, caught: Api) -> None:
        found = asked(caught, "across", PACKS, key="machine")
        assert {one["value"] for one in found["causes"]} == {"line-2", "packer-1"}
        assert set(found["items"]) == {FILLETS, OTHER_FILLETS, BY_PRODUCT}

    def test_a_tub_that_was_too_warm_is_found_by_its_temperature(self, caught: Api) -> None:
        warm = asked(caught, "across", PACKS, range="Temperature[CEL]:3..9")
        assert [one.split("/")[3] for one in warm["items"]] == ["00"]
        cold = asked(caught, "across", PACKS, range="Temperature[CEL]:4..9")
        assert cold["items"] == []

    def test_a_loss_is_named(self, api: Api) -> None:
        document = told()
        document["epcisBody"]["eventList"][5]["outputQuantityList"][0]["quantity"] -= 3
        api.submit(document)
        found = asked(api, "balance", CATCH)
        assert found["state"] == "breached"
        codes = {one["code"] for one in found["findings"]}
        assert codes == {"MASS_UNACCOUNTED", "LOT_OVERDRAWN"}
        assert asked(api, "balance", CATCH, tolerance="3 公斤")["state"] == "closed"


class TestBadQuestions:
    @pytest.mark.parametrize(
        ("question", "more", "code"),
        [
            ("balance", {"tolerance": "much"}, "TOLERANCE_INVALID"),
            ("balance", {"tolerance": "3 zorkmid"}, "UNIT_UNKNOWN"),
            ("across", {}, "CAUSE_MISSING"),
            ("across", {"key": "mood"}, "CAUSE_KEY_UNKNOWN"),
            ("across", {"range": "Temperature"}, "CAUSE_RANGE_INVALID"),
            ("across", {"range": "Temperature:9..3"}, "CAUSE_RANGE_INVALID"),
            ("across", {"range": "Temperature[zorkmid]:3..9"}, "UNIT_UNKNOWN"),
            ("across", {"window": "yesterday"}, "CAUSE_WINDOW_INVALID"),
            ("across", {"window": "2026-06-10T00:00:00..2026-06-11T00:00:00"},
             "CAUSE_WINDOW_INVALID"),
        ],
    )  # fmt: skip
    def test_each_is_refused_by_name(
        self, api: Api, question: str, more: dict[str, str], code: str
    ) -> None:
        answer = api.client.get(
            f"/api/{question}", params={"code": CATCH, **more}, headers=api.headers("auditor")
        )
        problem(answer, 400, code)

    @pytest.mark.parametrize("question", ["balance", "across?key=machine&"])
    def test_nobody_asks_without_a_key(self, api: Api, question: str) -> None:
        mark = "" if "?" in question else "?"
        problem(api.client.get(f"/api/{question}{mark}code={CATCH}"), 401, "NOT_AUTHENTICATED")

    def test_an_unknown_code_is_404(self, api: Api) -> None:
        answer = api.client.get(
            "/api/balance", params={"code": CATCH}, headers=api.headers("auditor")
        )
        problem(answer, 404, "CODE_NOT_TRACED")
