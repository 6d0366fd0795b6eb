"""Bodies that stall are given up, those that only wait for us are not, over a real connection."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest

from ledger_api import server_protocol
from tests.support.serving import served

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nAccept-Language: en\r\nContent-Length: %d\r\n"
LENGTH = 400_000
SECONDS = 0.5


class Reader:
    """An application that reads a body, after a while, and answers with its length."""

    def __init__(self, *, late_by: float = 0) -> None:
        self._late_by = late_by
        self.lost = threading.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        await asyncio.sleep(self._late_by)
        length, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.lost.set()
                return
            length += len(message["body"])
            more = message["more_body"]
        answer = str(length).encode()
        headers = [(b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_protocol, "BODY_SECONDS", SECONDS)
    monkeypatch.setattr(server_protocol, "HEAD_SECONDS", SECONDS)


@contextmanager
def connected(app: Reader) -> Iterator[socket.socket]:
    with served(app) as address:
        place = urlsplit(address)
        with socket.create_connection((place.hostname, place.port), timeout=20) as connection:
            yield connection


def everything(connection: socket.socket) -> bytes:
    data = b""
    while more := connection.recv(65536):
        data += more
    return data


def answered(connection: socket.socket, end: bytes) -> bool:
    """Tell whether an answer of 200 with this body comes."""
    data = b""
    while not data.endswith(b"\r\n\r\n" + end):
        more = connection.recv(65536)
        if not more:
            return False
        data += more
    return data.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("sent", [b"", b"x" * 1000])
def test_a_body_that_stalls_is_told_so_and_let_go(sent: bytes) -> None:
    app = Reader()
    with connected(app) as connection:
        connection.sendall(HEAD % LENGTH + b"\r\n" + sent)
        head, _, body = everything(connection).partition(b"\r\n\r\n")
        assert app.lost.wait(20)
    found = json.loads(body)
    assert head.startswith(b"HTTP/1.1 408 ")
    assert (found["status"], found["code"]) == (408, "REQUEST_TOO_SLOW")


def test_a_body_that_comes_slowly_is_taken() -> None:
    with connected(Reader()) as connection:
        connection.sendall(HEAD % LENGTH + b"\r\n")
        for _ in range(8):
            time.sleep(SECONDS / 4)
            connection.sendall(b"x" * (LENGTH // 8))
        assert answered(connection, b"400000")


@pytest.mark.parametrize("field", [b"", b"Expect: 100-continue\r\n"])
def test_who_waits_for_the_server_is_not_slow(field: bytes) -> None:
    with connected(Reader(late_by=4 * SECONDS)) as connection:
        connection.sendall(HEAD % LENGTH + field + b"\r\n")
        if field:
            assert connection.recv(65536).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"x" * LENGTH)
        assert answered(connection, b"400000")


def test_a_later_head_that_stalls_is_hung_up_on() -> None:
    with connected(Reader()) as connection:
        connection.sendall(HEAD % 1 + b"\r\nx")
        assert answered(connection, b"1")
        connection.sendall(b"GET / HTTP/1.1\r\nHost:")
        assert everything(connection) == b""
