"""`/epcis/capture`: documents in, jobs out."""

from __future__ import annotations

import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from ledger_api.auth import Caller, require_role
from ledger_api.defaults import default_participant
from ledger_api.epcis.answers import answer, json_bytes
from ledger_api.epcis.bodies import Envelope, Limits, check_envelope, open_document, open_long
from ledger_api.epcis.faults import CaptureJobUnknown, CaptureQueueFull, QueryParameterInvalid
from ledger_api.epcis.headers import (
    ERROR_BEHAVIOUR,
    Behaviour,
    BehaviourHeader,
    Release,
    SaidVersion,
)
from ledger_api.epcis.idempotency import Answer, IdempotencyKey, Raced, once
from ledger_api.epcis.negotiation import JSON_TYPES, preferred
from ledger_api.epcis.outcomes import Page, job_json, report_json
from ledger_api.epcis.paging import (
    DEFAULT_PER_PAGE,
    JOB_EVENTS,
    JOBS,
    NextPageToken,
    PerPage,
    Place,
    clip,
    page_headers,
    place_of,
)
from ledger_api.epcis.problems import EpcisRoute
from ledger_api.epcis.samples import CAPTURE_BODY, JOB_RESPONSES, POST_PROBLEMS
from ledger_api.epcis.spooling import Spool, spool_body
from ledger_api.problems import language_of
from ledger_api.scoreboard import Figure
from ledger_api.services import CallerOf, Services, ServicesOf, in_hand
from traceability.ledger.drafting import DocumentBody
from traceability.ledger.streaming import WHOLE_BYTES
from traceability.store.repositories.capture_jobs import CaptureJobRepository, CaptureJobRow
from traceability.store.times import to_milliseconds

router = APIRouter(prefix="/epcis", tags=["epcis"], route_class=EpcisRoute)
# A document of more events is captured piece by piece, however short it is.
WHOLE_EVENTS = 10_000


