"""Endpoints that answer, but not what JSON-RPC asks for."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.support.anvil import Anvil
from traceability.chain.client import ChainClient
from traceability.chain.faults import ChainUnavailable, RPCRefused

Answer = Callable[[str], tuple[int, object]]


@contextmanager
def endpoint(answer: Answer) -> Iterator[str]:
    """Serve one answer for each method on a port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, value = answer(request["method"])
            body = value.encode() if isinstance(value, str) else json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def result(value: object) -> Answer:
    return lambda _: (200, {"jsonrpc": "2.0", "id": 1, "result": value})


def error(code: int, message: str) -> Answer:
    fault = {"code": code, "message": message}
    return lambda _: (200, {"jsonrpc": "2.0", "id": 1, "error": fault})


@pytest.mark.parametrize(
    "answer",
    [
        (200, ""),
        (200, "<html>"),
        (200, "[]"),
        (200, "7"),
        (200, '{"jsonrpc": "2.0"}'),
        (500, "oops"),
        (404, {"result": "0x1"}),
        (200, {"result": None}),
        (200, {"result": 7}),
        (200, {"result": {"chain": "0x1"}}),
        (200, {"result": "0x"}),
    ],
)
def test_what_is_no_answer_counts_as_none(answer: tuple[int, object]) -> None:
    with endpoint(lambda _: answer) as url, ChainClient([url]) as client:
        with pytest.raises(ChainUnavailable) as caught:
            client.chain_id()
        assert type(caught.value) is ChainUnavailable


@pytest.mark.parametrize("value", [7, "block", [], {"number": "0x1"}, {"hash": None}])
def test_a_block_that_is_none_counts_as_no_answer(value: object) -> None:
    with (
        endpoint(result(value)) as url,
        ChainClient([url]) as client,
        pytest.raises(ChainUnavailable, match="endpoint answers no"),
    ):
        client.block_hash(1)


def test_a_refusal_is_not_asked_of_the_next(anvil: Anvil) -> None:
    with (
        endpoint(error(-32000, "no such thing")) as url,
        ChainClient([url, anvil.url]) as client,
        pytest.raises(RPCRefused, match="endpoint refuses eth_chainId: 'no such thing'"),
    ):
        client.chain_id()


@pytest.mark.parametrize("code", [-32005, 429])
def test_an_overloaded_endpoint_is_passed_over(code: int, anvil: Anvil) -> None:
    with endpoint(error(code, "slow down")) as url, ChainClient([url, anvil.url]) as client:
        assert client.chain_id() == anvil.chain_id
    with (
        endpoint(error(code, "slow down")) as url,
        ChainClient([url]) as client,
        pytest.raises(ChainUnavailable, match="slow down"),
    ):
        client.chain_id()


def test_a_silent_endpoint_is_given_up_after_the_timeout(anvil: Anvil) -> None:
    release = threading.Event()

    def wait(_: str) -> tuple[int, object]:
        release.wait(5)
        return 200, {}

    with endpoint(wait) as url:
        with ChainClient([url, anvil.url], timeout_seconds=0.2) as client:
            assert client.chain_id() == anvil.chain_id
        release.set()


@pytest.mark.parametrize("url", ["http://", "nonsense", "http://[::1", "http://127.0.0.1:port"])
def test_an_address_that_is_none_is_unavailable(url: str) -> None:
    with ChainClient([url]) as client, pytest.raises(ChainUnavailable, match="does not answer"):
        client.chain_id()


def test_the_last_good_endpoint_is_asked_first(anvil: Anvil) -> None:
    asked: list[str] = []

    def refuse(method: str) -> tuple[int, object]:
        asked.append(method)
        return 503, "down"

    with endpoint(refuse) as url, ChainClient([url, anvil.url]) as client:
        for _ in range(3):
            client.finalized_number()
    assert len(asked) == 1
