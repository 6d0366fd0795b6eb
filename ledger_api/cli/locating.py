"""`where` and `holders`: where something is now, and who has it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from ledger_api.cli.asking import SHOWN, Code, mark_lines
from ledger_api.cli.limiting import (
    AsRows,
    Before,
    Cursor,
    Earliest,
    Locations,
    Most,
    Steps,
    Words,
    page_lines,
    told_in_rows,
    within_words,
)
from ledger_api.cli.output import Output
from ledger_api.cli.running import DEFAULT_DATA, AsJSON, Command, DataDir, run


def where(
    code: Code,
    earliest: Earliest = None,
    before: Before = None,
    step: Steps = None,
    location: Locations = None,
    limit: Most = None,
    cursor: Cursor = None,
    ndjson: AsRows = False,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Say where a thing is, who holds it and since when."""
    within = (earliest, before, step, location, None)
    options = (limit, cursor, ndjson)
    _ask("where", code, within=within, options=options, data=data, as_json=as_json)


def holders(
    code: Code,
    earliest: Earliest = None,
    before: Before = None,
    step: Steps = None,
    location: Locations = None,
    limit: Most = None,
    cursor: Cursor = None,
    ndjson: AsRows = False,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Say who holds how many items, and what amounts, of a lot."""
    within = (earliest, before, step, location, None)
    options = (limit, cursor, ndjson)
    _ask("holders", code, within=within, options=options, data=data, as_json=as_json)


def _ask(
    question: Literal["where", "holders"],
    code: str,
    *,
    within: Words,
    options: tuple[int | None, str | None, bool],
    data: Path,
    as_json: bool,
) -> None:
    def work(command: Command) -> None:
        from ledger_api.exports.exporting import Asked, answer
        from ledger_api.lineage.paging import Page, paged
        from traceability.ledger.partners import OPERATOR

        limit, cursor, ndjson = options
        asked = Asked(question, code, OPERATOR, within=within_words(within))
        if ndjson:
            told_in_rows(command, asked, Page(limit, cursor))
            return
        with command.node(need="existing") as node:
            found = paged(answer(node, asked), Page(limit, cursor))
        lines = _where_lines if question == "where" else _holder_lines
        said = [*lines(found, command.output), *page_lines(found, command)]
        command.output.answer(found, said)

    run(data, as_json, work)


def _where_lines(found: dict[str, Any], output: Output) -> list[str]:
    say = output.say
    lines = [say("whereabouts", code=found["code"], state=say(f"state_{found['state']}"))]
    lines += mark_lines(found, output)
    for name in ("location", "holder"):
        told = found[name]
        if told is not None:
            values = {**told, "basis": say(f"basis_{told['basis']}"), "who": _who(told)}
            lines.append(f"  {say(name, **values)}")
    lines += [f"  {say('inside_since', **one)}" for one in found["inside"]]
    return lines + [f"  ! {say(finding['code'])}" for finding in found["findings"]]


def _holder_lines(found: dict[str, Any], output: Output) -> list[str]:
    say = output.say
    lines = [say("held", code=found["code"], items=found["item_count"])]
    lines += mark_lines(found, output)
    for one in found["holders"][:SHOWN]:
        lines.append(f"  {say('share', **_told(one, output))}")
    for one in found["quantities"][:SHOWN]:
        much = say("unsaid") if one["quantity"] is None else one["quantity"]
        values = {**_told(one, output), "quantity": much, "uom": one["uom"] or ""}
        box = say("inside", code=one["container"]) if one["container"] else ""
        lines.append(f"  {say('amount', **values)}{box}")
    rest = sum(max(len(found[name]) - SHOWN, 0) for name in ("holders", "quantities"))
    if rest:
        lines.append(f"  {say('more', count=rest)}")
    return lines + [f"  ! {say(finding['code'])}" for finding in found["findings"]]


def _told(one: dict[str, Any], output: Output) -> dict[str, Any]:
    say = output.say
    return {
        **one,
        "who": say("nobody_said") if one["holder"] is None else _who(one, "holder"),
        "location": one["location"] or say("nobody_said"),
        "state": say(f"state_{one['state']}"),
    }


def _who(one: dict[str, Any], member: str = "code") -> str:
    return f"{one['name']} ({one['gln'] or one[member]})" if one["name"] else str(one[member])
