"""A lot is issued once, also where the database says otherwise."""

from __future__ import annotations

import pytest

from tests.support.commits import failing_commit
from tests.support.ledger import GTIN, add_participant
from traceability.ledger.mint import Lot
from traceability.ledger.node import Node
from traceability.store.faults import StoreUnavailable
from traceability.store.unit_of_work import UnitOfWork

LOT = Lot(GTIN, "L7", 5, {})


def _quantities(node: Node) -> list[int]:
    with node.store.reading() as repositories:
        return [run.quantity for run in repositories.items.runs_of(GTIN)]


def test_a_lot_that_was_kept_is_issued(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    participant = add_participant(node)
    with monkeypatch.context() as patch:
        patch.setattr(UnitOfWork, "commit", failing_commit(persisted=True))
        captured = node.mint(LOT, participant=participant)
    assert _quantities(node) == [5]
    with node.store.reading() as repositories:
        found = repositories.batches.get(captured.batch)
    assert found is not None
    assert found.record_count == 6


def test_a_lot_that_was_not_kept_can_be_issued(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    participant = add_participant(node)
    with monkeypatch.context() as patch:
        patch.setattr(UnitOfWork, "commit", failing_commit(persisted=False))
        with pytest.raises(StoreUnavailable):
            node.mint(LOT, participant=participant)
    assert _quantities(node) == []
    node.mint(LOT, participant=participant)
    assert _quantities(node) == [5]
