"""A capability study of readings as anybody has them: indices, intervals, or why there are none.

Sources: ISO 22514-2:2017 (indices; percentiles of any distribution); NIST/SEMATECH e-Handbook,
section 7.1.6; A. F. Bissell (1990), Applied Statistics 39, 331-340 (Cpk); R. A. Boyles (1991),
Journal of Quality Technology 23, 17-26 (Cpm). Suppliers are scored by `capability`, which uses
exact numbers alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from typing import Any, Literal

from analytics.capability import Specification
from analytics.charts import Chart
from analytics.errors import ParameterError, TooFewError
from analytics.intervals import capability_spread, normal_quantile
from analytics.readings import Description, varying
from analytics.special_functions import special
from analytics.variables_charts import individuals_chart, mean_deviation_chart, mean_range_chart

Reason = Literal["", "unstable"]
Distribution = Literal["normal", "lognormal", "weibull", "gamma", "empirical"]
DISTRIBUTIONS: tuple[Distribution, ...] = (
    "normal", "lognormal", "weibull", "gamma", "empirical",
)  # fmt: skip
# More rules call a stable process unstable on every other chart of forty points.
STABILITY_RULES = ("nelson_1", "nelson_2")
_LARGEST_RANGE_CHART = 10
# Degrees of freedom of ranges and moving ranges, of those of a variance: D. J. Wheeler (1995),
# Advanced Topics in Statistical Process Control.
_RANGE_DEGREES, _MOVING_RANGE_DEGREES = 0.9, 0.62
_TAIL = 0.00135  # Of a normal process beyond three sigmas, one side.
# An observed tail of 0.135 % needs a reading beyond it.
FEWEST_EMPIRICAL = 1482
_FEWEST_SHAPIRO, _MOST_SHAPIRO = 3, 5000


@dataclass(frozen=True, slots=True)
class Index:
    """An index with its two-sided interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Performance of a process that is not normal, by percentiles of a distribution.

    Parameters
    ----------
    lower, median, upper
        Percentiles 0.135, 50 and 99.865.
    pp, ppk
        None where a limit that they need is missing.
    """

    distribution: Distribution
    lower: float
    median: float
    upper: float
    pp: float | None
    ppk: float


@dataclass(frozen=True, slots=True)
class Study:
    """What readings say about a process against its limits.

    Parameters
    ----------
    cp, cpk, cpm
        From the spread within subgroups; None unless the process is stable. Cp needs two
        limits, Cpm these and a target.
    pp, ppk
        From the spread of all readings, stable or not.
    reason
        Why Cp, Cpk and Cpm are not established; empty if they are.
    nonconforming
        Readings beyond the limits.
    normality
        p of the Shapiro-Wilk test; None for too few or too many readings.
    """

    chart: Chart
    overall: Description
    cp: Index | None
    cpk: Index | None
    cpm: Index | None
    pp: Index | None
    ppk: Index
    reason: Reason
    nonconforming: int
    normality: float | None


def capability_study(
    subgroups: Sequence[Sequence[Fraction]],
    limits: Specification,
    *,
    target: Fraction | None = None,
    confidence: Fraction = Fraction(95, 100),
    rules: Sequence[str] = STABILITY_RULES,
) -> Study:
    """Judge stability first, then capability.

    Parameters
    ----------
    subgroups
        Shape (n_subgroups, size), in the order of production; of one reading each for
        individuals.
    limits
        In the unit of the readings.

    Raises
    ------
    TooFewError, VarianceError, ParameterError
    """
    if not 0 < confidence < 1:
        raise ParameterError(f"confidence outside (0, 1): got {float(confidence)}")
    values = [value for part in subgroups for value in part]
    overall = varying(values)
    chart, degrees = _chart(subgroups, rules)
    within = None
    if chart.is_stable and chart.sigma is not None:
        within = (chart.mean, float(chart.sigma), degrees)
    total = (overall.mean, sqrt(overall.variance), float(len(values) - 1))
    readings = len(values)
    pp, ppk = _pair(limits, *total, readings=readings, confidence=confidence)
    cp = cpk = cpm = None
    if within is not None:
        cp, cpk = _pair(limits, *within, readings=readings, confidence=confidence)
        cpm = _cpm(limits, target, *within, readings=readings, confidence=confidence)
    return Study(
        chart=chart,
        overall=overall,
        cp=cp,
        cpk=cpk,
        cpm=cpm,
        pp=pp,
        ppk=ppk,
        reason="" if chart.is_stable else "unstable",
        nonconforming=sum(not _conforms(limits, value) for value in values),
        normality=_normality(values),
    )


def percentile_performance(
    values: Sequence[Fraction], limits: Specification, *, distribution: Distribution
) -> Percentiles:
    """Return Pp and Ppk by percentiles of a fitted distribution, or of the readings.

    Notes
    -----
    (U − L)/(x99.865 − x0.135), and the lesser of (U − x50)/(x99.865 − x50) and
    (x50 − L)/(x50 − x0.135)

    Raises
    ------
    TooFewError, VarianceError
    ParameterError
        Unknown distribution, or one of positive numbers for others.
    """
    varying(values)
    if distribution == "empirical" and len(values) < FEWEST_EMPIRICAL:
        raise TooFewError(
            f"too few readings to see a tail of 0.135 %: expected {FEWEST_EMPIRICAL}, "
            f"got {len(values)}"
        )
    low, median, high = _quantiles([float(value) for value in values], distribution)
    upper = None if limits.upper is None else float(limits.upper)
    lower = None if limits.lower is None else float(limits.lower)
    sides = []
    if upper is not None:
        sides.append((upper - median) / (high - median))
    if lower is not None:
        sides.append((median - lower) / (median - low))
    both = None if upper is None or lower is None else (upper - lower) / (high - low)
    return Percentiles(distribution, low, median, high, both, min(sides))


def _chart(subgroups: Sequence[Sequence[Fraction]], rules: Sequence[str]) -> tuple[Chart, float]:
    """Return the chart that fits, and the degrees of freedom behind its sigma."""
    sizes = [len(part) for part in subgroups]
    if set(sizes) == {1}:
        chart = individuals_chart([part[0] for part in subgroups], rules=rules)
        return chart, _MOVING_RANGE_DEGREES * (len(sizes) - 1)
    freedom = sum(sizes) - len(sizes)
    if max(sizes) <= _LARGEST_RANGE_CHART:
        return mean_range_chart(subgroups, rules=rules), _RANGE_DEGREES * freedom
    return mean_deviation_chart(subgroups, rules=rules), float(freedom)


def _conforms(limits: Specification, value: Fraction) -> bool:
    above = limits.lower is None or value >= limits.lower
    return above and (limits.upper is None or value <= limits.upper)


def _pair(
    limits: Specification,
    mean: Fraction,
    sigma: float,
    degrees: float,
    *,
    readings: int,
    confidence: Fraction,
) -> tuple[Index | None, Index]:
    """Return Cp and Cpk, or Pp and Ppk."""
    nearer = float(limits.margin(mean)) / (3 * sigma)
    spread = float(
        capability_spread(
            Fraction(nearer),
            readings,
            degrees=Fraction(degrees),
            z=normal_quantile((1 + confidence) / 2),
        )
    )
    both = None
    if limits.lower is not None and limits.upper is not None:
        width = float(limits.upper - limits.lower) / (6 * sigma)
        both = _scaled(width, degrees, confidence)
    return both, Index(nearer, nearer - spread, nearer + spread)


def _cpm(
    limits: Specification,
    target: Fraction | None,
    mean: Fraction,
    sigma: float,
    degrees: float,
    *,
    readings: int,
    confidence: Fraction,
) -> Index | None:
    """Return Cpm, whose degrees of freedom grow with the distance from the target."""
    if target is None or limits.lower is None or limits.upper is None:
        return None
    away = (float(mean - target) / sigma) ** 2
    value = float(limits.upper - limits.lower) / (6 * sigma * sqrt(1 + away))
    effective = degrees if away == 0 else readings * (1 + away) ** 2 / (1 + 2 * away)
    return _scaled(value, effective, confidence)


def _scaled(value: float, degrees: float, confidence: Fraction) -> Index:
    """Return an index that is a limit over a deviation, with its chi-square interval."""
    tail = float(1 - confidence) / 2
    low = sqrt(float(special().chdtri(degrees, 1 - tail)) / degrees)
    high = sqrt(float(special().chdtri(degrees, tail)) / degrees)
    return Index(value, value * low, value * high)


def _normality(values: Sequence[Fraction]) -> float | None:
    from scipy import stats  # type: ignore[import-untyped]  # noqa: PLC0415 # scipy ships no types

    if not _FEWEST_SHAPIRO <= len(values) <= _MOST_SHAPIRO:
        return None
    return float(stats.shapiro([float(value) for value in values]).pvalue)


def _quantiles(values: Sequence[float], distribution: Distribution) -> tuple[float, float, float]:
    import numpy as np  # noqa: PLC0415 # a node starts without waiting for it
    from scipy import stats  # noqa: PLC0415 # likewise

    at = (_TAIL, 0.5, 1 - _TAIL)
    if distribution == "empirical":
        found: Any = np.quantile(values, at, method="median_unbiased")
        return float(found[0]), float(found[1]), float(found[2])
    if distribution == "normal":
        frozen: Any = stats.norm(np.mean(values), np.std(values, ddof=1))
    else:
        known = {"lognormal": stats.lognorm, "weibull": stats.weibull_min, "gamma": stats.gamma}
        if distribution not in known:
            raise ParameterError(
                f"no such distribution: expected one of {', '.join(DISTRIBUTIONS)}, "
                f"got {distribution[:20]!r}"
            )
        if min(values) <= 0:
            raise ParameterError(f"{distribution} is of positive numbers only: got {min(values)}")
        family = known[distribution]
        frozen = family(*family.fit(values, floc=0))
    return float(frozen.ppf(at[0])), float(frozen.ppf(at[1])), float(frozen.ppf(at[2]))
