"""Charts of counts: p and np of nonconforming units, c and u of nonconformities.

Sources: ISO 7870-2:2013, section 7; NIST/SEMATECH e-Handbook, sections 6.3.3.1 and 6.3.3.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from analytics.chart_rules import NELSON
from analytics.charts import Chart, location_track, phase_one_points
from analytics.errors import CountsError, ParameterError, TooFewError, VarianceError

_ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class _Form:
    """What tells the four charts apart.

    Parameters
    ----------
    kind, quantity
        Name of the chart and of what it draws.
    per_unit
        Whether a count is drawn over its units.
    bounded
        Whether a unit counts once at most.
    """

    kind: str
    quantity: str
    per_unit: bool
    bounded: bool


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
    return _drawn(
        _Form("p", "share", per_unit=True, bounded=True),
        nonconforming,
        inspected,
        rules=rules,
        phase_one=phase_one,
        mean=mean,
    )


def np_chart(
    nonconforming: Sequence[int],
    inspected: Sequence[int],
    *,
    rules: Sequence[str] = NELSON,
    phase_one: int | None = None,
    mean: Fraction | None = None,
) -> Chart:
    """Draw numbers of nonconforming units; `mean` is their share."""
    return _drawn(
        _Form("np", "number", per_unit=False, bounded=True),
        nonconforming,
        inspected,
        rules=rules,
        phase_one=phase_one,
        mean=mean,
    )


def c_chart(
    nonconformities: Sequence[int],
    *,
    rules: Sequence[str] = NELSON,
    phase_one: int | None = None,
    mean: Fraction | None = None,
) -> Chart:
    """Draw numbers of nonconformities in samples of one size; `mean` is their number."""
    return _drawn(
        _Form("c", "number", per_unit=False, bounded=False),
        nonconformities,
        [1] * len(nonconformities),
        rules=rules,
        phase_one=phase_one,
        mean=mean,
    )


def u_chart(
    nonconformities: Sequence[int],
    inspected: Sequence[int],
    *,
    rules: Sequence[str] = NELSON,
    phase_one: int | None = None,
    mean: Fraction | None = None,
) -> Chart:
    """Draw nonconformities per unit; `mean` is that ratio."""
    return _drawn(
        _Form("u", "ratio", per_unit=True, bounded=False),
        nonconformities,
        inspected,
        rules=rules,
        phase_one=phase_one,
        mean=mean,
    )


def _drawn(
    form: _Form,
    counts: Sequence[int],
    units: Sequence[int],
    *,
    rules: Sequence[str],
    phase_one: int | None,
    mean: Fraction | None,
) -> Chart:
    _check(counts, units, bounded=form.bounded)
    known, base = _mean(counts, units, phase_one=phase_one, given=mean, bounded=form.bounded)
    # Of a binomial share, or of a Poisson number, in one unit.
    variance = known * (1 - known) if form.bounded else known
    weights = [Fraction(1, size) if form.per_unit else Fraction(size) for size in units]
    track = location_track(
        form.quantity,
        [
            count * weight if form.per_unit else Fraction(count)
            for count, weight in zip(counts, weights, strict=True)
        ],
        centres=[known if form.per_unit else known * size for size in units],
        variances=[variance * weight for weight in weights],
        rules=rules,
        least=_ZERO,
    )
    return Chart(form.kind, (track,), base, known, None, tuple(rules))


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
