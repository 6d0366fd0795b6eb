"""The node's own batches are signed before the store is locked, and only as their keys stand."""

from __future__ import annotations

import pytest

from tests.support.ledger import add_participant, batch_of_document
from traceability.hashing.ed25519 import SigningKey
from traceability.hashing.envelope import parse_envelope
from traceability.hashing.statement import BatchStatement, parse_statement
from traceability.ledger import group, presigning
from traceability.ledger.audit.audit import audit
from traceability.ledger.keyring import Keyring
from traceability.ledger.node import Node
from traceability.ledger.presigning import SignedJob, sign_batch
from traceability.store.repositories.entries import EntryRow
from traceability.store.unit_of_work import UnitOfWork


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing be too old on a slow machine."""
    monkeypatch.setattr(presigning, "FRESH_SECONDS", 3_600.0)


@pytest.fixture
def signed_late(monkeypatch: pytest.MonkeyPatch) -> list[SignedJob]:
    """Collect what a group had to sign while it held the store."""
    found: list[SignedJob] = []

    def signing(*args: object, **more: object) -> SignedJob:
        found.append(sign_batch(*args, **more))  # type: ignore[arg-type]  # passed on as it came
        return found[-1]

    monkeypatch.setattr(group, "sign_batch", signing)
    return found


def keep(node: Node, participant: bytes, number: int, key: SigningKey | None = None) -> EntryRow:
    batch = batch_of_document(number)
    captured = node.capture.own(batch, participant=participant, key=key)
    assert captured is not None
    with node.store.reading() as repositories:
        row = repositories.entries.by_arrival(captured.arrival)
    assert row is not None
    return row


def other_process(node: Node) -> Node:
    """Return what another process that serves the same ledger has of it."""
    return Node(
        node.store,
        node.identity,
        data_dir=node.data_dir,
        keyring=Keyring(node.data_dir / "keys"),
        clock=node.clock,
    )


def sequences(rows: list[EntryRow]) -> list[int | None]:
    return [row.sequence for row in rows]


def test_a_key_that_has_just_signed_signs_in_advance(
    node: Node, signed_late: list[SignedJob]
) -> None:
    participant = add_participant(node)
    rows = [keep(node, participant, number) for number in range(3)]
    assert sequences(rows) == [0, 1, 2]
    assert len(signed_late) == 1
    node.sequencer.run(close=True)
    assert audit(node.store, second_place=node.second_place).ok


def test_what_another_process_overtook_is_signed_anew(
    node: Node, signed_late: list[SignedJob]
) -> None:
    participant, other = add_participant(node), other_process(node)
    rows = [keep(node, participant, 0), keep(other, participant, 1), keep(node, participant, 2)]
    assert sequences(rows) == [0, 1, 2]
    assert len(signed_late) == 3
    node.sequencer.run(close=True)
    assert audit(node.store, second_place=node.second_place).ok


def test_what_was_learnt_long_ago_is_not_tried(
    node: Node, signed_late: list[SignedJob], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presigning, "FRESH_SECONDS", 0.0)
    participant = add_participant(node)
    assert sequences([keep(node, participant, number) for number in range(2)]) == [0, 1]
    assert len(signed_late) == 2


def test_a_revoked_key_signs_nothing_more(node: Node) -> None:
    participant = add_participant(node)
    key_id = keep(node, participant, 0).key_id
    assert key_id is not None
    node.registrar.revoke(key_id, reason="compromised")
    assert node.capture.own(batch_of_document(1), participant=participant) is None


def test_of_a_commit_that_failed_nothing_is_learnt(
    node: Node, signed_late: list[SignedJob], monkeypatch: pytest.MonkeyPatch
) -> None:
    participant = add_participant(node)
    with monkeypatch.context() as patch:
        patch.setattr(UnitOfWork, "commit", _fail)
        with pytest.raises(OSError, match="injected"):
            keep(node, participant, 0)
    row = keep(node, participant, 0)
    assert (row.sequence, len(signed_late)) == (0, 2)


def _fail(_work: UnitOfWork) -> None:
    raise OSError("injected fault")


def test_names_the_newest_head_that_the_group_before_saw(node: Node) -> None:
    participant = add_participant(node)
    size = node.sequencer.run().tree_size
    rows = [keep(node, participant, number) for number in range(2)]
    found = [parse_statement(parse_envelope(row.envelope).payload) for row in rows]
    assert [one.seen.tree_size for one in found if isinstance(one, BatchStatement)] == [size] * 2
