"""`balance` and `across`: does the material add up, and what else has a fault's cause."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from ledger_api.cli.asking import SHOWN, Code, mark_lines
from ledger_api.cli.limiting import options_read
from ledger_api.cli.output import Output
from ledger_api.cli.running import DEFAULT_DATA, AsJSON, Command, DataDir, run

Tolerance = Annotated[
    str | None,
    typer.Option(help="What may be missing: 0.5%, 200 g, 0.1%+5kg; default: the setting, or 0."),
]
Chain = Annotated[
    Literal["upstream", "downstream", "both"],
    typer.Option(help="Which transformations make the chain."),
]
Keys = Annotated[
    list[str] | None,
    typer.Option("--key", help="What is shared: machine, tool, operator, furnace_run, …"),
]
Ranges = Annotated[
    list[str] | None,
    typer.Option("--range", help="A parameter's range: NAME:LOW..HIGH or NAME[UNIT]:LOW..HIGH."),
]
Window = Annotated[
    str | None,
    typer.Option(help="A time, FROM..TO, or a length around the fault: 30m, 4h, 2d."),
]


def balance(
    code: Code,
    tolerance: Tolerance = None,
    direction: Chain = "both",
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Say whether the material of a code's chain adds up; exit 1 where some is unaccounted."""

    def work(command: Command) -> int:
        from ledger_api.standings import with_standings
        from traceability.lineage.balance.accounts import BREACHED
        from traceability.lineage.balance.asking import balance as balance_of
        from traceability.lineage.balance.tolerance import read_tolerance

        written = command.settings.balance_tolerance if tolerance is None else tolerance
        with options_read():
            allowed = read_tolerance(written)
        with command.node(need="existing") as node, node.store.reading() as repositories:
            answer = balance_of(repositories, code, tolerance=allowed, direction=direction)
            found = with_standings(repositories, node.identity, answer)
        command.output.answer(found, _balance_lines(found, command.output))
        return int(answer.state == BREACHED)

    run(data, as_json, work)


def across(
    code: Code,
    key: Keys = None,
    window: Window = None,
    range_: Ranges = None,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Say what else has a cause of a fault: machine, tool, furnace run, raw lot, time, range."""

    def work(command: Command) -> None:
        from ledger_api.standings import with_standings
        from traceability.lineage.across.asking import across as across_from
        from traceability.lineage.across.causes import read_asked

        with options_read():
            asked = read_asked(tuple(key or ()), tuple(range_ or ()), window)
        with command.node(need="existing") as node, node.store.reading() as repositories:
            answer = across_from(repositories, code, asked)
            found = with_standings(repositories, node.identity, answer)
        command.output.answer(found, _across_lines(found, command.output))

    run(data, as_json, work)


def _balance_lines(found: dict[str, Any], output: Output) -> list[str]:
    say = output.say
    state = say(f"balance_{found['state']}")
    lines = [say("balance", code=found["code"], state=state, count=len(found["transformations"]))]
    lines += mark_lines(found, output)
    if found["unit"] is not None:
        lines.append(f"  {say('balance_figures', **found)}")
    for one in found["transformations"]:
        if one["state"] == "breached":
            lines.append(f"  ! {say('balance_breach', **one)}")
    told = [f"  ! {say(one['code'])}: {one['subject']}" for one in found["findings"]]
    return [*lines, *_some(told, output)]


def _across_lines(found: dict[str, Any], output: Output) -> list[str]:
    say = output.say
    lines = [say("across", code=found["code"], count=len(found["items"]))]
    lines += mark_lines(found, output)
    causes = dict.fromkeys((one["key"], one["value"]) for one in found["causes"])
    lines += _some([f"  {say('cause', key=key, value=value)}" for key, value in causes], output)
    lines += _some([f"    {item}" for item in found["items"]], output)
    return lines + [f"  ! {say(one['code'])}: {one['subject']}" for one in found["findings"]]


def _some(lines: list[str], output: Output) -> list[str]:
    """Return the first lines, and how many more there are."""
    rest = len(lines) - SHOWN
    return lines if rest <= 0 else [*lines[:SHOWN], f"  {output.say('more', count=rest)}"]
