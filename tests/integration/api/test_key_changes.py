"""Keys registered and ended over HTTP: by drafts, by the registrar, by the key itself."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import Api, problem
from tests.support.ledger import add_participant, document, event
from traceability.client.key_drafts import cosign, parse_draft
from traceability.client.revocations import KeyPosition, sign_revocation
from traceability.hashing.ed25519 import SigningKey
from traceability.hashing.encoding import b64u_encode
from traceability.hashing.secp256k1 import WalletKey
from traceability.hashing.signatures import SecretKey
from traceability.ledger.audit.audit import audit

SIGNED = "application/vnd.itemproof.revocation+json"


def asked(key: SecretKey, **more: Any) -> dict[str, Any]:
    return {"alg": key.alg, "public_key": b64u_encode(key.public_key), **more}


def drafted(api: Api, key: SecretKey, **more: Any) -> Any:
    return api.client.post(
        "/api/keys/drafts", json=asked(key, **more), headers=api.headers("operator")
    )


def registered(api: Api, key: SigningKey) -> bytes:
    """Register a key of the API's participant, and return its id."""
    answer = drafted(api, key, participant=api.participant.hex())
    signed = cosign(parse_draft(answer.content), key)
    done = api.client.post(
        "/api/keys", content=signed.to_bytes(), headers=api.headers("participant")
    )
    assert done.status_code == 201, done.text
    return key.key_id


def live(api: Api, key_id: bytes) -> dict[str, Any]:
    found: dict[str, Any] = api.client.get(
        f"/api/keys/{key_id.hex()}", headers=api.headers("operator")
    ).json()
    return found


class TestRegistering:
    def test_a_further_key_by_the_participant_itself(self, api: Api) -> None:
        key = SigningKey.generate()
        assert registered(api, key) == key.key_id
        found = live(api, key.key_id)
        assert (found["custody"], found["live"]) == ("self", True)
        assert found["participant"] == api.participant.hex()

    def test_a_new_organisation_by_the_operator(self, api: Api) -> None:
        key = SigningKey.generate()
        answer = drafted(api, key, name="示例厂", roles=["producer"], prefixes=["952"])
        signed = cosign(parse_draft(answer.content), key).to_bytes()
        first = api.client.post("/api/keys", content=signed, headers=api.headers("operator"))
        again = api.client.post("/api/keys", content=signed, headers=api.headers("operator"))
        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json() == again.json()
        assert live(api, key.key_id)["roles"] == ["producer"]

    def test_of_another_participant_is_refused(self, api: Api) -> None:
        key = SigningKey.generate()
        answer = drafted(api, key, name="另一厂", roles=["producer"])
        signed = cosign(parse_draft(answer.content), key).to_bytes()
        done = api.client.post("/api/keys", content=signed, headers=api.headers("participant"))
        problem(done, 403, "WRONG_PARTICIPANT")

    def test_by_a_stale_draft_is_a_conflict(self, api: Api) -> None:
        key = SigningKey.generate()
        signed = cosign(parse_draft(drafted(api, key, name="厂", roles=["producer"]).content), key)
        add_participant(api.node)
        done = api.client.post(
            "/api/keys", content=signed.to_bytes(), headers=api.headers("operator")
        )
        problem(done, 409, "KEY_DRAFT_STALE")

    @pytest.mark.parametrize("role", ["participant", "auditor"])
    def test_drafts_are_the_operators_alone(self, api: Api, role: str) -> None:
        body = asked(SigningKey.generate(), participant=api.participant.hex())
        answer = api.client.post("/api/keys/drafts", json=body, headers=api.headers(role))
        problem(answer, 403, "API_ROLE_MISSING")

    @pytest.mark.parametrize(
        ("more", "status", "code"),
        [
            ({}, 400, "KEY_REQUEST_INVALID"),
            ({"name": "厂", "participant": "9521234567899"}, 400, "KEY_REQUEST_INVALID"),
            ({"name": "厂", "roles": "producer"}, 400, "KEY_REQUEST_INVALID"),
            ({"name": "厂", "roles": ["king"]}, 400, "STATEMENT_INVALID"),
            ({"name": "厂"}, 400, "STATEMENT_INVALID"),
            ({"name": "厂", "extra": 1}, 400, "KEY_REQUEST_INVALID"),
            ({"participant": "nobody"}, 404, "PARTICIPANT_UNKNOWN"),
            ({"name": "厂", "roles": ["producer"], "alg": "rsa"}, 400, "KEY_REQUEST_INVALID"),
            (
                {"name": "厂", "roles": ["producer"], "public_key": "AAAA"},
                400,
                "PUBLIC_KEY_INVALID",
            ),
        ],
    )
    def test_requests_that_are_none(
        self, api: Api, more: dict[str, Any], status: int, code: str
    ) -> None:
        problem(drafted(api, SigningKey.generate(), **more), status, code)


