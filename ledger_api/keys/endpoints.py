"""`GET /api/keys` and `GET /api/keys/{key_id}`: signing keys as they are registered."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from ledger_api.keys.answers import key_json, may_see
from ledger_api.services import CallerOf, ServicesOf
from traceability.ledger.faults import KeyNotFound, ParticipantUnknown
from traceability.ledger.naming import parse_key_id, participant_named

router = APIRouter(prefix="/api/keys", tags=["keys"])


@router.get("", summary="The signing keys of a participant")
def get_keys(
    services: ServicesOf,
    caller: CallerOf,
    participant: Annotated[
        str | None, Query(description="GLN or id; left out: the caller's own.")
    ] = None,
) -> dict[str, Any]:
    """Return a participant's keys in the order they were registered; others' are not told."""
    with services.node.store.reading() as repositories:
        owner = caller.participant
        if participant is not None:
            owner = participant_named(repositories, participant).participant
        if owner is None or not may_see(caller, owner):
            asked = "none is named" if participant is None else f"{participant[:80]!r} is unknown"
            raise ParticipantUnknown(f"participant: {asked}: expected a GLN or an id")
        rows = repositories.keys.of_participant(owner)
        found = [key_json(row, repositories.keys.chain(row.key_id)) for row in rows]
    return {"participant": owner.hex(), "keys": found}


@router.get("/{key_id}", summary="A signing key, and what its next statement must carry")
def get_key(key_id: str, services: ServicesOf, caller: CallerOf) -> dict[str, Any]:
    """Return a registered key; `next_sequence` and `previous` are its next statement's."""
    wanted = parse_key_id(key_id)
    with services.node.store.reading() as repositories:
        row = repositories.keys.get(wanted)
        if row is None or not may_see(caller, row.participant):
            raise KeyNotFound(f"key {key_id[:16]} is unknown")
        return key_json(row, repositories.keys.chain(wanted))
