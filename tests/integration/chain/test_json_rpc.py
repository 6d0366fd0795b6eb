from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from tests.support.endpoint import serving
from traceability.chain import json_rpc
from traceability.chain.json_rpc import JSONRPC


def call(url: str, *params: object) -> Any:
    with requests.Session() as session:
        session.trust_env = False
        return JSONRPC(url, session, timeout_seconds=10.0).call("eth_chainId", params)


def test_asks_as_the_specification_says_and_returns_the_answer() -> None:
    asked: list[dict[str, Any]] = []

    def answer(request: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        asked.append(request)
        return (
            200,
            {},
            json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": "0x1"}).encode(),
        )

    with serving(answer) as url:
        assert call(url, "latest", True)["result"] == "0x1"
    assert asked == [
        {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": ["latest", True]}
    ]


@pytest.mark.parametrize(
    ("status", "body", "fault"),
    [
        (500, b"{}", "500 Server Error"),
        (200, b"<html>", "Expecting value"),
        (200, b"\xff\xfe\xfd", "decode|Expecting|codec"),
        (200, b"[" * 200_000, "nest"),
    ],
)
def test_refuses_what_is_no_answer(status: int, body: bytes, fault: str) -> None:
    with (
        serving(lambda _: (status, {}, body)) as url,
        pytest.raises((requests.RequestException, ValueError), match=fault),
    ):
        call(url)


def test_refuses_an_answer_that_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_rpc, "MAX_ANSWER_BYTES", 10)
    with serving(lambda _: (200, {}, b'"' + b"x" * 8 + b'"')) as url:
        assert call(url) == "x" * 8
    with (
        serving(lambda _: (200, {}, b'"' + b"x" * 9 + b'"')) as url,
        pytest.raises(ValueError, match="answer is too long: expected at most 10 bytes"),
    ):
        call(url)
