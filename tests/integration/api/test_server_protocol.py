"""What is no request, or one with an endless head, over a real connection."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from ledger_api.server_protocol import MAX_HEAD
from tests.support.serving import served

HOST = b"Host: x\r\n"


@pytest.fixture(scope="module")
def place() -> Iterator[tuple[str, int]]:
    async def app(scope: Any, _receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            headers = [(b"content-length", b"2")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": b"ok"})

    with served(app) as address:
        found = urlsplit(address)
        yield str(found.hostname), int(found.port or 0)


def answer(place: tuple[str, int], *parts: bytes) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body of what a server says to some bytes."""
    with socket.create_connection(place, timeout=10) as connection:
        for part in parts:
            try:
                connection.sendall(part)
            except OSError:
                break  # The server has hung up, and its answer is there to be read.
        data = b""
        try:
            while not data.endswith(b"\r\n\r\nok") and (more := connection.recv(65536)):
                data += more
        except ConnectionResetError:
            pass
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(first.split()[1]), headers, body


def told(place: tuple[str, int], *parts: bytes) -> tuple[int, str, dict[str, Any]]:
    status, headers, body = answer(place, *parts)
    assert headers["content-type"] == "application/problem+json"
    assert headers["connection"] == "close"
    assert int(headers["content-length"]) == len(body)
    found: dict[str, Any] = json.loads(body)
    assert found["status"] == status
    return status, found["code"], found


def test_request_within_the_limits_is_answered(place: tuple[str, int]) -> None:
    head = b"GET /" + b"a" * 30_000 + b" HTTP/1.1\r\n" + HOST + b"X: " + b"b" * 30_000
    assert answer(place, head + b"\r\n\r\n")[::2] == (200, b"ok")


def test_two_requests_on_one_connection_are_counted_apart(place: tuple[str, int]) -> None:
    head = b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"b" * 40_000 + b"\r\n\r\n"
    with socket.create_connection(place, timeout=10) as connection:
        for _ in range(2):
            connection.sendall(head)
            found = b""
            while not found.endswith(b"ok"):
                found += connection.recv(65536)
            assert found.startswith(b"HTTP/1.1 200")


def test_long_address_is_a_problem(place: tuple[str, int]) -> None:
    head = b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n" + HOST
    status, code, found = told(place, head + b"\r\n")
    assert (status, code) == (414, "ADDRESS_TOO_LONG")
    assert found["expected"] == f"at most {MAX_HEAD} bytes"


@pytest.mark.parametrize("count", [1, 1_000])
def test_long_head_is_a_problem_in_the_readers_language(place: tuple[str, int], count: int) -> None:
    fields = (b"X: " + b"b" * (100_000 // count) + b"\r\n") * count
    head = b"GET / HTTP/1.1\r\nAccept-Language: en\r\n" + HOST + fields
    status, code, found = told(place, head + b"\r\n")
    assert (status, code) == (431, "REQUEST_HEAD_TOO_LARGE")
    assert found["detail"] == found["message"]


def test_head_without_end_is_cut_off(place: tuple[str, int]) -> None:
    parts = [b"b" * 10_000] * 400
    status, code, _ = told(place, b"GET / HTTP/1.1\r\n" + HOST + b"X: ", *parts)
    assert (status, code) == (431, "REQUEST_HEAD_TOO_LARGE")


def test_what_is_not_http_is_a_problem(place: tuple[str, int]) -> None:
    status, code, found = told(place, b"hello\r\n\r\n")
    assert (status, code) == (400, "REQUEST_UNREADABLE")
    assert found["title"] == found["detail"]
