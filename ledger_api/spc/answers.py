"""Answers of `itemproof spc` from a table, as outsiders see them; `analytics` does the counting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from itertools import groupby
from typing import Any

from analytics.attribute_charts import c_chart, np_chart, p_chart, u_chart
from analytics.capability import Specification
from analytics.capability_study import (
    Distribution,
    Index,
    Study,
    capability_study,
    percentile_performance,
)
from analytics.chart_rules import NELSON, WESTERN_ELECTRIC
from analytics.charts import Chart, Standard, Track
from analytics.errors import CountsError
from analytics.memory_charts import cusum_chart, ewma_chart
from analytics.readings import parse_readings
from analytics.run_lengths import RunLength, cusum_run_length, ewma_run_length, rules_run_length
from analytics.sampling import code_letter
from analytics.switching import Conditions, InspectedLot, Outcome, replay
from analytics.variables_charts import individuals_chart, mean_deviation_chart, mean_range_chart
from ledger_api.spc.tables import Table, TableInvalid

KINDS = ("auto", "i_mr", "xbar_r", "xbar_s", "p", "np", "c", "u", "ewma", "cusum")
RULE_SETS = {"nelson": NELSON, "western_electric": WESTERN_ELECTRIC}
DEFAULT_RULES = "nelson_1,nelson_2"
_INDIVIDUAL = {"i_mr", "ewma", "cusum"}
_NORMAL = {"i_mr", "xbar_r", "xbar_s"}
_LARGEST_RANGE_CHART = 10
Subgroups = tuple[tuple[Fraction, ...], ...]


@dataclass(frozen=True, slots=True)
class ChartAsked:
    """What chart is asked for; columns by name, numbers as the options have them."""

    kind: str = "auto"
    column: str | None = None
    subgroup: str | None = None
    size: str | None = None
    rules: str = DEFAULT_RULES
    phase_one: int | None = None
    mean: Fraction | None = None
    sigma: Fraction | None = None
    quantum: Fraction | None = None


def rule_names(text: str) -> tuple[str, ...]:
    """Return the rules of a set, or of a list with commas."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    return tuple(name for part in parts for name in RULE_SETS.get(part, (part,)))


def draw_chart(table: Table, asked: ChartAsked) -> Chart:
    """Draw the chart that is asked for, or that fits."""
    if asked.kind in {"p", "np", "c", "u"}:
        return _counts_chart(table, asked)
    subgroups = read_subgroups(table, asked.column, asked.subgroup, quantum=asked.quantum)
    return _readings_chart(subgroups, asked)


def read_subgroups(
    table: Table, column: str | None, subgroup: str | None, *, quantum: Fraction | None
) -> Subgroups:
    """Return readings by subgroup; rows of one subgroup stand together."""
    texts = table.column(column, option="--column")
    values = parse_readings(texts, name=column or "column", quantum=quantum)
    if subgroup is None:
        return tuple((value,) for value in values)
    names = table.column(subgroup, option="--subgroup")
    keyed = groupby(zip(names, values, strict=True), key=lambda pair: pair[0])
    found = [(name, tuple(value for _, value in part)) for name, part in keyed]
    if len({name for name, _ in found}) < len(found):
        raise TableInvalid("rows of one subgroup are apart: sort the table by production")
    return tuple(part for _, part in found)


def _readings_chart(subgroups: Subgroups, asked: ChartAsked) -> Chart:
    kind = asked.kind if asked.kind != "auto" else _fitting(subgroups)
    known = _standard(asked)
    if kind in _INDIVIDUAL and any(len(part) > 1 for part in subgroups):
        raise TableInvalid(f"{kind} takes single readings: leave --subgroup out")
    singles = [part[0] for part in subgroups]
    rules = rule_names(asked.rules)
    if kind == "ewma":
        return ewma_chart(singles, phase_one=asked.phase_one, standard=known)
    if kind == "cusum":
        return cusum_chart(singles, phase_one=asked.phase_one, standard=known)
    if kind == "i_mr":
        return individuals_chart(singles, rules=rules, phase_one=asked.phase_one, standard=known)
    draw = mean_range_chart if kind == "xbar_r" else mean_deviation_chart
    return draw(subgroups, rules=rules, phase_one=asked.phase_one, standard=known)


def _fitting(subgroups: Subgroups) -> str:
    largest = max(len(part) for part in subgroups)
    if largest == 1:
        return "i_mr"
    return "xbar_r" if largest <= _LARGEST_RANGE_CHART else "xbar_s"


def _standard(asked: ChartAsked) -> Standard | None:
    if asked.mean is None and asked.sigma is None:
        return None
    if asked.mean is None or asked.sigma is None:
        raise TableInvalid("a known mean and sigma belong together: give --mean and --sigma")
    return Standard(asked.mean, asked.sigma)


def _counts_chart(table: Table, asked: ChartAsked) -> Chart:
    rules, base, mean = rule_names(asked.rules), asked.phase_one, asked.mean
    counts = _whole(table.column(asked.column, option="--column"), asked.column or "column")
    if asked.kind == "c":
        return c_chart(counts, rules=rules, phase_one=base, mean=mean)
    units = _whole(table.column(asked.size, option="--size"), asked.size or "size")
    draw = {"p": p_chart, "np": np_chart, "u": u_chart}[asked.kind]
    return draw(counts, units, rules=rules, phase_one=base, mean=mean)


