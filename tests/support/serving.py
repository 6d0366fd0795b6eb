"""An application on a real port of this machine, within the test's own process."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from ledger_api.server_protocol import ServerProtocol
from tests.support.servers import free_port

START_SECONDS = 20.0


@contextmanager
def served(app: Any, *, protocol: type[ServerProtocol] = ServerProtocol) -> Iterator[str]:
    """Serve an application until the block ends; yield its address."""
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host="127.0.0.1",
            port=port,
            log_level="warning",
            loop="asyncio",
            http=protocol,
        )
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + START_SECONDS
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            assert time.monotonic() < deadline, "the server did not start in time"
            time.sleep(0.01)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
