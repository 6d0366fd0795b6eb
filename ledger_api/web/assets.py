"""Styles, scripts and the headers that keep everything foreign out.

Source: Content Security Policy Level 3; RFC 9111 (caching), section 5.2.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STATIC = Path(__file__).parent / "static"
STATIC_PATH = "/static"
A_YEAR_SECONDS = 365 * 24 * 3600
# The folder also holds what only this program reads: catalogues and the font for labels.
SERVED = (".css", ".js", ".svg", ".txt")
SMALLEST_TO_COMPRESS = 700  # bytes; below it the saving is less than a packet
_VERSION_LENGTH = 10

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        "object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


def asset_url(name: str) -> str:
    """Return an asset's address with its version, so that browsers may keep it for a year."""
    file = STATIC / name
    changed = file.stat().st_mtime_ns if file.is_file() else 0
    return f"{STATIC_PATH}/{name}?v={_version(file, changed)}"


@lru_cache(maxsize=64)
def _version(file: Path, changed: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:_VERSION_LENGTH] if changed else "none"


class VersionedFiles(StaticFiles):
    """Files that never change under one address."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Serve a file; with a version in its address it need never be asked for again."""
        if not path.endswith(SERVED):
            raise HTTPException(404)
        response = await super().get_response(path, scope)
        versioned = "v" in parse_qs(scope["query_string"].decode("latin-1"))
        response.headers["Cache-Control"] = (
            f"public, max-age={A_YEAR_SECONDS}, immutable" if versioned else "no-cache"
        )
        return response


class PageHeaders:
    """Adds the security headers to every answer and compresses what is read, not written."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._compressed = GZipMiddleware(app, minimum_size=SMALLEST_TO_COMPRESS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        app = self._compressed if scope["method"] == "GET" else self._app
        await app(scope, receive, send_with_headers)


def install(app: Starlette) -> None:
    """Serve the assets of the pages from an application and set its headers."""
    app.mount(STATIC_PATH, VersionedFiles(directory=STATIC), name="static")
    app.add_middleware(PageHeaders)
