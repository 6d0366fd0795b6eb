"""Gauge repeatability and reproducibility (R&R), by averages and ranges and by ANOVA.

Sources: AIAG, Measurement Systems Analysis, 4th edition, chapter III.B; ISO 22514-7:2021. The
factors K1, K2 and K3 of the manual are 1/d2*, here computed from the distribution of the range.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from math import sqrt
from typing import Literal

from analytics.errors import DesignError, ParameterError, VarianceError
from analytics.factors import factors
from analytics.special_functions import special

Method = Literal["average_range", "anova"]
Readings = Sequence[Sequence[Sequence[Fraction]]]
_CATEGORIES = sqrt(2)
_STUDY_WIDTH = 6
POOL_ABOVE = 0.25  # AIAG's: an interaction less significant is noise.


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the analysis of variance; F and p are None for the error."""

    source: Literal["operator", "part", "interaction", "repeatability"]
    degrees: int
    squares: float
    mean_square: float
    f: float | None
    p: float | None


@dataclass(frozen=True, slots=True)
class GaugeStudy:
    """Standard deviations of a crossed study, in the unit of the readings.

    Parameters
    ----------
    repeatability, reproducibility
        Of the gauge (EV), and of the operators with their interaction (AV).
    gauge, parts, total
        Both together (GRR), of the parts (PV), and all (TV).
    categories
        Kinds of parts that the gauge tells apart (ndc), at least 1.
    pooled
        Whether the interaction was too small to keep.
    table
        Lines of the analysis; empty for averages and ranges.
    """

    method: Method
    repeatability: float
    reproducibility: float
    gauge: float
    parts: float
    total: float
    categories: int
    pooled: bool
    table: tuple[Row, ...]

    def share_of_total(self) -> float:
        """Return the gauge's share of the whole spread (%GRR), 0 to 1."""
        return self.gauge / self.total

    def share_of_tolerance(self, tolerance: Fraction) -> float:
        """Return six gauge sigmas over the tolerance.

        Raises
        ------
        ParameterError
        """
        if tolerance <= 0:
            raise ParameterError(f"tolerance is not positive: got {float(tolerance)}")
        return _STUDY_WIDTH * self.gauge / float(tolerance)


def average_range_study(readings: Readings) -> GaugeStudy:
    """Judge a gauge by averages and ranges.

    Parameters
    ----------
    readings
        Shape (n_operators, n_parts, n_trials), at least 2 each; at most 25.

    Raises
    ------
    DesignError, VarianceError, ParameterError
    """
    operators, parts, trials = _shape(readings)
    cells = list(chain.from_iterable(readings))
    mean_range = sum((max(cell) - min(cell) for cell in cells), Fraction(0)) / len(cells)
    repeatability = float(mean_range) / factors(trials).d2
    means = [_mean(list(chain.from_iterable(operator))) for operator in readings]
    between = float(max(means) - min(means)) / _single_range(operators)
    noise = repeatability**2 / (parts * trials)
    reproducibility = sqrt(max(0.0, between**2 - noise))
    part_means = [
        _mean([value for operator in readings for value in operator[at]]) for at in range(parts)
    ]
    spread = float(max(part_means) - min(part_means)) / _single_range(parts)
    return _study("average_range", repeatability, reproducibility, spread=spread)


def anova_study(readings: Readings, *, pool_above: float = POOL_ABOVE) -> GaugeStudy:
    """Judge a gauge by a two-way analysis of variance with random effects.

    Parameters
    ----------
    readings
        Shape (n_operators, n_parts, n_trials), at least 2 each.
    pool_above
        Significance beyond which the interaction is taken for repeatability.

    Raises
    ------
    DesignError, VarianceError
    """
    operators, parts, trials = _shape(readings)
    full = _table(readings)
    pooled = full[2].p is not None and full[2].p > pool_above
    error = full[3].mean_square
    if pooled:
        degrees = full[2].degrees + full[3].degrees
        error = (full[2].squares + full[3].squares) / degrees
    inner = error if pooled else full[2].mean_square
    interaction = max(0.0, (inner - error) / trials)
    by_operator = max(0.0, (full[0].mean_square - inner) / (parts * trials))
    by_part = max(0.0, (full[1].mean_square - inner) / (operators * trials))
    return _study(
        "anova",
        sqrt(error),
        sqrt(by_operator + interaction),
        spread=sqrt(by_part),
        pooled=pooled,
        table=full,
    )


