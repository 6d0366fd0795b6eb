"""Pages: how many per page, where the next one begins, until when that may be asked.

A token holds where the next page begins and what was asked, so that it is complete by itself;
it grants nothing: whose events are shown is decided by the API key alone.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Annotated, Any, NoReturn
from urllib.parse import urlencode

from fastapi import Query
from starlette.requests import Request

from ledger_api.epcis.faults import QueryParameterInvalid
from traceability.errors import InvalidInput
from traceability.hashing.encoding import b64u_decode, b64u_encode, format_time
from traceability.store.times import from_milliseconds

DEFAULT_PER_PAGE = 30
MAX_PER_PAGE = 1000
TOKEN_LIFE_MS = 24 * 3600 * 1000
# The kinds of place: among jobs, among the events of a long document's job, among all events.
JOBS = 1
JOB_EVENTS = 2
EVENTS = 3
_TOKEN = struct.Struct(">Bqqqqq")
_NONE = -1

PerPage = Annotated[
    int, Query(alias="perPage", ge=1, lt=2**31, description="At most; 1000 are never exceeded.")
]
NextPageToken = Annotated[str | None, Query(alias="nextPageToken", max_length=128)]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins; `kind` keeps the tokens of different lists apart.

    Times are in milliseconds, None for open.
    """

    kind: int
    major: int
    minor: int = 0
    since: int | None = None
    before: int | None = None


def clip(per_page: int) -> int:
    """Return how many are given."""
    return min(per_page, MAX_PER_PAGE)


def token_of(place: Place, *, now: int) -> str:
    """Return the token of a place, good for a day."""
    since = _NONE if place.since is None else place.since
    before = _NONE if place.before is None else place.before
    expires = now + TOKEN_LIFE_MS
    return b64u_encode(_TOKEN.pack(place.kind, place.major, place.minor, expires, since, before))


def place_of(token: str, kind: int, *, now: int) -> Place:
    """Return the place of a token.

    Raises
    ------
    QueryParameterInvalid
        It is malformed, of another list, or too old.
    """
    try:
        found, major, minor, expires, since, before = _TOKEN.unpack(
            b64u_decode(token, length=_TOKEN.size)
        )
    except InvalidInput:
        _refuse("nextPageToken is malformed: expected one of this list", token)
    if found != kind or min(major, minor) < 0 or min(since, before) < _NONE:
        _refuse("nextPageToken is malformed: expected one of this list", token)
    if expires < now:
        _refuse("nextPageToken has expired: ask for the first page again", token)
    return Place(
        kind,
        major,
        minor,
        None if since == _NONE else since,
        None if before == _NONE else before,
    )


def _refuse(message: str, token: str) -> NoReturn:
    raise QueryParameterInvalid(message, pointer="query/nextPageToken", got=token[:16])


def page_headers(
    request: Request, place: Place | None, *, per_page: int, now: int
) -> dict[str, str]:
    """Return the headers that lead to the next page; none on the last one."""
    if place is None:
        return {}
    query: dict[str, Any] = {"perPage": per_page, "nextPageToken": token_of(place, now=now)}
    address = request.url.replace(query=urlencode(query))
    return {
        "Link": f'<{address}>; rel="next"',
        "GS1-Next-Page-Token-Expires": format_time(from_milliseconds(now + TOKEN_LIFE_MS)),
    }
