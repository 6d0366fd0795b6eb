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

from ledger_api.i18n.terms import error_words
from ledger_api.i18n.translations import HTML_LANGUAGES, Language, choose_language
from ledger_api.statuses import (
    InternalError,
    MediaTypeUnknown,
    RequestRefused,
    http_status,
)
from traceability.errors import ItemProofError

__all__ = [
    "PROBLEM_TYPE",
    "RETRY_AFTER_SECONDS",
    "MediaTypeUnknown",
    "http_status",
    "install",
    "language_of",
    "problem",
    "problem_of",
]

logger = logging.getLogger(__name__)

PROBLEM_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = "5"
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
    if status == 503:  # noqa: PLR2004 # Service Unavailable
        headers["Retry-After"] = RETRY_AFTER_SECONDS
    return JSONResponse(body, status, headers=headers, media_type=PROBLEM_TYPE)


def problem_of(error: ItemProofError, lang: Language) -> JSONResponse:
    """Return the problem that an error of ours stands for."""
    extra = {
        name: value
        for name, value in error.to_dict().items()
        if name in ("pointer", "expected", "got")
    }
    return problem(http_status(error), error.code, lang=lang, detail=error.fault, extra=extra)


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
        return problem(
            400,
            "REQUEST_INVALID",
            lang=language_of(request),
            detail=f"request is malformed at {first['pointer']}: {first['message']}",
            extra={"faults": faults},
        )

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:
        code = _HTTP_CODES.get(error.status_code, RequestRefused.code)
        response = problem(
            error.status_code, code, lang=language_of(request), detail=str(error.detail)
        )
        response.headers.update(error.headers or {})
        return response


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
            reference = secrets.token_hex(REFERENCE_BYTES)
            logger.exception("request.failed reference=%s path=%s", reference, scope["path"])
            if started:
                raise
            await _unforeseen(Request(scope), reference)(scope, receive, send)


def _unforeseen(request: Request, reference: str) -> JSONResponse:
    return problem(
        500,
        InternalError.code,
        lang=language_of(request),
        detail=f"program failed: the operator finds why in the log under {reference}",
        extra={"reference": reference},
    )
