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
from traceability.watching import Awaited, WatchedSession

# More than any block's receipts or proof has.
MAX_ANSWER_BYTES: Final = 64 * 2**20
CHUNK_BYTES: Final = 65_536
HEADERS: Final = {"Content-Type": "application/json"}


class JSONRPC:
    """Calls to one server; the session is closed by whoever opened it.

    Parameters
    ----------
    session
        Its grace is how long a call may take in all, but for what a long answer needs.
    timeout_seconds
        How long it may be silent.
    """

    def __init__(self, url: str, session: WatchedSession, *, timeout_seconds: float) -> None:
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
        data = self._posted(json.dumps(asked).encode())
        try:
            check_nesting(data)
        except JSONDepthError as error:
            raise ValueError(error.fault) from error
        return json.loads(data)

    def _posted(self, data: bytes) -> bytes:
        with self._session.watch.awaiting() as awaited:
            try:
                with self._session.post(
                    self._url, data=data, headers=HEADERS, timeout=self._timeout, stream=True
                ) as answer:
                    answer.raise_for_status()
                    found = _whole(answer, awaited)
            except (requests.RequestException, OSError) as error:
                if not awaited.is_given_up:
                    raise
                raise requests.Timeout("answer comes drop by drop") from error
        # Who was hung up on without having said how long the answer is looks finished.
        if awaited.is_given_up:
            raise requests.Timeout("answer comes drop by drop")
        return found


def _whole(answer: requests.Response, awaited: Awaited) -> bytes:
    parts = []
    for part in answer.iter_content(CHUNK_BYTES):
        parts.append(part)
        awaited.size += len(part)
        if awaited.size > MAX_ANSWER_BYTES:
            raise ValueError(f"answer is too long: expected at most {MAX_ANSWER_BYTES} bytes")
    return b"".join(parts)
