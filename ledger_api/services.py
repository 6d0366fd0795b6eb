"""What every endpoint needs: the node, its settings, its workers, and who is calling."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Protocol, TypeVar

from fastapi import Depends, Header, Request

from ledger_api.admission import Admission, Limits, Place
from ledger_api.auth import Caller, authenticate
from ledger_api.scoreboard import Slot
from ledger_api.settings import Settings
from ledger_api.workers import Workers
from traceability.ledger.drafting import DocumentBody
from traceability.ledger.node import Node
from traceability.strict_json import JSONTooLargeError

T = TypeVar("T")


class Elsewhere(Protocol):
    """Calls a function with a document, where that holds up no other request."""

    def __call__(self, function: Callable[[DocumentBody], T], body: DocumentBody, /) -> T:
        """Return what the function returns."""


def here(function: Callable[[DocumentBody], T], body: DocumentBody) -> T:
    """Call a function with a document in this process."""
    return function(body)


@dataclass(frozen=True, slots=True)
class Services:
    """A serving node."""

    node: Node
    settings: Settings
    workers: Workers
    is_test_chain: bool
    elsewhere: Elsewhere = here
    slot: Slot = field(default_factory=Slot)
    admission: Admission = field(default_factory=lambda: Admission(Limits(), Slot()))


def services_of(request: Request) -> Services:
    """Return the services of the app that a request came to."""
    found: Services = request.app.state.services
    return found


ServicesOf = Annotated[Services, Depends(services_of)]


def caller_of(
    services: ServicesOf, authorization: Annotated[str | None, Header()] = None
) -> Caller:
    """Return who calls; refuse a request without a valid API key."""
    return authenticate(services.node.store, authorization)


CallerOf = Annotated[Caller, Depends(caller_of)]


@contextmanager
def in_hand(
    request: Request, services: Services, caller: str, *, most: int | None = None
) -> Iterator[Place]:
    """Take a submission in hand, or refuse it before its document is read.

    Raises
    ------
    Overloaded, TooManyRequests
    """
    announced = request.headers.get("content-length")
    most = services.settings.max_body_bytes if most is None else most
    with services.admission.place(caller, announced=announced, most=most) as place:
        yield place


async def read_body(request: Request, limit: int, place: Place) -> bytes:
    """Read a request's body, no more than the limit, whatever it announces.

    Raises
    ------
    JSONTooLargeError, Overloaded
    """
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > limit:
        raise JSONTooLargeError(
            f"body is too long: expected at most {limit} bytes, got {announced}"
        )
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise JSONTooLargeError(f"body is too long: expected at most {limit} bytes, got more")
        place.hold(size)
        parts.append(part)
    return b"".join(parts)
