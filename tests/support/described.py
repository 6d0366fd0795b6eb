"""Holds every answer of an application against its own OpenAPI document."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI

PREFIX = "/api/"
NOTHING_THERE = (404, 405)
_DOCUMENT: dict[str, Any] = {}


def operation_of(document: dict[str, Any], method: str, path: str) -> dict[str, Any] | None:
    """Return the operation that an address and a method belong to; the most fixed one wins."""
    paths = sorted(document["paths"], key=lambda one: (-one.count("/"), one.count("{")))
    for template in paths:
        found: dict[str, Any] | None = document["paths"][template].get(method.lower())
        if found is not None and re.fullmatch(re.sub(r"\{[^}]+\}", ".+", template), path):
            return found
    return None


def document_of(app: FastAPI) -> dict[str, Any]:
    """Return what an application has derived, or else what every one of them describes.

    That is derived once: it takes longer than most tests.
    """
    if app.openapi_schema is not None:
        return app.openapi_schema
    if not _DOCUMENT:
        _DOCUMENT.update(copy.deepcopy(app.openapi()))
    return _DOCUMENT


def requires_described(app: FastAPI) -> Callable[[Any], None]:
    """Return what refuses an answer under `/api/` whose problem the document does not tell."""

    def check(response: Any) -> None:
        path, method = response.request.url.path, response.request.method
        kind = response.headers.get("content-type", "")
        if not path.startswith(PREFIX) or not kind.startswith("application/problem+json"):
            return
        status, operation = response.status_code, operation_of(document_of(app), method, path)
        if operation is None:
            assert status in NOTHING_THERE, f"{method} {path} is not in the OpenAPI document"
            return
        told = operation["responses"].get(str(status))
        assert told, f"{method} {path} answers {status}, which the OpenAPI document does not tell"
        assert "application/problem+json" in told["content"], (method, path, told)

    return check
