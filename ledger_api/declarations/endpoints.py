"""`POST /api/statuses` and `GET /api/statuses?code=`."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import JSONResponse, Response

from ledger_api.auth import Caller, require_role
from ledger_api.declarations.erasures import plan_json, read_erasure
from ledger_api.declarations.requests import MEDIA_TYPE, DeclarationAsked, read_signed
from ledger_api.described import MEDIA_TYPE_UNKNOWN, problems_told
from ledger_api.problems import MediaTypeUnknown
from ledger_api.services import CallerOf, Services, ServicesOf, in_hand, read_body
from ledger_api.standings import declared_json, status_json
from traceability.hashing.statement import ERASED, ERASURE_BASES, STATUS_KINDS, STATUS_REASONS
from traceability.ledger.erasure_references import referring_records
from traceability.ledger.partners import PUBLIC, Asker
from traceability.ledger.statuses import Declared

router = APIRouter(prefix="/api", tags=["statuses"])
# A declaration is a few lines; an entry is at most 4,096 bytes.
MAX_BODY = 64 * 1024
REQUEST_BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["kind", "reason"],
                "properties": {
                    "code": {"type": "string", "description": "Item, lot, event id, record."},
                    "batch": {"type": "integer"},
                    "records": {"type": "string", "description": "0-4,7; default: all."},
                    "kind": {"enum": [kind for kind in STATUS_KINDS if kind != "erased"]},
                    "reason": {"enum": list(STATUS_REASONS)},
                    "replacement": {"type": "string", "description": "Code of the new record."},
                },
            },
            "example": {"batch": 1, "kind": "recalled", "reason": "safety"},
        },
        MEDIA_TYPE: {
            "schema": {
                "type": "object",
                "description": "Envelope of a status statement: docs/formats.md, section 4.",
            }
        },
    },
}


ERASURE_BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["requester", "basis"],
                "properties": {
                    "code": {"type": "string", "description": "Item, lot, event id, record."},
                    "batch": {"type": "integer"},
                    "records": {"type": "string", "description": "0-4,7; default: all."},
                    "card": {"type": "string", "description": "A participant's id, in hex."},
                    "fields": {"type": "array", "items": {"type": "string"}},
                    "requester": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
                    "basis": {"enum": list(ERASURE_BASES)},
                    "reason": {"enum": list(STATUS_REASONS)},
                    "dry_run": {"type": "boolean"},
                },
            },
            "example": {
                "batch": 1,
                "requester": "5c1f0e6f2a9d4b7c8e3a1d2f4b6c8a90",
                "basis": "consent_withdrawn",
                "dry_run": True,
            },
        }
    },
}


@router.post(
    "/statuses",
    status_code=201,
    summary="Say what became of records: corrected, recalled, recall lifted",
    responses=problems_told(
        {
            409: "Nothing is recalled there, or the statement is not the next of its key's chain.",
            415: MEDIA_TYPE_UNKNOWN,
        }
    ),
    openapi_extra={"requestBody": REQUEST_BODY},
)
async def declare(
    request: Request,
    services: ServicesOf,
    caller: CallerOf,
    content_type: Annotated[str, Header()] = "application/json",
) -> Response:
    """Log a status, signed here for the caller or signed already.

    A participant says it of its own records, an operator as the registrar of any. 201, or 200
    where it was said before and stands. A participant erases its own records by a signed status.
    """
    require_role(caller, "operator", "participant")
    media_type = content_type.split(";")[0].strip().lower()
    with in_hand(request, services, caller.name, most=MAX_BODY) as place:
        body = await read_body(request, MAX_BODY, place)
        if media_type == MEDIA_TYPE:
            return await place.run(_take_signed, services, body)
        if media_type == "application/json":
            return await place.run(_take, services, caller, body)
    raise MediaTypeUnknown(
        f"media type is unknown: expected application/json or {MEDIA_TYPE}, got {media_type[:80]!r}"
    )


def _take(services: Services, caller: Caller, body: bytes) -> JSONResponse:
    asked = DeclarationAsked.read(body)
    with services.node.store.reading() as repositories:
        asker = Asker(caller.participant, sees_all=caller.participant is None)
        declarations = asked.declarations(repositories, asker=asker)
    declared = services.node.statuses.declare(declarations, participant=caller.participant)
    return _answer(services, declared)


def _take_signed(services: Services, body: bytes) -> JSONResponse:
    envelope, statement = read_signed(body)
    node = services.node
    take = node.erasures.signed if statement.kind == ERASED else node.statuses.signed
    return _answer(services, [take(envelope, statement)])


def _answer(services: Services, declared: list[Declared]) -> JSONResponse:
    leaf_index = services.workers.wait_logged(declared[-1].arrival)
    is_new = any(not one.repeated for one in declared)
    found = {"entries": declared_json(declared), "leaf_index": leaf_index}
    return JSONResponse(found, 201 if is_new else 200)


@router.post(
    "/erasures",
    summary="Destroy content on request; operators only",
    openapi_extra={"requestBody": ERASURE_BODY},
)
async def erase(request: Request, services: ServicesOf, caller: CallerOf) -> Response:
    """Log an erasure and destroy what it names, or with `dry_run` say what would go."""
    require_role(caller, "operator")
    with in_hand(request, services, caller.name, most=MAX_BODY) as place:
        body = await read_body(request, MAX_BODY, place)
        return await place.run(_erase, services, body)


def _erase(services: Services, body: bytes) -> JSONResponse:
    asked, is_trial = read_erasure(body)
    node = services.node
    with node.store.reading() as repositories:
        plan = asked.plan(repositories)
        referring = referring_records(repositories, plan)
    value = plan_json(plan, referring)
    if is_trial:
        return JSONResponse({**value, "erased": False})
    declared = node.erasures.erase(asked.declarations(plan))
    leaf_index = services.workers.wait_logged(declared[-1].arrival)
    entries = declared_json(declared)
    return JSONResponse({**value, "erased": True, "entries": entries, "leaf_index": leaf_index})


@router.get("/statuses", summary="What was said of a record since, and what it is now")
def get_statuses(
    services: ServicesOf,
    code: Annotated[str, Query(description="Item code, event id or record name.")],
) -> dict[str, Any]:
    """Return a record's current status with its history, oldest first; of a lot, of its batches."""
    return status_json(services.node, code, asker=PUBLIC)
