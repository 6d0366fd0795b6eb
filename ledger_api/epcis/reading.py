"""`/epcis/events`: one event in, events back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request
from pydantic import AwareDatetime
from starlette.responses import Response

from ledger_api.auth import Caller, require_role
from ledger_api.epcis.answers import answer, json_bytes
from ledger_api.epcis.bodies import take_body
from ledger_api.epcis.capturing import checked, participant_of
from ledger_api.epcis.documents import event_json, query_document, rendered
from ledger_api.epcis.faults import (
    EventExists,
    EventRefused,
    EventUnknown,
    OneEventExpected,
    QueryParameterInvalid,
)
from ledger_api.epcis.headers import BREACHES, Release, SaidVersion
from ledger_api.epcis.idempotency import Answer, IdempotencyKey, Raced, once
from ledger_api.epcis.negotiation import ReadFormOf
from ledger_api.epcis.paging import (
    DEFAULT_PER_PAGE,
    EVENTS,
    NextPageToken,
    PerPage,
    Place,
    clip,
    page_headers,
    place_of,
)
from ledger_api.epcis.problems import EpcisRoute
from ledger_api.epcis.samples import EVENT_BODY, EVENTS_RESPONSES, POST_PROBLEMS
from ledger_api.services import CallerOf, Services, ServicesOf, in_hand
from traceability.errors import InvalidInput
from traceability.hashing.encoding import b64u_decode
from traceability.ledger.drafting import DocumentBody
from traceability.ledger.faults import EventIdConflict
from traceability.ledger.submission import RecordResult, SubmissionResult
from traceability.store.repositories import Repositories
from traceability.store.repositories.recorded import Recorded, RecordedEvent
from traceability.store.times import to_milliseconds

router = APIRouter(prefix="/epcis", tags=["epcis"], route_class=EpcisRoute)
RECORD_NAME = "urn:itemproof:record:"
PARAMETERS = frozenset({"perPage", "nextPageToken", "GE_recordTime", "LT_recordTime", "lang"})


@router.post("/events/", status_code=201, include_in_schema=False)
@router.post(
    "/events",
    status_code=201,
    summary="Record one EPCIS event",
    openapi_extra={"requestBody": EVENT_BODY},
    response_class=Response,
    responses=POST_PROBLEMS
    | {201: {"description": "The event as recorded; its address in Location."}},
)
async def record_event(
    request: Request,
    services: ServicesOf,
    caller: CallerOf,
    said: SaidVersion,
    *,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Judge and record one event; the answer comes when it is durable.

    409 where the same event is recorded already, or another one with its eventID.
    """
    require_role(caller, "operator", "participant")
    with in_hand(request, services, caller.name) as place:
        body = await take_body(request, services, place)
        made = await place.run(_record, services, caller, body, said=said, name=idempotency_key)
    services.workers.sequencer.wake()
    return answer(
        request,
        made.body,
        media_type="application/json",
        status=made.status,
        headers=made.headers,
    )


def _record(
    services: Services,
    caller: Caller,
    body: DocumentBody,
    *,
    said: Release | None,
    name: str | None,
) -> Answer:
    store = services.node.store
    size = len(body.data)
    task = once(caller, name, (b"event", body.form.encode()), body=(size, (body.data,)))
    known = task.known_in(store)
    if known is not None:
        return known
    envelope = checked(services, body, said)
    if envelope.events != 1:
        raise OneEventExpected(
            f"document does not hold one event: expected 1, got {envelope.events}; "
            "send more to /epcis/capture"
        )
    made: list[Answer] = []

    def also(repositories: Repositories, result: SubmissionResult) -> None:
        if result.batch is not None and result.records[0].result == "accepted":
            recorded = repositories.recorded.of_batch(result.batch.batch)[0]
            made.append(_created(recorded, result.records[0]))
            task.keep(repositories, made[0], now=to_milliseconds(services.node.clock()))

    participant = participant_of(services, caller)
    try:
        result = services.node.submission.submit_body(body, participant=participant, also=also)
    except Raced:
        return task.known_in(store) or made[0]
    if not made:
        raise _refusal(result.records[0])
    return made[0]


def _created(event: RecordedEvent, record: RecordResult) -> Answer:
    value = event_json(event)
    headers = {"Location": f"/epcis/events/{quote(value['eventID'], safe='')}"}
    if record.breaches:
        # The body is the event alone; a breach that is only told is told beside it.
        headers[BREACHES] = ", ".join(sorted({fault.code for fault in record.breaches}))
    return Answer(201, headers, json_bytes(value))


