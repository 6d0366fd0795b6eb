"""Charts of measurements: individuals, means with ranges, means with deviations.

Sources: ISO 7870-2:2013, section 6; NIST/SEMATECH e-Handbook, sections 6.3.2.1 and 6.3.2.2;
L. S. Nelson (1982), Journal of Quality Technology 14, 172-173 (moving ranges raise no signal).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise

from analytics.chart_rules import NELSON
from analytics.charts import (
    Chart,
    Standard,
    Track,
    location_track,
    phase_one_points,
    spread_track,
)
from analytics.errors import ParameterError, TooFewError, VarianceError
from analytics.exact import sqrt_down
from analytics.factors import LARGEST_RANGE, factors, mean_deviation
from analytics.readings import describe

_ROOT_DECIMALS = 18
Subgroups = Sequence[Sequence[Fraction]]


def individuals_chart(
    values: Sequence[Fraction],
    *,
    rules: Sequence[str] = NELSON,
    phase_one: int | None = None,
    standard: Standard | None = None,
) -> Chart:
    """Draw individuals and moving ranges (I-MR).

    Parameters
    ----------
    values
        Shape (n_points,), in the order of production.
    phase_one
        Leading points that set the limits; None for all.
    standard
        Known mean and sigma, instead of phase I.

    Raises
    ------
    TooFewError, VarianceError, ParameterError
    """
    known = standard or individuals_standard(values, phase_one=phase_one)
    base = 0 if standard else phase_one_points(len(values), phase_one)
    if not values:
        raise TooFewError("no readings to draw: expected 1, got 0")
    ranges = [abs(after - before) for before, after in pairwise(values)]
    main = location_track(
        "individuals",
        values,
        centres=[known.mean] * len(values),
        variances=[known.sigma**2] * len(values),
        rules=rules,
    )
    tracks = [main]
    if ranges:
        centre, limits = _range_limits(2, known.sigma)
        tracks.append(
            spread_track(
                "moving_range",
                ranges,
                centres=[centre] * len(ranges),
                limits=[limits] * len(ranges),
                signalling=False,
            )
        )
    return Chart("i_mr", tuple(tracks), base, known.mean, known.sigma, tuple(rules))


def individuals_standard(values: Sequence[Fraction], *, phase_one: int | None = None) -> Standard:
    """Return mean, and sigma from the mean moving range, of the points of phase I.

    Raises
    ------
    TooFewError, VarianceError, ParameterError
    """
    base = values[: phase_one_points(len(values), phase_one)]
    ranges = [abs(after - before) for before, after in pairwise(base)]
    average = sum(ranges, Fraction(0)) / len(ranges)
    if average == 0:
        raise VarianceError(f"readings do not vary: all {len(base)} are {float(base[0])}")
    mean = sum(base, Fraction(0)) / len(base)
    return Standard(mean, average / Fraction(factors(2).d2))


def mean_range_chart(
    subgroups: Subgroups,
    *,
    rules: Sequence[str] = NELSON,
    phase_one: int | None = None,
    standard: Standard | None = None,
) -> Chart:
    """Draw means and ranges (Xbar-R) of subgroups of 2 to 25.

    Raises
    ------
    TooFewError, VarianceError, ParameterError
    """
    _check_sizes(subgroups, largest=LARGEST_RANGE)
    spreads = [max(part) - min(part) for part in subgroups]
    known, base = _known(
        subgroups, spreads, unit=lambda size: factors(size).d2, phase_one=phase_one, given=standard
    )
    found = [_range_limits(len(part), known.sigma) for part in subgroups]
    dispersion = spread_track(
        "range", spreads, centres=[part[0] for part in found], limits=[part[1] for part in found]
    )
    tracks = (_means(subgroups, known, rules), dispersion)
    return Chart("xbar_r", tracks, base, known.mean, known.sigma, tuple(rules))


def mean_deviation_chart(
    subgroups: Subgroups,
    *,
    rules: Sequence[str] = NELSON,
    phase_one: int | None = None,
    standard: Standard | None = None,
) -> Chart:
    """Draw means and standard deviations (Xbar-s) of subgroups of two or more.

    Raises
    ------
    TooFewError, VarianceError, ParameterError
    """
    _check_sizes(subgroups, largest=None)
    spreads = [sqrt_down(describe(part).variance, decimals=_ROOT_DECIMALS) for part in subgroups]
    known, base = _known(
        subgroups, spreads, unit=mean_deviation, phase_one=phase_one, given=standard
    )
    found = [_deviation_limits(len(part), known.sigma) for part in subgroups]
    dispersion = spread_track(
        "deviation", spreads, centres=[p[0] for p in found], limits=[p[1] for p in found]
    )
    tracks = (_means(subgroups, known, rules), dispersion)
    return Chart("xbar_s", tracks, base, known.mean, known.sigma, tuple(rules))


def _check_sizes(subgroups: Subgroups, *, largest: int | None) -> None:
    for at, part in enumerate(subgroups, 1):
        if len(part) < 2:  # noqa: PLR2004 — a spread needs two readings
            raise TooFewError(f"subgroup {at} is too small: expected 2 readings, got {len(part)}")
        if largest is not None and len(part) > largest:
            raise ParameterError(
                f"subgroup {at} is too large for ranges: expected at most {largest} readings, "
                f"got {len(part)}"
            )


def _known(
    subgroups: Subgroups,
    spreads: Sequence[Fraction],
    *,
    unit: Callable[[int], float],
    phase_one: int | None,
    given: Standard | None,
) -> tuple[Standard, int]:
    """Return mean and sigma: as given, or the mean of each spread over its factor."""
    if given is not None:
        if not subgroups:
            raise TooFewError("no subgroups to draw: expected 1, got 0")
        return given, 0
    base = phase_one_points(len(subgroups), phase_one)
    pairs = zip(subgroups[:base], spreads[:base], strict=True)
    sigma = sum((s / Fraction(unit(len(part))) for part, s in pairs), Fraction(0)) / base
    readings = [value for part in subgroups[:base] for value in part]
    if sigma == 0:
        raise VarianceError(f"readings do not vary within any of {base} subgroups")
    return Standard(sum(readings, Fraction(0)) / len(readings), sigma), base


def _means(subgroups: Subgroups, known: Standard, rules: Sequence[str]) -> Track:
    return location_track(
        "mean",
        [sum(part, Fraction(0)) / len(part) for part in subgroups],
        centres=[known.mean] * len(subgroups),
        variances=[known.sigma**2 / len(part) for part in subgroups],
        rules=rules,
    )


def _range_limits(size: int, sigma: Fraction) -> tuple[Fraction, tuple[Fraction, Fraction]]:
    found = factors(size)
    centre = Fraction(found.d2) * sigma
    lower, upper = found.d_limits
    return centre, (Fraction(lower) * centre, Fraction(upper) * centre)


def _deviation_limits(size: int, sigma: Fraction) -> tuple[Fraction, tuple[Fraction, Fraction]]:
    c4 = Fraction(mean_deviation(size))
    centre = c4 * sigma
    width = 3 * sqrt_down(1 - c4 * c4, decimals=_ROOT_DECIMALS) * sigma
    return centre, (max(Fraction(0), centre - width), centre + width)
