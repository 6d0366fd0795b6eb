"""Keys that others hold, registered by drafts: exactly what was drafted, signed by both, once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.commits import failing_commit
from tests.support.ledger import add_participant
from traceability.client.key_drafts import (
    KeyDraft,
    KeyDraftInvalid,
    KeyDraftOther,
    cosign,
    parse_draft,
)
from traceability.errors import ItemProofError, ProofRejected
from traceability.hashing.ed25519 import SigningKey
from traceability.hashing.secp256k1 import WalletKey
from traceability.hashing.signatures import SecretKey
from traceability.ledger.audit.audit import audit
from traceability.ledger.faults import GlnTaken, KeyAlreadyRegistered, ParticipantUnknown
from traceability.ledger.node import Node
from traceability.ledger.participants import Card, Scopes
from traceability.ledger.registering import (
    KeyDraftStale,
    KeyDraftUnsigned,
    KeyRequest,
)
from traceability.store.faults import StoreUnavailable
from traceability.store.unit_of_work import UnitOfWork

GLN = "9521234567899"
SCOPES = Scopes(("producer",), ("952",))


def request(key: SecretKey, participant: bytes | None = None) -> KeyRequest:
    if participant is not None:
        return KeyRequest(key.alg, key.public_key, participant)
    return KeyRequest(key.alg, key.public_key, card=Card("示例厂", GLN), scopes=SCOPES)


def signed(node: Node, key: SecretKey, participant: bytes | None = None) -> KeyDraft:
    """Return a draft as it comes back from the holder's machine."""
    sent = node.registering.draft(request(key, participant)).to_bytes()
    return parse_draft(cosign(parse_draft(sent), key).to_bytes())


class TestRegistering:
    @pytest.mark.parametrize("key", [SigningKey.generate(), WalletKey.generate()])
    def test_a_new_organisation_with_a_key_that_it_keeps(self, node: Node, key: SecretKey) -> None:
        found = node.registering.register(signed(node, key))
        node.sequencer.run(close=True)
        with node.store.reading() as repositories:
            row = repositories.keys.get(key.key_id)
            owner = repositories.participants.by_gln(GLN)
        assert row is not None
        assert owner is not None
        assert (row.participant, row.custody, row.alg) == (found.participant, "self", key.alg)
        assert (row.roles, row.prefixes, row.registered_at) == (("producer",), ("952",), 1)
        assert (owner.participant, owner.name) == (found.participant, "示例厂")
        assert not node.keyring.holds(key.key_id)
        assert audit(node.store, second_place=node.second_place).ok

    def test_another_key_of_a_known_one_has_its_scopes_and_card(self, node: Node) -> None:
        participant = add_participant(node, prefixes=("952",))
        key = SigningKey.generate()
        node.registering.register(signed(node, key, participant))
        node.sequencer.run(close=True)
        with node.store.reading() as repositories:
            first, second = repositories.keys.of_participant(participant)
        assert second.key_id == key.key_id
        assert (second.roles, second.prefixes, second.card) == (
            first.roles,
            first.prefixes,
            first.card,
        )
        assert audit(node.store, second_place=node.second_place).ok

    def test_twice_is_one_entry_and_the_same_answer(self, node: Node) -> None:
        draft = signed(node, SigningKey.generate())
        first = node.registering.register(draft)
        again = node.registering.register(draft)
        assert (again.arrival, again.repeated, first.repeated) == (first.arrival, True, False)

    @pytest.mark.parametrize("persisted", [False, True])
    def test_after_a_commit_that_failed_is_done_by_trying_again(
        self, node: Node, monkeypatch: pytest.MonkeyPatch, persisted: bool
    ) -> None:
        key = SigningKey.generate()
        draft = signed(node, key)
        with monkeypatch.context() as patch:
            patch.setattr(UnitOfWork, "commit", failing_commit(persisted=persisted))
            with pytest.raises(StoreUnavailable):
                node.registering.register(draft)
        assert node.registering.register(draft).repeated is persisted
        node.sequencer.run(close=True)
        with node.store.reading() as repositories:
            assert repositories.keys.get(key.key_id) is not None
        assert audit(node.store, second_place=node.second_place).ok