def _whole(texts: Sequence[str], name: str) -> list[int]:
    found = parse_readings(texts, name=name)
    for row, value in enumerate(found, 1):
        if value.denominator != 1:
            raise CountsError(f"count {row} of {name} is no whole number: got {float(value)}")
    return [int(value) for value in found]


def chart_json(chart: Chart) -> dict[str, Any]:
    """Return a chart as outsiders see it; points count from 1."""
    found = _run_length(chart)
    return {
        "kind": chart.kind,
        "points": len(chart.tracks[0].values),
        "phase_one": chart.phase_one,
        "mean": float(chart.mean),
        "sigma": None if chart.sigma is None else float(chart.sigma),
        "rules": list(chart.rules),
        "stable": chart.is_stable,
        "in_control_run_length": None if found is None else asdict(found),
        "tracks": [_track_json(track) for track in chart.tracks],
    }


def _track_json(track: Track) -> dict[str, Any]:
    return {
        "name": track.name,
        "values": [float(value) for value in track.values],
        "centre": [float(value) for value in track.centre],
        "lower": [float(value) for value in track.lower],
        "upper": [float(value) for value in track.upper],
        "signals": [{"rule": one.rule, "point": one.at + 1} for one in track.signals],
    }


def _run_length(chart: Chart) -> RunLength | None:
    """Return how long the location track runs in control; counts are not normal enough."""
    if chart.kind in _NORMAL and chart.rules:
        return rules_run_length(chart.rules)
    if chart.kind == "ewma":
        return ewma_run_length(0.2, 3.0)
    return cusum_run_length(0.5, 5.0) if chart.kind == "cusum" else None


@dataclass(frozen=True, slots=True)
class StudyAsked:
    """What a capability study is asked for."""

    column: str | None
    subgroup: str | None
    lower: Fraction | None
    upper: Fraction | None
    target: Fraction | None = None
    quantum: Fraction | None = None
    distribution: Distribution | None = None


def study_json(table: Table, asked: StudyAsked) -> tuple[Study, dict[str, Any]]:
    """Return a study, and it as outsiders see it."""
    limits = Specification(asked.lower, asked.upper)
    groups = read_subgroups(table, asked.column, asked.subgroup, quantum=asked.quantum)
    found = capability_study(groups, limits, target=asked.target)
    percentiles = None
    if asked.distribution is not None:
        values = [value for part in groups for value in part]
        percentiles = asdict(
            percentile_performance(values, limits, distribution=asked.distribution)
        )
    indices = {name: _index(getattr(found, name)) for name in ("cp", "cpk", "cpm", "pp", "ppk")}
    chart = chart_json(found.chart)
    return found, {
        "readings": found.overall.readings,
        "mean": float(found.overall.mean),
        "deviation": float(found.overall.deviation),
        "established": not found.reason,
        "reason": found.reason,
        "confidence": 0.95,
        **indices,
        "nonconforming": found.nonconforming,
        "normality_p": found.normality,
        "percentiles": percentiles,
        "chart": {name: chart[name] for name in ("kind", "points", "mean", "sigma", "stable")},
        "signals": [signal for track in chart["tracks"] for signal in track["signals"]],
    }


def _index(index: Index | None) -> dict[str, float] | None:
    return None if index is None else asdict(index)


def follow_lots(table: Table, *, level: str, reduction_agreed: bool) -> tuple[Outcome, ...]:
    """Give each lot of a table its plan, following the switching rules.

    The columns `lot_size` and `aql` are needed; `supplier`, `part`, `level`, `nonconforming`
    and `submission` may be there.
    """
    sizes = _whole(table.column("lot_size", option="lot_size"), "lot_size")
    aqls = table.column("aql", option="aql")
    levels = table.optional("level", level)
    suppliers, parts = table.optional("supplier", ""), table.optional("part", "")
    counts = table.optional("nonconforming", "")
    submissions = _whole(table.optional("submission", "1"), "submission")
    lots = [
        InspectedLot(
            supplier=suppliers[at],
            part=parts[at],
            letter=code_letter(size, levels[at]),
            aql=aqls[at],
            nonconforming=_whole([counts[at]], f"nonconforming of row {at + 2}")[0]
            if counts[at]
            else None,
            submission=submissions[at],
            size=size,
            conditions=Conditions(reduction_agreed=reduction_agreed),
        )
        for at, size in enumerate(sizes)
    ]
    return replay(lots)


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    """Return what became of a lot as outsiders see it."""
    plan = outcome.plan
    return {
        "supplier": outcome.lot.supplier,
        "part": outcome.lot.part,
        "lot_size": outcome.lot.size,
        "plan": None if plan is None else asdict(plan),
        "nonconforming": outcome.lot.nonconforming,
        "accepted": outcome.accepted,
        "counted": outcome.counted,
        "next_state": outcome.next.state,
        "switching_score": outcome.next.score,
    }
