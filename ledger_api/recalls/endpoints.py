"""`POST /api/mock-recalls` and `POST /api/recalls`: an exercise and a recall, by one call each."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from fastapi.responses import Response

from ledger_api.auth import Caller, require_role
from ledger_api.recalls.requests import RecallBody
from ledger_api.recalls.serving import ZIP, answer
from ledger_api.services import CallerOf, Services, ServicesOf, in_hand, read_body
from traceability.hashing.statement import STATUS_REASONS

router = APIRouter(prefix="/api", tags=["recalls"])
MAX_BODY = 64 * 1024
_PROPERTIES = {
    "code": {"type": "string", "description": "Lot or item at fault, in any form of GS1."},
    "target_minutes": {"type": ["string", "number"], "description": "May take; 240."},
    "target_percent": {"type": ["string", "number"], "description": "Accounted for; 100."},
    "tolerance": {"type": "string", "description": "Material that may be missing: 0.5%, 200 g."},
    "asked": {"type": "string", "description": "When the call came; default: now."},
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The report; with `Accept: application/zip` its signed folder.",
        "content": {
            "application/json": {"schema": {"type": "object"}},
            ZIP: {"schema": {"type": "string", "format": "binary"}},
        },
    }
}
Accept = Annotated[str, Header(description="application/json or application/zip.")]


def _body(required: list[str], more: dict[str, Any], example: dict[str, Any]) -> dict[str, Any]:
    schema = {"type": "object", "required": required, "properties": {**_PROPERTIES, **more}}
    content = {"application/json": {"schema": schema, "example": example}}
    return {"requestBody": {"required": True, "content": content}}


@router.post(
    "/mock-recalls",
    summary="Rehearse a recall: where everything is, what is missing, how long it took",
    responses=_ANSWERS,
    openapi_extra=_body(["code"], {}, {"code": "(01)09521234567899(10)L1", "target_minutes": 240}),
)
async def mock_recall(
    request: Request, services: ServicesOf, caller: CallerOf, accept: Accept = ""
) -> Response:
    """Return the report of an exercise; nothing is logged. `passed` says whether it is on target.

    A participant whose key this node holds signs the folder beside the operator.
    """
    return await _answer(request, services, caller, accept=accept, is_exercise=True)


@router.post(
    "/recalls",
    summary="Recall everything that a fault reaches, and report on it",
    responses=_ANSWERS,
    openapi_extra=_body(
        ["code", "reason"],
        {"reason": {"enum": list(STATUS_REASONS)}},
        {"code": "(01)09521234567899(10)L1", "reason": "safety"},
    ),
)
async def recall(
    request: Request, services: ServicesOf, caller: CallerOf, accept: Accept = ""
) -> Response:
    """Mark the records as recalled, for good, and return the report, which names the entries.

    A participant says it of its own records, an operator as the registrar of any. Asked again,
    the same entries answer.
    """
    return await _answer(request, services, caller, accept=accept, is_exercise=False)


async def _answer(
    request: Request, services: Services, caller: Caller, *, accept: str, is_exercise: bool
) -> Response:
    require_role(caller, "operator", "participant")
    as_zip = ZIP in accept.lower()
    with in_hand(request, services, caller.name, most=MAX_BODY) as place:
        body = RecallBody.read(await read_body(request, MAX_BODY, place))

        def made() -> Response:
            return answer(services, caller, body, is_exercise=is_exercise, as_zip=as_zip)

        return await place.run(made)
