"""`key rotate`, `draft`, `cosign`, `register`, `resign`: keys replaced, registered, ended."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ledger_api.cli.files import write_whole
from ledger_api.cli.keys import find_participant, key_app
from ledger_api.cli.options import naming, require_among, require_one_of
from ledger_api.cli.passphrases import PassphraseFile, own_key
from ledger_api.cli.running import DEFAULT_DATA, AsJSON, Command, DataDir, run
from traceability.hashing.statement import REVOCATION_REASONS, ROLES

if TYPE_CHECKING:
    from traceability.client.key_drafts import KeyDraft
    from traceability.client.revocations import KeyPosition
    from traceability.ledger.node import Node
    from traceability.ledger.registering import KeyRequest

# With the commands of `keys.py` and those of this file.
__all__ = ["key_app"]

DraftFile = Annotated[Path, typer.Argument(help="Draft of a key's registration.")]
Output = Annotated[Path, typer.Option("-o", "--output", help="File to write.")]


@key_app.command("rotate")
def rotate_keys(
    participant: Annotated[str | None, typer.Argument(help="GLN or id of the participant.")] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every key that this node holds for participants.")
    ] = False,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Replace keys that this node holds, while submissions go on; run again after a crash."""
    if (participant is None) is not every:
        raise typer.BadParameter("name a participant, or --all")

    def work(command: Command) -> None:
        with command.node() as node:
            if participant is None:
                found = node.rotation.rotate_all()
            else:
                found = node.rotation.rotate(find_participant(node, participant))
        rotated = [
            {
                "participant": one.participant.hex(),
                "key_id": one.key_id.hex(),
                "revoked": [key.hex() for key in one.revoked],
                "finished": one.finished,
            }
            for one in found
        ]
        lines = [command.output.say("rotated", **one) for one in rotated]
        command.output.answer({"rotated": rotated}, lines)

    run(data, as_json, work)


