"""`/epcis/…`: the whole binding. Here what it says of itself; the rest in its neighbours.

Source: EPCIS 2.0 (ISO/IEC 19987:2024), section 12, and its OpenAPI file.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from ledger_api.epcis import capturing, reading
from ledger_api.epcis.answers import answer, json_bytes
from ledger_api.epcis.faults import MethodNotAllowed, NotImplementedHere, ResourceUnknown
from ledger_api.epcis.headers import (
    CAPTURE_LIMIT,
    CBV_FORMAT,
    EPC_FORMAT,
    ERROR_BEHAVIOUR,
    FILE_SIZE_LIMIT,
)
from ledger_api.epcis.negotiation import JSON_TYPES, preferred
from ledger_api.epcis.problems import EpcisRoute
from ledger_api.epcis.samples import CONTEXT
from ledger_api.services import ServicesOf

router = APIRouter(prefix="/epcis", tags=["epcis"], route_class=EpcisRoute)

# All that the standard has: its schema allows no shorter list.
RESOURCES = (
    "capture",
    "events",
    "queries",
    "eventTypes",
    "epcs",
    "bizSteps",
    "bizLocations",
    "readPoints",
    "dispositions",
)
HERE = {
    "": "OPTIONS, GET",
    "capture": "OPTIONS, GET, POST",
    "capture/{id}": "OPTIONS, GET",
    "events": "OPTIONS, GET, POST",
    "events/{id}": "OPTIONS, GET",
}
EVERY_METHOD = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "TRACE"]


@router.get("", include_in_schema=False)
@router.get("/", summary="The resources of the EPCIS binding")
def root(request: Request) -> Response:
    """Return the names of the top-level resources."""
    media_type = preferred(request.headers.get("accept"), JSON_TYPES)[0]
    found: dict[str, Any] = {"@context": CONTEXT, "type": "Collection", "member": RESOURCES}
    return answer(request, json_bytes(found), media_type=media_type)


@router.options("", include_in_schema=False)
@router.options("/", status_code=204, summary="Versions and formats", response_class=Response)
def root_options() -> Response:
    """Return the versions and formats of the binding."""
    return _discovered("")


@router.options("/capture/", include_in_schema=False)
@router.options("/capture", status_code=204, summary="Limits of capture", response_class=Response)
def capture_options(services: ServicesOf) -> Response:
    """Return how much one capture takes, and how errors are met."""
    found = _discovered("capture")
    found.headers[CAPTURE_LIMIT] = str(services.settings.max_capture_events)
    found.headers[FILE_SIZE_LIMIT] = str(services.settings.max_capture_bytes)
    found.headers[ERROR_BEHAVIOUR] = "all"
    return found


@router.options(
    "/capture/{capture_id}", status_code=204, summary="A capture job", response_class=Response
)
def job_options(capture_id: str) -> Response:  # noqa: ARG001 # the address has it
    """Return how a capture job is asked for, whether it exists or not."""
    return _discovered("capture/{id}")


@router.options("/events/", include_in_schema=False)
@router.options("/events", status_code=204, summary="Recorded events", response_class=Response)
def events_options() -> Response:
    """Return how events are asked for and recorded."""
    return _discovered("events")


@router.options(
    "/events/{event_id:path}", status_code=204, summary="One event", response_class=Response
)
def event_options(event_id: str) -> Response:  # noqa: ARG001 # the address has it
    """Return how an event is asked for, whether it exists or not."""
    return _discovered("events/{id}")


def _discovered(resource: str) -> Response:
    headers = {
        "Allow": HERE[resource],
        EPC_FORMAT: "No_Preference",
        CBV_FORMAT: "No_Preference",
    }
    return Response(status_code=204, headers=headers)


rest = APIRouter(prefix="/epcis", route_class=EpcisRoute)


@rest.api_route("", methods=EVERY_METHOD, include_in_schema=False)
@rest.api_route("/{path:path}", methods=[*EVERY_METHOD, "OPTIONS"], include_in_schema=False)
def elsewhere(request: Request, path: str = "") -> Response:
    """Refuse what is not here: another method, a resource of the standard, anything else."""
    resource, _, below = path.partition("/")
    known = HERE.get(f"{resource}/{{id}}" if below else resource)
    if known is not None:
        raise MethodNotAllowed(
            f"resource is not asked so: expected one of {known}, got {request.method}",
            expected=known,
            got=request.method,
        )
    if resource in (*RESOURCES, "nextPageToken"):
        raise NotImplementedHere(f"resource {resource!r} is not served by this version")
    raise ResourceUnknown(f"resource {path[:64]!r} is unknown: expected one of {RESOURCES}")


# In this order: what is elsewhere is asked last.
routers = (router, capturing.router, reading.router, rest)
