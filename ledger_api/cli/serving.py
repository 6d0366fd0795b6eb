"""`serve`: API, pages, sequencer and anchorer in one process."""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import Annotated
from urllib.parse import urlsplit

import typer
import uvicorn

from ledger_api.app import create_app
from ledger_api.cli.running import DEFAULT_DATA, AsJSON, Command, DataDir, run

# Time that a request in hand gets when the server is told to stop.
GRACE_SECONDS = 10


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port; default: the base URL's.")
    ] = None,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Serve a data folder; without a configured chain, on an embedded test chain of its own."""

    def work(command: Command) -> None:
        with command.node(need="required") as node, node.store.lock("serve", wait=False):
            node.check_against_chain()
            chosen = port or urlsplit(command.settings.base_url).port or 8000
            # The server raises the signal again after its own shutdown; by default that would end
            # the process here, before the embedded chain is stopped.
            signal.signal(signal.SIGTERM, _leave)
            command.output.progress(f"serving {command.data_dir} on http://{host}:{chosen}")
            uvicorn.run(
                create_app(node, command.settings, warm=True),
                host=host,
                port=chosen,
                log_level="warning",
                server_header=False,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )

    run(data, as_json, work)


def _leave(_number: int, _frame: FrameType | None) -> None:
    """End the process as if the command had come to its end."""
    sys.exit(0)
