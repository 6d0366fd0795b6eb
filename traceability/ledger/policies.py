"""Disclosure policies of participants: which is in force, and what came before.

A policy is a `document` record that its participant signs like any other: it is versioned, logged
and anchored, and nothing beside the log says what is in force. The newest logged one applies to
whatever is given out from then on; what was given out before cannot be taken back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from traceability.errors import Conflict, ItemProofError
from traceability.hashing.canonical import parse_canonical
from traceability.hashing.commitment import KIND, MEDIA_TYPE, Commitment, RecordKind, salted_fields
from traceability.hashing.partial import PartialRecord
from traceability.ledger.disclosure_policy import (
    CLOSED_POLICY,
    DEFAULT_POLICY,
    POLICY_MEDIA_TYPE,
    Policy,
    parse_policy,
)
from traceability.store.repositories import Repositories
from traceability.store.repositories.policies import PolicyRow
from traceability.strict_json import JSONValue
from traceability.verify.identity import record_urn
from traceability.verify.payload import payload_of

# Beyond the newest so many, none is looked for.
MAX_HISTORY = 1_000


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

    If that one is erased, or is not what was committed, nobody can say what it allowed: then
    only the minimum is shown, and no older one comes back into force. The same holds where a
    document came later of which nobody can say any more that it was no policy.
    """
    row = repositories.policies.newest(participant)
    return DEFAULT_POLICY if row is None else _read(row).policy or CLOSED_POLICY


def policy_history(repositories: Repositories, participant: bytes) -> list[Recorded]:
    """Return a participant's recorded policies, the newest first."""
    return [_read(row) for row in repositories.policies.of(participant, limit=MAX_HISTORY)]


def _read(row: PolicyRow) -> Recorded:
    name = record_urn(row.entry_hash, row.record_index)
    try:
        value = _committed(row)
        policy = None if value is None else parse_policy(value)
    except (ItemProofError, ValueError):
        value = policy = None
    return Recorded(name, row.leaf_index, row.received, policy, value)


def _committed(row: PolicyRow) -> JSONValue:
    """Return the policy that its leaves commit to; None where one is missing or another's.

    The type is one of the leaves: a document that was given it afterwards is no policy.
    """
    if row.payload is not None and row.secret is not None:
        value = parse_canonical(row.payload)
        kind, media_type = RecordKind.DOCUMENT, POLICY_MEDIA_TYPE
        record = PartialRecord.of(salted_fields(kind, value, row.secret, media_type=media_type))
    elif row.leaves is not None:
        record = PartialRecord.from_bytes(row.leaves)
    else:
        return None
    expected = Commitment(RecordKind.DOCUMENT, row.field_count, row.field_root)
    if record.erased or record.commitment(RecordKind.DOCUMENT) != expected:
        return None
    fields = list(record.fields.values())
    if fields[0].value != {KIND: "document", MEDIA_TYPE: POLICY_MEDIA_TYPE}:
        return None
    return payload_of(RecordKind.DOCUMENT, fields)


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
    latest = _latest_version(recorded)
    if policy.version != latest + 1:
        raise DisclosurePolicyVersion(
            f"disclosure policy has the wrong version: expected {latest + 1}, got {policy.version}",
            pointer="/version",
            expected=str(latest + 1),
            got=str(policy.version),
        )
    return policy


def _latest_version(recorded: Sequence[Recorded]) -> int:
    """Return the newest one's version; what can no longer be read counted one each."""
    for unread, one in enumerate(recorded):
        if one.policy is not None:
            return one.policy.version + unread
    return len(recorded)
