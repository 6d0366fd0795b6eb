"""`POST /api/batches`, `GET /api/batches/{id}`, `GET /api/receipts/{entry_hash}`."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Header, Path, Query, Request
from fastapi.responses import JSONResponse, Response

from ledger_api.auth import Caller, require_role
from ledger_api.batches.signed import MEDIA_TYPE, capture_signed
from ledger_api.defaults import default_participant
from ledger_api.described import MEDIA_TYPE_UNKNOWN, problems_told
from ledger_api.i18n.translations import Language
from ledger_api.items.states import state_of
from ledger_api.problems import MediaTypeUnknown, language_of, problem
from ledger_api.reports import submission_json, time_json
from ledger_api.services import CallerOf, Services, ServicesOf, in_hand, read_body
from ledger_api.standings import due_json
from traceability.errors import NotFound
from traceability.hashing.encoding import b64u_decode, b64u_encode
from traceability.ledger.corrections import due_statuses
from traceability.ledger.drafting import DocumentBody, DocumentForm
from traceability.ledger.faults import EventIdConflict, RolledBack
from traceability.ledger.receipts import receipt_for
from traceability.store.times import from_milliseconds

router = APIRouter(prefix="/api", tags=["batches"])
_TEXT = {"type": "string"}
SIGNED_MEMBERS = {
    "envelope": {
        "type": "object",
        "description": "DSSE; each key signs in the way of its scheme, Ed25519 or a wallet's.",
        "required": ["payload", "payloadType", "signatures"],
    },
    "records": {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["kind", "payload", "secret"],
            "properties": {
                "kind": {"enum": ["event", "participant", "document"]},
                "payload": {"type": "object"},
                "secret": {**_TEXT, "description": "32 bytes, base64url"},
                "media_type": _TEXT,
            },
        },
    },
    "items": {
        "type": "object",
        "required": ["gtin", "lot", "serials", "salts"],
        "properties": {
            "gtin": _TEXT,
            "lot": _TEXT,
            "serials": {"type": "array", "items": _TEXT},
            "salts": {**_TEXT, "description": "16 bytes for each serial, joined, base64url"},
        },
    },
}
REQUEST_BODY = {
    "required": True,
    "content": {
        "application/ld+json": {
            "schema": {"type": "object", "description": "EPCISDocument 2.0, an event, or a list."},
            "example": {
                "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
                "type": "EPCISDocument",
                "schemaVersion": "2.0",
                "creationDate": "2026-05-01T09:00:00.000Z",
                "epcisBody": {
                    "eventList": [
                        {
                            "type": "ObjectEvent",
                            "action": "OBSERVE",
                            "eventTime": "2026-05-01T08:00:00.000Z",
                            "eventTimeZoneOffset": "+08:00",
                            "bizStep": "shipping",
                            "epcList": ["https://id.gs1.org/01/09521234567899/21/S1"],
                        }
                    ]
                },
            },
        },
        "application/xml": {
            "schema": {"type": "string", "description": "EPCIS document, XML 2.0 or 1.2."}
        },
        MEDIA_TYPE: {
            "schema": {
                "type": "object",
                "required": ["envelope", "records"],
                "description": "A batch that its participant signed: docs/signing.md.",
                "properties": SIGNED_MEMBERS,
            }
        },
    },
}
JSON_TYPES = ("application/json", "application/ld+json")
XML_TYPES = ("application/xml", "text/xml")


class BatchUnknown(NotFound):
    """There is no such batch."""

    code = "BATCH_UNKNOWN"


@router.post(
    "/batches",
    status_code=201,
    summary="Submit EPCIS events or a signed batch",
    responses=problems_told(
        {
            409: "Recorded already with other content, or not the next of its key's chain.",
            415: MEDIA_TYPE_UNKNOWN,
        }
    ),
    openapi_extra={"requestBody": REQUEST_BODY},
)
async def submit_batch(
    request: Request,
    services: ServicesOf,
    caller: CallerOf,
    content_type: Annotated[str, Header()] = "application/json",
    proceed: Annotated[bool, Query(description="Take the sound events only.")] = False,
) -> Response:
    """Take EPCIS events, signed here for the caller, or a batch that is signed already.

    201 with a receipt when something was logged; 200 where all were duplicates; 400 or 409
    when it was refused, each record with its faults.
    """
    require_role(caller, "operator", "participant")
    media_type = content_type.split(";")[0].strip().lower()
    with in_hand(request, services, caller.name) as place:
        body = await read_body(request, services.settings.max_body_bytes, place)
        if media_type == MEDIA_TYPE:
            return await place.run(_take_signed, services, body)
        if media_type in (*JSON_TYPES, *XML_TYPES):
            form: DocumentForm = "json" if media_type in JSON_TYPES else "xml"
            document = DocumentBody(body, form, services.settings.max_body_bytes)
            take = partial(_take_events, proceed=proceed, language=language_of(request))
            return await place.run(take, services, caller, document)
    raise MediaTypeUnknown(
        f"media type is unknown: expected {', '.join((*JSON_TYPES, *XML_TYPES, MEDIA_TYPE))}, "
        f"got {media_type[:80]!r}"
    )


def _take_signed(services: Services, body: bytes) -> JSONResponse:
    captured = capture_signed(services.node, body)
    due = _due(services, captured.batch) if b'"errorDeclaration"' in body else []
    leaf_index = services.workers.wait_logged(captured.arrival)
    found: dict[str, Any] = {
        "status": "ACCEPTED",
        "batch": captured.batch,
        "entry_hash": b64u_encode(captured.entry_hash),
        "leaf_index": leaf_index,
        "receipt": _receipt(services, captured.entry_hash),
    }
    if due:
        found["due_statuses"] = due
    return JSONResponse(found, 200 if captured.repeated else 201)


def _due(services: Services, batch: int) -> list[dict[str, Any]]:
    """Return the statuses that a participant should sign, since its events declare errors."""
    with services.node.store.reading() as repositories:
        indexes = repositories.events.declaring(batch)
        return [due_json(one) for one in due_statuses(repositories, batch, indexes)]


def _take_events(
    services: Services,
    caller: Caller,
    document: DocumentBody,
    *,
    proceed: bool,
    language: Language,
) -> Response:
    participant = caller.participant or default_participant(services.node)
    result = services.node.submission.submit_body(
        document, participant=participant, proceed=proceed
    )
    found: dict[str, Any] = submission_json(result, language=language)
    if result.status == "REJECTED":
        return _rejected(found, language)
    if result.batch is None:
        return JSONResponse(found)
    found["leaf_index"] = services.workers.wait_logged(result.batch.arrival)
    found["receipt"] = _receipt(services, result.batch.entry_hash)
    headers = {"Location": f"/api/batches/{result.batch.batch}"}
    # Not by JSONResponse: a long document's report would take its encoder ten times as long.
    return Response(orjson.dumps(found), 201, headers=headers, media_type="application/json")


def _rejected(found: dict[str, Any], language: Language) -> JSONResponse:
    """Return the report of a refused document as a problem named by its first real fault."""
    faults = [fault for record in found["records"] for fault in record.get("errors", ())]
    own = [fault for fault in faults if fault["code"] != RolledBack.code] or faults
    is_conflict = all(fault["code"] == EventIdConflict.code for fault in own)
    status = 409 if is_conflict else 400
    # `status` is the problem's own member, a number; the report's word goes beside it.
    report = {name: value for name, value in found.items() if name != "status"}
    return problem(
        status,
        own[0]["code"],
        lang=language,
        detail=own[0]["detail"],
        extra=report | {"outcome": found["status"]},
    )


def _receipt(services: Services, entry_hash: bytes) -> dict[str, Any]:
    with services.node.store.reading() as repositories:
        envelope = receipt_for(repositories, entry_hash, identity=services.node.identity)
    return envelope.to_json()


@router.get("/batches/{batch}", summary="Where a batch stands")
def get_batch(
    batch: Annotated[int, Path(ge=0, lt=2**53)], services: ServicesOf, caller: CallerOf
) -> dict[str, Any]:
    """Return a batch's entry, size and state; participants see their own batches."""
    with services.node.store.reading() as repositories:
        row = repositories.batches.get(batch)
        is_own = caller.participant is None or (
            row is not None and row.participant == caller.participant
        )
        if row is None or not is_own:
            raise BatchUnknown(f"batch {batch} is unknown")
        entry = repositories.entries.by_arrival(row.arrival)
        if entry is None:
            raise BatchUnknown(f"batch {batch} has no entry")
        return {
            "batch": row.batch,
            "participant": row.participant.hex(),
            "record_count": row.record_count,
            "batch_root": row.batch_root.hex(),
            "entry_hash": b64u_encode(entry.leaf_hash),
            "leaf_index": entry.leaf_index,
            "received": time_json(from_milliseconds(entry.received)),
            "state": state_of(repositories, entry.leaf_index),
        }


@router.get("/receipts/{entry_hash}", summary="The signed receipt of an entry")
def get_receipt(entry_hash: str, services: ServicesOf) -> dict[str, Any]:
    """Return the operator's promise; whoever knows an entry's hash may ask."""
    return _receipt(services, b64u_decode(entry_hash, length=32))
