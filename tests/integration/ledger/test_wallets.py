"""A participant whose key is a wallet's: captured, registered, audited, proven, brought back."""

from __future__ import annotations

import secrets

import pytest

from tests.support.ledger import EVERY_PREFIX, add_participant, document, event
from tests.support.mirrored import trusted
from tests.support.rebuilt import Mirrored, Place
from tests.support.suppliers import Supplier
from tests.support.vectors.wallet_curve import N
from traceability.client.revocations import KeyPosition, sign_revocation
from traceability.codes.serials import new_serials
from traceability.hashing.commitment import RecordKind
from traceability.hashing.ed25519 import PublicKeyInvalid, SignatureInvalid
from traceability.hashing.envelope import STATEMENT_TYPE, SignersInvalid, sign_envelope
from traceability.hashing.secp256k1 import WalletKey
from traceability.hashing.signatures import SecretKey
from traceability.hashing.statement import Header
from traceability.ledger.audit.audit import audit
from traceability.ledger.bundles import RecordAddress
from traceability.ledger.faults import KeyRevoked
from traceability.ledger.keeping import CapturedBatch
from traceability.ledger.mirror.auditing import audit_mirror
from traceability.ledger.node import Node
from traceability.ledger.participants import Card, Scopes
from traceability.ledger.prepared import PreparedBatch, PreparedItems, prepare_batch, prepare_record
from traceability.ledger.statuses import Declaration, Declared
from traceability.strict_json import JSONValue
from traceability.verify.verifier import verify_bundle

ITEMS = 3
LOT_TYPE = "application/vnd.itemproof.lot+json"


class LargerS(WalletKey):
    """A wallet that answers with the larger of the two s."""

    def sign(self, digest: bytes) -> bytes:
        signature = super().sign(digest)
        s = N - int.from_bytes(signature[32:], "big")
        return signature[:32] + s.to_bytes(32, "big")


class Uncompressed(WalletKey):
    """A wallet whose public key is written in its long form."""

    def __init__(self) -> None:
        super().__init__(WalletKey.generate()._private)
        self.public_key = b"\x04" + bytes(64)


@pytest.fixture
def wallet(node: Node) -> Supplier:
    key = WalletKey.generate()
    return Supplier(node, key, add_participant(node, key=key))


def send(supplier: Supplier, batch: PreparedBatch) -> CapturedBatch:
    statement = supplier.statement(batch)
    captured = supplier.node.capture.signed(supplier.sign(statement), statement, batch=batch)
    supplier.node.sequencer.run(close=True)
    return captured


def items(supplier: Supplier) -> PreparedBatch:
    """Return a batch that is kept alone, since it has items."""
    serials = sorted(new_serials(ITEMS))
    listed = PreparedItems("09521234567899", "L1", serials, secrets.token_bytes(16 * ITEMS))
    lot: dict[str, JSONValue] = {"gtin": "09521234567899", "lot": "L1", "quantity": ITEMS}
    record = prepare_record(
        RecordKind.DOCUMENT, lot, secret=secrets.token_bytes(32), media_type=LOT_TYPE
    )
    return prepare_batch([record], items=listed)


def test_its_batches_are_kept_audited_and_proven(wallet: Supplier) -> None:
    node = wallet.node
    for batch in (wallet.batch(event(1)), items(wallet)):
        captured = send(wallet, batch)
        data = node.prove_record(RecordAddress(captured.batch, batch.record_count - 1)).to_bytes()
        report = verify_bundle(data, trusted(node), accept="logged")
        assert report.exit_status == 0, [step for step in report.steps if step.result != "passed"]
    assert audit(node.store, second_place=node.second_place).ok


def test_sent_twice_gets_the_same_answer(wallet: Supplier) -> None:
    batch = wallet.batch(event(1))
    statement = wallet.statement(batch)
    envelope = wallet.sign(statement)
    first = wallet.node.capture.signed(envelope, statement, batch=batch)
    again = wallet.node.capture.signed(envelope, statement, batch=batch)
    assert (first.arrival, again.repeated) == (again.arrival, True)


@pytest.mark.parametrize("kind", ["in a group", "alone"])
def test_the_larger_s_is_refused(wallet: Supplier, kind: str) -> None:
    assert isinstance(wallet.key, WalletKey)
    wallet.key = LargerS(wallet.key._private)
    batch = items(wallet) if kind == "alone" else wallet.batch(event(1))
    with pytest.raises(SignatureInvalid, match="half the group order"):
        send(wallet, batch)


