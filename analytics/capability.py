"""Capability of a characteristic: Cp and Cpk only in statistical control, Pp and Ppk always.

Sources: ISO 22514-2:2017, section 7; NIST/SEMATECH e-Handbook, section 7.1.6 (formulas);
A. F. Bissell (1990), Applied Statistics 39, 331-340 (intervals).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from analytics.chart_rules import Signal
from analytics.control_charts import ControlChart, control_chart, within_subgroups
from analytics.errors import SpecificationError
from analytics.exact import sqrt_down, sqrt_up
from analytics.integer_statistics import IntegerStatistics, merge, variance
from analytics.intervals import Interval, capability_spread

Reason = Literal["", "too_few_readings", "zero_variance", "unstable"]


@dataclass(frozen=True, slots=True)
class Specification:
    """Limits as deviations from nominal in gauge quanta; None where one-sided."""

    lower: Fraction | None
    upper: Fraction | None

    def __post_init__(self) -> None:
        if self.lower is None and self.upper is None:
            raise SpecificationError("specification has no limit: expected lower or upper")
        if self.lower is not None and self.upper is not None and self.lower >= self.upper:
            raise SpecificationError("specification limits are reversed or equal")

    def conforms(self, deviation: int) -> bool:
        """Return whether a reading lies within the limits, which belong to the tolerance."""
        above = self.lower is None or deviation >= self.lower
        return above and (self.upper is None or deviation <= self.upper)

    def margin(self, mean: Fraction) -> Fraction:
        """Return the distance from the mean to the nearer limit, negative beyond it."""
        margins = []
        if self.upper is not None:
            margins.append(self.upper - mean)
        if self.lower is not None:
            margins.append(mean - self.lower)
        return min(margins)


@dataclass(frozen=True, slots=True)
class StabilityPolicy:
    """What it takes to call a process stable.

    Parameters
    ----------
    minimum_subgroups
        Subgroups (lots) from which they themselves are the points of the chart.
    minimum_readings
        With fewer subgroups, individuals needed for a chart within them.
    rules
        Names of the rules that decide.
    false_alarm
        Probability that one rule calls a stable process unstable anywhere on the charts that
        share it; None for the textbook's three sigmas, whatever the number of points.
    """

    minimum_subgroups: int
    minimum_readings: int
    rules: tuple[str, ...]
    false_alarm: Fraction | None

    def shared(self, charts: int) -> StabilityPolicy:
        """Return the policy for each of several charts, so that the doubt holds for all."""
        if self.false_alarm is None or charts < 1:
            return self
        return replace(self, false_alarm=self.false_alarm / charts)


@dataclass(frozen=True, slots=True)
class Capability:
    """Indices of one characteristic, each rounded down on the decimal grid.

    Parameters
    ----------
    cp, cpk
        From the variance within subgroups; None unless established.
    pp, ppk
        From the variance of all readings; None without variance. Cp and Pp need two limits.
    reason
        Why Cpk is not established; empty if it is.
    readings
        Individual readings n.
    mean
        Deviation from nominal, quanta.
    chart
        The chart that decided; None with too few readings.
    """

    cp: Fraction | None
    cpk: Fraction | None
    pp: Fraction | None
    ppk: Fraction | None
    reason: Reason
    readings: int
    mean: Fraction
    chart: ControlChart | None

    @property
    def signals(self) -> tuple[Signal, ...]:
        """Return the rules that the chart broke."""
        return self.chart.signals if self.chart else ()

    def cpk_interval(self, z: Fraction) -> Interval | None:
        """Return Cpk ∓ z standard errors, rounded outward; None unless established."""
        if self.cpk is None or self.chart is None:
            return None
        return _interval(self.cpk, self.chart.readings, self.chart.degrees, z)

    def ppk_interval(self, z: Fraction) -> Interval | None:
        """Return Ppk ∓ z standard errors, rounded outward; None without variance."""
        if self.ppk is None:
            return None
        return _interval(self.ppk, self.readings, Fraction(self.readings - 1), z)


def specification(
    nominal: Fraction, quantum: Fraction, *, lower: Fraction | None, upper: Fraction | None
) -> Specification:
    """Turn limits in the unit of measurement into deviations in gauge quanta, exactly.

    Raises
    ------
    SpecificationError
        Quantum not positive, limits reversed, equal or both missing.
    """
    if quantum <= 0:
        raise SpecificationError(f"quantum is not positive: got {float(quantum)}")
    return Specification(
        lower=None if lower is None else (lower - nominal) / quantum,
        upper=None if upper is None else (upper - nominal) / quantum,
    )


def capability(
    subgroups: Sequence[IntegerStatistics], limits: Specification, *, policy: StabilityPolicy
) -> Capability:
    """Judge stability first, then capability.

    Parameters
    ----------
    subgroups
        Shape (n_subgroups,), one a lot, at least one reading each; quanta.
    """
    whole = merge(subgroups)
    chart = _chart(subgroups, whole, policy)
    reason: Reason = "too_few_readings"
    if chart is not None and chart.variance == 0:
        reason = "zero_variance"
    elif chart is not None:
        reason = "unstable" if chart.signals else ""
    mean = Fraction(whole.total, max(whole.readings, 1))
    enough = whole.readings > 1
    overall = indices(mean, variance(whole), limits=limits) if enough else (None, None)
    within: tuple[Fraction | None, Fraction | None] = (None, None)
    if chart is not None and not reason:
        within = indices(chart.mean, chart.variance, limits=limits)
    return Capability(*within, *overall, reason, whole.readings, mean, chart)


def indices(
    mean: Fraction, spread: Fraction, *, limits: Specification
) -> tuple[Fraction | None, Fraction | None]:
    """Return Cp and Cpk (or Pp and Ppk) of a mean and a variance, rounded down.

    Notes
    -----
    (U − L)/(6σ) and min(U − μ, μ − L)/(3σ); None where the variance is zero, and the first
    also where a limit is missing.
    """
    if spread == 0:
        return None, None
    margin = limits.margin(mean)
    square = margin * margin / (9 * spread)
    nearer = sqrt_down(square) if margin >= 0 else -sqrt_up(square)
    if limits.lower is None or limits.upper is None:
        return None, nearer
    width = limits.upper - limits.lower
    return sqrt_down(width * width / (36 * spread)), nearer


def _chart(
    subgroups: Sequence[IntegerStatistics], whole: IntegerStatistics, policy: StabilityPolicy
) -> ControlChart | None:
    if len(subgroups) >= policy.minimum_subgroups:
        return control_chart(subgroups, rules=policy.rules, false_alarm=policy.false_alarm)
    moving_ranges = whole.readings - len(subgroups)
    if whole.readings < policy.minimum_readings or moving_ranges < 1:
        return None
    return within_subgroups(subgroups, false_alarm=policy.false_alarm)


def _interval(index: Fraction, readings: int, degrees: Fraction, z: Fraction) -> Interval:
    spread = capability_spread(index, readings, degrees=degrees, z=z)
    return Interval(index - spread, index + spread)
