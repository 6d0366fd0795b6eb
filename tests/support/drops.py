"""A server that sends drop by drop, or whatever else a test does with a connection."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

OK = b"HTTP/1.1 200 OK\r\n"
# Each ends in what is sent for ever, a byte at a time.
DROPS = {
    "a body of a known length": OK + b"Content-Length: 1000000\r\n\r\n",
    "a body that ends when the connection does": OK + b"\r\n",
    "a body in pieces": OK + b"Transfer-Encoding: chunked\r\n\r\n",
    "a head": OK + b"X-Long: ",
}


@contextmanager
def answering(answer: Callable[[socket.socket, threading.Event], None]) -> Iterator[str]:
    """Listen on a port, and answer whoever connects."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection, suppress(OSError):
                        connection.recv(4096)
                        answer(connection, over)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            over.set()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def dripping(begin: bytes) -> Callable[[socket.socket, threading.Event], None]:
    """Return an answer that begins so and never ends."""

    def drip(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(begin)
        while not over.wait(0.02):
            connection.sendall(b"1")

    return drip