def _refusal(record: RecordResult) -> Exception:
    if record.result == "duplicate":
        name = f" as {record.event_id!r}" if record.event_id else ""
        return EventExists(f"event is recorded already{name}")
    first = record.faults[0]
    if first.code == EventIdConflict.code:
        return EventIdConflict(first.message, pointer=first.pointer)
    return EventRefused(record.faults)


@router.get("/events/", include_in_schema=False)
@router.get(
    "/events",
    summary="The events recorded here",
    response_class=Response,
    responses=EVENTS_RESPONSES,
)
def list_events(
    request: Request,
    services: ServicesOf,
    caller: CallerOf,
    form: ReadFormOf,
    *,
    per_page: PerPage = DEFAULT_PER_PAGE,
    token: NextPageToken = None,
    since: Annotated[AwareDatetime | None, Query(alias="GE_recordTime")] = None,
    before: Annotated[AwareDatetime | None, Query(alias="LT_recordTime")] = None,
) -> Response:
    """Return events in the order in which they were recorded, page by page.

    A participant's key reads its own events; operator and auditor read all.
    """
    check_parameters(request)
    now = to_milliseconds(services.node.clock())
    place = (
        Place(EVENTS, 0, 0, _milliseconds(since), _milliseconds(before))
        if token is None
        else place_of(token, EVENTS, now=now)
    )
    count = clip(per_page)
    asked = Recorded(caller.participant, place.since, place.before)
    with services.node.store.reading() as repositories:
        # A place names the record after which a page begins; no batch has the number 0.
        after = (place.major, place.minor)
        rows = repositories.recorded.page(asked, after=after, limit=count + 1)
    rest = None
    if len(rows) > count:
        last = rows[count - 1]
        rest = Place(EVENTS, last.batch, last.record_index, place.since, place.before)
    document = query_document(
        [event_json(row, id_form=form.id_form) for row in rows[:count]], now=now
    )
    headers = form.headers() | page_headers(request, rest, per_page=count, now=now)
    return answer(request, rendered(document, form), media_type=form.media_type, headers=headers)


def check_parameters(request: Request) -> None:
    """Refuse a parameter of the query language, whose silence would look like an answer.

    Raises
    ------
    QueryParameterInvalid
    """
    unknown = sorted(set(request.query_params) - PARAMETERS)
    if unknown:
        raise QueryParameterInvalid(
            f"query parameter {unknown[0][:64]!r} is not supported: expected "
            f"{', '.join(sorted(PARAMETERS))}",
            pointer=f"query/{unknown[0][:64]}",
        )


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else max(to_milliseconds(moment), 0)


@router.get(
    "/events/{event_id:path}",
    summary="The event of an id",
    response_class=Response,
    responses=EVENTS_RESPONSES,
)
def get_event(
    request: Request,
    services: ServicesOf,
    caller: CallerOf,
    form: ReadFormOf,
    event_id: Annotated[str, Path(min_length=1)],
) -> Response:
    """Return the event with an id and the error declarations that name it."""
    asked = Recorded(caller.participant)
    name = whole_id(request, event_id)
    with services.node.store.reading() as repositories:
        rows = _named(repositories, name, asked)
        if not rows and name.startswith("ni:"):
            # The hash of an event that came without an id; kept under a key of this node's.
            mac = services.node.submission.hash_mac(name)
            rows = repositories.recorded.by_content(mac, asked)
    if not rows:
        raise EventUnknown(f"event {name[:200]!r} is unknown")
    now = to_milliseconds(services.node.clock())
    document: dict[str, Any] = query_document(
        [event_json(row, id_form=form.id_form) for row in rows], now=now
    )
    body = rendered(document, form)
    return answer(request, body, media_type=form.media_type, headers=form.headers())


def whole_id(request: Request, event_id: str) -> str:
    """Return an id whose question mark was not escaped, as that of an event hash, whole."""
    query = request.url.query
    return f"{event_id}?{query}" if event_id.startswith("ni:") and "ver=" in query else event_id


def _named(repositories: Repositories, name: str, asked: Recorded) -> list[RecordedEvent]:
    if not name.startswith(RECORD_NAME):
        return repositories.recorded.by_event_id(name, asked)
    entry, _, index = name.removeprefix(RECORD_NAME).partition(":")
    if not (index.isascii() and index.isdigit() and len(index) < 16):  # noqa: PLR2004 # fits 64 bits
        return []
    try:
        found = repositories.recorded.at(b64u_decode(entry, length=32), int(index), asked)
    except InvalidInput:
        return []
    return [] if found is None else [found]
