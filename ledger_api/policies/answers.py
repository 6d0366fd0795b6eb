"""What is told of a participant's disclosure policies."""

from __future__ import annotations

from typing import Any

from ledger_api.reports import time_json
from traceability.ledger.policies import Recorded, policy_history
from traceability.store.repositories import Repositories
from traceability.store.times import from_milliseconds


def policies_json(repositories: Repositories, participant: bytes, *, most: int) -> dict[str, Any]:
    """Return the policy in force, none where the default applies, and the newest recorded."""
    history = policy_history(repositories, participant)
    applies = next((one for one in history if one.leaf_index is not None), None)
    return {
        "participant": participant.hex(),
        "in_force": None if applies is None else _recorded_json(applies),
        "history": [_recorded_json(one) for one in history[:most]],
    }


def _recorded_json(one: Recorded) -> dict[str, Any]:
    return {
        "version": None if one.policy is None else one.policy.version,
        "record": one.record,
        "leaf_index": one.leaf_index,
        "received": time_json(from_milliseconds(one.received)),
        "policy": one.value,
    }
