"""Phase I control charts of means, ranges and individuals, in exact arithmetic.

Sources: ISO 7870-2:2013, table 2 (constants); NIST/SEMATECH e-Handbook, sections 6.3.2.1
and 6.3.2.2; S. Chakraborti, S. W. Human and M. A. Graham (2008), Quality Engineering 21,
52-62 (overall false-alarm probability of a phase I chart).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Literal, NamedTuple

from analytics.chart_rules import NELSON, TEXTBOOK, Signal, Tuning, point, signals, tuned
from analytics.errors import CountsError
from analytics.exact import sqrt_up
from analytics.integer_statistics import IntegerStatistics, merge, variance
from analytics.intervals import chi_square_quantile

ChartKind = Literal["i_mr", "xbar_r", "xbar_s", "i_mr_within"]


class Constants(NamedTuple):
    """Factors for subgroups of one size, as the standards round them.

    Parameters
    ----------
    range_mean
        d2, mean range of a unit normal sample.
    mean_limit
        A2, half-width of the limits of the mean in mean ranges.
    range_lower, range_upper
        D3 and D4, limits of the range in mean ranges.
    """

    range_mean: Fraction
    mean_limit: Fraction
    range_lower: Fraction
    range_upper: Fraction


def _constants(d2: str, a2: str, d3: str, d4: str) -> Constants:
    return Constants(Fraction(d2), Fraction(a2), Fraction(d3), Fraction(d4))


# The published, rounded factors: whoever checks a chart by hand has these before them.
CONSTANTS = {
    2: _constants("1.128", "1.880", "0", "3.267"),
    3: _constants("1.693", "1.023", "0", "2.575"),
    4: _constants("2.059", "0.729", "0", "2.282"),
    5: _constants("2.326", "0.577", "0", "2.114"),
    6: _constants("2.534", "0.483", "0", "2.004"),
    7: _constants("2.704", "0.419", "0.076", "1.924"),
    8: _constants("2.847", "0.373", "0.136", "1.864"),
    9: _constants("2.970", "0.337", "0.184", "1.816"),
    10: _constants("3.078", "0.308", "0.223", "1.777"),
}
# Degrees of freedom behind a mean range and a mean moving range, of those that the same
# readings give a variance: D. J. Wheeler (1995), Advanced Topics in Statistical Process
# Control, tables of effective degrees of freedom.
_RANGE_EFFICIENCY = Fraction("0.9")
_MOVING_RANGE_EFFICIENCY = Fraction("0.62")
_UPPER_TAIL = Fraction("0.00135")  # Of the textbook's three sigmas, one side.


@dataclass(frozen=True, slots=True)
class Limits:
    """Centre line and control limits of a point."""

    centre: Fraction
    lower: Fraction
    upper: Fraction


@dataclass(frozen=True, slots=True)
class ControlChart:
    """A phase I chart: points, limits, signals.

    Parameters
    ----------
    kind
        Individuals (`i_mr`), means and ranges (`xbar_r`), means and variances (`xbar_s`), or
        individuals within subgroups known only by their sums and extremes (`i_mr_within`).
    location, location_limits
        Shape (n_points,), quanta; the extremes alone for `i_mr_within`.
    dispersion, dispersion_limits
        Moving ranges or ranges in quanta, or variances in their squares; shape (n_points,),
        one fewer for `i_mr`, empty for `i_mr_within`.
    mean, variance
        Of the process, within subgroups; quanta and their squares.
    readings, degrees
        Individual readings, and degrees of freedom behind `variance`.
    tuning
        Limits that were applied.
    signals
        Rules broken by the location points; `beyond_range` by the dispersion points.
    """

    kind: ChartKind
    location: tuple[Fraction, ...]
    location_limits: tuple[Limits, ...]
    dispersion: tuple[Fraction, ...]
    dispersion_limits: tuple[Limits, ...]
    mean: Fraction
    variance: Fraction
    readings: int
    degrees: Fraction
    tuning: Tuning
    signals: tuple[Signal, ...]


def control_chart(
    subgroups: Sequence[IntegerStatistics],
    *,
    rules: Sequence[str] = NELSON,
    false_alarm: Fraction | None = None,
) -> ControlChart:
    """Draw the chart that fits the subgroups.

    Parameters
    ----------
    subgroups
        Shape (n_subgroups,), at least two, in the order of production; quanta.
    rules
        Rules for the location points, by name.
    false_alarm
        Probability of a false alarm on the whole chart; None for the textbook's limits.

    Raises
    ------
    CountsError
        Fewer than two points, an empty subgroup.
    """
    if len(subgroups) < 2 or any(part.readings < 1 for part in subgroups):  # noqa: PLR2004 — one point has no chart
        raise CountsError(f"too few subgroups for a chart: expected 2, got {len(subgroups)}")
    ordered = sorted(subgroups, key=lambda part: part.first_ordinal)
    sizes = {part.readings for part in ordered}
    tuning = _tuning(len(ordered), false_alarm)
    if sizes == {1}:
        return _individuals(ordered, rules=rules, tuning=tuning)
    if len(sizes) == 1 and min(sizes) in CONSTANTS:
        return _means_and_ranges(ordered, rules=rules, tuning=tuning)
    return _means_and_variances(ordered, rules=rules, tuning=tuning, false_alarm=false_alarm)


def within_subgroups(
    subgroups: Sequence[IntegerStatistics], *, false_alarm: Fraction | None = None
) -> ControlChart:
    """Chart individuals from sums, extremes and moving ranges within each subgroup.

    A point lies beyond the limits exactly if an extreme does, so rule 1 needs no readings.

    Raises
    ------
    CountsError
        No two readings in any subgroup.
    """
    whole = merge(subgroups)
    ranges = sum(part.readings - 1 for part in subgroups if part.readings)
    if ranges < 1 or whole.least is None or whole.greatest is None:
        raise CountsError(f"too few readings for a chart: got {whole.readings}")
    sigma = Fraction(whole.moving_range, ranges) / CONSTANTS[2].range_mean
    mean = Fraction(whole.total, whole.readings)
    tuning = _tuning(whole.readings, false_alarm)
    extremes = (Fraction(whole.least), Fraction(whole.greatest))
    points = [point(value, mean, sigma * sigma) for value in extremes]
    return ControlChart(
        kind="i_mr_within",
        location=extremes,
        location_limits=(_limits(mean, sigma * sigma, tuning),) * 2,
        dispersion=(),
        dispersion_limits=(),
        mean=mean,
        variance=sigma * sigma,
        readings=whole.readings,
        degrees=_MOVING_RANGE_EFFICIENCY * ranges,
        tuning=tuning,
        signals=signals(points, ("nelson_1",), tuning=tuning),
    )


def _individuals(
    parts: Sequence[IntegerStatistics], *, rules: Sequence[str], tuning: Tuning
) -> ControlChart:
    values = tuple(Fraction(part.total) for part in parts)
    ranges = tuple(abs(after - before) for before, after in pairwise(values))
    average = sum(ranges, start=Fraction(0)) / len(ranges)
    sigma = average / CONSTANTS[2].range_mean
    mean = sum(values, start=Fraction(0)) / len(values)
    points = [point(value, mean, sigma * sigma) for value in values]
    # Moving ranges are shown but raise no signal: they depend on each other, and repeat
    # what the individuals say (L. S. Nelson 1982, JQT 14, 172-173).
    return ControlChart(
        kind="i_mr",
        location=values,
        location_limits=(_limits(mean, sigma * sigma, tuning),) * len(values),
        dispersion=ranges,
        dispersion_limits=(_range_limits(average, 2, tuning),) * len(ranges),
        mean=mean,
        variance=sigma * sigma,
        readings=len(values),
        degrees=_MOVING_RANGE_EFFICIENCY * len(ranges),
        tuning=tuning,
        signals=signals(points, rules, tuning=tuning),
    )


def _means_and_ranges(
    parts: Sequence[IntegerStatistics], *, rules: Sequence[str], tuning: Tuning
) -> ControlChart:
    size = parts[0].readings
    means = tuple(Fraction(part.total, size) for part in parts)
    ranges = tuple(Fraction(_range(part)) for part in parts)
    average = sum(ranges, start=Fraction(0)) / len(ranges)
    mean = sum(means, start=Fraction(0)) / len(means)
    sigma = average / CONSTANTS[size].range_mean
    spread = CONSTANTS[size].mean_limit * average / 3
    limits = _range_limits(average, size, tuning)
    points = [point(value, mean, spread * spread) for value in means]
    return ControlChart(
        kind="xbar_r",
        location=means,
        location_limits=(_limits(mean, spread * spread, tuning),) * len(means),
        dispersion=ranges,
        dispersion_limits=(limits,) * len(ranges),
        mean=mean,
        variance=sigma * sigma,
        readings=size * len(parts),
        degrees=_RANGE_EFFICIENCY * len(parts) * (size - 1),
        tuning=tuning,
        signals=signals(points, rules, tuning=tuning) + _beyond(ranges, (limits,) * len(ranges)),
    )


def _means_and_variances(
    parts: Sequence[IntegerStatistics],
    *,
    rules: Sequence[str],
    tuning: Tuning,
    false_alarm: Fraction | None,
) -> ControlChart:
    whole = merge(parts)
    mean = Fraction(whole.total, whole.readings)
    freedom = whole.readings - len(parts)
    variances = tuple(_variance_or_zero(part) for part in parts)
    squares = zip(variances, parts, strict=True)
    within = sum((value * (part.readings - 1) for value, part in squares), Fraction(0)) / freedom
    tail = _UPPER_TAIL if false_alarm is None else false_alarm / len(parts)
    upper = tuple(_variance_limits(within, part.readings - 1, tail) for part in parts)
    means = tuple(Fraction(part.total, part.readings) for part in parts)
    spreads = [within / part.readings for part in parts]
    points = [point(value, mean, spread) for value, spread in zip(means, spreads, strict=True)]
    return ControlChart(
        kind="xbar_s",
        location=means,
        location_limits=tuple(_limits(mean, spread, tuning) for spread in spreads),
        dispersion=variances,
        dispersion_limits=upper,
        mean=mean,
        variance=within,
        readings=whole.readings,
        degrees=Fraction(freedom),
        tuning=tuning,
        signals=signals(points, rules, tuning=tuning) + _beyond(variances, upper),
    )


def _tuning(points: int, false_alarm: Fraction | None) -> Tuning:
    return TEXTBOOK if false_alarm is None else tuned(points, false_alarm)


def _limits(centre: Fraction, spread: Fraction, tuning: Tuning) -> Limits:
    width = sqrt_up(tuning.limit * tuning.limit * spread)
    return Limits(centre, centre - width, centre + width)


def _range_limits(average: Fraction, size: int, tuning: Tuning) -> Limits:
    """Return D3 and D4 times the mean range, moved out in proportion to the limit."""
    width = (CONSTANTS[size].range_upper - 1) * tuning.limit / 3
    lower = CONSTANTS[size].range_lower if tuning == TEXTBOOK else Fraction(0)
    return Limits(average, lower * average, (1 + width) * average)


def _variance_limits(within: Fraction, degrees: int, tail: Fraction) -> Limits:
    factor = chi_square_quantile(degrees, tail) / degrees if degrees else Fraction(0)
    return Limits(within, Fraction(0), within * factor)


def _beyond(values: Sequence[Fraction], limits: Sequence[Limits]) -> tuple[Signal, ...]:
    return tuple(
        Signal("beyond_range", index)
        for index, (value, limit) in enumerate(zip(values, limits, strict=True))
        if not limit.lower <= value <= limit.upper
    )


def _range(part: IntegerStatistics) -> int:
    if part.least is None or part.greatest is None:
        raise CountsError("subgroup without readings has no range")
    return part.greatest - part.least


def _variance_or_zero(part: IntegerStatistics) -> Fraction:
    return variance(part) if part.readings > 1 else Fraction(0)