@key_app.command("draft")
def draft_key(
    output: Output,
    public_key: Annotated[str, typer.Option(help="The new public key, base64url.")],
    alg: Annotated[str, typer.Option(help="Its signature scheme.")] = "ed25519",
    participant: Annotated[
        str | None, typer.Option(help="GLN or id of a participant that is registered.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of a new organisation.")] = None,
    gln: Annotated[str | None, typer.Option(help="GLN of a new organisation.")] = None,
    role: Annotated[list[str] | None, typer.Option(help=f"Among {', '.join(ROLES)}.")] = None,
    prefix: Annotated[list[str] | None, typer.Option(help="GS1 prefix.")] = None,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Draw up the registration of a key that its holder keeps, for the holder to co-sign."""
    if (participant is None) is (name is None):
        raise typer.BadParameter("name either --participant or --name")

    def work(command: Command) -> None:
        _check_request(alg, public_key, role, gln)
        with command.node() as node:
            owner = None if participant is None else find_participant(node, participant)
            asked = _request(alg, public_key, owner, name=name, gln=gln, role=role, prefix=prefix)
            draft = node.registering.draft(asked)
        write_whole(output, draft.to_bytes())
        _answer_draft(command, draft, output, "drafted")

    run(data, as_json, work)


def _check_request(alg: str, public_key: str, role: list[str] | None, gln: str | None) -> None:
    from traceability.codes.keys import check_element
    from traceability.hashing.encoding import b64u_decode
    from traceability.hashing.signatures import ALGS, check_public_key

    require_one_of("--alg", alg, ALGS)
    with naming("--public-key", "option_public_key", alg=alg, got=public_key[:40]):
        check_public_key(alg, b64u_decode(public_key))
    require_among("--role", role or (), ROLES)
    if gln is not None:
        with naming("--gln", "option_gln", got=gln[:40]):
            check_element("414", gln)


def _request(
    alg: str,
    public_key: str,
    participant: bytes | None,
    *,
    name: str | None,
    gln: str | None,
    role: list[str] | None,
    prefix: list[str] | None,
) -> KeyRequest:
    from traceability.hashing.encoding import b64u_decode
    from traceability.ledger.participants import Card, Scopes
    from traceability.ledger.registering import KeyRequest

    scopes = Scopes(tuple(role or ()), tuple(prefix or ())) if role or prefix else None
    card = None if name is None else Card(name, gln)
    return KeyRequest(alg, b64u_decode(public_key), participant, card, scopes)


@key_app.command("cosign")
def cosign_draft(
    draft: DraftFile,
    key: Annotated[Path, typer.Option(help="File of the new key.")],
    output: Output,
    passphrase_file: PassphraseFile = None,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Show what a draft registers, and sign it with the new key; needs no ledger."""

    def work(command: Command) -> None:
        from traceability.client.key_drafts import cosign, parse_draft

        signed = cosign(parse_draft(draft.read_bytes()), own_key(command, key, passphrase_file))
        write_whole(output, signed.to_bytes())
        _answer_draft(command, signed, output, "cosigned")

    run(data, as_json, work)


def _answer_draft(command: Command, draft: KeyDraft, path: Path, line: str) -> None:
    from traceability.hashing.ed25519 import key_id

    statement = draft.statement
    value = {
        "key_id": key_id(statement.alg, statement.public_key).hex(),
        "alg": statement.alg,
        "log": statement.header.log.hex(),
        "participant": statement.participant.hex(),
        "name": None if draft.card is None else draft.card.payload.get("name"),
        "roles": list(statement.roles),
        "prefixes": list(statement.prefixes),
        "path": str(path),
    }
    shown = value | {
        "name": value["name"] or "-",
        "roles": ", ".join(statement.roles),
        "prefixes": ", ".join(statement.prefixes) or "-",
    }
    say = command.output.say
    command.output.answer(value, [say("draft_says", **shown), say(line, path=path)])


@key_app.command("register")
def register_key(draft: DraftFile, data: DataDir = DEFAULT_DATA, as_json: AsJSON = False) -> None:
    """Register a key by a draft that its holder has co-signed."""

    def work(command: Command) -> None:
        from traceability.client.key_drafts import parse_draft

        with command.node() as node:
            found = node.registering.register(parse_draft(draft.read_bytes()))
            node.sequencer.run(close=True)
        value = {"key_id": found.key_id.hex(), "participant": found.participant.hex()}
        command.output.answer(value, [command.output.say("registered", **value)])

    run(data, as_json, work)


@key_app.command("resign")
def resign_key(
    key: Annotated[Path, typer.Option(help="File of the key that ends.")],
    reason: Annotated[str, typer.Option(help=f"One of {', '.join(REVOCATION_REASONS)}.")],
    suspect_from: Annotated[
        int | None, typer.Option(help="Leaf index from which signatures are suspect.")
    ] = None,
    chain: Annotated[
        Path | None,
        typer.Option(help="Answer of GET /api/keys/ID: write the signed revocation, send nothing."),
    ] = None,
    log: Annotated[str | None, typer.Option(help="With --chain: log id, 64 hex digits.")] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="With --chain: file to write.")
    ] = None,
    passphrase_file: PassphraseFile = None,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Revoke a key by its own signature: in this data folder, or in a file for a node elsewhere."""
    if len({chain is None, log is None, output is None}) != 1:
        raise typer.BadParameter("--chain, --log and --output go together")

    def work(command: Command) -> None:
        from traceability.client.revocations import KeyPosition, sign_revocation

        require_one_of("--reason", reason, REVOCATION_REASONS)
        own = own_key(command, key, passphrase_file)
        if chain is not None and log is not None and output is not None:
            position = KeyPosition.read(chain.read_bytes(), log=log)
            signed = sign_revocation(own, position, reason=reason, suspect_from=suspect_from)
            write_whole(output, signed[0].to_bytes())
        else:
            with command.node(need="existing") as node:
                position = _position(node, own.key_id)
                signed = sign_revocation(own, position, reason=reason, suspect_from=suspect_from)
                node.registrar.revoker.signed(*signed)
                node.sequencer.run(close=True)
        _answer_revoked(command, own.key_id, output)

    run(data, as_json, work)


def _answer_revoked(command: Command, key_id: bytes, path: Path | None) -> None:
    value = {"revoked": key_id.hex(), "path": None if path is None else str(path)}
    line = "revoked" if path is None else "revocation_signed"
    command.output.answer(value, [command.output.say(line, name=value["revoked"], **value)])


def _position(node: Node, key_id: bytes) -> KeyPosition:
    from traceability.client.revocations import KeyPosition
    from traceability.ledger.chains import chain_of

    with node.store.reading() as repositories:
        chain = chain_of(repositories, key_id)
    return KeyPosition(node.identity.log, chain.next_sequence, chain.previous)
