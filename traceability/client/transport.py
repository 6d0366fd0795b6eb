"""Asking a node over HTTP: one question at a time, answers bounded, nothing followed.

What it says is checked by whoever asked; see `heads.py` and `submitting.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import urlsplit

import requests

from traceability.client.faults import NodeUnavailable
from traceability.watching import WatchedSession

# A large batch is hashed by the node before it answers.
GRACE_SECONDS = 300.0
TIMEOUT_SECONDS = 120.0
MAX_ANSWER_BYTES = 16 * 2**20
CHUNK_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Answer:
    """What a node said: HTTP status, body, headers with names in lower case."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Transport(Protocol):
    """A way to a node."""

    def ask(self, method: str, path: str, *, body: bytes = b"", media_type: str = "") -> Answer:
        """Send a request and return the answer, whatever its status.

        Raises
        ------
        NodeUnavailable
            There is none.
        """


class HttpTransport:
    """A node behind an address; `api_key` goes with every question."""

    def __init__(self, url: str, *, api_key: str | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise NodeUnavailable(
                f"address is none: expected http://… or https://…, got {url[:80]!r}"
            )
        self._base = url.rstrip("/")
        self._place = parts.netloc.rpartition("@")[2]
        self._session = WatchedSession(url, grace_seconds=GRACE_SECONDS)
        if api_key is not None:
            self._session.headers["Authorization"] = f"Bearer {api_key}"

    def ask(self, method: str, path: str, *, body: bytes = b"", media_type: str = "") -> Answer:
        """Send a request and return the answer, whatever its status."""
        headers = {"Content-Type": media_type} if media_type else {}
        try:
            with (
                self._session.watch.awaiting() as awaited,
                self._session.request(
                    method,
                    self._base + path,
                    data=body or None,
                    headers=headers,
                    timeout=TIMEOUT_SECONDS,
                    stream=True,
                    allow_redirects=False,
                ) as answer,
            ):
                parts = self._parts(answer)
                if awaited.is_given_up:
                    raise self._silent("too slow")
                found = {name.lower(): value for name, value in answer.headers.items()}
                return Answer(answer.status_code, parts, found)
        except (requests.RequestException, OSError, ValueError) as error:
            raise self._silent(type(error).__name__) from error

    def _parts(self, answer: requests.Response) -> bytes:
        found = bytearray()
        for part in answer.iter_content(CHUNK_BYTES):
            found += part
            if len(found) > MAX_ANSWER_BYTES:
                raise self._silent("answer too long")
        return bytes(found)

    def _silent(self, why: str) -> NodeUnavailable:
        return NodeUnavailable(f"node at {self._place} does not answer: {why}")

    def __enter__(self) -> Self:
        """Begin; nothing is opened yet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        self._session.close()
