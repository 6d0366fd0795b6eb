"""`POST /api/keys/drafts`, `POST /api/keys`, `POST /api/keys/{key_id}/revocation`."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from fastapi.responses import JSONResponse, Response

from ledger_api.auth import Caller, require_role
from ledger_api.described import MEDIA_TYPE_UNKNOWN, problems_told
from ledger_api.keys.answers import may_see
from ledger_api.keys.requests import (
    MAX_BODY,
    REVOCATION_TYPE,
    read_draft_request,
    read_revocation,
    read_signed_revocation,
)
from ledger_api.problems import MediaTypeUnknown
from ledger_api.services import CallerOf, Services, ServicesOf, in_hand, read_body
from traceability.client.key_drafts import parse_draft
from traceability.hashing.encoding import b64u_encode
from traceability.hashing.signatures import ALGS
from traceability.hashing.statement import REVOCATION_REASONS, ROLES
from traceability.ledger.faults import KeyNotFound, WrongParticipant
from traceability.ledger.naming import parse_key_id
from traceability.ledger.revoking import RevocationInvalid, Revoked

router = APIRouter(prefix="/api/keys", tags=["keys"])
DRAFT_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["public_key"],
                "properties": {
                    "alg": {"enum": list(ALGS)},
                    "public_key": {"type": "string", "description": "base64url"},
                    "participant": {"type": "string", "description": "GLN or id, if it is known."},
                    "name": {"type": "string", "description": "Of a new organisation."},
                    "gln": {"type": "string"},
                    "credit_code": {"type": "string", "description": "统一社会信用代码"},
                    "roles": {"type": "array", "items": {"enum": list(ROLES)}},
                    "prefixes": {"type": "array", "items": {"type": "string"}},
                },
            },
            "example": {
                "alg": "ed25519",
                "public_key": "A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg",
                "name": "Example Works",
                "roles": ["producer"],
                "prefixes": ["9521234"],
            },
        }
    },
}
SIGNED_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {"type": "object", "description": "A co-signed draft: docs/formats.md."}
        }
    },
}
REVOCATION_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["reason"],
                "properties": {
                    "reason": {"enum": list(REVOCATION_REASONS)},
                    "suspect_from": {"type": "integer", "minimum": 0},
                },
            },
            "example": {"reason": "compromised", "suspect_from": 1},
        },
        REVOCATION_TYPE: {
            "schema": {
                "type": "object",
                "description": "Envelope of a revocation that the key itself has signed.",
            }
        },
    },
}


@router.post(
    "/drafts",
    summary="Draw up the registration of a key",
    responses=problems_told({409: "The key is registered, or the GLN is another's."}),
    openapi_extra={"requestBody": DRAFT_BODY},
)
async def draft_key(request: Request, services: ServicesOf, caller: CallerOf) -> Response:
    """Return the statement that the registrar would sign, for the key's holder to co-sign.

    Nothing is kept. The draft holds until the registrar signs something else.
    """
    require_role(caller, "operator")
    with in_hand(request, services, caller.name, most=MAX_BODY) as place:
        return await place.run(_draft, services, await read_body(request, MAX_BODY, place))


def _draft(services: Services, body: bytes) -> JSONResponse:
    with services.node.store.reading() as repositories:
        asked = read_draft_request(body, repositories)
    return JSONResponse(services.node.registering.draft(asked).to_json())


@router.post(
    "",
    status_code=201,
    summary="Register a key by a draft that its holder has signed",
    responses=problems_told(
        {409: "The registrar has signed something else since, or the key is registered."}
    ),
    openapi_extra={"requestBody": SIGNED_BODY},
)
async def register_key(request: Request, services: ServicesOf, caller: CallerOf) -> Response:
    """Append the registration: 201, or 200 where it was there before.

    The draft is the operator's approval, so that the participant may hand it in itself.
    """
    require_role(caller, "operator", "participant")
    with in_hand(request, services, caller.name, most=MAX_BODY) as place:
        body = await read_body(request, MAX_BODY, place)
        return await place.run(_register, services, caller, body)


def _register(services: Services, caller: Caller, body: bytes) -> JSONResponse:
    draft = parse_draft(body)
    if not may_see(caller, draft.statement.participant):
        raise WrongParticipant("draft registers a key of another participant")
    found = services.node.registering.register(draft)
    leaf_index = services.workers.wait_logged(found.arrival)
    answer = {
        "key_id": found.key_id.hex(),
        "participant": found.participant.hex(),
        "entry_hash": b64u_encode(found.leaf_hash),
        "leaf_index": leaf_index,
    }
    return JSONResponse(answer, 200 if found.repeated else 201)


@router.post(
    "/{key_id}/revocation",
    status_code=201,
    summary="Revoke a signing key",
    responses=problems_told(
        {409: "The signed revocation is not the next of its key's chain.", 415: MEDIA_TYPE_UNKNOWN}
    ),
    openapi_extra={"requestBody": REVOCATION_BODY},
)
async def revoke_key(
    key_id: str,
    request: Request,
    services: ServicesOf,
    caller: CallerOf,
    content_type: Annotated[str, Header()] = "application/json",
) -> Response:
    """Log the end of a key: said by the operator as registrar, or signed by the key itself."""
    media_type = content_type.split(";")[0].strip().lower()
    with in_hand(request, services, caller.name, most=MAX_BODY) as place:
        body = await read_body(request, MAX_BODY, place)
        if media_type == REVOCATION_TYPE:
            require_role(caller, "operator", "participant")
            return await place.run(_take_signed, services, caller, key_id, body)
        if media_type == "application/json":
            require_role(caller, "operator")
            return await place.run(_revoke, services, key_id, body)
    raise MediaTypeUnknown(
        f"media type is unknown: expected application/json or {REVOCATION_TYPE}, "
        f"got {media_type[:80]!r}"
    )


def _revoke(services: Services, key_id: str, body: bytes) -> JSONResponse:
    wanted, asked = parse_key_id(key_id), read_revocation(body)
    with services.node.store.reading() as repositories:
        if repositories.keys.get(wanted) is None:
            raise KeyNotFound(f"key {key_id[:16]} is unknown")
    revoked = services.node.registrar.revoke(
        wanted, reason=asked.reason, suspect_from=asked.suspect_from
    )
    return _revoked(services, key_id, revoked)


def _take_signed(services: Services, caller: Caller, key_id: str, body: bytes) -> JSONResponse:
    wanted = parse_key_id(key_id)
    envelope, statement = read_signed_revocation(body)
    if statement.target != wanted:
        raise RevocationInvalid("revocation is of another key than the address names")
    with services.node.store.reading() as repositories:
        row = repositories.keys.get(wanted)
        if row is None or not may_see(caller, row.participant):
            raise KeyNotFound(f"key {key_id[:16]} is unknown")
    revoked = services.node.registrar.revoker.signed(envelope, statement)
    return _revoked(services, key_id, revoked)


def _revoked(services: Services, key_id: str, revoked: Revoked) -> JSONResponse:
    leaf_index = services.workers.wait_logged(revoked.arrival)
    answer = {
        "key_id": key_id,
        "entry_hash": b64u_encode(revoked.leaf_hash),
        "leaf_index": leaf_index,
    }
    return JSONResponse(answer, 200 if revoked.repeated else 201)
