"""Statuses: who may say them, of what, in which order; and that the log and its tree have them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.commits import failing_commit
from tests.support.ledger import add_participant, document, event
from traceability.hashing.ed25519 import SigningKey
from traceability.hashing.encoding import ZERO_HASH
from traceability.hashing.envelope import STATEMENT_TYPE, sign_envelope
from traceability.hashing.statement import ALL_RECORDS, Header, Replacement
from traceability.ledger.audit.audit import audit
from traceability.ledger.bundles import RecordAddress
from traceability.ledger.faults import (
    KeyRevoked,
    NotRecalled,
    RecordUnknown,
    SequenceConflict,
    SequenceGap,
    StatusNotAllowed,
    StatusTooWide,
    WrongLog,
)
from traceability.ledger.keeping import CapturedBatch
from traceability.ledger.mint import Lot
from traceability.ledger.node import Node
from traceability.ledger.standing import standing_of
from traceability.ledger.status_targets import targets_of_code
from traceability.ledger.statuses import MAX_NAMED, Declaration, Declared
from traceability.ledger.trust import trust_of
from traceability.store.faults import StoreUnavailable
from traceability.store.unit_of_work import UnitOfWork
from traceability.verify.verifier import verify_bundle


@pytest.fixture
def participant(node: Node) -> bytes:
    return add_participant(node)


@pytest.fixture
def batch(node: Node, participant: bytes) -> CapturedBatch:
    result = node.submission.submit(document(event(0), event(1)), participant=participant)
    assert result.batch is not None
    node.sequencer.run(close=True)
    return result.batch


def recall(batch: CapturedBatch, index: int | None = 0, kind: str = "recalled") -> Declaration:
    records = ALL_RECORDS if index is None else ((index, index),)
    return Declaration(batch.entry_hash, records, kind, "safety")


def status(node: Node, batch: CapturedBatch, index: int) -> str:
    with node.store.reading() as repositories:
        address = RecordAddress(batch.batch, index)
        return standing_of(repositories, node.identity, address).status


def verified_status(node: Node, batch: CapturedBatch, index: int) -> str | None:
    """Return the status that a bundle proves, as a stranger reads it."""
    bundle = node.prove_record(RecordAddress(batch.batch, index)).to_bytes()
    report = verify_bundle(bundle, trust_of(node.store, node.identity), accept="logged")
    assert report.verified, report
    return None if report.facts is None else report.facts.status


def entries(node: Node) -> int:
    with node.store.reading() as repositories:
        return repositories.entries.count_sequenced() + len(repositories.entries.unsequenced(99))


class TestDeclaring:
    def test_a_recalled_record_is_so_in_its_bundle(
        self, node: Node, participant: bytes, batch: CapturedBatch
    ) -> None:
        node.statuses.declare([recall(batch)], participant=participant)
        node.sequencer.run(close=True)
        assert [status(node, batch, index) for index in (0, 1)] == ["recalled", "current"]
        assert [verified_status(node, batch, i) for i in (0, 1)] == ["recalled", "current"]
        assert audit(node.store, second_place=node.second_place).ok

    def test_lifting_makes_it_current_again(
        self, node: Node, participant: bytes, batch: CapturedBatch
    ) -> None:
        for kind in ("recalled", "recall_lifted", "recalled", "recall_lifted"):
            (declared,) = node.statuses.declare([recall(batch, None, kind)])
            assert not declared.repeated
        node.sequencer.run(close=True)
        assert verified_status(node, batch, 1) == "current"
        with node.store.reading() as repositories:
            found = standing_of(repositories, node.identity, RecordAddress(batch.batch, 1))
        assert [one.kind for one in found.history] == ["recalled", "recall_lifted"] * 2
        assert found.latest is not None
        assert found.latest.kind == "recall_lifted"
        assert audit(node.store, second_place=node.second_place).ok

    def test_what_is_not_recalled_cannot_be_lifted(self, node: Node, batch: CapturedBatch) -> None:
        node.statuses.declare([recall(batch, 0)])
        with pytest.raises(NotRecalled):
            node.statuses.declare([recall(batch, 1, "recall_lifted")])
        node.statuses.declare([recall(batch, 0, "recall_lifted")])
        for index in (0, None):
            with pytest.raises(NotRecalled):
                node.statuses.declare(
                    [replace(recall(batch, index, "recall_lifted"), reason="mistaken")]
                )

    def test_one_record_of_a_recalled_batch_can_be_lifted(
        self, node: Node, batch: CapturedBatch
    ) -> None:
        node.statuses.declare([recall(batch, None), recall(batch, 1, "recall_lifted")])
        node.sequencer.run(close=True)
        assert [verified_status(node, batch, i) for i in (0, 1)] == ["recalled", "current"]

    def test_the_same_again_is_the_same_entry(self, node: Node, batch: CapturedBatch) -> None:
        first = node.statuses.declare([recall(batch)])
        again = node.statuses.declare([recall(batch)])
        assert again == [replace(first[0], repeated=True)]
        other = node.statuses.declare([replace(recall(batch), reason="quality")])
        assert not other[0].repeated

    @pytest.mark.parametrize(
        "change",
        [
            {"entry": bytes(32)},
            {"records": ((2, 2),)},
            {"records": ((0, 2**32 - 1),)},
            {"kind": "corrected", "replacement": Replacement(bytes(32), 0)},
        ],
    )
    def test_an_unknown_record_is_refused(
        self, node: Node, batch: CapturedBatch, change: dict[str, object]
    ) -> None:
        before = entries(node)
        with pytest.raises(RecordUnknown):
            node.statuses.declare([replace(recall(batch), **change)])  # type: ignore[arg-type]  # as above
        assert entries(node) == before

    def test_another_participant_may_not_say_it(self, node: Node, batch: CapturedBatch) -> None:
        before = entries(node)
        other = add_participant(node)
        with pytest.raises(StatusNotAllowed):
            node.statuses.declare([recall(batch)], participant=other)
        assert status(node, batch, 0) == "current"
        assert entries(node) > before

    def test_a_card_can_only_be_erased(self, node: Node, batch: CapturedBatch) -> None:
        with node.store.reading() as repositories:
            registration = next(
                row for row in repositories.entries.between(0, 9) if row.type == "key"
            )
        with pytest.raises(RecordUnknown, match="is no batch"):
            node.statuses.declare([replace(recall(batch, None), entry=registration.leaf_hash)])

    def test_a_lot_is_recalled_whole(self, node: Node, participant: bytes) -> None:
        gtin = "09521234567899"
        minted = node.mint(Lot(gtin, "L1", 3, {}), participant=participant)
        node.sequencer.run(close=True)
        with node.store.reading() as repositories:
            targets = targets_of_code(repositories, f"https://id.gs1.org/01/{gtin}/10/L1")
        assert targets == [(minted.entry_hash, ALL_RECORDS)]
        node.statuses.declare(
            [Declaration(one.entry, one.records, "recalled", "safety") for one in targets]
        )
        node.sequencer.run(close=True)
        assert [verified_status(node, minted, index) for index in (0, 1, 3)] == ["recalled"] * 3

    def test_too_many_records_are_not_named_one_by_one(
        self, node: Node, participant: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("traceability.ledger.statuses.MAX_NAMED", 2)
        minted = node.mint(Lot("09521234567899", "L1", 3, {}), participant=participant)
        with pytest.raises(StatusTooWide):
            node.statuses.declare([replace(recall(minted), records=((0, 2),))])
        node.statuses.declare([replace(recall(minted), records=((0, 1),))])
        assert MAX_NAMED > 2


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM statuses WHERE entry_hash = x'00' AND record_index IN (-1, 3)",
        "SELECT * FROM statuses WHERE entry_hash = x'00' ORDER BY arrival",
        "UPDATE statuses SET entry_index = 1 WHERE arrival = 5",
        "SELECT * FROM statuses WHERE entry_index BETWEEN 1 AND 2",
    ],
)
def test_statuses_are_found_by_an_index(sqlite_node: Node, query: str) -> None:
    with sqlite_node.store.engine.connect() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}").all()
    steps = [str(row[3]) for row in rows]
    assert steps[0].startswith("SEARCH statuses USING")
    assert not any(step.startswith("SCAN") for step in steps)


class TestFaults:
    @pytest.mark.parametrize("persisted", [False, True])
    def test_a_failed_commit_loses_and_doubles_nothing(
        self,
        node: Node,
        batch: CapturedBatch,
        monkeypatch: pytest.MonkeyPatch,
        persisted: bool,
    ) -> None:
        before = entries(node)
        with monkeypatch.context() as patched:
            patched.setattr(UnitOfWork, "commit", failing_commit(persisted=persisted, once=True))
            if persisted:
                node.statuses.declare([recall(batch)])
            else:
                with pytest.raises(StoreUnavailable):
                    node.statuses.declare([recall(batch)])
        assert entries(node) == before + persisted
        (again,) = node.statuses.declare([recall(batch)])
        assert again.repeated is persisted
        assert entries(node) == before + 1
        node.sequencer.run(close=True)
        assert audit(node.store, second_place=node.second_place).ok


class Outsider:
    """A participant that holds its own key."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.key = SigningKey.generate()
        self.participant = add_participant(node, key=self.key)
        result = node.submission.submit(document(event(7)), key=self.key)
        assert result.batch is not None
        self.batch = result.batch
        node.sequencer.run(close=True)

    def header(self) -> Header:
        with self.node.store.reading() as repositories:
            chain = repositories.keys.chain(self.key.key_id)
        assert chain is not None
        return Header(
            self.node.identity.log,
            self.key.key_id,
            chain.next_sequence,
            chain.previous,
            self.node.clock(),
        )

    def send(
        self, declaration: Declaration, header: Header | None = None, key: SigningKey | None = None
    ) -> Declared:
        statement = declaration.statement(header or self.header())
        envelope = sign_envelope(STATEMENT_TYPE, statement.to_payload(), [key or self.key])
        return self.node.statuses.signed(envelope, statement)


