"""`trace`, `recall`, `journey`, `score` and `grade`: what the anchored records say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import typer

from ledger_api.cli.exporting import Export, ExportFile, exported
from ledger_api.cli.limiting import (
    AsRows,
    Before,
    Cursor,
    Depth,
    Earliest,
    Locations,
    Most,
    Steps,
    Words,
    page_lines,
    require_export_alone,
    told_in_rows,
    within_words,
)
from ledger_api.cli.output import Output
from ledger_api.cli.running import DEFAULT_DATA, AsJSON, Command, DataDir, run
from ledger_api.cli.saying import said_line
from ledger_api.cli.wording import LINES
from ledger_api.i18n.terms import term

Code = Annotated[str, typer.Argument(help="Any GS1 code: Digital Link, EPC URN, (01)…(10)….")]
Direction = Annotated[
    Literal["upstream", "downstream", "both"], typer.Option(help="Which way to go.")
]
# Lines of an answer that a person reads in a terminal; --json has all.
SHOWN = 20


def trace(
    code: Code,
    direction: Direction = "upstream",
    export: Export = None,
    output: ExportFile = None,
    earliest: Earliest = None,
    before: Before = None,
    step: Steps = None,
    location: Locations = None,
    depth: Depth = None,
    limit: Most = None,
    cursor: Cursor = None,
    ndjson: AsRows = False,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Say what a code was made of, or what was made of it."""
    within = (earliest, before, step, location, depth)
    options = _Options(export, output, (limit, cursor), ndjson)
    _ask("trace", code, direction, within=within, options=options, data=data, as_json=as_json)


