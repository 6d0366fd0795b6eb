"""`erase`: destroy content on request, after showing what goes and what stays."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ledger_api.cli.declaring import Batch, Code, Records
from ledger_api.cli.options import require_one_of
from ledger_api.cli.output import Output
from ledger_api.cli.running import DEFAULT_DATA, AsJSON, Command, DataDir, run
from ledger_api.i18n.terms import term
from traceability.errors import Refused
from traceability.hashing.statement import ERASURE_BASES, STATUS_REASONS

# Records that a person reads in a terminal; --json has all.
SHOWN = 20


class NotConfirmed(Refused):
    """An erasure cannot be undone: it is done only when it was confirmed."""

    code = "NOT_CONFIRMED"


def erase(
    requester: Annotated[
        str, typer.Option(help="Id of the request on file: 32 random hex digits, not a name.")
    ],
    basis: Annotated[str, typer.Option(help=f"One of {', '.join(ERASURE_BASES)}.")],
    code: Code = None,
    batch: Batch = None,
    records: Records = None,
    field: Annotated[
        list[str] | None,
        typer.Option(help="Only this field of one record: its name, path or leaf index."),
    ] = None,
    card: Annotated[
        str | None, typer.Option(help="GLN or id of the participant whose card is erased.")
    ] = None,
    reason: Annotated[
        str, typer.Option(help=f"One of {', '.join(STATUS_REASONS)}.")
    ] = "personal_data",
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Destroy payload and secret of records, fields or a card, by an entry of the log."""
    wanted = (requester, basis, reason, code, batch, records)
    names = tuple(field or ())

    def work(command: Command) -> None:
        require_one_of("--basis", basis, ERASURE_BASES)
        require_one_of("--reason", reason, STATUS_REASONS)
        _erase(command, wanted, card=card, names=names, yes=yes, dry_run=dry_run)

    run(data, as_json, work)


def _erase(
    command: Command,
    wanted: tuple[str, str, str, str | None, int | None, str | None],
    *,
    card: str | None,
    names: tuple[str, ...],
    yes: bool,
    dry_run: bool,
) -> None:
    from ledger_api.cli.keys import find_participant
    from ledger_api.declarations.erasures import ErasureAsked, plan_json
    from ledger_api.standings import declared_json
    from traceability.ledger.erasure_references import referring_records

    with command.node(need="existing") as node:
        owner = None if card is None else find_participant(node, card)
        asked = ErasureAsked(*wanted, card=owner, fields=names)
        with node.store.reading() as repositories:
            plan = asked.plan(repositories)
            value = plan_json(plan, referring_records(repositories, plan))
        if dry_run:
            command.output.answer({**value, "erased": False}, _plan(value, command.output))
            return
        _confirm(command, value, yes=yes)
        declared = node.erasures.erase(asked.declarations(plan))
        head = node.sequencer.run(close=True)
    value |= {"erased": True, "entries": declared_json(declared), "tree_size": head.tree_size}
    command.output.answer(value, _done(value, asked.basis, command.output))


def _confirm(command: Command, value: dict[str, Any], *, yes: bool) -> None:
    if yes:
        return
    for line in _plan(value, command.output):
        command.output.progress(line)
    if command.output.as_json or not _agrees(command.output):
        raise NotConfirmed("erasure was not confirmed: nothing was done")


def _agrees(output: Output) -> bool:
    """Ask; where nobody can answer, or the question is broken off, nobody agrees."""
    try:
        return typer.confirm(output.say("erase_ask"), err=True)
    except typer.Abort:
        return False


def _plan(value: dict[str, Any], output: Output) -> list[str]:
    lines = [output.say("erase_goes")]
    lines += [f"  - {part}" for one in value["destroys"] for part in one["destroys"]]
    return [*lines, *_stays(value, output)]


def _done(value: dict[str, Any], basis: str, output: Output) -> list[str]:
    words = term("basis", basis, language=output.lang)
    done = output.say("erased", basis=words, entries=value["tree_size"])
    return [done, *_stays(value, output)]


def _stays(value: dict[str, Any], output: Output) -> list[str]:
    lines = [f"  - {output.say(f'stays_{name}')}" for name in value["stays"]]
    referring = value["referring"]
    if referring:
        lines.append(f"  - {output.say('stays_referring')}")
        lines += [f"      {name}" for name in referring[:SHOWN]]
    if len(referring) > SHOWN:
        lines.append(f"      {output.say('more', count=len(referring) - SHOWN)}")
    return [output.say("erase_stays"), *lines]
