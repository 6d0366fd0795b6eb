"""A folder's own participant is registered once, whatever stops the registration."""

from __future__ import annotations

import pytest

from ledger_api.defaults import default_participant
from tests.support.commits import failing_commit
from tests.support.ledger import document, event
from traceability.ledger.node import Node
from traceability.ledger.sequencer import Sequencer
from traceability.store.faults import StoreUnavailable
from traceability.store.unit_of_work import UnitOfWork


def _participants(node: Node) -> list[bytes]:
    with node.store.reading() as repositories:
        return [row.participant for row in repositories.participants.all()]


def _stop(*_: object, **__: object) -> None:
    raise StoreUnavailable("store cannot be used now: pulled")


def test_it_is_brought_into_the_log_by_the_next_call(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Sequencer, "run", _stop)
        with pytest.raises(StoreUnavailable):
            default_participant(node)
    participant = default_participant(node)
    assert _participants(node) == [participant]
    result = node.submission.submit(document(event(1)), participant=participant)
    assert result.status == "ACCEPTED"


def test_it_is_not_registered_twice(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(UnitOfWork, "commit", failing_commit(persisted=True))
        with pytest.raises(StoreUnavailable):
            default_participant(node)
    assert len(_participants(node)) == 1
    participant = default_participant(node)
    assert _participants(node) == [participant] == [default_participant(node)]


def test_what_was_not_kept_is_registered_later(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(UnitOfWork, "commit", failing_commit(persisted=False))
        with pytest.raises(StoreUnavailable):
            default_participant(node)
    assert _participants(node) == []
    participant = default_participant(node)
    assert _participants(node) == [participant]
