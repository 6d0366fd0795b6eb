"""Disclosure policies over HTTP, and who may ask for which audience."""

from __future__ import annotations

from typing import Any

import pytest

from ledger_api.auth import create_api_key
from tests.support.api import Api, problem
from tests.support.disclosure import PARTNER_GLN, policy, rule
from tests.support.ledger import GTIN, add_participant, document, event

GLN = "9521234567899"
ADDRESS = f"/api/policies/{GLN}"
CODE = f"https://id.gs1.org/01/{GTIN}/21/S0"
NI = "ni:///sha-256;" + "ab" * 32 + "?ver=CBV2.0"


def put(api: Api, value: Any, *, role: str = "participant", address: str = ADDRESS) -> Any:
    answer = api.client.put(address, json=value, headers=api.headers(role))
    api.node.sequencer.run(close=True)
    return answer


def proof(api: Api, audience: str, headers: dict[str, str], code: str = CODE) -> Any:
    asked = {"code": code, "audience": audience}
    return api.client.get("/api/proofs", params=asked, headers=headers)


def other_participant(api: Api) -> dict[str, str]:
    """Return the headers of another participant, with a GLN of its own."""
    other = add_participant(api.node, gln=PARTNER_GLN)
    _, token = create_api_key(api.node.store, "participant", participant=other, now=0)
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def logged(api: Api) -> Api:
    """Return a ledger with one event that says where it happened."""
    place = {"id": f"https://id.gs1.org/414/{GLN}"}
    assert api.submit(document(event(readPoint=place, eventID=NI))).status_code == 201
    api.node.sequencer.run(close=True)
    return api


class TestSetting:
    def test_by_the_participant_itself_and_read_back(self, logged: Api) -> None:
        answer = put(logged, policy(events=rule(["readPoint"])))
        assert answer.status_code == 201, answer.text
        found = logged.client.get(ADDRESS, headers=logged.headers("auditor")).json()
        assert found["in_force"]["policy"] == policy(events=rule(["readPoint"]))
        assert [one["version"] for one in found["history"]] == [1]
        assert "readPoint" in proof(logged, "public", {}).text

    def test_by_the_operator(self, api: Api) -> None:
        assert put(api, policy(), role="operator").status_code == 201

    def test_default_is_told_as_none(self, api: Api) -> None:
        found = api.client.get(ADDRESS, headers=api.headers("participant")).json()
        assert (found["in_force"], found["history"]) == (None, [])

    def test_a_fault_is_named_and_placed(self, api: Api) -> None:
        answer = put(api, policy(events={"Event": {}}))
        assert problem(answer, 400, "DISCLOSURE_POLICY_INVALID")["pointer"] == "/events/Event"

    def test_another_version_is_refused(self, api: Api) -> None:
        assert problem(put(api, policy(2)), 409, "DISCLOSURE_POLICY_VERSION")["expected"] == "1"

    def test_another_participants_is_neither_read_nor_set(self, api: Api) -> None:
        headers = other_participant(api)
        problem(api.client.get(ADDRESS, headers=headers), 404, "POLICY_OWNER_UNKNOWN")
        answer = api.client.put(ADDRESS, json=policy(), headers=headers)
        problem(answer, 404, "POLICY_OWNER_UNKNOWN")

    def test_auditors_only_read(self, api: Api) -> None:
        problem(put(api, policy(), role="auditor"), 403, "API_ROLE_MISSING")

    def test_nobody_without_a_key(self, api: Api) -> None:
        problem(api.client.get(ADDRESS), 401, "NOT_AUTHENTICATED")

    def test_unknown_participant(self, api: Api) -> None:
        answer = put(api, policy(), role="operator", address="/api/policies/9521234500018")
        problem(answer, 404, "POLICY_OWNER_UNKNOWN")


class TestAudiences:
    def test_a_stranger_is_no_partner(self, logged: Api) -> None:
        problem(proof(logged, "partner", other_participant(logged)), 403, "NOT_A_PARTNER")

    def test_a_named_partner_is_one(self, logged: Api) -> None:
        put(logged, policy(partners=[PARTNER_GLN]))
        answer = proof(logged, "partner", other_participant(logged))
        assert answer.status_code == 200
        assert "readPoint" in answer.text
        assert "ni:///" not in answer.text

    def test_the_hash_of_an_event_finds_nothing(self, logged: Api) -> None:
        problem(proof(logged, "public", {}, NI), 404, "CODE_UNKNOWN")
        problem(logged.client.get(f"/api/items/{NI}"), 404, "CODE_UNKNOWN")
        problem(proof(logged, "partner", other_participant(logged), NI), 404, "CODE_UNKNOWN")

    def test_the_owner_and_the_auditor_find_it(self, logged: Api) -> None:
        owner = logged.headers("participant")
        assert proof(logged, "partner", owner, NI).status_code == 200
        auditor = logged.headers("auditor")
        assert "ni:///" in proof(logged, "auditor", auditor, NI).text

    def test_journeys_do_not_tell_the_hash(self, logged: Api) -> None:
        put(logged, policy(partners=[PARTNER_GLN]))
        headers = other_participant(logged)
        answer = logged.client.get("/api/journey", params={"code": CODE}, headers=headers)
        assert answer.status_code == 200
        assert "urn:itemproof:record:" in answer.text
        assert "ni:///" not in answer.text
