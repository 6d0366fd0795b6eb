"""`GET /api/items/{code}` and `GET /api/proofs?code=&audience=`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query
from fastapi.responses import Response

from ledger_api.auth import authenticate, require_role
from ledger_api.items.states import state_of, suspicion_of
from ledger_api.lots import lot_attributes
from ledger_api.services import Services, ServicesOf
from ledger_api.standings import newer_than, standing_json
from traceability.hashing.encoding import b64u_encode
from traceability.ledger.lookup import CodeUnknown, find_record
from traceability.ledger.partners import PUBLIC, Asker
from traceability.ledger.standing import standing_of
from traceability.verify.bundle import MEDIA_TYPE

router = APIRouter(prefix="/api", tags=["items"])
# Kinds of statuses that are logged of a bundle's record and not in the bundle yet.
NEWER_STATUS = "ItemProof-Newer-Status"
AudienceName = Literal["public", "partner", "auditor"]


@router.get("/items/{code:path}", summary="What is recorded under a code")
def get_item(code: str, services: ServicesOf) -> dict[str, Any]:
    """Return where the record for a code is, and what the public may know of its lot."""
    with services.node.store.reading() as repositories:
        found = find_record(repositories, code, asker=PUBLIC)
        batch = repositories.batches.get(found.address.batch)
        entry = None if batch is None else repositories.entries.by_arrival(batch.arrival)
        if batch is None or entry is None:
            raise CodeUnknown(f"code {code!r} is unknown")
        run = repositories.items.run(found.address.batch) if found.is_item else None
        standing = standing_of(repositories, services.node.identity, found.address)
        value: dict[str, Any] = {
            "code": code,
            "kind": "item" if found.is_item else "event",
            "batch": found.address.batch,
            "record_index": found.address.record_index,
            "entry_hash": b64u_encode(entry.leaf_hash),
            "leaf_index": entry.leaf_index,
            "state": state_of(repositories, entry.leaf_index),
            "statuses": [one.kind for one in standing.history],
            **standing_json(standing),
            "warnings": [one.to_json() for one in suspicion_of(repositories, entry)],
            "erased": found.is_erased,
            "proof_url": None if found.is_erased else f"/api/proofs?code={code}",
        }
        if found.identifier is not None:
            value["canonical"] = found.identifier.canonical
        if run is not None:
            value["lot"] = lot_attributes(repositories, run)
        return value


@router.get(
    "/proofs",
    summary="The proof bundle of a code",
    response_class=Response,
    responses={200: {"content": {MEDIA_TYPE: {}}}},
)
def get_proof(
    services: ServicesOf,
    code: Annotated[str, Query(description="Item code, event id or record name.")],
    audience: Annotated[AudienceName, Query()] = "public",
    authorization: Annotated[str | None, Header()] = None,
) -> Response:
    """Return the bundle: the public one to anybody, the others to those entitled.

    The header `ItemProof-Newer-Status` names what is logged of the record since, oldest first:
    statuses that this bundle does not prove yet.

    A participant sees as a partner its own records, and those whose event or whose owner's
    disclosure policy names it.
    """
    asker = PUBLIC if audience == "public" else _asker(services, audience, authorization)
    bundle = services.node.prove(code, audience=audience, asker=asker)
    headers = {"Content-Disposition": 'attachment; filename="proof.json"'}
    newer = newer_than(services.node, bundle)
    if newer:
        headers[NEWER_STATUS] = ", ".join(one["kind"] for one in newer)
    return Response(bundle.to_bytes(), media_type=MEDIA_TYPE, headers=headers)


def _asker(services: Services, audience: str, authorization: str | None) -> Asker:
    caller = authenticate(services.node.store, authorization)
    allowed = ("operator", "auditor")
    require_role(caller, *allowed, *(("participant",) if audience == "partner" else ()))
    return Asker(caller.participant, sees_all=caller.role in allowed)
