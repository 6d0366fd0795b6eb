"""`trace`, `recall`, `journey`, `score` and `grade`: what the anchored records say."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from ledger_api.cli.running import DEFAULT_DATA, AsJSON, Command, DataDir, run
from ledger_api.reports import scores_json
from traceability.codes.keys import check_element
from traceability.lineage.journeys import journey as journey_of
from traceability.lineage.tracing import recall as recall_of
from traceability.lineage.tracing import trace as trace_of
from traceability.quality.scores import grade_metrics, run_scores
from traceability.quality.stored import stored_rows

Code = Annotated[str, typer.Argument(help="Any GS1 code: Digital Link, EPC URN, (01)…(10)….")]
Direction = Annotated[
    Literal["upstream", "downstream", "both"], typer.Option(help="Which way to go.")
]
# Lines of an answer that a person reads in a terminal; --json has all.
SHOWN = 20


def trace(
    code: Code,
    direction: Direction = "upstream",
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Say what a code was made of, or what was made of it."""

    def work(command: Command) -> None:
        with command.node(need="existing") as node, node.store.reading() as repositories:
            found = trace_of(repositories, code, direction=direction).to_json()
        command.output.answer(found, _lines(found))

    run(data, as_json, work)


def recall(code: Code, data: DataDir = DEFAULT_DATA, as_json: AsJSON = False) -> None:
    """Say everything that a lot or item went into."""

    def work(command: Command) -> None:
        with command.node(need="existing") as node, node.store.reading() as repositories:
            found = recall_of(repositories, code).to_json()
        command.output.answer(found, _lines(found))

    run(data, as_json, work)


def journey(code: Code, data: DataDir = DEFAULT_DATA, as_json: AsJSON = False) -> None:
    """Say what happened to an item, alone and inside what carried it."""

    def work(command: Command) -> None:
        with command.node(need="existing") as node, node.store.reading() as repositories:
            found = journey_of(repositories, code).to_json()
        command.output.answer(found, _journey_lines(found))

    run(data, as_json, work)


def _lines(found: dict[str, Any]) -> list[str]:
    items = found["items"]
    lines = [f"{found['code']}: {len(items)} codes, {len(found['edges'])} edges"]
    lines += [f"  {item}" for item in items[:SHOWN]]
    if len(items) > SHOWN:
        lines.append(f"  … and {len(items) - SHOWN} more (--json has all)")
    lines += [f"  ! {finding['message']}" for finding in found["findings"]]
    return lines


def _journey_lines(found: dict[str, Any]) -> list[str]:
    lines = [f"{found['code']}: {len(found['steps'])} events"]
    for step in found["steps"]:
        inside = f" (in {step['inherited_from']})" if step["inherited_from"] else ""
        place = step["read_point"] or step["biz_location"] or ""
        lines.append(f"  {step['event_time']}  {step['biz_step'] or step['type']}  {place}{inside}")
    return lines


def score(
    gln: Annotated[str | None, typer.Argument(help="A supplier's GLN; default: all.")] = None,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Score suppliers from the logged quality records."""

    def work(command: Command) -> None:
        if gln is not None:
            check_element("414", gln)
        with command.node(need="existing") as node, node.store.reading() as repositories:
            size = repositories.entries.count_sequenced()
            wanted = [gln] if gln else []
            result = run_scores(
                stored_rows(repositories, below=size), as_of_size=size, suppliers=wanted
            )
        value = scores_json(result, gln=gln)
        command.output.answer(value, [_score_line(found) for found in value["suppliers"]])

    run(data, as_json, work)


def _score_line(found: dict[str, Any]) -> str:
    return (
        f"{found['gln']}  {found['score']} ({found['low']} to {found['high']})  "
        f"grade {found['text_grade']}, demonstrated {found['demonstrated_grade']}, "
        f"held back by {', '.join(found['limiting']) or 'nothing'}"
    )


def grade(
    dpmo: Annotated[str | None, typer.Option(help="Defects per million opportunities.")] = None,
    cpk: Annotated[str | None, typer.Option(help="Least Cpk of key characteristics.")] = None,
    rty: Annotated[str | None, typer.Option(help="Rolled throughput yield, 0 to 1.")] = None,
    internal_loss: Annotated[str | None, typer.Option(help="Internal loss over output.")] = None,
    external_loss: Annotated[str | None, typer.Option(help="External loss over output.")] = None,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Grade five metrics by the published levels."""

    def work(command: Command) -> None:
        found = grade_metrics(
            dpmo=dpmo, cpk=cpk, rty=rty, internal_loss=internal_loss, external_loss=external_loss
        ).to_json()
        command.output.answer(
            found,
            [f"{name}: {value}" for name, value in found.items()],
        )

    run(data, as_json, work)