def test_a_key_in_another_form_is_not_registered(sqlite_node: Node) -> None:
    scopes = Scopes(("producer",), EVERY_PREFIX)
    with pytest.raises(PublicKeyInvalid, match="another form"):
        sqlite_node.registrar.add_participant(Card("测试厂"), scopes, key=Uncompressed())
    with sqlite_node.store.reading() as repositories:
        assert [row.name for row in repositories.participants.all()] == []


def test_a_mirror_checks_it_and_brings_it_back(log: Mirrored, place: Place) -> None:
    key = WalletKey.generate()
    wallet = Supplier(log.node, key, add_participant(log.node, key=key))
    send(wallet, wallet.batch(event(1)))
    log.copy()
    assert audit_mirror(log.folder, log.trust).ok
    place.rebuild(log.folder, log.trust)
    with place.opened() as found:
        again = Supplier(found, key, wallet.participant)
        assert again.statement(wallet.batch(event(2))).header.sequence == 1
        found.sequencer.run()
        send(again, again.batch(event(2)))


def test_a_node_may_sign_with_one_that_is_lent_to_it(wallet: Supplier) -> None:
    node = wallet.node
    result = node.submission.submit(document(event(3)), participant=None, key=wallet.key)
    assert result.status == "ACCEPTED"
    send(wallet, wallet.batch(event(4)))
    assert audit(node.store, second_place=node.second_place).ok


class TestSaying:
    """What a wallet says of its own goods, and of itself."""

    @staticmethod
    def position(wallet: Supplier) -> KeyPosition:
        with wallet.node.store.reading() as repositories:
            chain = repositories.keys.chain(wallet.key.key_id)
        assert chain is not None
        return KeyPosition(wallet.node.identity.log, chain.next_sequence, chain.previous)

    def recall(self, wallet: Supplier, of: CapturedBatch, signer: SecretKey) -> Declared:
        """Recall a batch's first record in the wallet's name."""
        at = self.position(wallet)
        header = Header(at.log, wallet.key.key_id, at.sequence, at.previous, wallet.node.clock())
        said = Declaration(of.entry_hash, ((0, 0),), "recalled", "safety").statement(header)
        envelope = sign_envelope(STATEMENT_TYPE, said.to_payload(), [signer])
        return wallet.node.statuses.signed(envelope, said)

    def test_is_logged_audited_and_proven(self, wallet: Supplier) -> None:
        node = wallet.node
        before, after = (send(wallet, wallet.batch(event(number))) for number in (1, 2))
        self.recall(wallet, before, wallet.key)
        with node.store.reading() as repositories:
            row = repositories.entries.by_leaf_hash(after.entry_hash)
        assert row is not None
        ended = sign_revocation(
            wallet.key, self.position(wallet), reason="lost", suspect_from=row.leaf_index
        )
        node.registrar.revoker.signed(*ended)
        node.sequencer.run(close=True)
        for batch, status, warned in (
            (before, "recalled", []),
            (after, "current", ["KEY_SUSPECT"]),
        ):
            data = node.prove_record(RecordAddress(batch.batch, 0)).to_bytes()
            report = verify_bundle(data, trusted(node), accept="logged").to_json()
            assert (report["verified"], report["status"]) == (True, status)
            assert [one["code"] for one in report["warnings"]] == warned  # type: ignore[index,union-attr,call-overload]  # JSON
        assert audit(node.store, second_place=node.second_place).ok
        with pytest.raises(KeyRevoked):
            self.recall(wallet, after, wallet.key)

    @pytest.mark.parametrize("signer", ["another wallet", "the larger s"])
    def test_is_refused_with_another_signature(self, wallet: Supplier, signer: str) -> None:
        node = wallet.node
        sent = send(wallet, wallet.batch(event(1)))
        assert isinstance(wallet.key, WalletKey)
        own = wallet.key._private
        other = WalletKey.generate() if signer == "another wallet" else LargerS(own)
        refusal = SignersInvalid if signer == "another wallet" else SignatureInvalid
        with pytest.raises(refusal):
            self.recall(wallet, sent, other)
        position = self.position(wallet)
        envelope, said = sign_revocation(wallet.key, position, reason="lost", suspect_from=None)
        forged = sign_envelope(STATEMENT_TYPE, said.to_payload(), [other])
        with pytest.raises(refusal):
            node.registrar.revoker.signed(forged, said)
        assert node.registrar.revoker.signed(envelope, said).repeated is False
