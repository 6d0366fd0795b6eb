"""`key`: API keys, and the signing keys of participants."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ledger_api.cli.running import DEFAULT_DATA, AsJSON, Command, DataDir, run
from traceability.hashing.statement import REVOCATION_REASONS

if TYPE_CHECKING:
    from traceability.ledger.node import Node

key_app = typer.Typer(help="API keys, and participants' signing keys.", no_args_is_help=True)


@key_app.command("create")
def create_key(
    role: Annotated[str, typer.Option(help="operator, participant or auditor.")] = "operator",
    participant: Annotated[
        str | None, typer.Option(help="GLN or id of the participant it acts for.")
    ] = None,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Make an API key; its secret is shown once."""

    def work(command: Command) -> None:
        from ledger_api.auth import create_api_key
        from traceability.store.times import to_milliseconds

        with command.node() as node:
            owner = None if participant is None else find_participant(node, participant)
            now = to_milliseconds(node.clock())
            name, token = create_api_key(node.store, role, participant=owner, now=now)
        command.output.answer(
            {"name": name, "role": role, "token": token},
            [command.output.say("api_key", name=name, role=role), token],
        )

    run(data, as_json, work)


@key_app.command("revoke")
def revoke_key(
    name: Annotated[str, typer.Argument(help="API key's name, or a signing key's id (hex).")],
    reason: Annotated[
        str, typer.Option(help=f"One of {', '.join(REVOCATION_REASONS)}.")
    ] = "ceased",
    suspect_from: Annotated[
        int | None, typer.Option(help="Leaf index from which signatures are suspect.")
    ] = None,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Revoke an API key, or a participant's signing key by an entry of the log."""

    def work(command: Command) -> None:
        from traceability.ledger.naming import parse_key_id
        from traceability.store.times import to_milliseconds

        with command.node() as node:
            with node.store.unit_of_work() as unit:
                now = to_milliseconds(node.clock())
                was_api_key = unit.repositories.access.revoke(name, revoked=now)
                unit.commit()
            if not was_api_key:
                node.registrar.revoke(parse_key_id(name), reason=reason, suspect_from=suspect_from)
                node.sequencer.run(close=True)
        command.output.answer({"revoked": name}, [command.output.say("revoked", name=name)])

    run(data, as_json, work)


@key_app.command("generate")
def generate_key(
    output: Annotated[Path, typer.Option("-o", "--output", help="Key file to write (PEM).")],
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Make a signing key of your own, to be registered by `participant add --key`."""

    def work(command: Command) -> None:
        from traceability.hashing.ed25519 import SigningKey, save_signing_key

        key = SigningKey.generate()
        save_signing_key(key, output)
        command.output.answer(
            {"key_id": key.key_id.hex(), "path": str(output)},
            [command.output.say("key", key=key.key_id.hex(), path=output)],
        )

    run(data, as_json, work)


def find_participant(node: Node, text: str) -> bytes:
    """Return the id of a participant named by GLN or by id in hex."""
    from traceability.ledger.naming import participant_named

    with node.store.reading() as repositories:
        return participant_named(repositories, text).participant
