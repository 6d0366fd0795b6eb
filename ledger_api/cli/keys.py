"""`key`: API keys, and the signing keys of participants."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ledger_api.cli.options import require_one_of
from ledger_api.cli.passphrases import PassphraseFile, key_passphrase
from ledger_api.cli.running import DEFAULT_DATA, AsJSON, Command, DataDir, run
from traceability.errors import NotFound
from traceability.hashing.statement import REVOCATION_REASONS

# A signing key's id; whatever else is named is taken to be an API key.
KEY_ID = re.compile("[0-9A-Fa-f]{64}")

if TYPE_CHECKING:
    from traceability.ledger.node import Node


class ApiKeyUnknown(NotFound):
    """There is no API key of that name, or it was revoked before."""

    code = "API_KEY_UNKNOWN"


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

        require_one_of("--reason", reason, REVOCATION_REASONS)
        with command.node() as node:
            with node.store.unit_of_work() as unit:
                now = to_milliseconds(node.clock())
                was_api_key = unit.repositories.access.revoke(name, revoked=now)
                unit.commit()
            if not was_api_key:
                require_key_id(name)
                node.registrar.revoke(parse_key_id(name), reason=reason, suspect_from=suspect_from)
                node.sequencer.run(close=True)
        command.output.answer({"revoked": name}, [command.output.say("revoked", name=name)])

    run(data, as_json, work)


@key_app.command("generate")
def generate_key(
    output: Annotated[Path, typer.Option("-o", "--output", help="Key file to write.")],
    alg: Annotated[
        Literal["ed25519", "secp256k1-eip712"], typer.Option(help="Signature scheme.")
    ] = "ed25519",
    passphrase_file: PassphraseFile = None,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Make a signing key of your own, in an encrypted file."""

    def work(command: Command) -> None:
        from traceability.hashing import ed25519, secp256k1
        from traceability.hashing.encoding import b64u_encode
        from traceability.key_files.files import refuse_existing
        from traceability.key_files.own import write_key_file
        from traceability.key_files.passphrases import check_passphrase
        from traceability.key_files.schemes import secret_of_signing_key

        refuse_existing(output)
        source = passphrase_file or command.settings.key_passphrase_file
        passphrase = key_passphrase(command, passphrase_file, twice=True)
        check_passphrase(passphrase, source=source)
        kind = ed25519.SigningKey if alg == ed25519.ALG else secp256k1.WalletKey
        key = kind.generate()
        write_key_file(output, secret_of_signing_key(key), passphrase)
        command.output.answer(
            {
                "key_id": key.key_id.hex(),
                "alg": alg,
                "public_key": b64u_encode(key.public_key),
                "path": str(output),
            },
            [
                command.output.say("key", key=key.key_id.hex(), path=output),
                command.output.say("public_key", alg=alg, key=b64u_encode(key.public_key)),
            ],
        )

    run(data, as_json, work)


@key_app.command("encrypt")
def encrypt_keys(data: DataDir = DEFAULT_DATA, as_json: AsJSON = False) -> None:
    """Encrypt the key files of a data folder that an earlier version left plain."""

    def work(command: Command) -> None:
        from ledger_api.wiring import open_keyring, require_ledger

        require_ledger(command.settings, command.data_dir)
        files = open_keyring(command.settings, command.data_dir, encrypt=False).files
        done = [path.relative_to(files.folder).as_posix() for path in files.encrypt()]
        sealed = len(files.sealed_files())
        command.output.answer(
            {"encrypted": done, "files": sealed},
            [command.output.say("keys_encrypted", count=len(done), files=sealed)],
        )

    run(data, as_json, work)


@key_app.command("passphrase")
def change_passphrase(
    new: Annotated[Path, typer.Argument(help="File whose first line is the new passphrase.")],
    draw: Annotated[
        bool, typer.Option("--draw", help="Draw a passphrase of 256 bits and write that file.")
    ] = False,
    passphrase_file: PassphraseFile = None,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Change the passphrase of a data folder's key files; stop the node meanwhile."""

    def work(command: Command) -> None:
        from ledger_api.wiring import open_keyring, require_ledger
        from traceability.key_files.passphrases import check_passphrase, new_passphrase
        from traceability.store.store import Store

        require_ledger(command.settings, command.data_dir)
        settings = command.settings
        if passphrase_file is not None:
            settings = settings.model_copy(update={"key_passphrase_file": passphrase_file})
        passphrase = check_passphrase(new_passphrase(new, draw=draw), source=new)
        files = open_keyring(settings, command.data_dir, encrypt=False).files
        with (
            Store.open(settings.database(command.data_dir), command.data_dir) as store,
            store.lock("serve", wait=False),
        ):
            count = files.change_passphrase(passphrase)
        command.output.answer(
            {"files": count, "passphrase_file": str(new)},
            [command.output.say("passphrase_changed", count=count, path=new)],
        )

    run(data, as_json, work)


def require_key_id(name: str) -> None:
    """Refuse what is neither an API key that is there nor, by its form, a signing key.

    Raises
    ------
    ApiKeyUnknown
    """
    if not KEY_ID.fullmatch(name):
        raise ApiKeyUnknown(f"no API key of that name is valid: {name[:40]!r}")


def find_participant(node: Node, text: str) -> bytes:
    """Return the id of a participant named by GLN or by id in hex."""
    from traceability.ledger.naming import participant_named

    with node.store.reading() as repositories:
        return participant_named(repositories, text).participant
