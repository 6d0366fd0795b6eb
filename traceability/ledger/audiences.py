"""From who asks for whom to the fields of one record: policy, partners, and what stands beside."""

from __future__ import annotations

from functools import partial

from traceability.hashing.commitment import Field, RecordKind, split_record
from traceability.hashing.salts import SALT_BYTES
from traceability.ledger.bundles import RecordAddress, Selection
from traceability.ledger.disclosure import Audience, selection
from traceability.ledger.disclosure_policy import DEFAULT_POLICY, Policy, Shielded
from traceability.ledger.partners import Asker, require_partner
from traceability.ledger.policies import policy_in_force
from traceability.store.repositories import Repositories
from traceability.strict_json import parse_json

_NO_SALT = bytes(SALT_BYTES)


def audience_selection(
    repositories: Repositories,
    address: RecordAddress,
    *,
    audience: Audience,
    code: str | None,
    asker: Asker,
) -> Selection:
    """Return the choice of a record's fields, if the asker may ask for this audience.

    Raises
    ------
    NotAPartner
    """
    if audience == "auditor":
        return selection(audience, code)
    policy = policy_of(repositories, address.batch)
    if audience == "partner":
        require_partner(repositories, address, asker, policy=policy)
    events_shown = partial(_events_shown, repositories, address.batch, policy)
    return selection(audience, code, policy=policy, events_shown=events_shown)


def policy_of(repositories: Repositories, batch: int) -> Policy:
    """Return the policy in force of the participant whose batch this is."""
    row = repositories.batches.get(batch)
    return DEFAULT_POLICY if row is None else policy_in_force(repositories, row.participant)


def _events_shown(
    repositories: Repositories, batch: int, policy: Policy, audience: Shielded
) -> bool:
    """Tell whether an audience sees every event of a batch whole."""
    choose = selection(audience, policy=policy)
    for event in repositories.recorded.of_batch(batch).values():
        parts = split_record(RecordKind.EVENT, parse_json(event.payload))
        fields = [Field(path, _NO_SALT, value) for path, value in parts]
        if choose(RecordKind.EVENT, fields) is not None:
            return False
    return True
