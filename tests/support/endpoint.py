"""JSON-RPC endpoints that misbehave: one answers what a test says, one lies in between."""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# A request's method and parameters, to status, headers and body.
Reply = tuple[int, Mapping[str, str], bytes]
# Changes the result of a method: parameters and true result, to what is told.
Lie = Callable[[list[Any], Any], Any]
TIMEOUT_SECONDS = 10.0


@contextmanager
def serving(answer: Callable[[dict[str, Any]], Reply]) -> Iterator[str]:
    """Serve a function of the request on a port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, headers, body = answer(request)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            with suppress(ConnectionError):  # Who asked has given up.
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Proxy:
    """Passes requests on to a chain, but for what a test has it do.

    `lies` changes answers by method; `swallowed` methods are answered without being passed on,
    with a value or with what a function of the parameters returns; `status` other than 200
    refuses everything, with `headers`; `before` is called and `delay` seconds pass first.
    """

    target: str
    url: str = ""
    lies: dict[str, Lie] = field(default_factory=dict)
    swallowed: dict[str, object] = field(default_factory=dict)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    asked: list[str] = field(default_factory=list)
    before: Callable[[str], None] | None = None

    def honest(self) -> None:
        """Misbehave no more."""
        self.lies.clear()
        self.swallowed.clear()
        self.status, self.headers, self.delay = 200, {}, 0.0

    def answer(self, request: dict[str, Any]) -> Reply:
        """Return the answer to one request."""
        method = request["method"]
        self.asked.append(method)
        if self.before is not None:
            self.before(method)
        time.sleep(self.delay)
        if self.status != 200:
            return self.status, self.headers, b"no"
        found = {"jsonrpc": "2.0", "id": request["id"]}
        if method in self.swallowed:
            answer = self.swallowed[method]
            result = answer(request["params"]) if callable(answer) else answer
            return 200, {}, json.dumps(found | {"result": result}).encode()
        found = self._passed_on(request)
        if method in self.lies and "result" in found:
            found["result"] = self.lies[method](request["params"], found["result"])
        return 200, {}, json.dumps(found).encode()

    def _passed_on(self, request: dict[str, Any]) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"}
        body = json.dumps(request).encode()
        onward = urllib.request.Request(self.target, data=body, headers=headers)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(onward, timeout=TIMEOUT_SECONDS) as response:
            found: dict[str, Any] = json.load(response)
        return found


@contextmanager
def proxied(target: str) -> Iterator[Proxy]:
    """Run a proxy before a chain."""
    proxy = Proxy(target)
    with serving(proxy.answer) as url:
        proxy.url = url
        yield proxy