@pytest.fixture
def outsider(node: Node) -> Outsider:
    return Outsider(node)


class TestSigned:
    def test_who_signs_itself_says_it_itself(self, node: Node, outsider: Outsider) -> None:
        header = outsider.header()
        first = outsider.send(recall(outsider.batch), header)
        assert outsider.send(recall(outsider.batch), header) == replace(first, repeated=True)
        node.sequencer.run(close=True)
        assert verified_status(node, outsider.batch, 0) == "recalled"
        assert audit(node.store, second_place=node.second_place).ok

    def test_another_statement_of_the_same_number_is_kept_as_evidence(
        self, node: Node, outsider: Outsider
    ) -> None:
        header = outsider.header()
        outsider.send(recall(outsider.batch), header)
        with pytest.raises(SequenceConflict):
            outsider.send(recall(outsider.batch, None), header)
        with node.store.reading() as repositories:
            assert repositories.entries.count_conflicts() == 1

    @pytest.mark.parametrize("change", [{"sequence": 9}, {"previous": ZERO_HASH}])
    def test_what_does_not_continue_its_keys_chain_is_refused(
        self, outsider: Outsider, change: dict[str, object]
    ) -> None:
        header = replace(outsider.header(), **change)  # type: ignore[arg-type]  # as above
        with pytest.raises(SequenceGap):
            outsider.send(recall(outsider.batch), header)

    def test_a_status_of_another_log_is_refused(self, outsider: Outsider) -> None:
        with pytest.raises(WrongLog):
            outsider.send(recall(outsider.batch), replace(outsider.header(), log=bytes(32)))

    def test_a_revoked_key_says_nothing(self, node: Node, outsider: Outsider) -> None:
        node.registrar.revoke(outsider.key.key_id, reason="lost")
        with pytest.raises(KeyRevoked):
            outsider.send(recall(outsider.batch))

    def test_nobody_recalls_what_another_sent(
        self, node: Node, outsider: Outsider, batch: CapturedBatch
    ) -> None:
        with pytest.raises(StatusNotAllowed):
            outsider.send(recall(batch))
        assert status(node, batch, 0) == "current"
