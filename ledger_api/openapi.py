"""The OpenAPI document: what FastAPI derives, with our problems in the place of its 422."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from ledger_api.described import problem_answer

PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem; `title`, `detail` and `remedy` in the reader's language.",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable code of the error."},
        "detail": {"type": "string"},
        "message": {"type": "string", "description": "`detail` in English, for programmers."},
        "remedy": {"type": "string"},
        "pointer": {"type": "string", "description": "RFC 6901 pointer to the fault."},
        "expected": {"type": "string"},
        "got": {"type": "string"},
    },
}
SECURITY = {"type": "http", "scheme": "bearer", "description": "itemproof_<name>_<secret>"}
_MEANINGS = {
    "400": "The request or its document is malformed.",
    "401": "No valid API key.",
    "403": "The key's role does not allow it.",
    "404": "Nothing is recorded there.",
    "503": "Try again later: store, chain, or too much in hand (Retry-After says when).",
}
# What whoever sends a document may be told besides.
_MEANINGS_OF_BODIES = {
    "413": "The body is longer than this address takes.",
    "429": "The caller has more in hand than its share; Retry-After says when to come again.",
}
# What anybody may ask.
_OPEN = ("/healthz", "/readyz", "/metrics", "/log/", "/api/items/", "/api/receipts/")


def install(app: FastAPI) -> None:
    """Have an application describe its errors as it answers them."""
    derive = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _described(derive())
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]  # FastAPI's own way to extend it


def _described(document: dict[str, Any]) -> dict[str, Any]:
    components = document.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components["securitySchemes"] = {"api_key": SECURITY}
    for name in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(name, None)
    for path, operations in document["paths"].items():
        for operation in operations.values():
            _describe(path, operation)
    return document


def _describe(path: str, operation: dict[str, Any]) -> None:
    operation["responses"].pop("422", None)
    meanings = _MEANINGS | (_MEANINGS_OF_BODIES if "requestBody" in operation else {})
    for status, meaning in meanings.items():
        operation["responses"].setdefault(status, problem_answer(meaning))
    if not path.startswith(_OPEN):
        operation["security"] = [{"api_key": []}]
