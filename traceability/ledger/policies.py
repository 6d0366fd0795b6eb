"""Disclosure policies of participants: which is in force, and what came before.

A policy is a `document` record that its participant signs like any other: it is versioned, logged
and anchored, and nothing beside the log says what is in force. The newest logged one applies to
whatever is given out from then on; what was given out before cannot be taken back.
"""

from __future__ import annotations

from dataclasses import dataclass

from traceability.errors import Conflict
from traceability.ledger.disclosure_policy import (
    CLOSED_POLICY,
    DEFAULT_POLICY,
    DisclosurePolicyInvalid,
    Policy,
    parse_policy,
)
from traceability.store.repositories import Repositories
from traceability.store.repositories.policies import PolicyRow
from traceability.strict_json import JSONValue, parse_json
from traceability.verify.identity import record_urn

# Beyond the newest so many, none is looked for.
MAX_HISTORY = 1_000
_NEWEST = 16


class DisclosurePolicyVersion(Conflict):
    """The policy's version does not follow the one that is recorded."""

    code = "DISCLOSURE_POLICY_VERSION"


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recorded policy; the value is None where it was erased or is malformed."""

    record: str
    leaf_index: int | None
    received: int
    policy: Policy | None
    value: JSONValue


def policy_in_force(repositories: Repositories, participant: bytes) -> Policy:
    """Return the newest logged policy of a participant, or the default one.

    If that was erased, nobody can say what it allowed: then only the minimum is shown.
    """
    for row in repositories.policies.of(participant, limit=_NEWEST):
        if row.leaf_index is None:
            continue
        if row.payload is None:
            return CLOSED_POLICY
        found = _read(row)
        if found.policy is not None:
            return found.policy
    return DEFAULT_POLICY


def policy_history(repositories: Repositories, participant: bytes) -> list[Recorded]:
    """Return a participant's recorded policies, the newest first."""
    return [_read(row) for row in repositories.policies.of(participant, limit=MAX_HISTORY)]


def _read(row: PolicyRow) -> Recorded:
    name = record_urn(row.entry_hash, row.record_index)
    if row.payload is None:
        return Recorded(name, row.leaf_index, row.received, None, None)
    value = parse_json(row.payload)
    try:
        policy = parse_policy(value)
    except DisclosurePolicyInvalid:
        return Recorded(name, row.leaf_index, row.received, None, None)
    return Recorded(name, row.leaf_index, row.received, policy, value)


def check_follows(repositories: Repositories, participant: bytes, value: JSONValue) -> Policy:
    """Return a policy that may be recorded next.

    Raises
    ------
    DisclosurePolicyInvalid
    DisclosurePolicyVersion
        Its version is not the next one.
    """
    policy = parse_policy(value)
    recorded = policy_history(repositories, participant)
    latest = max((one.policy.version for one in recorded if one.policy), default=0)
    if policy.version != latest + 1:
        raise DisclosurePolicyVersion(
            f"disclosure policy has the wrong version: expected {latest + 1}, got {policy.version}",
            pointer="/version",
            expected=str(latest + 1),
            got=str(policy.version),
        )
    return policy
