"""Confidence bounds of proportions and capability indices, rounded outward.

Sources: E. B. Wilson (1927), JASA 22, 209-212; C. J. Clopper and E. S. Pearson (1934),
Biometrika 26, 404-413; A. F. Bissell (1990), Applied Statistics 39, 331-340.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from analytics.errors import CountsError
from analytics.exact import GRID_DECIMALS, round_to, sqrt_up
from analytics.special_functions import special

_QUANTILE_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Interval:
    """Two bounds, low at most high, both on the decimal grid."""

    low: Fraction
    high: Fraction


@lru_cache(maxsize=4096)
def normal_quantile(probability: Fraction) -> Fraction:
    """Return the standard normal quantile above 1/2, rounded up to 6 decimals.

    The only float of the Wilson and Bissell bounds: its last bits are rounded away, and
    rounding up widens the interval.
    """
    if not Fraction(1, 2) < probability < 1:
        raise CountsError(f"quantile wanted outside (1/2, 1): got {probability}")
    # The complement keeps its digits where the probability itself is close to one.
    value = -float(special().ndtri(float(1 - probability)))
    return round_to(Fraction(value), _QUANTILE_DECIMALS, rounding="up")


def chi_square_quantile(degrees: int, tail: Fraction) -> Fraction:
    """Return the value that a chi-square variable exceeds with probability `tail`, rounded up."""
    value = float(special().chdtri(degrees, float(tail)))
    return round_to(Fraction(value), _QUANTILE_DECIMALS, rounding="up")


def wilson(successes: int, trials: int, *, confidence: Fraction) -> Interval:
    """Return the two-sided Wilson score interval of a proportion, in exact arithmetic.

    Parameters
    ----------
    successes, trials
        Units; `0 <= successes <= trials`, `trials >= 1`.
    confidence
        Coverage wanted, in (0, 1).

    Notes
    -----
    (x + z²/2 ± z √(x(n − x)/n + z²/4)) / (n + z²)
    """
    _check_counts(successes, trials)
    z = normal_quantile((1 + confidence) / 2)
    spread = sqrt_up(z * z * (Fraction(successes * (trials - successes), trials) + z * z / 4))
    centre = successes + z * z / 2
    low = round_to((centre - spread) / (trials + z * z), GRID_DECIMALS, rounding="down")
    high = round_to((centre + spread) / (trials + z * z), GRID_DECIMALS, rounding="up")
    return Interval(max(low, Fraction(0)), min(high, Fraction(1)))


def exact_upper(successes: int, trials: int, *, confidence: Fraction) -> Fraction:
    """Return the one-sided Clopper-Pearson upper bound of a proportion, rounded up."""
    _check_counts(successes, trials)
    if successes == trials:
        return Fraction(1)
    # The complement's small bound keeps digits that 1 - large would lose.
    value = float(special().betaincinv(successes + 1, trials - successes, float(confidence)))
    return min(Fraction(1), round_to(Fraction(value), GRID_DECIMALS, rounding="up"))


def exact_lower(successes: int, trials: int, *, confidence: Fraction) -> Fraction:
    """Return the one-sided Clopper-Pearson lower bound of a proportion, rounded down."""
    return 1 - exact_upper(trials - successes, trials, confidence=confidence)


def clopper_pearson(successes: int, trials: int, *, confidence: Fraction) -> Interval:
    """Return the two-sided exact interval of a proportion, rounded outward.

    Parameters
    ----------
    successes, trials
        Units; `0 <= successes <= trials`, `trials >= 1`.
    confidence
        Coverage wanted, in (0, 1); what is missing is shared by both sides.
    """
    each = (1 + confidence) / 2
    return Interval(
        exact_lower(successes, trials, confidence=each),
        exact_upper(successes, trials, confidence=each),
    )


def capability_spread(
    index: Fraction, readings: int, *, degrees: Fraction, z: Fraction
) -> Fraction:
    """Return the half-width of Bissell's interval of Cpk or Ppk, rounded up.

    Parameters
    ----------
    index
        The estimate.
    readings
        Individual readings behind the mean.
    degrees
        Degrees of freedom behind the estimate of the standard deviation.
    z
        Normal quantile.

    Notes
    -----
    z √(1/(9n) + Cpk²/(2ν))
    """
    if readings < 1 or degrees <= 0:
        raise CountsError(f"too few readings for an interval: got {readings}")
    return sqrt_up(z * z * (Fraction(1, 9 * readings) + index * index / (2 * degrees)))


def _check_counts(successes: int, trials: int) -> None:
    if trials < 1 or not 0 <= successes <= trials:
        raise CountsError(f"successes outside 0 … trials: got {successes} of {trials}")