def recall(
    code: Code,
    export: Export = None,
    output: ExportFile = None,
    earliest: Earliest = None,
    before: Before = None,
    step: Steps = None,
    location: Locations = None,
    depth: Depth = None,
    limit: Most = None,
    cursor: Cursor = None,
    ndjson: AsRows = False,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Say everything that a lot or item went into."""
    within = (earliest, before, step, location, depth)
    options = _Options(export, output, (limit, cursor), ndjson)
    _ask("recall", code, within=within, options=options, data=data, as_json=as_json)


def journey(
    code: Code,
    export: Export = None,
    output: ExportFile = None,
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
    """Say what happened to an item, alone and inside what carried it."""
    within = (earliest, before, step, location, None)
    options = _Options(export, output, (limit, cursor), ndjson)
    _ask("journey", code, within=within, options=options, data=data, as_json=as_json)


class _Options(NamedTuple):
    """How an answer is to be given."""

    export: str | None
    output: Path | None
    page: tuple[int | None, str | None]
    ndjson: bool


def _ask(
    question: Literal["trace", "recall", "journey"],
    code: str,
    direction: Literal["upstream", "downstream", "both"] = "upstream",
    *,
    within: Words,
    options: _Options,
    data: Path,
    as_json: bool,
) -> None:
    def work(command: Command) -> None:
        from ledger_api.exports.exporting import Asked, answer
        from ledger_api.lineage.paging import Page, paged
        from traceability.ledger.partners import OPERATOR

        if options.export is not None:
            require_export_alone(ndjson=options.ndjson, page=options.page)
        asked = Asked(question, code, OPERATOR, direction, within_words(within))
        if exported(command, asked, form=options.export, path=options.output):
            return
        if options.ndjson:
            told_in_rows(command, asked, Page(*options.page))
            return
        with command.node(need="existing") as node:
            found = paged(answer(node, asked), Page(*options.page))
        lines = _journey_lines if question == "journey" else _lines
        said = [*lines(found, command.output), *page_lines(found, command)]
        command.output.answer(found, said)

    run(data, as_json, work)


def _lines(found: dict[str, Any], output: Output) -> list[str]:
    items, edges, say = found["items"], found["edges"], output.say
    lines = [say("traced", code=found["code"], items=len(items), edges=len(edges))]
    lines += mark_lines(found, output)
    lines += [f"  {item}" for item in items[:SHOWN]]
    if len(items) > SHOWN:
        lines.append(f"  {say('more', count=len(items) - SHOWN)}")
    lines += _holder_lines(found.get("holders", ()), output)
    lines += [f"  ! {say(finding['code'])}" for finding in found["findings"]]
    return lines


def _holder_lines(holders: Sequence[dict[str, Any]], output: Output) -> list[str]:
    """Say which containers hold what a recall reached, and how much each."""
    if not holders:
        return []
    lines = [output.say("held_in", count=len(holders))]
    lines += [f"  {output.say('holds', **one)}" for one in holders[:SHOWN]]
    if len(holders) > SHOWN:
        lines.append(f"  {output.say('more', count=len(holders) - SHOWN)}")
    return lines


def mark_lines(found: dict[str, Any], output: Output) -> list[str]:
    """Say first what became of codes in the answer."""
    lines = []
    for one in found["statuses"]:
        lines.append(f"  ! {said_line(one, output)}")
        lines += [f"    {code}" for code in one["codes"][:SHOWN]]
        if len(one["codes"]) > SHOWN:
            lines.append(f"    {output.say('more', count=len(one['codes']) - SHOWN)}")
    return lines


def _journey_lines(found: dict[str, Any], output: Output) -> list[str]:
    lines = [output.say("journey", code=found["code"], count=len(found["steps"]))]
    lines += mark_lines(found, output)
    for step in found["steps"]:
        code = step["inherited_from"]
        inside = output.say("inside", code=code) if code else ""
        place = step["read_point"] or step["biz_location"] or ""
        what = step["biz_step"] or step["type"]
        if output.lang == "zh":
            what = term("biz_step", what, language=output.lang)
        lines.append(f"  {step['event_time']}  {what}  {place}{inside}")
        if "said" in step:
            lines.append(f"    ! {said_line(step['said'], output)}")
    return lines + [f"  ! {output.say(finding['code'])}" for finding in found["findings"]]


def score(
    gln: Annotated[str | None, typer.Argument(help="A supplier's GLN; default: all.")] = None,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Score suppliers from the logged quality records."""

    def work(command: Command) -> None:
        from ledger_api.reports import scores_json
        from traceability.codes.keys import check_element
        from traceability.quality.scores import run_scores
        from traceability.quality.stored import stored_rows

        if gln is not None:
            check_element("414", gln)
        with command.node(need="existing") as node, node.store.reading() as repositories:
            size = repositories.entries.count_sequenced()
            wanted = [gln] if gln else []
            result = run_scores(
                stored_rows(repositories, below=size), as_of_size=size, suppliers=wanted
            )
        value = scores_json(result, gln=gln)
        lines = [_score_line(found, command.output) for found in value["suppliers"]]
        command.output.answer(value, lines)

    run(data, as_json, work)


def _score_line(found: dict[str, Any], output: Output) -> str:
    values = {**found, "demonstrated": found["demonstrated_grade"]}
    return output.say("score", **(values | {"limiting": _metrics(found["limiting"], output)}))


def _metrics(names: Sequence[str], output: Output) -> str:
    """Return names of metrics in the reader's language; English has them as in the JSON."""
    if output.lang == "en":
        return ", ".join(names) or output.say("nothing")
    return "、".join(_metric(name, output) for name in names) or output.say("nothing")


def _metric(name: str, output: Output) -> str:
    return name if output.lang == "en" else term("metric", name, language=output.lang)


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
        from traceability.quality.scores import grade_metrics

        found = grade_metrics(
            dpmo=dpmo, cpk=cpk, rty=rty, internal_loss=internal_loss, external_loss=external_loss
        ).to_json()
        command.output.answer(found, _grade_lines(found, command.output))

    run(data, as_json, work)


def _grade_lines(found: dict[str, Any], output: Output) -> list[str]:
    say = output.say
    name = found["name" if output.lang == "zh" else "name_en"]
    lines = [say("level", level=found["level"], name=name)]
    for metric, level in found["levels"].items():
        lines.append(f"  {say('metric', metric=_metric(metric, output), level=level)}")
    lines.append(say("limiting", metrics=_metrics(found["limiting"], output)))
    lines += [
        say("gap", **(gap | {"metric": _metric(gap["metric"], output)})) for gap in found["gap"]
    ]
    return [*lines, *(say("flags", flags=_flag(flag, output)) for flag in found["flags"])]


def _flag(flag: str, output: Output) -> str:
    metric = flag.removesuffix("_missing")
    if flag in LINES:
        return output.say(flag)
    return output.say("missing", metric=_metric(metric, output))
