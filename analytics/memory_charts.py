"""Charts that remember: EWMA and tabular CUSUM, for small lasting shifts.

Sources: NIST/SEMATECH e-Handbook, sections 6.3.2.3 and 6.3.2.4; ISO 7870-4:2021 (CUSUM) and
ISO 7870-6:2016 (EWMA); J. M. Lucas and R. B. Crosier (1982), Technometrics 24, 199-205 (head
start).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from analytics.chart_rules import Signal
from analytics.charts import Chart, Standard, Track, phase_one_points
from analytics.errors import ParameterError, TooFewError
from analytics.exact import sqrt_up
from analytics.variables_charts import individuals_standard

# Numbers of a recursion grow without end if kept exact; 30 decimals lose nothing visible.
_DECIMALS = 10**30


def ewma_chart(
    values: Sequence[Fraction],
    *,
    weight: Fraction = Fraction(1, 5),
    width: Fraction = Fraction(3),
    steady: bool = False,
    phase_one: int | None = None,
    standard: Standard | None = None,
) -> Chart:
    """Draw exponentially weighted moving averages of individuals.

    Parameters
    ----------
    weight
        λ of the newest reading, in (0, 1].
    width
        Half-width of the limits, in sigmas of the average.
    steady
        Whether limits are from the start those of a long chart.

    Notes
    -----
    zᵢ = λxᵢ + (1 − λ)zᵢ₋₁ from z₀ = mean; limits mean ∓ Lσ √(λ/(2−λ) (1 − (1−λ)²ⁱ))

    Raises
    ------
    TooFewError, VarianceError, ParameterError
    """
    if not 0 < weight <= 1:
        raise ParameterError(f"weight outside (0, 1]: got {float(weight)}")
    if width <= 0:
        raise ParameterError(f"width of the limits is not positive: got {float(width)}")
    known, base = _known(values, phase_one, standard)
    averages, lower, upper = [], [], []
    average, decay = known.mean, Fraction(1)
    for value in values:
        average = _kept(weight * value + (1 - weight) * average)
        decay = _kept(decay * (1 - weight) ** 2)
        share = weight / (2 - weight) * (1 if steady else 1 - decay)
        half = width * known.sigma * sqrt_up(share)
        averages.append(average)
        lower.append(known.mean - half)
        upper.append(known.mean + half)
    found = tuple(
        Signal("ewma", at)
        for at, (value, low, high) in enumerate(zip(averages, lower, upper, strict=True))
        if not low <= value <= high
    )
    centre = (known.mean,) * len(values)
    track = Track("ewma", tuple(averages), centre, tuple(lower), tuple(upper), found)
    return Chart("ewma", (track,), base, known.mean, known.sigma, ("ewma",))


def cusum_chart(
    values: Sequence[Fraction],
    *,
    reference: Fraction = Fraction(1, 2),
    interval: Fraction = Fraction(5),
    head_start: Fraction = Fraction(0),
    phase_one: int | None = None,
    standard: Standard | None = None,
) -> Chart:
    """Draw both tabular cumulative sums of individuals, in the unit of the readings.

    Parameters
    ----------
    reference, interval
        k and h, in sigmas.
    head_start
        Where both sums begin, in sigmas, below h.

    Notes
    -----
    Sᵢ⁺ = max(0, Sᵢ₋₁⁺ + xᵢ − mean − kσ), Sᵢ⁻ likewise downward; a signal is a sum beyond hσ.

    Raises
    ------
    TooFewError, VarianceError, ParameterError
    """
    if reference < 0 or interval <= 0 or not 0 <= head_start < interval:
        raise ParameterError(
            "expected k of 0 or more, h above 0 and a head start below it: "
            f"got {float(reference)}, {float(interval)}, {float(head_start)}"
        )
    known, base = _known(values, phase_one, standard)
    limit = interval * known.sigma
    slack = reference * known.sigma
    start = head_start * known.sigma
    high = _sums([value - known.mean - slack for value in values], start)
    low = _sums([known.mean - value - slack for value in values], start)
    tracks = (_sum_track("cusum_high", high, limit), _sum_track("cusum_low", low, limit))
    return Chart("cusum", tracks, base, known.mean, known.sigma, ("cusum",))


def _known(
    values: Sequence[Fraction], phase_one: int | None, given: Standard | None
) -> tuple[Standard, int]:
    if given is None:
        base = phase_one_points(len(values), phase_one)
        return individuals_standard(values, phase_one=phase_one), base
    if not values:
        raise TooFewError("no readings to draw: expected 1, got 0")
    return given, 0


def _sums(steps: Sequence[Fraction], start: Fraction) -> list[Fraction]:
    sums = []
    total = start
    for step in steps:
        total = _kept(max(Fraction(0), total + step))
        sums.append(total)
    return sums


def _sum_track(name: str, sums: Sequence[Fraction], limit: Fraction) -> Track:
    zeros = (Fraction(0),) * len(sums)
    found = tuple(Signal(name, at) for at, value in enumerate(sums) if value > limit)
    return Track(name, tuple(sums), zeros, zeros, (limit,) * len(sums), found)


def _kept(value: Fraction) -> Fraction:
    return Fraction(round(value * _DECIMALS), _DECIMALS)
