"""Registrations and revocations: what nobody could read back is never signed."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest

from tests.support.commits import failing_commit
from tests.support.ledger import add_participant
from traceability.hashing.members import StatementInvalid
from traceability.ledger.audit.audit import audit
from traceability.ledger.node import Node
from traceability.ledger.participants import Card, Scopes
from traceability.store.faults import StoreUnavailable
from traceability.store.unit_of_work import UnitOfWork


def entries(node: Node) -> int:
    with node.store.reading() as repositories:
        waiting = len(repositories.entries.unsequenced(100))
        return repositories.entries.count_sequenced() + waiting


@pytest.mark.parametrize(
    "wrong", [{"roles": ("zz",)}, {"roles": ()}, {"prefixes": ("abc",)}, {"prefixes": ("1" * 13,)}]
)
def test_scope_that_is_none_is_not_signed(node: Node, wrong: dict[str, Any]) -> None:
    before = entries(node)
    with pytest.raises(StatementInvalid):
        add_participant(node, **wrong)
    assert entries(node) == before
    assert add_participant(node)
    assert audit(node.store, second_place=node.second_place).ok


@pytest.mark.parametrize("wrong", [{"reason": "zz"}, {"reason": "lost", "suspect_from": -5}])
def test_revocation_that_is_none_is_not_signed(node: Node, wrong: dict[str, Any]) -> None:
    participant = add_participant(node)
    with node.store.reading() as repositories:
        (key,) = repositories.keys.of_participant(participant)
    before = entries(node)
    with pytest.raises(StatementInvalid):
        node.registrar.revoke(key.key_id, **wrong)
    assert entries(node) == before
    node.registrar.revoke(key.key_id, reason="lost", suspect_from=2)
    assert entries(node) == before + 1


@pytest.mark.parametrize("is_kept", [False, True])
def test_a_registration_whose_commit_failed_is_made_or_not(
    node: Node, is_kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = entries(node)
    with monkeypatch.context() as patch:
        patch.setattr(UnitOfWork, "commit", failing_commit(persisted=is_kept))
        with nullcontext() if is_kept else pytest.raises(StoreUnavailable):
            node.registrar.add_participant(Card("测试厂"), Scopes(("producer",), ("952",)))
    assert entries(node) == before + is_kept
