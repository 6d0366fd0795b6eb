"""One process that answers requests on a socket which may be shared with others."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import uvicorn

from ledger_api.app import create_app
from ledger_api.scoreboard import Board, Slot
from ledger_api.server_protocol import protocol_for
from ledger_api.settings import Settings
from ledger_api.statuses import InternalError
from ledger_api.wiring import open_node
from ledger_api.workers import Bells
from traceability.errors import ItemProofError
from traceability.ledger.node import Node

logger = logging.getLogger(__name__)

# Time that a request in hand gets when the server is told to stop.
GRACE_SECONDS = 10
# A process whose parent has died, and that cannot stop by itself, ends so much later.
ORPHAN_SECONDS = GRACE_SECONDS + 5
UNAVAILABLE = 3


@dataclass(frozen=True, slots=True)
class Shared:
    """What the processes that serve a ledger have in common."""

    settings: Settings
    data_dir: Path
    place: socket.socket
    bells: Bells
    board: Board


def serve_node(
    node: Node,
    settings: Settings,
    place: socket.socket,
    *,
    bells: Bells | None = None,
    slot: Slot | None = None,
) -> None:
    """Answer requests until told to stop."""
    slot = slot or Slot()
    config = uvicorn.Config(
        create_app(node, settings, warm=True, bells=bells, slot=slot),
        http=protocol_for(settings.max_connections, slot),
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = uvicorn.Server(config)
    with suppress(KeyboardInterrupt):
        server.run(sockets=[place])
    if not server.started:
        raise InternalError("server did not start: the lines above say why")


def serve_beside(shared: Shared, number: int) -> None:
    """Be one of several processes that serve a ledger, until told to stop or alone."""
    # Ctrl-C is for the parent, which tells us.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    signal.signal(signal.SIGTERM, leave)
    threading.Thread(target=_follow_parent, daemon=True).start()
    status = 0
    try:
        _serve_shared(shared, Slot(shared.board, number))
    except ItemProofError as error:
        logger.warning("worker.failed code=%s %s", error.code, error.fault)
        status = UNAVAILABLE
    except SystemExit:
        pass
    # All is closed; what libraries do at the end of an interpreter is slow and talkative.
    os._exit(status)


def _serve_shared(shared: Shared, slot: Slot) -> None:
    with open_node(shared.settings, shared.data_dir, owns_chain=False) as node:
        serve_node(node, shared.settings, shared.place, bells=shared.bells, slot=slot)


def leave(_number: int, _frame: FrameType | None) -> None:
    """End the process as if the command had come to its end."""
    sys.exit(0)


def _follow_parent() -> None:
    """Stop when the parent has died, however it died."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(ORPHAN_SECONDS)
        os._exit(UNAVAILABLE)
