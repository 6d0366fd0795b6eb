"""Policies and events for tests of who sees what."""

from __future__ import annotations

from typing import Any

from tests.support.ledger import document
from traceability.ledger.node import Node
from traceability.ledger.policy_setting import set_policy

PARTNER_GLN = "9521234500001"


def policy(version: int = 1, **members: Any) -> dict[str, Any]:
    """Return a disclosure policy."""
    return {"format": "itemproof-disclosure-1", "version": version, **members}


def rule(public: Any, partner: Any = "all") -> dict[str, Any]:
    """Return a rule for all event types."""
    return {"default": {"public": public, "partner": partner}}


def put(node: Node, participant: bytes, value: dict[str, Any]) -> None:
    """Set a policy and bring it into the log."""
    set_policy(node, participant, value)
    node.sequencer.run(close=True)


def submit(node: Node, participant: bytes, *events: dict[str, Any]) -> None:
    """Submit events and bring them into the log."""
    result = node.submission.submit(document(*events), participant=participant)
    assert result.status == "ACCEPTED", result
    node.sequencer.run(close=True)
