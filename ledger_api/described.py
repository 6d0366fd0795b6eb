"""How an endpoint says which problems of its own it answers, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

_SCHEMA = {"$ref": "#/components/schemas/Problem"}
MEDIA_TYPE_UNKNOWN = "The media type is none that this address takes."


def problem_answer(meaning: str) -> dict[str, Any]:
    """Return the description of one problem."""
    return {"description": meaning, "content": {"application/problem+json": {"schema": _SCHEMA}}}


def problems_told(meanings: dict[int, str]) -> dict[int | str, dict[str, Any]]:
    """Return what `responses` of an endpoint takes, from what each status means there.

    The statuses that every endpoint may answer are `openapi.py`'s.
    """
    return {status: problem_answer(meaning) for status, meaning in meanings.items()}
