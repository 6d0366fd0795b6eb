"""`GET` and `PUT /api/policies/{gln}`: a participant's own, or any for the operator."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from ledger_api.auth import Caller, require_role
from ledger_api.described import problems_told
from ledger_api.policies.answers import policies_json
from ledger_api.services import CallerOf, Services, ServicesOf, in_hand, read_body
from traceability.codes.keys import check_element
from traceability.errors import NotFound
from traceability.hashing.encoding import b64u_encode
from traceability.ledger.policy_setting import set_policy
from traceability.store.repositories import Repositories
from traceability.strict_json import parse_json

router = APIRouter(prefix="/api/policies", tags=["policies"])
MAX_POLICY_BYTES = 2**20
MAX_TOLD = 100
EXAMPLE = {
    "format": "itemproof-disclosure-1",
    "version": 1,
    "partners": [],
    "events": {
        "default": {"public": [], "partner": "all"},
        "ObjectEvent": {"public": ["readPoint"], "partner": ["readPoint", "bizLocation"]},
    },
}
BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object"}, "example": EXAMPLE}},
    }
}


class PolicyOwnerUnknown(NotFound):
    """No participant has this GLN, or none that the caller may act for."""

    code = "POLICY_OWNER_UNKNOWN"


@router.get("/{gln}", summary="A participant's disclosure policy and its history")
def get_policy(gln: str, services: ServicesOf, caller: CallerOf) -> dict[str, Any]:
    """Return the policy in force, none where the default applies, and those before it."""
    with services.node.store.reading() as repositories:
        return policies_json(repositories, _owner(repositories, gln, caller), most=MAX_TOLD)


@router.put(
    "/{gln}",
    status_code=201,
    summary="Set the next policy",
    responses=problems_told({409: "Not the next version, which `expected` names."}),
    openapi_extra=BODY,
)
async def put_policy(
    gln: str, request: Request, services: ServicesOf, caller: CallerOf
) -> dict[str, Any]:
    """Record the next version, signed here for the participant; it applies once it is logged.

    A participant that signs for itself sends a signed batch with the document instead.
    """
    require_role(caller, "operator", "participant")
    with in_hand(request, services, caller.name, most=MAX_POLICY_BYTES) as place:
        body = await read_body(request, MAX_POLICY_BYTES, place)
        return await place.run(_set, services, caller, gln, body)


def _set(services: Services, caller: Caller, gln: str, body: bytes) -> dict[str, Any]:
    with services.node.store.reading() as repositories:
        participant = _owner(repositories, gln, caller)
    captured = set_policy(services.node, participant, parse_json(body))
    return {
        "batch": captured.batch,
        "entry_hash": b64u_encode(captured.entry_hash),
        "leaf_index": services.workers.wait_logged(captured.arrival),
    }


def _owner(repositories: Repositories, gln: str, caller: Caller) -> bytes:
    check_element("414", gln)
    row = repositories.participants.by_gln(gln)
    if row is None or caller.participant not in (None, row.participant):
        raise PolicyOwnerUnknown(f"participant {gln} is unknown, or another than the API key's")
    return row.participant
