"""Routes that answer every error as the EPCIS binding does: an RFC 7807 problem.

Source: EPCIS 2.0 (ISO/IEC 19987:2024), section 12.5.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from ledger_api.auth import NotAuthenticated
from ledger_api.epcis import faults
from ledger_api.epcis.answers import json_bytes
from ledger_api.epcis.headers import CAPTURE_LIMIT, FILE_SIZE_LIMIT, announced
from ledger_api.epcis.wording import problem_json, status_of
from ledger_api.i18n.translations import HTML_LANGUAGES, Language
from ledger_api.problems import (
    PASSING,
    PROBLEM_TYPE,
    RETRY_AFTER_SECONDS,
    language_of,
    unforeseen,
)
from ledger_api.services import Services
from traceability.errors import InvalidInput, ItemProofError

MAX_ADDRESS = 8192


class RequestMalformed(InvalidInput):
    """A parameter or header of the request is malformed."""

    code = "REQUEST_INVALID"


def problem_of(error: ItemProofError, language: Language) -> Response:
    """Return the answer to a request that failed."""
    status = status_of(error)
    headers = {"Content-Language": HTML_LANGUAGES[language]}
    if status in PASSING:
        headers["Retry-After"] = RETRY_AFTER_SECONDS
    if isinstance(error, NotAuthenticated):
        headers["WWW-Authenticate"] = 'Bearer realm="itemproof"'
    if isinstance(error, faults.MethodNotAllowed):
        headers["Allow"] = error.expected or ""
    body = json_bytes(problem_json(error, language))
    return Response(body, status, headers=headers, media_type=PROBLEM_TYPE)


def _malformed(error: RequestValidationError) -> ItemProofError:
    first = error.errors()[0]
    where = [str(part) for part in first["loc"]]
    message = f"{' '.join(where)} is malformed: {first['msg']}"
    if where[0] == "header" and where[-1].lower() in ("gs1-epc-format", "gs1-cbv-xml-format"):
        return faults.NotAcceptable(message)
    if where[0] == "query":
        return faults.QueryParameterInvalid(message, pointer="/".join(where))
    return RequestMalformed(message, pointer="/".join(where))


class EpcisRoute(APIRoute):
    """A route that answers every error as the standard says, with the standard's headers."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler with its errors caught."""
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                _check_address(request)
                response = await handle(request)
            except RequestValidationError as error:
                response = problem_of(_malformed(error), language_of(request))
            except ItemProofError as error:
                response = problem_of(error, language_of(request))
            except ClientDisconnect:
                raise
            except Exception:
                response = problem_of(unforeseen(request.url.path)[0], language_of(request))
            return _with_headers(request, response)

        return guarded


def _check_address(request: Request) -> None:
    length = len(request.scope.get("raw_path") or b"") + len(request.scope["query_string"])
    if length > MAX_ADDRESS:
        raise faults.UriTooLong(
            f"address is too long: expected at most {MAX_ADDRESS} bytes, got {length}"
        )


def _with_headers(request: Request, response: Response) -> Response:
    for name, value in announced().items():
        response.headers.setdefault(name, value)
    if response.status_code == 413:  # noqa: PLR2004 # Content Too Large
        services: Services = request.app.state.services
        response.headers[CAPTURE_LIMIT] = str(services.settings.max_capture_events)
        is_capture = request.url.path == "/epcis/capture"
        limit = "max_capture_bytes" if is_capture else "max_body_bytes"
        response.headers[FILE_SIZE_LIMIT] = str(getattr(services.settings, limit))
    return response