@router.post("/capture/", status_code=202, include_in_schema=False)
@router.post(
    "/capture",
    status_code=202,
    summary="Hand over a document of EPCIS events",
    openapi_extra={"requestBody": CAPTURE_BODY},
    response_class=Response,
    responses=POST_PROBLEMS
    | {202: {"description": "The job that captures the document, in Location."}},
)
async def capture(
    request: Request,
    services: ServicesOf,
    caller: CallerOf,
    said: SaidVersion,
    *,
    behaviour: BehaviourHeader = "rollback",
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Take a document durably; its events are judged by the job that the answer names.

    What is not well-formed, too large or of another version is refused at once.
    """
    require_role(caller, "operator", "participant")
    with (
        in_hand(request, services, caller.name, most=WHOLE_BYTES) as place,
        await spool_body(request, services, place) as spool,
    ):
        found = await place.run(
            _promise, services, caller, spool, behaviour=behaviour, said=said, name=idempotency_key
        )
    services.workers.capture.wake()
    return Response(status_code=found.status, headers=found.headers)


def participant_of(services: Services, caller: Caller) -> bytes:
    """Return in whose name a caller's events are signed."""
    return caller.participant or default_participant(services.node)


def checked(services: Services, body: DocumentBody, said: Release | None) -> Envelope:
    """Return the envelope of a document that is well-formed and within the limits."""
    envelope = services.elsewhere(open_document, body)
    settings = services.settings
    check_envelope(envelope, Limits(settings.max_body_bytes, settings.max_capture_events), said)
    return envelope


def _promise(
    services: Services,
    caller: Caller,
    spool: Spool,
    *,
    behaviour: Behaviour,
    said: Release | None,
    name: str | None,
) -> Answer:
    store = services.node.store
    asked = (b"capture", behaviour.encode(), spool.form.encode())
    task = once(caller, name, asked, body=(spool.size, spool.chunks()))
    known = task.known_in(store)
    if known is not None:
        return known
    in_parts = _is_long(services, spool, said)
    capture_id = secrets.token_hex(16)
    made = Answer(202, {"Location": f"/epcis/capture/{capture_id}", ERROR_BEHAVIOUR: behaviour})
    participant = participant_of(services, caller)
    now = to_milliseconds(services.node.clock())
    try:
        with store.unit_of_work() as work:
            jobs = work.repositories.capture_jobs
            _check_queue(services, jobs)
            job = jobs.add(
                capture_id,
                participant=participant,
                form=spool.form,
                proceed=behaviour == "proceed",
                body=None if in_parts else spool.whole(),
                created=now,
            )
            if in_parts:
                jobs.add_parts(job, spool.chunks())
            task.keep(work.repositories, made, now=now)
            work.commit()
    except Raced:
        return task.known_in(store) or made
    return made


def _check_queue(services: Services, jobs: CaptureJobRepository) -> None:
    """Refuse one more job where as many wait as may.

    Raises
    ------
    CaptureQueueFull
    """
    most = services.settings.max_capture_jobs
    if jobs.count_waiting(at_most=most) >= most:
        services.slot.add(Figure.REFUSED_JOBS)
        raise CaptureQueueFull(f"{most} documents wait to be captured: send this one again later")


def _is_long(services: Services, spool: Spool, said: Release | None) -> bool:
    """Tell whether a document is captured piece by piece; one that is not taken is refused.

    A long document in XML is only begun here: its job tells what is wrong further on.
    """
    settings = services.settings
    if not spool.is_long:
        body = DocumentBody(spool.whole(), spool.form, WHOLE_BYTES)
        return checked(services, body, said).events > WHOLE_EVENTS
    limits = Limits(settings.max_capture_bytes, settings.max_capture_events)
    check_envelope(open_long(spool, spool.form, limits.check_events), limits, said)
    return True


@router.get("/capture/", include_in_schema=False)
@router.get("/capture", summary="The capture jobs, newest first", responses=JOB_RESPONSES)
def list_jobs(
    request: Request,
    services: ServicesOf,
    caller: CallerOf,
    per_page: PerPage = DEFAULT_PER_PAGE,
    token: NextPageToken = None,
) -> Response:
    """Return the caller's jobs; operator and auditor see everybody's."""
    media_type = preferred(request.headers.get("accept"), JSON_TYPES)[0]
    now = to_milliseconds(services.node.clock())
    before = None if token is None else place_of(token, JOBS, now=now).major
    count = clip(per_page)
    with services.node.store.reading() as repositories:
        rows = repositories.capture_jobs.newest(
            limit=count + 1, before=before, participant=caller.participant
        )
    language = language_of(request)
    body = json_bytes([job_json(row, language) for row in rows[:count]])
    rest = Place(JOBS, rows[count - 1].job) if len(rows) > count else None
    headers = page_headers(request, rest, per_page=count, now=now)
    return answer(request, body, media_type=media_type, headers=headers)


@router.get("/capture/{capture_id}", summary="One capture job", responses=JOB_RESPONSES)
def get_job(
    request: Request,
    services: ServicesOf,
    caller: CallerOf,
    capture_id: Annotated[str, Path(max_length=64)],
    *,
    per_page: PerPage = DEFAULT_PER_PAGE,
    token: NextPageToken = None,
) -> Response:
    """Return a job: whether it runs, its errors, and what became of each event.

    The events of a document that was captured piece by piece come page by page.
    """
    media_type = preferred(request.headers.get("accept"), JSON_TYPES)[0]
    with services.node.store.reading() as repositories:
        row = repositories.capture_jobs.get(capture_id, participant=caller.participant)
        if row is None:
            raise CaptureJobUnknown(f"capture job {capture_id!r} is unknown")
        now = to_milliseconds(services.node.clock())
        page = Page(_first_event(row, token, now=now), clip(per_page))
        found: dict[str, Any] = report_json(repositories, row, language_of(request), page=page)
    rest = found.pop("next", None)
    place = None if rest is None else Place(JOB_EVENTS, row.job, rest)
    headers = {
        "Cache-Control": "no-store",
        ERROR_BEHAVIOUR: found["captureErrorBehaviour"],
        **page_headers(request, place, per_page=page.size, now=now),
    }
    return answer(request, json_bytes(found), media_type=media_type, headers=headers)


def _first_event(row: CaptureJobRow, token: str | None, *, now: int) -> int:
    """Return the place among a job's events where the page that is asked for begins."""
    if token is None:
        return 0
    place = place_of(token, JOB_EVENTS, now=now)
    if place.major != row.job:
        raise QueryParameterInvalid(
            "nextPageToken is malformed: expected one of this job", pointer="query/nextPageToken"
        )
    return place.minor
