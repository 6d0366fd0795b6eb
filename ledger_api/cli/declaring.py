"""`declare`: say of records that they are corrected or recalled, or that a recall is lifted."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ledger_api.cli.options import require_one_of
from ledger_api.cli.output import Output
from ledger_api.cli.running import DEFAULT_DATA, AsJSON, Command, DataDir, run
from ledger_api.i18n.terms import term
from traceability.hashing.statement import STATUS_REASONS

Code = Annotated[str | None, typer.Argument(help="Item, lot, event id or urn:itemproof:record:….")]
Batch = Annotated[int | None, typer.Option(help="A batch by its number, instead of a code.")]
Records = Annotated[str | None, typer.Option(help="Its records: 0-4,7; default: all.")]


def declare(
    code: Code = None,
    kind: Annotated[str, typer.Option(help="corrected, recalled or recall_lifted.")] = "",
    reason: Annotated[str, typer.Option(help=f"One of {', '.join(STATUS_REASONS)}.")] = "",
    replacement: Annotated[
        str | None, typer.Option(help="Code of the record that replaces it.")
    ] = None,
    batch: Batch = None,
    records: Records = None,
    participant: Annotated[
        str | None,
        typer.Option(help="GLN or id of the participant that says it; default: the registrar."),
    ] = None,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Log what became of records since; of a lot, of all its batches."""

    def work(command: Command) -> None:
        from ledger_api.cli.keys import find_participant
        from ledger_api.declarations.requests import DECLARABLE, DeclarationAsked
        from ledger_api.standings import declared_json

        require_one_of("--kind", kind, DECLARABLE)
        require_one_of("--reason", reason, STATUS_REASONS)
        asked = DeclarationAsked(kind, reason, code, batch, records, replacement)
        with command.node(need="existing") as node:
            with node.store.reading() as repositories:
                declarations = asked.declarations(repositories)
            author = None if participant is None else find_participant(node, participant)
            declared = node.statuses.declare(declarations, participant=author)
            head = node.sequencer.run(close=True)
        value = {
            "kind": kind,
            "reason": reason,
            "entries": declared_json(declared),
            "tree_size": head.tree_size,
        }
        command.output.answer(value, _lines(value, command.output))

    run(data, as_json, work)


def _lines(value: dict[str, Any], output: Output) -> list[str]:
    kind = term("status", value["kind"], language=output.lang)
    reason = term("reason", value["reason"], language=output.lang)
    new = sum(not one["repeated"] for one in value["entries"])
    name = "declared" if new else "declared_before"
    return [output.say(name, kind=kind, reason=reason, entries=value["tree_size"])]
