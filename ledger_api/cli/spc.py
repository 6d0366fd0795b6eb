"""`spc chart|capability|plan FILE.csv`: statistics for anyone with a table; no ledger needed."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ledger_api.cli.options import require_one_of
from ledger_api.cli.output import Output
from ledger_api.cli.running import DEFAULT_DATA, AsJSON, Command, run

if TYPE_CHECKING:
    from analytics.switching import Outcome
    from ledger_api.spc.answers import StudyAsked

SHOWN = 20
_NOT_NORMAL = 0.005

File = Annotated[Path, typer.Argument(help="A CSV table with a header row.", metavar="FILE")]
Column = Annotated[str | None, typer.Option(help="Readings or counts; default: the only column.")]
Subgroup = Annotated[str | None, typer.Option(help="What is the same within a subgroup.")]
Quantum = Annotated[
    str | None, typer.Option(help="What the gauge can tell apart; finer readings are refused.")
]
Picture = Annotated[
    Path | None, typer.Option("-o", "--output", metavar="SVG", help="Write a picture, SVG.")
]
Kind = Annotated[
    str, typer.Option(help="i_mr, xbar_r, xbar_s, p, np, c, u, ewma, cusum; default: what fits.")
]
Size = Annotated[str | None, typer.Option(help="Units inspected, for p, np and u.")]
Rules = Annotated[
    str,
    typer.Option(help="nelson, western_electric, or names such as nelson_1 with commas between."),
]
PhaseOne = Annotated[
    int | None, typer.Option(min=2, help="Leading points that set the limits; default: all.")
]
Number = Annotated[str | None, typer.Option(help="A plain decimal.")]
Family = Annotated[
    Literal["normal", "lognormal", "weibull", "gamma", "empirical"] | None,
    typer.Option(help="Also Pp and Ppk by percentiles of this distribution."),
]
Level = Annotated[str, typer.Option(help="Inspection level, where the table names none.")]
Agreed = Annotated[
    bool, typer.Option("--reduction-agreed", help="Reduced inspection is wanted where it is due.")
]

spc_app = typer.Typer(
    help="Control charts, capability and sampling plans from a CSV file.", no_args_is_help=True
)


@spc_app.command("chart")
def chart(
    file: File,
    column: Column = None,
    kind: Kind = "auto",
    subgroup: Subgroup = None,
    size: Size = None,
    rules: Rules = "nelson_1,nelson_2",
    phase_one: PhaseOne = None,
    mean: Number = None,
    sigma: Number = None,
    quantum: Quantum = None,
    output: Picture = None,
    as_json: AsJSON = False,
) -> None:
    """Draw a control chart; exit 1 where a rule is broken."""

    def work(command: Command) -> int:
        from ledger_api.spc.answers import KINDS, ChartAsked, chart_json, draw_chart
        from ledger_api.spc.pictures import chart_svg
        from ledger_api.spc.tables import read_table
        from traceability.quality.faults import translated

        require_one_of("--kind", kind, KINDS)
        _require_place(output)
        with translated():
            asked = ChartAsked(
                kind, column, subgroup, size, rules, phase_one,
                _number(mean, "--mean"), _number(sigma, "--sigma"), _number(quantum, "--quantum"),
            )  # fmt: skip
            found = draw_chart(read_table(file), asked)
            value = chart_json(found)
        if output is not None:
            title = f"{file.name} {found.kind}"
            value["picture"] = _drawn(output, chart_svg(found, title=title, say=command.output.say))
        command.output.answer(value, _chart_lines(value, command.output))
        return int(not found.is_stable)

    run(DEFAULT_DATA, as_json, work)


def _require_place(output: Path | None) -> None:
    """Refuse a picture that could not be written, before any work is done for it."""
    from ledger_api.cli.files import require_writable

    if output is not None:
        require_writable(output)


def _drawn(output: Path, picture: str) -> str:
    """Write a picture whole and return where it is."""
    from ledger_api.cli.files import write_whole

    write_whole(output, picture.encode())
    return str(output)


def _number(text: str | None, name: str) -> Fraction | None:
    from analytics.exact import parse_decimal
    from ledger_api.cli.limiting import options_read
    from traceability.quality.faults import translated

    if text is None:
        return None
    with options_read(), translated():
        return parse_decimal(text, name=name)


def _chart_lines(found: dict[str, Any], output: Output) -> list[str]:
    say = output.say
    sigma = "–" if found["sigma"] is None else f"{found['sigma']:.6g}"
    lines = [say("spc_chart", kind=found["kind"], points=found["points"],
                 mean=f"{found['mean']:.6g}", sigma=sigma)]  # fmt: skip
    signals = [
        say("spc_signal", point=one["point"], rule=one["rule"], track=say(f"spc_{track['name']}"))
        for track in found["tracks"]
        for one in track["signals"]
    ]
    lines.append(say("spc_unstable", count=len(signals)) if signals else say("spc_stable"))
    lines += _some([f"  {line}" for line in signals], output)
    length = found["in_control_run_length"]
    if length is not None:
        lines.append(say("spc_run_length", points=f"{length['points']:.0f}"))
    return lines + _picture_line(found, output)


def _picture_line(found: dict[str, Any], output: Output) -> list[str]:
    return [output.say("spc_picture", path=found["picture"])] if "picture" in found else []


def _some(lines: Sequence[str], output: Output) -> list[str]:
    rest = len(lines) - SHOWN
    return [*lines[:SHOWN], *([f"  {output.say('more', count=rest)}"] if rest > 0 else [])]


@spc_app.command("capability")
def capability(
    file: File,
    column: Column = None,
    subgroup: Subgroup = None,
    lower: Number = None,
    upper: Number = None,
    target: Number = None,
    quantum: Quantum = None,
    distribution: Family = None,
    output: Picture = None,
    as_json: AsJSON = False,
) -> None:
    """Judge a process against its limits; exit 1 where it is not in control."""

    def work(command: Command) -> int:
        from ledger_api.spc.answers import StudyAsked, study_json
        from ledger_api.spc.pictures import study_svg
        from ledger_api.spc.tables import read_table
        from traceability.quality.faults import translated

        _require_place(output)
        with translated():
            asked = StudyAsked(
                column, subgroup, _number(lower, "--lower"), _number(upper, "--upper"),
                _number(target, "--target"), _number(quantum, "--quantum"), distribution,
            )  # fmt: skip
            table = read_table(file)
            study, value = study_json(table, asked)
        if output is not None:
            values = [float(cell) for cell in table.column(column, option="--column")]
            title = f"{file.name} {command.output.say('spc_histogram')}"
            picture = study_svg(values, _marks(asked, command.output), title=title)
            value["picture"] = _drawn(output, picture)
        command.output.answer(value, _study_lines(value, command.output))
        return int(bool(study.reason))

    run(DEFAULT_DATA, as_json, work)


def _marks(asked: StudyAsked, output: Output) -> list[tuple[str, float]]:
    marks = {"lower": asked.lower, "upper": asked.upper, "target": asked.target}
    return [(output.say(f"spc_{name}"), float(at)) for name, at in marks.items() if at is not None]


def _study_lines(found: dict[str, Any], output: Output) -> list[str]:
    say = output.say
    lines = []
    for name in ("cp", "cpk", "cpm", "pp", "ppk"):
        index, title = found[name], name.capitalize()
        if index is not None:
            shown = {key: f"{value:.3f}" for key, value in index.items()}
            lines.append(say("spc_index", name=title, **shown))
        elif name == "cpk":
            lines.append(say("spc_not_established", name=title))
    if found["nonconforming"]:
        lines.append(say("spc_nonconforming", count=found["nonconforming"],
                         readings=found["readings"]))  # fmt: skip
    p, percentiles = found["normality_p"], found["percentiles"]
    if percentiles is not None:
        lines.append(say("spc_percentiles", distribution=percentiles["distribution"],
                         ppk=f"{percentiles['ppk']:.3f}"))  # fmt: skip
    elif p is not None and p < _NOT_NORMAL:
        lines.append(say("spc_not_normal", p=f"{p:.2g}"))
    return lines + _picture_line(found, output)


@spc_app.command("plan")
def plan(
    file: File,
    level: Level = "II",
    reduction_agreed: Agreed = False,
    output: Picture = None,
    as_json: AsJSON = False,
) -> None:
    """Give each lot its sampling plan by ISO 2859-1, following the switching rules."""

    def work(command: Command) -> None:
        from ledger_api.spc.answers import follow_lots, outcome_json
        from ledger_api.spc.pictures import curves_svg
        from ledger_api.spc.tables import read_table
        from traceability.quality.faults import translated

        _require_place(output)
        with translated():
            outcomes = follow_lots(read_table(file), level=level, reduction_agreed=reduction_agreed)
            curves = _curves(outcomes, command.output)
        value: dict[str, Any] = {"lots": [outcome_json(outcome) for outcome in outcomes]}
        if output is not None and curves:
            say = command.output.say
            title = f"{file.name} {say('spc_curve')}"
            picture = curves_svg(curves, title=title, axis=say("spc_quality"))
            value["picture"] = _drawn(output, picture)
        command.output.answer(value, _plan_lines(value, command.output))

    run(DEFAULT_DATA, as_json, work)


def _curves(
    outcomes: Sequence[Outcome], output: Output
) -> list[tuple[str, Sequence[tuple[float, float]]]]:
    """Return the curves of the plans of the last lot that has one, at every severity."""
    from analytics.sampling import MOST_PERCENT, SEVERITIES, operating_characteristic, single_plan

    last = next((outcome for outcome in reversed(outcomes) if outcome.plan), None)
    if last is None:
        return []
    lot = last.lot
    model: Literal["binomial", "poisson"] = (
        "poisson" if Fraction(lot.aql) > MOST_PERCENT else "binomial"
    )
    plans = [single_plan(lot.letter, lot.aql, severity, lot=lot.size) for severity in SEVERITIES]
    return [
        (
            f"{output.say(f'spc_state_{one.severity}')} n={one.sample} Ac={one.accept}",
            operating_characteristic(one, model=model),
        )
        for one in plans
    ]


def _plan_lines(found: dict[str, Any], output: Output) -> list[str]:
    say = output.say
    lines = []
    for row, lot in enumerate(found["lots"], 1):
        if lot["plan"] is None:
            lines.append(say("spc_no_plan", row=row))
            continue
        verdict = {None: "spc_waiting", True: "spc_accepted", False: "spc_refused"}
        told = {**lot["plan"], "severity": say(f"spc_state_{lot['plan']['severity']}")}
        lines.append(say("spc_plan", row=row, verdict=say(verdict[lot["accepted"]]), **told))
    return lines + _picture_line(found, output)
