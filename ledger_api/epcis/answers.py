"""Answers as bytes, packed where the reader unpacks; made off the event loop."""

from __future__ import annotations

import gzip
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

# Shorter answers gain nothing; level 5 is near the end of what more work gains.
PACKED_FROM_BYTES = 1024
PACKING_LEVEL = 5


def json_bytes(value: Any) -> bytes:
    """Return a value as JSON."""
    return orjson.dumps(value)


def answer(
    request: Request,
    body: bytes,
    *,
    media_type: str,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    """Return an answer, packed with gzip if the request takes it and it is worth it."""
    named = {"Vary": "Accept, Accept-Encoding, Authorization", **(headers or {})}
    if len(body) >= PACKED_FROM_BYTES and takes_gzip(request.headers.get("accept-encoding", "")):
        body = gzip.compress(body, PACKING_LEVEL, mtime=0)
        named["Content-Encoding"] = "gzip"
    return Response(body, status, headers=named, media_type=media_type)


def takes_gzip(accepted: str) -> bool:
    """Tell whether an Accept-Encoding header allows gzip (RFC 9110, section 12.5.3)."""
    weights: dict[str, bool] = {}
    for part in accepted.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        weights[name] = not any(
            parameter.replace(" ", "").rstrip("0").rstrip(".") in ("q=", "q=0")
            for parameter in parameters
        )
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", False)))
