"""Cost of poor quality year by year, over output, and whether it falls.

Sources: 制造业卓越质量工程实施意见, annex (losses over output); P. K. Sen (1968), JASA 63,
1379-1389 (slope); M. G. Kendall (1938), Biometrika 30, 81-93 (test of a trend).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from statistics import median
from typing import Any

from analytics.errors import TooFewError
from analytics.loss_rates import AnnualLoss, AnnualOutput, loss_rates

_FEWEST_YEARS = 3


@dataclass(frozen=True, slots=True)
class YearCost:
    """Losses of a year over its output; `total` is None unless both sides are known."""

    year: int
    internal: Fraction | None
    external: Fraction | None
    total: Fraction | None


@dataclass(frozen=True, slots=True)
class Trend:
    """Direction of a series.

    Parameters
    ----------
    slope
        Median of all slopes between two years; share of output a year.
    p
        Probability of a rank correlation at least as strong without any trend.
    """

    slope: Fraction
    p: float


def cost_by_year(
    losses: Sequence[AnnualLoss], outputs: Sequence[AnnualOutput]
) -> tuple[YearCost, ...]:
    """Return every year that has an output, in order; declarations as `loss_rates` takes them."""
    found = []
    for year in sorted({output.year for output in outputs}):
        rates = loss_rates(
            [loss for loss in losses if loss.year == year],
            [output for output in outputs if output.year == year],
        )
        total = None
        if rates.internal is not None and rates.external is not None:
            total = rates.internal + rates.external
        found.append(YearCost(year, rates.internal, rates.external, total))
    return tuple(found)


def cost_trend(years: Sequence[YearCost]) -> Trend:
    """Return the trend of the years whose total is known.

    Raises
    ------
    TooFewError
        Fewer than three such years: two points are always on a line.
    """
    from scipy import stats  # type: ignore[import-untyped]  # noqa: PLC0415 # scipy ships no types

    known = [(year.year, year.total) for year in years if year.total is not None]
    if len(known) < _FEWEST_YEARS:
        raise TooFewError(f"too few years for a trend: expected {_FEWEST_YEARS}, got {len(known)}")
    slopes = [(b - a) / (later - year) for (year, a), (later, b) in combinations(known, 2)]
    if all(total == known[0][1] for _, total in known):
        return Trend(Fraction(0), 1.0)
    ranks: Any = stats.kendalltau([year for year, _ in known], [total for _, total in known])
    return Trend(median(slopes), float(ranks.pvalue))
