"""One JSON-RPC call over HTTP, and nothing believed of its answer.

Source: JSON-RPC 2.0 specification.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import count
from typing import Any, Final

import requests

from traceability.strict_json import JSONDepthError, check_nesting

# More than any block's receipts or proof has.
MAX_ANSWER_BYTES: Final = 64 * 2**20
CHUNK_BYTES: Final = 65_536
HEADERS: Final = {"Content-Type": "application/json"}


class JSONRPC:
    """Calls to one server; the session is closed by whoever opened it."""

    def __init__(self, url: str, session: requests.Session, *, timeout_seconds: float) -> None:
        self._url = url
        self._session = session
        self._timeout = timeout_seconds
        self._ids = count(1)

    def call(self, method: str, params: Sequence[object]) -> Any:
        """Return the answer as it came.

        Raises
        ------
        requests.RequestException, OSError, ValueError
            There is none, or it is no JSON.
        """
        asked = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": list(params)}
        with self._session.post(
            self._url,
            data=json.dumps(asked).encode(),
            headers=HEADERS,
            timeout=self._timeout,
            stream=True,
        ) as answer:
            answer.raise_for_status()
            data = _whole(answer)
        try:
            check_nesting(data)
        except JSONDepthError as error:
            raise ValueError(error.fault) from error
        return json.loads(data)


def _whole(answer: requests.Response) -> bytes:
    parts, size = [], 0
    for part in answer.iter_content(CHUNK_BYTES):
        parts.append(part)
        size += len(part)
        if size > MAX_ANSWER_BYTES:
            raise ValueError(f"answer is too long: expected at most {MAX_ANSWER_BYTES} bytes")
    return b"".join(parts)