class TestRevoking:
    @pytest.mark.parametrize("scheme", [SigningKey, WalletKey])
    def test_by_the_key_itself(self, api: Api, scheme: type[SigningKey] | type[WalletKey]) -> None:
        key: SecretKey = scheme.generate()
        registered(api, key)
        found = live(api, key.key_id)
        position = KeyPosition.read(
            api.client.get(
                f"/api/keys/{key.key_id.hex()}", headers=api.headers("participant")
            ).content,
            log=api.node.identity.log.hex(),
        )
        assert position.sequence == found["next_sequence"] == 0
        envelope, _ = sign_revocation(key, position, reason="compromised", suspect_from=2)
        path = f"/api/keys/{key.key_id.hex()}/revocation"
        headers = api.headers("participant") | {"Content-Type": SIGNED}
        first = api.client.post(path, content=envelope.to_bytes(), headers=headers)
        again = api.client.post(path, content=envelope.to_bytes(), headers=headers)
        assert (first.status_code, again.status_code) == (201, 200), first.text
        after = live(api, key.key_id)
        assert (after["live"], after["suspect_from"]) == (False, 2)
        assert after["until"] == first.json()["leaf_index"]
        api.node.sequencer.run(close=True)
        assert audit(api.node.store, second_place=api.node.second_place).ok

    def test_by_the_registrar(self, api: Api) -> None:
        key = SigningKey.generate()
        registered(api, key)
        path = f"/api/keys/{key.key_id.hex()}/revocation"
        body = {"reason": "lost", "suspect_from": 1}
        answer = api.client.post(path, json=body, headers=api.headers("operator"))
        assert answer.status_code == 201
        assert live(api, key.key_id)["suspect_from"] == 1
        again = api.client.post(path, json=body, headers=api.headers("operator"))
        problem(again, 403, "KEY_REVOKED")

    def test_is_not_a_participants_word_without_its_signature(self, api: Api) -> None:
        key = SigningKey.generate()
        registered(api, key)
        path = f"/api/keys/{key.key_id.hex()}/revocation"
        answer = api.client.post(path, json={"reason": "lost"}, headers=api.headers("participant"))
        problem(answer, 403, "API_ROLE_MISSING")
        assert live(api, key.key_id)["live"]

    def test_is_not_another_keys_word(self, api: Api) -> None:
        mine, other = SigningKey.generate(), SigningKey.generate()
        for key in (mine, other):
            registered(api, key)
        position = KeyPosition(api.node.identity.log, 0, bytes(32))
        envelope, _ = sign_revocation(other, position, reason="lost", suspect_from=None)
        headers = api.headers("participant") | {"Content-Type": SIGNED}
        answer = api.client.post(
            f"/api/keys/{mine.key_id.hex()}/revocation",
            content=envelope.to_bytes(),
            headers=headers,
        )
        problem(answer, 400, "REVOCATION_INVALID")
        assert live(api, mine.key_id)["live"]

    @pytest.mark.parametrize(
        ("change", "status", "code"),
        [
            ({"sequence": 1}, 409, "SEQUENCE_GAP"),
            ({"previous": b"\x01" * 32}, 409, "SEQUENCE_GAP"),
            ({"log": b"\x01" * 32}, 400, "WRONG_LOG"),
        ],
    )
    def test_by_a_statement_out_of_its_place(
        self, api: Api, change: dict[str, Any], status: int, code: str
    ) -> None:
        key = SigningKey.generate()
        registered(api, key)
        place = {"log": api.node.identity.log, "sequence": 0, "previous": bytes(32)} | change
        envelope, _ = sign_revocation(key, KeyPosition(**place), reason="lost", suspect_from=None)
        answer = api.client.post(
            f"/api/keys/{key.key_id.hex()}/revocation",
            content=envelope.to_bytes(),
            headers=api.headers("participant") | {"Content-Type": SIGNED},
        )
        problem(answer, status, code)
        assert live(api, key.key_id)["live"]

    def test_suspects_nothing_that_is_not_there(self, api: Api) -> None:
        key = SigningKey.generate()
        registered(api, key)
        answer = api.client.post(
            f"/api/keys/{key.key_id.hex()}/revocation",
            json={"reason": "lost", "suspect_from": 1000},
            headers=api.headers("operator"),
        )
        problem(answer, 400, "SUSPECT_FROM_INVALID")
        assert live(api, key.key_id)["live"]

    def test_of_a_key_that_is_none(self, api: Api) -> None:
        answer = api.client.post(
            f"/api/keys/{'00' * 32}/revocation",
            json={"reason": "lost"},
            headers=api.headers("operator"),
        )
        problem(answer, 404, "KEY_NOT_FOUND")


def test_what_a_revoked_key_signed_before_stands_and_is_suspect(api: Api) -> None:
    sent = api.submit(document(event(1))).json()
    api.node.sequencer.run(close=True)
    with api.node.store.reading() as repositories:
        (row,) = repositories.keys.of_participant(api.participant)
    api.node.registrar.revoke(row.key_id, reason="compromised", suspect_from=sent["leaf_index"])
    api.node.sequencer.run(close=True)
    bundle = api.node.prove(sent["records"][0]["record"])
    assert bundle.key.leaf.suspect_from == sent["leaf_index"]
    answer = api.submit(document(event(2)))
    problem(answer, 403, "KEY_UNKNOWN")