def _study(
    method: Method,
    repeatability: float,
    reproducibility: float,
    *,
    spread: float,
    pooled: bool = False,
    table: tuple[Row, ...] = (),
) -> GaugeStudy:
    gauge = sqrt(repeatability**2 + reproducibility**2)
    if gauge == 0:
        raise VarianceError("gauge shows no variation: its resolution is too coarse to judge it")
    return GaugeStudy(
        method=method,
        repeatability=repeatability,
        reproducibility=reproducibility,
        gauge=gauge,
        parts=spread,
        total=sqrt(gauge**2 + spread**2),
        categories=max(1, int(_CATEGORIES * spread / gauge)),
        pooled=pooled,
        table=table,
    )


def _shape(readings: Readings) -> tuple[int, int, int]:
    """Return operators, parts and trials of a crossed and balanced study."""
    shape = (len(readings), len(readings[0]) if readings else 0)
    cells = [cell for operator in readings for cell in operator]
    sizes = {len(cell) for cell in cells}
    if len({len(operator) for operator in readings}) != 1 or len(sizes) != 1:
        raise DesignError(
            "study is not balanced: every operator measures every part equally often, "
            f"got {len(cells)} cells of {', '.join(map(str, sorted(sizes))) or 'no'} trials"
        )
    trials = min(sizes)
    if min(*shape, trials) < 2:  # noqa: PLR2004 — a spread needs two of each
        raise DesignError(
            "study is too small: expected 2 operators, 2 parts and 2 trials, "
            f"got {shape[0]}, {shape[1]} and {trials}"
        )
    return (*shape, trials)


def _single_range(size: int) -> float:
    """Return d2* of one sample: √(d2² + d3²), the root mean square of its range."""
    found = factors(size)
    return sqrt(found.d2**2 + found.d3**2)


def _mean(values: Sequence[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


def _table(readings: Readings) -> tuple[Row, Row, Row, Row]:
    operators, parts, trials = _shape(readings)
    everything = [value for operator in readings for cell in operator for value in cell]
    grand = _mean(everything)
    operator_means = [_mean(list(chain.from_iterable(operator))) for operator in readings]
    part_means = [
        _mean([value for operator in readings for value in operator[at]]) for at in range(parts)
    ]
    by_operator = parts * trials * _squares(operator_means, grand)
    by_part = operators * trials * _squares(part_means, grand)
    cells = trials * _squares([_mean(cell) for operator in readings for cell in operator], grand)
    total = _squares(everything, grand)
    error = (total - cells) / (operators * parts * (trials - 1))
    if error == 0:
        raise VarianceError("repeated readings never differ: the gauge is too coarse to judge it")
    inner_degrees = (operators - 1) * (parts - 1)
    inner = (cells - by_operator - by_part) / inner_degrees
    over = (inner, inner_degrees)
    return (
        _row("operator", operators - 1, by_operator, over=over),
        _row("part", parts - 1, by_part, over=over),
        _row("interaction", inner_degrees, inner * inner_degrees,
             over=(error, operators * parts * (trials - 1))),
        _row("repeatability", operators * parts * (trials - 1), total - cells, over=None),
    )  # fmt: skip


def _squares(values: Sequence[Fraction], centre: Fraction) -> Fraction:
    return sum(((value - centre) ** 2 for value in values), Fraction(0))


def _row(
    source: Literal["operator", "part", "interaction", "repeatability"],
    degrees: int,
    squares: Fraction,
    *,
    over: tuple[Fraction, int] | None,
) -> Row:
    mean_square = squares / degrees
    f = p = None
    if over is not None and over[0] > 0:
        f = float(mean_square / over[0])
        p = float(special().fdtrc(degrees, over[1], f))
    return Row(source, degrees, float(squares), float(mean_square), f, p)
