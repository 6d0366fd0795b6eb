"""Limits, rights, pages and rows of lineage over HTTP, on both databases."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest

from ledger_api.auth import create_api_key
from ledger_api.exports.exporting import HOW
from ledger_api.lineage import limiting
from tests.support.api import Api, problem
from tests.support.disclosure import PARTNER_GLN, policy, put, rule
from tests.support.ledger import add_participant, document, event
from traceability.codes.keys import check_digit
from traceability.lineage.results import Limits

QUESTIONS = ("trace", "recall", "journey", "where", "holders")
ALL_QUESTIONS = (*QUESTIONS, "balance", "across", "mock-recalls")
PLANT = "https://id.gs1.org/414/9521234567899"
PARTY = f"https://id.gs1.org/417/{PARTNER_GLN}"


def lot(number: int) -> str:
    body = f"9521234567{number:03d}".rjust(13, "0")
    return f"https://id.gs1.org/01/{body}{check_digit(body)}/10/L"


def made(number: int, **changes: Any) -> dict[str, Any]:
    """Return an event that makes one lot of another, an hour later than the last."""
    members = {
        "type": "TransformationEvent",
        "readPoint": {"id": f"{PLANT}/254/LINE1"},
        "action": None,
        "epcList": None,
        "eventTime": f"2026-01-02T{number:02d}:00:00.000Z",
        "bizStep": "commissioning",
        "inputQuantityList": [{"epcClass": lot(number), "quantity": 5, "uom": "KGM"}],
        "outputQuantityList": [{"epcClass": lot(number + 1), "quantity": 4, "uom": "KGM"}],
    }
    return event(number, **(members | changes))


@pytest.fixture
def chain(api: Api) -> Api:
    """Return a ledger with five lots, each made of the one before; the last goes to a partner."""
    handed = {"destinationList": [{"type": "possessing_party", "destination": PARTY}]}
    events = [
        made(0, bizLocation={"id": PLANT}),
        made(1),
        made(2, bizStep="packing"),
        made(3, **handed),
    ]
    assert api.submit(document(*events)).status_code == 201
    api.node.sequencer.run(close=True)
    return api


def ask(api: Api, question: str, headers: dict[str, str] | None = None, **asked: Any) -> Any:
    headers = api.headers("participant") if headers is None else headers
    return api.client.get(f"/api/{question}", params=asked, headers=headers)


def ask_any(api: Api, question: str, headers: dict[str, str], code: str) -> Any:
    """Ask any question that lineage answers, recalls among them."""
    if question == "mock-recalls":
        return api.client.post("/api/mock-recalls", json={"code": code}, headers=headers)
    more = {"key": "place"} if question == "across" else {}
    return ask(api, question, headers, code=code, **more)


def partner(api: Api, gln: str = PARTNER_GLN) -> dict[str, str]:
    """Return the headers of another participant."""
    other = add_participant(api.node, gln=gln)
    _, token = create_api_key(api.node.store, "participant", participant=other, now=0)
    return {"Authorization": f"Bearer {token}", "Accept-Language": "en"}


def items(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    found: list[str] = answer.json()["items"]
    return found


class TestLimits:
    def test_without_limits_everything_is_reached(self, chain: Api) -> None:
        assert items(ask(chain, "recall", code=lot(0))) == [lot(number) for number in range(5)]

    def test_by_depth(self, chain: Api) -> None:
        answer = ask(chain, "recall", code=lot(0), depth=2)
        assert items(answer) == [lot(number) for number in range(3)]
        assert answer.json()["truncated"]

    def test_by_time(self, chain: Api) -> None:
        before = ask(chain, "recall", code=lot(0), to="2026-01-02T02:00:00Z")
        assert items(before) == [lot(0), lot(1), lot(2)]
        after = ask(chain, "trace", code=lot(4), **{"from": "2026-01-02T10:00:00+08:00"})
        assert items(after) == [lot(4), lot(3), lot(2)]

    def test_by_step(self, chain: Api) -> None:
        answer = ask(chain, "recall", code=lot(0), biz_step="commissioning")
        assert items(answer) == [lot(0), lot(1), lot(2)]

    def test_by_place(self, chain: Api) -> None:
        assert items(ask(chain, "recall", code=lot(0), location=PLANT)) == [lot(0), lot(1)]
        steps = ask(chain, "journey", code=lot(1), location=PLANT).json()["steps"]
        assert [step["biz_location"] for step in steps] == [PLANT]

    def test_where_it_was_then(self, chain: Api) -> None:
        now = ask(chain, "where", code=lot(3)).json()
        then = ask(chain, "where", code=lot(3), to="2026-01-02T03:00:00Z").json()
        assert now["holder"]["code"] == PARTY
        assert then["holder"]["code"] == "https://id.gs1.org/417/9521234567899"

    @pytest.mark.parametrize(
        ("asked", "pointer"),
        [
            ({"from": "yesterday"}, "/from"),
            ({"to": "2026-01-02T03:00:00"}, "/to"),
            ({"from": "2026-01-02T03:00:00Z", "to": "2026-01-02T02:00:00Z"}, "/to"),
        ],
    )
    def test_a_malformed_time_is_named(
        self, chain: Api, asked: dict[str, str], pointer: str
    ) -> None:
        found = problem(ask(chain, "trace", code=lot(0), **asked), 400, "LINEAGE_LIMIT_INVALID")
        assert found["pointer"] == pointer

    def test_an_unknown_step_is_refused(self, chain: Api) -> None:
        assert ask(chain, "trace", code=lot(0), biz_step="no_step").status_code == 400


class TestRights:
    def test_a_partner_sees_the_events_that_name_it(self, chain: Api) -> None:
        headers = partner(chain)
        assert items(ask(chain, "trace", headers, code=lot(4))) == [lot(4), lot(3)]
        assert ask(chain, "where", headers, code=lot(4)).json()["holder"]["code"] == PARTY

    def test_an_auditor_sees_everything(self, chain: Api) -> None:
        assert len(items(ask(chain, "trace", chain.headers("auditor"), code=lot(4)))) == 5

    def test_a_partner_by_policy_sees_everything(self, chain: Api) -> None:
        put(chain.node, chain.participant, policy(partners=[PARTNER_GLN]))
        assert len(items(ask(chain, "trace", partner(chain), code=lot(4)))) == 5

    def test_a_policy_that_hides_the_things_hides_lineage(self, chain: Api) -> None:
        put(chain.node, chain.participant, policy(events=rule([], [])))
        problem(ask(chain, "trace", partner(chain), code=lot(4)), 404, "CODE_NOT_TRACED")

    def test_a_policy_hides_places_and_ids(self, chain: Api) -> None:
        lists = ["inputEPCList", "inputQuantityList", "outputEPCList", "outputQuantityList"]
        shown = rule([], [*lists, "transformationID", "destinationList"])
        put(chain.node, chain.participant, policy(partners=[PARTNER_GLN], events=shown))
        steps = ask(chain, "journey", partner(chain), code=lot(1)).json()["steps"]
        assert [step["biz_location"] for step in steps] == [None, None]

    @pytest.mark.parametrize("question", ALL_QUESTIONS)
    def test_without_rights_a_code_is_as_if_unknown(self, chain: Api, question: str) -> None:
        headers = partner(chain, "9521234500018")
        unknown = lot(9)
        known = ask_any(chain, question, headers, lot(1))
        other = ask_any(chain, question, headers, unknown)
        problem(known, 404, "CODE_NOT_TRACED")
        assert known.content.replace(lot(1).encode(), b"") == other.content.replace(
            unknown.encode(), b""
        )

    @pytest.mark.parametrize("question", ALL_QUESTIONS)
    def test_the_nearest_code_is_named_to_those_who_may_know_it(
        self, chain: Api, question: str
    ) -> None:
        typed, meant = lot(1) + "O", lot(1)
        found = ask_any(chain, question, chain.headers("participant"), f"{meant[:-1]}l")
        assert problem(found, 404, "CODE_NOT_TRACED")["expected"] == meant
        other = ask_any(chain, question, partner(chain, "9521234500018"), f"{meant[:-1]}l")
        assert "expected" not in problem(other, 404, "CODE_NOT_TRACED")
        assert "expected" not in problem(
            ask_any(chain, question, chain.headers("participant"), typed), 404, "CODE_NOT_TRACED"
        )

    def test_its_own_codes_are_known(self, chain: Api) -> None:
        for question in ALL_QUESTIONS:
            found = ask_any(chain, question, chain.headers("participant"), lot(1))
            assert found.status_code == 200

    @pytest.mark.parametrize(
        ("question", "member"), [("balance", "transformations"), ("across", "causes")]
    )
    def test_a_partner_is_told_the_material_that_it_may_see(
        self, chain: Api, question: str, member: str
    ) -> None:
        whole = ask_any(chain, question, chain.headers("auditor"), lot(4)).json()
        part = ask_any(chain, question, partner(chain), lot(4)).json()
        assert 0 < len(part[member]) < len(whole[member])

    def test_places_are_hidden_from_read_across_as_from_a_journey(self, chain: Api) -> None:
        lists = ["inputEPCList", "inputQuantityList", "outputEPCList", "outputQuantityList"]
        seen = [*lists, "transformationID", "destinationList"]
        headers = partner(chain)
        for version, shown, expected in ((1, [*seen, "readPoint"], True), (2, seen, False)):
            said = policy(version, partners=[PARTNER_GLN], events=rule([], shown))
            put(chain.node, chain.participant, said)
            found = ask_any(chain, "across", headers, lot(4)).json()
            assert bool(found["causes"]) is expected

    def test_a_rehearsal_tells_what_its_asker_may_see(self, chain: Api) -> None:
        mine = ask_any(chain, "mock-recalls", chain.headers("participant"), lot(0)).json()
        problem(ask_any(chain, "mock-recalls", partner(chain), lot(0)), 404, "CODE_NOT_TRACED")
        assert mine["code"] == lot(0)


class TestPages:
    def test_all_pages_together_are_the_answer(self, chain: Api) -> None:
        whole = ask(chain, "recall", code=lot(0)).json()
        found: list[str] = []
        edges: list[Any] = []
        cursor: dict[str, str] = {}
        for count in (2, 2, 1):
            page = ask(chain, "recall", code=lot(0), limit=2, **cursor).json()
            assert (len(page["items"]), page["total"]) == (count, {"items": 5, "edges": 4})
            assert page["truncated"] == (page["next"] is not None)
            found += page["items"]
            edges += page["edges"]
            cursor = {"cursor": page["next"]}
        assert (found, edges) == (whole["items"], whole["edges"])
        assert cursor == {"cursor": None}

    def test_steps_of_a_journey_are_paged(self, chain: Api) -> None:
        page = ask(chain, "journey", code=lot(1), limit=1).json()
        assert (len(page["steps"]), page["total"]["steps"]) == (1, 2)
        rest = ask(chain, "journey", code=lot(1), limit=1, cursor=page["next"]).json()
        assert (len(rest["steps"]), rest["next"]) == (1, None)

    def test_holders_of_a_lot_are_paged(self, chain: Api) -> None:
        whole = ask(chain, "holders", code=lot(1)).json()
        page = ask(chain, "holders", code=lot(1), limit=1).json()
        assert page["total"]["quantities"] == len(whole["quantities"]) == 2
        rest = ask(chain, "holders", code=lot(1), limit=1, cursor=page["next"]).json()
        assert page["quantities"] + rest["quantities"] == whole["quantities"]
        problem(ask(chain, "where", code=lot(1), cursor=page["next"]), 400, "CURSOR_INVALID")

    def test_a_cursor_of_another_answer_is_refused(self, chain: Api) -> None:
        cursor = ask(chain, "recall", code=lot(0), limit=2).json()["next"]
        assert chain.submit(document(made(4))).status_code == 201
        problem(ask(chain, "recall", code=lot(0), limit=2, cursor=cursor), 400, "CURSOR_INVALID")

    def test_what_is_no_cursor_is_refused(self, chain: Api) -> None:
        found = problem(ask(chain, "recall", code=lot(0), cursor="2"), 400, "CURSOR_INVALID")
        assert found["pointer"] == "/cursor"


class TestRows:
    @pytest.mark.parametrize("question", QUESTIONS)
    def test_an_answer_is_told_row_by_row(self, chain: Api, question: str) -> None:
        headers = chain.headers("participant") | {"Accept": "application/x-ndjson"}
        answer = ask(chain, question, headers, code=lot(1))
        assert answer.headers["content-type"] == "application/x-ndjson"
        rows = [json.loads(line) for line in answer.text.splitlines()]
        assert all(len(row) == 1 for row in rows)
        told = [row["item"]["code"] for row in rows if "item" in row]
        assert told == items(ask(chain, question, code=lot(1)))
        assert rows[-1]["end"]["items"] == len(told)

    def test_an_unknown_code_is_refused_before_any_row(self, chain: Api) -> None:
        headers = chain.headers("participant") | {"Accept": "application/x-ndjson"}
        problem(ask(chain, "recall", headers, code=lot(9)), 404, "CODE_NOT_TRACED")

    def test_json_stays_what_is_given_without_asking(self, chain: Api) -> None:
        answer = ask(chain, "recall", code=lot(1))
        assert answer.headers["content-type"] == "application/json"

    def test_a_recall_beyond_its_limit_says_how_many_and_how(
        self, chain: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(limiting, "Limits", partial(Limits, max_items=3))
        found = ask(chain, "recall", code=lot(0)).json()
        rows = ask(chain, "recall", code=lot(0), format="ndjson").text.splitlines()
        end = json.loads(rows[-1])["end"]
        assert len(found["items"]) == 3
        assert found["truncated"]
        assert found["beyond_limit"] == {
            "items": end["items"], "edges": end["edges"], "limit": 3, "how": HOW
        }  # fmt: skip
        assert end["items"] == 5
        assert not end["truncated"]
        assert "beyond_limit" not in ask(chain, "recall", code=lot(2)).json()

    def test_a_page_of_rows_is_a_page(self, chain: Api) -> None:
        page = ask(chain, "recall", code=lot(0), limit=2).json()
        rows = ask(chain, "recall", code=lot(0), limit=2, format="ndjson").text.splitlines()
        told = [json.loads(row) for row in rows]
        assert [row["item"]["code"] for row in told if "item" in row] == page["items"]
        assert told[0]["answer"]["next"] == page["next"]
