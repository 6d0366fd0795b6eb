"""A watch over answers that come drop by drop: who sends too slowly is hung up on.

A time-out of a read begins anew with each byte that arrives, so a server could hold us up for
ever. Here an answer, its head included, has a time of grace, and after that has to have come at
`LEAST_BYTES_PER_SECOND`. Reads that wait are ended by shutting their connection down.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

LEAST_BYTES_PER_SECOND = 16_384
LOOK_SECONDS = 1.0
LOOPBACK = ("127.0.0.1", "localhost")


@dataclass(slots=True, eq=False)
class Awaited:
    """An answer on its way: since when, how much of it is here, whether it was given up."""

    began: float
    grace_seconds: float
    size: int = 0
    is_given_up: bool = False
    connection: socket.socket | None = None

    def is_too_slow(self, now: float) -> bool:
        """Tell whether more should be here by now."""
        return now - self.began > self.grace_seconds + self.size / LEAST_BYTES_PER_SECOND

    def give_up(self) -> None:
        """End the read that waits for it."""
        self.is_given_up = True
        if self.connection is not None:
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)


class Watch:
    """Looks at all awaited answers once a second, in a thread that begins with the first.

    Parameters
    ----------
    grace_seconds
        What every answer has, however short it is.
    """

    def __init__(
        self, grace_seconds: float, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._grace = grace_seconds
        self._look = min(LOOK_SECONDS, grace_seconds / 4)
        self._clock = clock
        self._awaited: set[Awaited] = set()
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._mine = threading.local()

    @contextmanager
    def awaiting(self) -> Iterator[Awaited]:
        """Watch the answer that this thread awaits, until the block ends."""
        one = Awaited(self._clock(), self._grace)
        with self._lock:
            self._awaited.add(one)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
                self._thread.start()
        self._mine.awaited = one
        try:
            yield one
        finally:
            with self._lock:
                self._awaited.discard(one)

    def sees(self, connection: socket.socket | None) -> None:
        """Note on which connection this thread's answer comes."""
        with self._lock:
            self._mine.awaited.connection = connection

    def close(self) -> None:
        """End the thread."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(self._look):
            self.look()

    def look(self) -> None:
        """Give up what is too slow."""
        now = self._clock()
        with self._lock:
            for one in self._awaited:
                if one.is_too_slow(now):
                    one.give_up()


class WatchedSession(requests.Session):
    """Connections to one server, each answer watched.

    It follows no redirection, since the library would read the whole body of each.

    Parameters
    ----------
    url
        What will be asked; a proxy from the environment does not stand before this machine.
    grace_seconds
        What every answer has, however short it is.
    """

    def __init__(self, url: str, *, grace_seconds: float) -> None:
        super().__init__()
        self.trust_env = not _is_here(url)
        self.watch = Watch(grace_seconds)
        for scheme in ("http://", "https://"):
            self.mount(scheme, _WatchedAdapter(self.watch))

    def get_redirect_target(self, _resp: requests.Response) -> str | None:
        """Leave every answer to whoever asked."""
        return None

    def close(self) -> None:
        """End the watch and close the connections."""
        self.watch.close()
        super().close()


def _is_here(url: str) -> bool:
    """Tell whether an address is on this machine; what is none is refused when it is asked."""
    try:
        return urlsplit(url).hostname in LOOPBACK
    except ValueError:
        return False


class _WatchedAdapter(HTTPAdapter):
    """Connections that tell a watch where the answer comes from."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        """Have the pools make connections of our own."""
        super().init_poolmanager(*arguments, **named)
        watch = self._watch

        class Plain(HTTPConnection):
            def getresponse(self) -> Any:
                watch.sees(self.sock)
                return super().getresponse()

        class Secure(HTTPSConnection):
            def getresponse(self) -> Any:
                watch.sees(self.sock)
                return super().getresponse()

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
