"""`audit`, `participant` and `db`: administration of a data folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ledger_api.cli.keys import find_participant
from ledger_api.cli.options import naming, require_among
from ledger_api.cli.passphrases import PassphraseFile, own_key
from ledger_api.cli.running import (
    DEFAULT_DATA,
    AsJSON,
    Command,
    DataDir,
    run,
)
from traceability.hashing.statement import ROLES as PARTICIPANT_ROLES

if TYPE_CHECKING:
    pass

participant_app = typer.Typer(help="Who may sign.", no_args_is_help=True)
db_app = typer.Typer(help="The database.", no_args_is_help=True)


@participant_app.command("add")
def add_participant(
    name: Annotated[str, typer.Option(help="Name of the organisation.")],
    role: Annotated[list[str], typer.Option(help=f"Among {', '.join(PARTICIPANT_ROLES)}.")],
    gln: Annotated[str | None, typer.Option(help="GLN, 13 digits.")] = None,
    credit_code: Annotated[
        str | None, typer.Option(help="统一社会信用代码 (unified social credit code).")
    ] = None,
    prefix: Annotated[
        list[str] | None, typer.Option(help="GS1 prefix under which it issues codes.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option(help="File of its own signing key; default: held here.")
    ] = None,
    passphrase_file: PassphraseFile = None,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Register an organisation and its first signing key."""

    def work(command: Command) -> None:
        from traceability.codes.keys import check_element
        from traceability.ledger.participants import Card, Scopes

        require_among("--role", role, PARTICIPANT_ROLES)
        if gln is not None:
            with naming("--gln", "option_gln", got=gln[:40]):
                check_element("414", gln)
        signing = None if key is None else own_key(command, key, passphrase_file)
        with command.node() as node:
            card = Card(name, gln, (("credit_code", credit_code),) if credit_code else ())
            scopes = Scopes(tuple(role), tuple(prefix or ()))
            row = node.registrar.add_participant(card, scopes, key=signing)
            node.sequencer.run(close=True)
        command.output.answer(
            {"participant": row.participant.hex(), "gln": gln, "name": name},
            [command.output.say("participant", participant=row.participant.hex(), name=name)],
        )

    run(data, as_json, work)


@participant_app.command("list")
def list_participants(data: DataDir = DEFAULT_DATA, as_json: AsJSON = False) -> None:
    """List organisations and their signing keys."""

    def work(command: Command) -> None:
        with command.node(need="existing") as node, node.store.reading() as repositories:
            rows = [
                {
                    "participant": row.participant.hex(),
                    "gln": row.gln,
                    "name": row.name,
                    "keys": [
                        {
                            "key_id": found.key_id.hex(),
                            "custody": found.custody,
                            "roles": list(found.roles),
                            "prefixes": list(found.prefixes),
                            "live": found.revoked_arrival is None,
                        }
                        for found in repositories.keys.of_participant(row.participant)
                    ],
                }
                for row in repositories.participants.all()
            ]
        lines = [f"{row['participant']}  {row['gln'] or '-':13}  {row['name']}" for row in rows]
        command.output.answer({"participants": rows}, lines)

    run(data, as_json, work)


@participant_app.command("rules")
def participant_rules(
    participant: Annotated[str, typer.Argument(help="GLN or id of the participant.")],
    one_code: Annotated[
        Literal["off", "warn", "enforce"] | None,
        typer.Option(
            help="Events in breach: take (off), take and tell (warn) or refuse (enforce)."
        ),
    ] = None,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Show or set how a participant's events are held against the one-code rules."""

    def work(command: Command) -> None:
        from traceability.store.repositories.one_code import RuleMode

        with command.node(need="existing") as node:
            found = find_participant(node, participant)
            if one_code is not None:
                with node.store.unit_of_work() as unit:
                    unit.repositories.one_code.set_mode(found, RuleMode(one_code))
                    unit.commit()
            with node.store.reading() as repositories:
                mode = repositories.one_code.mode(found)
        say = command.output.say
        command.output.answer(
            {"participant": found.hex(), "one_code": mode.value},
            [say("rules", mode=say(mode.value))],
        )

    run(data, as_json, work)


@db_app.command("upgrade")
def upgrade_database(data: DataDir = DEFAULT_DATA, as_json: AsJSON = False) -> None:
    """Bring the database to the newest schema."""

    def work(command: Command) -> None:
        from traceability.store.revision import current_revision

        with command.node() as node:
            revision = current_revision(node.store.engine)
        command.output.answer(
            {"revision": revision}, [command.output.say("schema", revision=revision)]
        )

    run(data, as_json, work)
