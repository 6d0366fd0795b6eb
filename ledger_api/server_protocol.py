"""What is no request is answered as a problem, too: malformed, or a head beyond a limit.

Source: RFC 9112 (HTTP/1.1), sections 2.2 and 3; RFC 9110, section 15.5.9 (408); RFC 6585, section
5 (431). uvicorn itself answers in plain text, lets a head be of any length, and waits for ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ledger_api.i18n.fault_texts import error_detail
from ledger_api.i18n.translations import Language, choose_language
from ledger_api.problems import language_of, problem, problem_of
from ledger_api.scoreboard import Figure, Slot
from traceability.errors import InvalidInput, ItemProofError, Unavailable

# How long a head may take to arrive whole.
HEAD_SECONDS = 20.0
# A body has to bring so many bytes in so many seconds, for as long as it is read: what stalls would
# keep its share of the memory and of the places for submissions from everybody else.
BODY_SECONDS = 20.0
LEAST_BODY = 20 * 1024
# The address and all header fields; the parser itself refuses addresses of as much.
MAX_HEAD = 2**16 - 1


class RequestUnreadable(InvalidInput):
    """What arrived is not HTTP/1.1."""

    code = "REQUEST_UNREADABLE"


class AddressTooLong(InvalidInput):
    """The address is longer than the server reads (HTTP 414)."""

    code = "ADDRESS_TOO_LONG"


class RequestHeadTooLarge(InvalidInput):
    """The request's header fields are longer than the server reads (HTTP 431)."""

    code = "REQUEST_HEAD_TOO_LARGE"


class RequestTooSlow(InvalidInput):
    """The body stalls, or comes too slowly (HTTP 408)."""

    code = "REQUEST_TOO_SLOW"


class TooManyConnections(Unavailable):
    """The server has as many connections as it answers."""

    code = "TOO_MANY_CONNECTIONS"


class ServerProtocol(HttpToolsProtocol):
    """One connection: as uvicorn's, within limits, with problems for answers."""

    # Of a process; beyond it connections are told so, beyond twice as many are not even told.
    max_connections = 1000
    slot: Slot | None = None

    _late: asyncio.TimerHandle | None = None
    # Bytes of the body since it was last looked at, and whether it was not read then.
    _arrived = 0
    _was_held = False

    # No request has begun yet on a new connection.
    _address = 0
    _head = 0
    _unfinished = 0
    _is_in_head = False
    _refusal: tuple[HTTPStatus, ItemProofError] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        """Take a connection, or refuse whatever it asks."""
        super().connection_made(transport)
        self._count_connection(Figure.CONNECTIONS, 1)
        if len(self.connections) > self.max_connections:
            self._count_connection(Figure.REFUSED_CONNECTIONS, 1)
            self.app = _refuse
        if len(self.connections) > 2 * self.max_connections:
            transport.abort()
            return
        self._wait(HEAD_SECONDS, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of a connection."""
        super().connection_lost(exc)
        self._count_connection(Figure.CONNECTIONS, -1)
        self._stop_waiting()

    def _count_connection(self, figure: Figure, amount: int) -> None:
        if self.slot is not None:
            self.slot.add(figure, amount)

    def _wait(self, seconds: float, then: Callable[[], None]) -> None:
        self._stop_waiting()
        self._late = self.loop.call_later(seconds, then)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def data_received(self, data: bytes) -> None:
        """Take more bytes; those of a head without end are counted here."""
        was_in_head = self._is_in_head
        super().data_received(data)
        if was_in_head and self._is_in_head and not self.transport.is_closing():
            self._unfinished += len(data)
            if self._unfinished > MAX_HEAD:
                self._refuse_head()
                self.send_400_response("")

    def on_message_begin(self) -> None:
        """Begin to count."""
        self._address = self._head = self._unfinished = 0
        self._is_in_head = True
        self._wait(HEAD_SECONDS, self.transport.close)
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Take a part of the address."""
        self._address += len(url)
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header field."""
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """End the head."""
        self._is_in_head = False
        self._arrived, self._was_held = 0, False
        self._wait(BODY_SECONDS, self._judge_body)
        self._count_connection(Figure.REQUESTS, 1)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._arrived += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End the request."""
        self._stop_waiting()
        super().on_message_complete()

    def _judge_body(self) -> None:
        """Refuse a body that has hardly grown, unless it is us who did not read it."""
        is_held = self.flow.read_paused or self.cycle.waiting_for_100_continue
        if is_held or self._was_held or self._arrived >= LEAST_BODY:
            self._arrived, self._was_held = 0, is_held
            self._wait(BODY_SECONDS, self._judge_body)
            return
        if self.pipeline or self.cycle.response_started:
            self.transport.close()
            return
        expected = f"at least {LEAST_BODY} bytes in {BODY_SECONDS:g} seconds"
        error = RequestTooSlow("request's body comes too slowly", expected=expected)
        self._refusal = HTTPStatus.REQUEST_TIMEOUT, error
        self.send_400_response("")

    def _count(self, length: int) -> None:
        self._head += length
        if self._head > MAX_HEAD:
            # The parser stops, and what it stopped for is answered by `send_400_response`.
            raise self._refuse_head()

    def _refuse_head(self) -> ItemProofError:
        expected = f"at most {MAX_HEAD} bytes"
        sides: dict[str, Any] = {"expected": expected, "got": "more"}
        fault = f"is too long: expected {expected}, got more"
        if self._address > MAX_HEAD:
            error: ItemProofError = AddressTooLong(f"address {fault}", **sides)
            self._refusal = HTTPStatus.REQUEST_URI_TOO_LONG, error
        else:
            error = RequestHeadTooLarge(f"head of the request {fault}", **sides)
            self._refusal = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, error
        return error

    def send_400_response(self, msg: str) -> None:
        """Answer what cannot be read, and hang up."""
        unreadable = RequestUnreadable(f"request cannot be read: {msg}")
        status, error = self._refusal or (HTTPStatus.BAD_REQUEST, unreadable)
        sides = {name: value for name, value in error.to_dict().items() if name != "code"}
        lang = self._language()
        detail = error_detail(error, language=lang)
        answer = problem(status, error.code, lang=lang, detail=detail, extra=sides)
        lines = [f"HTTP/1.1 {status.value} {status.phrase}".encode(), b"connection: close"]
        lines += [name + b": " + value for name, value in answer.raw_headers]
        self.transport.write(b"\r\n".join([*lines, b"", bytes(answer.body)]))
        self.transport.close()

    def _language(self) -> Language:
        accepted = dict(self.headers or ()).get(b"accept-language", b"")
        return choose_language(None, accepted.decode("latin-1"))


def protocol_for(max_connections: int, slot: Slot) -> type[ServerProtocol]:
    """Return the protocol of a process that answers so many connections, and counts them."""
    return type(
        "LimitedProtocol", (ServerProtocol,), {"max_connections": max_connections, "slot": slot}
    )


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer any request of a connection too many, and hang up."""
    error = TooManyConnections("server has as many connections as it answers: try again later")
    response = problem_of(error, language_of(Request(scope)))
    response.headers["Connection"] = "close"
    await response(scope, receive, send)
