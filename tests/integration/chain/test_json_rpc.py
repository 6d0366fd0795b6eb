from __future__ import annotations

import json
import socket
import threading
from contextlib import closing
from typing import Any

import pytest
import requests

from tests.support.drops import DROPS, OK, answering, dripping
from tests.support.endpoint import serving
from traceability.chain import json_rpc
from traceability.chain.client import Endpoint
from traceability.chain.faults import ChainTimeout, ChainUnavailable
from traceability.chain.json_rpc import JSONRPC
from traceability.watching import WatchedSession


def call(url: str, *params: object) -> Any:
    with WatchedSession(url, grace_seconds=10.0) as session:
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


@pytest.mark.parametrize("begin", DROPS.values(), ids=DROPS)
def test_an_answer_that_drips_is_too_late(begin: bytes) -> None:
    with (
        answering(dripping(begin)) as url,
        closing(Endpoint(url, chain_id=None, timeout_seconds=0.5)) as endpoint,
        pytest.raises(ChainTimeout, match="does not answer eth_chainId: Timeout"),
    ):
        endpoint.ask("eth_chainId")


def test_an_answer_that_comes_in_drops_but_in_time_is_taken() -> None:
    body = b'{"jsonrpc":"2.0","id":1,"result":"0x7a69"}'

    def drip(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(OK + b"Content-Length: %d\r\n\r\n" % len(body))
        for byte in body:
            over.wait(0.005)
            connection.sendall(bytes([byte]))

    with (
        answering(drip) as url,
        closing(Endpoint(url, chain_id=None, timeout_seconds=60.0)) as endpoint,
    ):
        assert endpoint.ask("eth_chainId") == "0x7a69"


def test_a_redirection_is_no_answer_and_its_body_is_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(json_rpc, "MAX_ANSWER_BYTES", 100_000)

    def redirect(_: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        return 302, {"Location": "http://elsewhere.example/"}, b"1" * 1_000_000

    with serving(redirect) as url, pytest.raises(ValueError, match="at most 100000 bytes"):
        call(url)


@pytest.mark.parametrize("url", ["http://[::1", "http://", "none"])
def test_what_is_no_address_does_not_answer(url: str) -> None:
    with (
        closing(Endpoint(url, chain_id=None, timeout_seconds=10.0)) as endpoint,
        pytest.raises(ChainUnavailable, match="does not answer eth_chainId"),
    ):
        endpoint.ask("eth_chainId")
