"""`serve`: API, pages, sequencer and anchorer, in one process or several."""

from __future__ import annotations

import signal
import socket
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from ledger_api import garbage
from ledger_api.cli.running import DEFAULT_DATA, AsJSON, Command, DataDir, run
from traceability.errors import Unavailable

if TYPE_CHECKING:
    from traceability.ledger.node import Node

MOST_WORKERS = 64
BACKLOG = 2048


class AddressUnavailable(Unavailable):
    """The server cannot listen there: another program does, or the address is not ours."""

    code = "ADDRESS_UNAVAILABLE"


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port; default: the base URL's.")
    ] = None,
    workers: Annotated[
        int, typer.Option(min=1, max=MOST_WORKERS, help="Processes that answer requests.")
    ] = 1,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Serve a data folder; without a configured chain, on an embedded test chain of its own."""

    def work(command: Command) -> None:
        with command.node(need="required") as node, node.store.lock("serve", wait=False):
            closed = node.gate.fault()
            if closed is not None:
                command.output.warn(closed)
            elif node.standing().checkpoint is None:
                # A new ledger: its first entry, which opened the log, has no place yet.
                node.sequencer.run()
            chosen = port or urlsplit(command.settings.base_url).port or 8000
            with listening(host, chosen) as place:
                address = f"{host}:{chosen}"
                line = command.output.say("serving", folder=command.data_dir, address=address)
                command.output.progress(line)
                _tell_of_keys(command, node)
                _serve(node, command, place, workers)

    with garbage.put_off():
        run(data, as_json, work)


def _tell_of_keys(command: Command, node: Node) -> None:
    """Say where keys are not protected from who reads the folder."""
    keys = node.keyring.files.standing()
    if keys.protected_by != "configured" or keys.plain:
        line = command.output.say(f"keys_{keys.protected_by}", **asdict(keys))
        command.output.progress(line)


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens; whoever connects waits until the server answers.

    Raises
    ------
    AddressUnavailable
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        place = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _unavailable(host, port, error) from error
    try:
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        place.bind(address)
        place.listen(BACKLOG)
    except OSError as error:
        place.close()
        raise _unavailable(host, port, error) from error
    return place


def _unavailable(host: str, port: int, error: OSError) -> AddressUnavailable:
    return AddressUnavailable(f"server cannot listen on {host}:{port}: {error.strerror}")


def _serve(node: Node, command: Command, place: socket.socket, workers: int) -> None:
    from ledger_api.serving import leave, serve_node

    # The server raises the signal again after its own shutdown; by default that would end the
    # process here, before the embedded chain is stopped.
    signal.signal(signal.SIGTERM, leave)
    if workers == 1:
        serve_node(node, command.settings, place)
    else:
        _supervise(command, place, workers)


def _supervise(command: Command, place: socket.socket, workers: int) -> None:
    """Have several processes serve; this one keeps them alive, and owns the embedded chain."""
    from ledger_api.scoreboard import Board
    from ledger_api.serving import Shared, serve_beside
    from ledger_api.supervisor import Supervisor
    from ledger_api.workers import open_bells

    garbage.settle()
    board = Board(workers)
    settings = command.settings.for_one_of(workers)
    shared = Shared(settings, command.data_dir, place, open_bells(), board)
    Supervisor(serve_beside, shared, count=workers, ended=board.clear).run()
