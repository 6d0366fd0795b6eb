"""Errors as answers to HTTP requests: RFC 9457 problems in the reader's language."""

from __future__ import annotations

import logging
import secrets
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ledger_api.i18n.fault_texts import UNFORESEEN, error_detail, fault_detail
from ledger_api.i18n.terms import error_words
from ledger_api.i18n.translations import HTML_LANGUAGES, Language, choose_language
from ledger_api.statuses import (
    InternalError,
    MediaTypeUnknown,
    RequestRefused,
    http_status,
)
from traceability.errors import ItemProofError
from traceability.events.faults import Fault

__all__ = [
    "PASSING",
    "PROBLEM_TYPE",
    "RETRY_AFTER_SECONDS",
    "MediaTypeUnknown",
    "http_status",
    "install",
    "language_of",
    "problem",
    "problem_of",
    "unforeseen",
]

logger = logging.getLogger(__name__)

PROBLEM_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = "5"
# Too Many Requests, Service Unavailable: the same request may do well later.
PASSING = (429, 503)
REFERENCE_BYTES = 8

# FastAPI's own refusals, under codes of ours.
_HTTP_CODES = {
    401: "NOT_AUTHENTICATED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    413: "JSON_TOO_LARGE",
    415: "MEDIA_TYPE_UNKNOWN",
}


def language_of(request: Request) -> Language:
    """Return the reader's language: `?lang=`, else Accept-Language, else Chinese."""
    return choose_language(request.query_params.get("lang"), request.headers.get("accept-language"))


def problem(
    status: int, code: str, *, lang: Language, detail: str, extra: dict[str, Any] | None = None
) -> JSONResponse:
    """Return an RFC 9457 problem in the reader's language."""
    words = error_words(code, language=lang)
    body: dict[str, Any] = {
        "type": f"urn:itemproof:problem:{code}",
        "title": words.title,
        "status": status,
        "detail": detail,
        "code": code,
        "remedy": words.remedy,
        **(extra or {}),
    }
    headers = {"Content-Language": HTML_LANGUAGES[lang]}
    if status in PASSING:
        headers["Retry-After"] = RETRY_AFTER_SECONDS
    return JSONResponse(body, status, headers=headers, media_type=PROBLEM_TYPE)


def problem_of(error: ItemProofError, lang: Language, **more: str) -> JSONResponse:
    """Return the problem that an error of ours stands for; `message` is for programmers."""
    extra = {name: value for name, value in error.to_dict().items() if name != "code"} | more
    detail = error_detail(error, language=lang)
    return problem(http_status(error), error.code, lang=lang, detail=detail, extra=extra)


def install(app: FastAPI) -> None:
    """Answer every error of an app as a problem; a malformed request is 400, never 422."""
    app.add_middleware(LastResort)

    @app.exception_handler(ItemProofError)
    async def _ours(request: Request, error: ItemProofError) -> JSONResponse:
        return problem_of(error, language_of(request))

    @app.exception_handler(RequestValidationError)
    async def _malformed(request: Request, error: RequestValidationError) -> JSONResponse:
        faults = [
            {"pointer": "/".join(map(str, fault["loc"])), "message": fault["msg"]}
            for fault in error.errors()
        ]
        first = faults[0] if faults else {"pointer": "", "message": "malformed"}
        message = f"request is malformed at {first['pointer']}: {first['message']}"
        return _unworded(request, 400, "REQUEST_INVALID", message=message, faults=faults)

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:
        code = _HTTP_CODES.get(error.status_code, RequestRefused.code)
        response = _unworded(request, error.status_code, code, message=str(error.detail))
        response.headers.update(error.headers or {})
        return response


def _unworded(
    request: Request, status: int, code: str, *, message: str, **more: object
) -> JSONResponse:
    """Return a problem whose message has no words of ours: in Chinese its code is told."""
    lang = language_of(request)
    detail = fault_detail(Fault("", code, message), language=lang)
    return problem(status, code, lang=lang, detail=detail, extra={"message": message, **more})


class LastResort:
    """Answers what nobody foresaw with a reference to the log, and with nothing of its text."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def noted(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except ClientDisconnect:
            return
        except Exception:
            error, reference = unforeseen(scope["path"])
            if started:
                raise
            response = problem_of(error, language_of(Request(scope)), reference=reference)
            await response(scope, receive, send)


def unforeseen(path: str) -> tuple[InternalError, str]:
    """Write the exception in hand to the log; return what is told of it, and its reference."""
    reference = secrets.token_hex(REFERENCE_BYTES)
    logger.exception("request.failed reference=%s path=%s", reference, path)
    return InternalError(UNFORESEEN.format(reference)), reference
