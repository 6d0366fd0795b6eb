"""Pages of `where` and `holders`."""

from __future__ import annotations

from typing import Any

import pytest

from ledger_api.lineage.paging import WHOLE, CursorInvalid, Page, paged

LOT, PLACE, FIRM, OTHER = "lot", "place", "firm", "other"


def edge(to: str, relation: str, event: str) -> dict[str, str]:
    return {"from": LOT, "to": to, "relation": relation, "event_id": event, "proof_url": "/p"}


def answer(**members: Any) -> dict[str, Any]:
    plain = {"code": LOT, "items": [LOT], "findings": [], "statuses": [], "truncated": False}
    return plain | members


def where(boxes: int) -> dict[str, Any]:
    inside = [{"code": f"box {n}", "level": n, "event_id": f"e{n}"} for n in range(1, boxes + 1)]
    edges = [edge(PLACE, "location", "e0"), edge(FIRM, "holder", "e1")]
    edges += [edge(one["code"], "containment", one["event_id"]) for one in inside]
    codes = [LOT, *(one["code"] for one in inside)]
    return answer(items=codes, location={}, holder={}, inside=inside, edges=edges)


def holders() -> dict[str, Any]:
    shares = [{"holder": firm, "items": 3, "event_id": "e1"} for firm in (FIRM, OTHER)]
    shares.append({"holder": None, "items": 1, "event_id": None})
    amounts = [{"holder": firm, "quantity": "5", "event_id": "e2"} for firm in (FIRM, FIRM)]
    edges = [edge(FIRM, "holder", "e1"), edge(OTHER, "holder", "e1"), edge(FIRM, "holder", "e2")]
    return answer(item_count=7, holders=shares, quantities=amounts, edges=edges)


def pages(found: dict[str, Any], limit: int) -> list[dict[str, Any]]:
    """Return all pages, each asked for by the one before."""
    told, cursor = [], None
    while not told or cursor:
        told.append(paged(found, Page(limit, cursor)))
        cursor = told[-1]["next"]
    return told


class TestHolders:
    @pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 9])
    def test_all_pages_together_are_the_answer(self, limit: int) -> None:
        found = holders()
        told = pages(found, limit)
        for name in ("holders", "quantities", "edges"):
            assert [one for page in told for one in page[name]] == found[name]
        assert [page["truncated"] for page in told] == [True] * (len(told) - 1) + [False]
        assert all(len(page["holders"] + page["quantities"]) <= limit for page in told)

    def test_a_page_says_how_much_there_is(self) -> None:
        page = paged(holders(), Page(2))
        assert page["total"] == {"items": 1, "edges": 3, "holders": 3, "quantities": 2}
        assert (page["item_count"], page["items"]) == (7, [LOT])

    def test_who_asks_for_no_page_gets_everything(self) -> None:
        assert paged(holders(), WHOLE) == holders()

    @pytest.mark.parametrize("name", ["holders", "quantities"])
    def test_a_cursor_of_other_lines_is_refused(self, name: str) -> None:
        cursor = paged(holders(), Page(2))["next"]
        other = holders()
        other[name][0]["event_id"] = "e1" if name == "quantities" else "e2"
        with pytest.raises(CursorInvalid, match="another answer"):
            paged(other, Page(2, cursor))


class TestWhere:
    @pytest.mark.parametrize("limit", [1, 2, 5])
    def test_containers_are_paged(self, limit: int) -> None:
        found = where(3)
        told = pages(found, limit)
        assert [one for page in told for one in page["inside"]] == found["inside"]
        inside = [one["to"] for page in told for one in page["edges"] if "box" in one["to"]]
        assert inside == ["box 1", "box 2", "box 3"]

    def test_place_and_holder_are_on_every_page(self) -> None:
        for page in pages(where(3), 1):
            assert {one["to"] for one in page["edges"]} >= {PLACE, FIRM}
            assert page["items"][0] == LOT

    def test_what_is_in_nothing_has_one_page(self) -> None:
        page = paged(where(0), Page(1))
        assert (page["next"], page["truncated"]) == (None, False)
