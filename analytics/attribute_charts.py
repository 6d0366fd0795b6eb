"""Charts of counts: p and np of nonconforming units, c and u of nonconformities.

Sources: ISO 7870-2:2013, section 7; NIST/SEMATECH e-Handbook, sections 6.3.3.1 and 6.3.3.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from analytics.chart_rules import NELSON
from analytics.charts import Chart, location_track, phase_one_points
from analytics.errors import CountsError, ParameterError, TooFewError, VarianceError

_ZERO = Fraction(0)


def p_chart(
    nonconforming: Sequence[int],
    inspected: Sequence[int],
    *,
    rules: Sequence[str] = NELSON,
    phase_one: int | None = None,
    mean: Fraction | None = None,
) -> Chart:
    """Draw shares of nonconforming units.

    Parameters
    ----------
    nonconforming, inspected
        Shape (n_points,), units.
    phase_one
        Leading points that set the limits; None for all.
    mean
        Known share, instead of phase I.

    Raises
    ------
    CountsError, TooFewError, VarianceError, ParameterError
    """
    _check(nonconforming, inspected, bounded=True)
    known, base = _mean(nonconforming, inspected, phase_one=phase_one, given=mean, bounded=True)
    track = location_track(
        "share",
        _ratios(nonconforming, inspected),
        centres=[known] * len(inspected),
        variances=[known * (1 - known) / units for units in inspected],
        rules=rules,
        least=_ZERO,
    )
    return Chart("p", (track,), base, known, None, tuple(rules))


def np_chart(
    nonconforming: Sequence[int],
    inspected: Sequence[int],
    *,
    rules: Sequence[str] = NELSON,
    phase_one: int | None = None,
    mean: Fraction | None = None,
) -> Chart:
    """Draw numbers of nonconforming units; `mean` is their share."""
    _check(nonconforming, inspected, bounded=True)
    known, base = _mean(nonconforming, inspected, phase_one=phase_one, given=mean, bounded=True)
    track = location_track(
        "number",
        [Fraction(count) for count in nonconforming],
        centres=[known * units for units in inspected],
        variances=[known * (1 - known) * units for units in inspected],
        rules=rules,
        least=_ZERO,
    )
    return Chart("np", (track,), base, known, None, tuple(rules))


def c_chart(
    nonconformities: Sequence[int],
    *,
    rules: Sequence[str] = NELSON,
    phase_one: int | None = None,
    mean: Fraction | None = None,
) -> Chart:
    """Draw numbers of nonconformities in samples of one size; `mean` is their number."""
    ones = [1] * len(nonconformities)
    _check(nonconformities, ones, bounded=False)
    known, base = _mean(nonconformities, ones, phase_one=phase_one, given=mean, bounded=False)
    track = location_track(
        "number",
        [Fraction(count) for count in nonconformities],
        centres=[known] * len(ones),
        variances=[known] * len(ones),
        rules=rules,
        least=_ZERO,
    )
    return Chart("c", (track,), base, known, None, tuple(rules))


def u_chart(
    nonconformities: Sequence[int],
    inspected: Sequence[int],
    *,
    rules: Sequence[str] = NELSON,
    phase_one: int | None = None,
    mean: Fraction | None = None,
) -> Chart:
    """Draw nonconformities per unit; `mean` is that ratio."""
    _check(nonconformities, inspected, bounded=False)
    known, base = _mean(nonconformities, inspected, phase_one=phase_one, given=mean, bounded=False)
    track = location_track(
        "ratio",
        _ratios(nonconformities, inspected),
        centres=[known] * len(inspected),
        variances=[known / units for units in inspected],
        rules=rules,
        least=_ZERO,
    )
    return Chart("u", (track,), base, known, None, tuple(rules))


def _ratios(counts: Sequence[int], units: Sequence[int]) -> list[Fraction]:
    return [Fraction(count, size) for count, size in zip(counts, units, strict=True)]


def _check(counts: Sequence[int], units: Sequence[int], *, bounded: bool) -> None:
    if len(counts) != len(units):
        raise CountsError(f"counts and units differ in number: got {len(counts)} and {len(units)}")
    if not counts:
        raise TooFewError("no samples to draw: expected 1, got 0")
    for at, (count, size) in enumerate(zip(counts, units, strict=True), 1):
        if size < 1 or count < 0 or (bounded and count > size):
            raise CountsError(
                f"counts of sample {at} contradict each other: got {count} of {size} units"
            )


def _mean(
    counts: Sequence[int],
    units: Sequence[int],
    *,
    phase_one: int | None,
    given: Fraction | None,
    bounded: bool,
) -> tuple[Fraction, int]:
    """Return the mean, given or of phase I, which must leave room for chance."""
    if given is not None:
        if given <= 0 or (bounded and given >= 1):
            raise ParameterError(f"known mean leaves no room for chance: got {float(given)}")
        return given, 0
    base = phase_one_points(len(counts), phase_one)
    found = Fraction(sum(counts[:base]), sum(units[:base]))
    if found == 0 or (bounded and found == 1):
        raise VarianceError(
            f"no limits from phase I: {sum(counts[:base])} of {sum(units[:base])} units "
            "leave no room for chance"
        )
    return found, base
