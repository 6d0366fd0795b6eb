"""Who may erase over HTTP, and what a wallet says of its own records there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ledger_api.declarations.requests import MEDIA_TYPE
from tests.integration.api.test_statuses import ITEM, REQUEST, status
from tests.support.api import Api, problem
from tests.support.ledger import add_participant, document, event
from tests.support.suppliers import Supplier
from traceability.hashing.envelope import STATEMENT_TYPE, sign_envelope
from traceability.hashing.secp256k1 import WalletKey
from traceability.hashing.signatures import SecretKey
from traceability.hashing.statement import Erasure, Header
from traceability.ledger.keeping import CapturedBatch
from traceability.ledger.statuses import Declaration


class TestErasures:
    @pytest.fixture(autouse=True)
    def batch(self, api: Api) -> None:
        assert api.submit(document(event(0), event(1))).status_code == 201

    def erase(self, api: Api, headers: dict[str, str]) -> Any:
        return api.client.post("/api/erasures", json=REQUEST | {"code": ITEM}, headers=headers)

    def test_without_a_key_nothing_is_erased(self, api: Api) -> None:
        problem(self.erase(api, {}), 401, "NOT_AUTHENTICATED")
        assert status(api)["status"] == "current"

    @pytest.mark.parametrize("token", ["Bearer nothing", "Bearer ", "Basic b3A6b3A="])
    def test_with_what_is_no_key_of_this_node_nothing_is(self, api: Api, token: str) -> None:
        problem(self.erase(api, {"Authorization": token}), 401, "NOT_AUTHENTICATED")
        assert status(api)["status"] == "current"

    @pytest.mark.parametrize("role", ["participant", "auditor"])
    def test_with_a_key_that_is_no_operators_nothing_is(self, api: Api, role: str) -> None:
        problem(self.erase(api, api.headers(role)), 403, "API_ROLE_MISSING")
        other = Api(api.node, api.client, add_participant(api.node))
        problem(self.erase(api, other.headers("participant")), 403, "API_ROLE_MISSING")
        assert status(api)["status"] == "current"

    def test_with_an_operators_it_is_erased(self, api: Api) -> None:
        answer = self.erase(api, api.headers("operator"))
        assert (answer.status_code, answer.json()["erased"]) == (200, True), answer.text
        assert status(api)["status"] == "erased"


class TestWallets:
    @pytest.fixture
    def wallet(self, api: Api) -> Supplier:
        return self.holder(api)

    @staticmethod
    def holder(api: Api) -> Supplier:
        key = WalletKey.generate()
        return Supplier(api.node, key, add_participant(api.node, key=key))

    @pytest.fixture
    def sent(self, wallet: Supplier) -> CapturedBatch:
        batch = wallet.batch(event(0), event(1))
        statement = wallet.statement(batch)
        captured = wallet.node.capture.signed(wallet.sign(statement), statement, batch=batch)
        wallet.node.sequencer.run(close=True)
        return captured

    @staticmethod
    def say(api: Api, by: Supplier, said: Declaration, signer: SecretKey | None = None) -> Any:
        """Send a status in the name of a wallet, signed by it or by another."""
        with api.node.store.reading() as repositories:
            chain = repositories.keys.chain(by.key.key_id)
        assert chain is not None
        header = Header(
            api.node.identity.log,
            by.key.key_id,
            chain.next_sequence,
            chain.previous,
            api.node.clock(),
        )
        payload = said.statement(header).to_payload()
        envelope = sign_envelope(STATEMENT_TYPE, payload, [signer or by.key])
        return api.client.post(
            "/api/statuses",
            content=json.dumps(envelope.to_json()).encode(),
            headers=api.headers("participant") | {"Content-Type": MEDIA_TYPE},
        )

    def test_what_a_wallet_says_of_its_own_is_logged(
        self, api: Api, wallet: Supplier, sent: CapturedBatch
    ) -> None:
        said = Declaration(sent.entry_hash, ((0, 0),), "recalled", "safety")
        answer = self.say(api, wallet, said)
        assert answer.status_code == 201, answer.text
        found = status(api, ITEM.replace("S1", "S0"))
        assert found["status"] == "recalled"
        assert found["history"][0]["participant"] == wallet.participant.hex()
        assert status(api)["status"] == "current"

    def test_it_erases_its_own(self, api: Api, wallet: Supplier, sent: CapturedBatch) -> None:
        why = Erasure(bytes(16), "objection")
        said = Declaration(sent.entry_hash, ((1, 1),), "erased", "personal_data", erasure=why)
        answer = self.say(api, wallet, said)
        assert answer.status_code == 201, answer.text
        assert status(api)["history"][0]["basis"] == "objection"
        with api.node.store.reading() as repositories:
            rows = repositories.batches.records_between(sent.batch, 0, 2)
        assert [row.payload is None for row in rows] == [False, True]

    def test_another_wallet_says_nothing_of_it(
        self, api: Api, wallet: Supplier, sent: CapturedBatch
    ) -> None:
        said = Declaration(sent.entry_hash, ((0, 0),), "recalled", "safety")
        other = self.holder(api)
        problem(self.say(api, other, said), 403, "STATUS_NOT_ALLOWED")
        refused = self.say(api, wallet, said, other.key)
        assert refused.status_code == 400, refused.text
        assert status(api, ITEM.replace("S1", "S0"))["status"] == "current"
