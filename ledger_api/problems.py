"""Errors as outsiders meet them: HTTP status and exit status, in one table."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from ledger_api.auth import NotAuthenticated
from ledger_api.i18n.terms import error_words
from ledger_api.i18n.translations import HTML_LANGUAGES, Language, choose_language
from traceability.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    ItemProofError,
    MissingTrust,
    NotFound,
    ProofRejected,
    Refused,
    Unavailable,
)
from traceability.strict_json import JSONTooLargeError

PROBLEM_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = "5"

EXIT_OK = 0
EXIT_REFUSED = 1
EXIT_USAGE = 2
EXIT_UNAVAILABLE = 3


class MediaTypeUnknown(InvalidInput):
    """The body is of a type that this address does not take."""

    code = "MEDIA_TYPE_UNKNOWN"


class FileUnusable(InvalidInput):
    """The file that was named cannot be read: it is absent, a folder, or somebody else's."""

    code = "FILE_UNUSABLE"


class LedgerMissing(NotFound):
    """The data folder holds no ledger, and the command only reads."""

    code = "LEDGER_MISSING"


# The first class that an error belongs to decides: HTTP status, then exit status.
_TABLE: tuple[tuple[type[ItemProofError], int, int], ...] = (
    (FileUnusable, 400, EXIT_USAGE),
    (LedgerMissing, 404, EXIT_USAGE),
    (JSONTooLargeError, 413, EXIT_REFUSED),
    (MediaTypeUnknown, 415, EXIT_REFUSED),
    (InvalidInput, 400, EXIT_REFUSED),
    (Conflict, 409, EXIT_REFUSED),
    (Forbidden, 403, EXIT_REFUSED),
    (NotFound, 404, EXIT_REFUSED),
    (Refused, 400, EXIT_REFUSED),
    (ProofRejected, 400, EXIT_REFUSED),
    (MissingTrust, 400, EXIT_USAGE),
    (NotAuthenticated, 401, EXIT_REFUSED),
    (Unavailable, 503, EXIT_UNAVAILABLE),
    (ItemProofError, 500, EXIT_REFUSED),
)

# FastAPI's own refusals, under codes of ours.
_HTTP_CODES = {
    401: "NOT_AUTHENTICATED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    413: "JSON_TOO_LARGE",
    415: "MEDIA_TYPE_UNKNOWN",
}


def http_status(error: ItemProofError) -> int:
    """Return the HTTP status of an error."""
    return next(status for kind, status, _ in _TABLE if isinstance(error, kind))


def exit_status(error: ItemProofError) -> int:
    """Return the exit status of a command that ended with an error."""
    return next(status for kind, _, status in _TABLE if isinstance(error, kind))


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
        code = _HTTP_CODES.get(error.status_code, "REQUEST_REFUSED")
        response = problem(
            error.status_code, code, lang=language_of(request), detail=str(error.detail)
        )
        response.headers.update(error.headers or {})
        return response
