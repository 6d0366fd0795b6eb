"""Signing keys over HTTP: who may see which, and what their next statements must carry."""

from __future__ import annotations

import pytest

from tests.support.api import Api, problem
from tests.support.ledger import add_participant, document, event
from traceability.hashing.ed25519 import SigningKey
from traceability.hashing.encoding import b64u_encode

OWN_GLN = "9521234567899"


def own_key(api: Api) -> str:
    with api.node.store.reading() as repositories:
        (row,) = repositories.keys.of_participant(api.participant)
    return row.key_id.hex()


class TestOneKey:
    def test_says_what_the_next_statement_must_carry(self, api: Api) -> None:
        path, headers = f"/api/keys/{own_key(api)}", api.headers("participant")
        before = api.client.get(path, headers=headers).json()
        assert (before["next_sequence"], before["previous"]) == (0, b64u_encode(bytes(32)))
        sent = api.submit(document(event(1))).json()
        after = api.client.get(path, headers=headers).json()
        assert (after["next_sequence"], after["previous"]) == (1, sent["entry_hash"])

    def test_says_what_is_registered(self, api: Api) -> None:
        found = api.client.get(f"/api/keys/{own_key(api)}", headers=api.headers("auditor")).json()
        assert found["key_id"] == own_key(api)
        assert found["participant"] == api.participant.hex()
        assert (found["alg"], found["custody"], found["live"]) == ("ed25519", "operator", True)
        assert (found["roles"], found["until"]) == (["operator", "producer"], None)
        assert found["registered_at"] == 1

    def test_of_another_participant_is_not_told(self, api: Api) -> None:
        other = SigningKey.generate()
        add_participant(api.node, key=other)
        path = f"/api/keys/{other.key_id.hex()}"
        problem(api.client.get(path, headers=api.headers("participant")), 404, "KEY_NOT_FOUND")
        assert api.client.get(path, headers=api.headers("operator")).status_code == 200

    @pytest.mark.parametrize(
        ("key_id", "status", "code"),
        [("00" * 32, 404, "KEY_NOT_FOUND"), ("00" * 31, 400, "KEY_ID_INVALID")],
    )
    def test_that_is_none_is_refused(self, api: Api, key_id: str, status: int, code: str) -> None:
        answer = api.client.get(f"/api/keys/{key_id}", headers=api.headers("operator"))
        problem(answer, status, code)

    def test_needs_an_api_key(self, api: Api) -> None:
        problem(api.client.get(f"/api/keys/{own_key(api)}"), 401, "NOT_AUTHENTICATED")


class TestKeysOfAParticipant:
    def test_are_told_to_itself_and_by_either_name(self, api: Api) -> None:
        own = api.client.get("/api/keys", headers=api.headers("participant")).json()
        assert [key["key_id"] for key in own["keys"]] == [own_key(api)]
        for name in (OWN_GLN, api.participant.hex()):
            answer = api.client.get(
                "/api/keys", params={"participant": name}, headers=api.headers("operator")
            )
            assert answer.json() == own

    def test_are_not_told_to_others(self, api: Api) -> None:
        other = add_participant(api.node).hex()
        answer = api.client.get(
            "/api/keys", params={"participant": other}, headers=api.headers("participant")
        )
        problem(answer, 404, "PARTICIPANT_UNKNOWN")

    @pytest.mark.parametrize("named", [{}, {"participant": "nobody"}])
    def test_of_nobody_are_refused(self, api: Api, named: dict[str, str]) -> None:
        answer = api.client.get("/api/keys", params=named, headers=api.headers("operator"))
        problem(answer, 404, "PARTICIPANT_UNKNOWN")