class TestWhatIsRefused:
    def refused(self, node: Node, draft: KeyDraft, error: type[ItemProofError]) -> None:
        with node.store.reading() as repositories:
            before = len(repositories.entries.unsequenced(100))
        with pytest.raises(error):
            node.registering.register(draft)
        with node.store.reading() as repositories:
            assert len(repositories.entries.unsequenced(100)) == before

    def test_a_draft_that_nobody_has_signed(self, sqlite_node: Node) -> None:
        draft = sqlite_node.registering.draft(request(SigningKey.generate()))
        self.refused(sqlite_node, draft, KeyDraftUnsigned)

    def test_a_draft_that_became_stale(self, sqlite_node: Node) -> None:
        draft = signed(sqlite_node, SigningKey.generate())
        add_participant(sqlite_node)
        self.refused(sqlite_node, draft, KeyDraftStale)

    def test_a_draft_whose_words_its_holder_changed(self, sqlite_node: Node) -> None:
        key = SigningKey.generate()
        draft = sqlite_node.registering.draft(request(key))
        wider = replace(draft.statement, roles=("operator", "producer"))
        bent = cosign(replace(draft, statement=wider, payload=wider.to_payload()), key)
        self.refused(sqlite_node, bent, KeyDraftInvalid)

    def test_a_draft_of_another_card(self, sqlite_node: Node) -> None:
        draft = signed(sqlite_node, SigningKey.generate())
        assert draft.card is not None
        other = replace(draft.card, payload={"name": "另一厂", "gln": GLN})
        with pytest.raises(KeyDraftInvalid, match="not the one that its registration names"):
            parse_draft(replace(draft, card=other).to_bytes())
        self.refused(sqlite_node, replace(draft, card=other), KeyDraftInvalid)

    def test_a_draft_of_another_ledger(self, sqlite_node: Node) -> None:
        draft = signed(sqlite_node, SigningKey.generate())
        self.refused(sqlite_node, replace(draft, mac=bytes(32)), KeyDraftInvalid)

    def test_a_signature_by_another_key(self, sqlite_node: Node) -> None:
        mine, other = SigningKey.generate(), SigningKey.generate()
        draft = sqlite_node.registering.draft(request(mine))
        with pytest.raises(KeyDraftOther):
            cosign(draft, other)
        foreign = signed(sqlite_node, other).signature
        with pytest.raises(KeyDraftInvalid, match="another key"):
            parse_draft(replace(draft, signature=foreign).to_bytes())

    def test_a_signature_that_is_none(self, sqlite_node: Node) -> None:
        draft = signed(sqlite_node, SigningKey.generate())
        assert draft.signature is not None
        bent = bytes([draft.signature.sig[0] ^ 1]) + draft.signature.sig[1:]
        forged = replace(draft, signature=replace(draft.signature, sig=bent))
        with pytest.raises((KeyDraftInvalid, ProofRejected)):
            parse_draft(forged.to_bytes())
        self.refused(sqlite_node, forged, ProofRejected)

    def test_a_key_that_is_registered(self, sqlite_node: Node) -> None:
        key = SigningKey.generate()
        add_participant(sqlite_node, key=key)
        with pytest.raises(KeyAlreadyRegistered):
            sqlite_node.registering.draft(request(key))

    def test_a_gln_that_is_taken(self, sqlite_node: Node) -> None:
        add_participant(sqlite_node, gln=GLN)
        with pytest.raises(GlnTaken):
            sqlite_node.registering.draft(request(SigningKey.generate()))

    def test_a_participant_that_is_none(self, sqlite_node: Node) -> None:
        with pytest.raises(ParticipantUnknown):
            sqlite_node.registering.draft(request(SigningKey.generate(), bytes(16)))

    @pytest.mark.parametrize("data", [b"{}", b"[]", b"", b'{"format":"itemproof-key-draft-1"}'])
    def test_what_is_no_draft(self, data: bytes) -> None:
        with pytest.raises(KeyDraftInvalid):
            parse_draft(data)
