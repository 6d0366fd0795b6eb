"""What every control chart returns, and how its points meet limits and rules.

Source: ISO 7870-1:2019, sections 4 and 7: phase I sets the limits, phase II is held to them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from analytics.chart_rules import Signal, point, signals
from analytics.errors import ParameterError, TooFewError
from analytics.exact import sqrt_up

BEYOND = "beyond_range"


@dataclass(frozen=True, slots=True)
class Track:
    """One line of points with its limits, in the unit of the points; all of one length.

    Parameters
    ----------
    values, centre, lower, upper
        Shape (n_points,).
    signals
        Rules that the points break.
    """

    name: str
    values: tuple[Fraction, ...]
    centre: tuple[Fraction, ...]
    lower: tuple[Fraction, ...]
    upper: tuple[Fraction, ...]
    signals: tuple[Signal, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A control chart.

    Parameters
    ----------
    kind
        `i_mr`, `xbar_r`, `xbar_s`, `p`, `np`, `c`, `u`, `ewma` or `cusum`.
    tracks
        Location first, then dispersion.
    phase_one
        Leading points that set the limits; 0 where mean and sigma were given.
    mean, sigma
        Of the process as phase I found it, or as given. Sigma is that of one reading; None
        for counts, whose spread follows from their mean.
    rules
        Names of the rules that decide about the first track.
    """

    kind: str
    tracks: tuple[Track, ...]
    phase_one: int
    mean: Fraction
    sigma: Fraction | None
    rules: tuple[str, ...]

    @property
    def signals(self) -> tuple[Signal, ...]:
        """Return what every track says."""
        return tuple(signal for track in self.tracks for signal in track.signals)

    @property
    def is_stable(self) -> bool:
        """Return whether no rule is broken."""
        return not self.signals


@dataclass(frozen=True, slots=True)
class Standard:
    """Mean and standard deviation that are known: every point is phase II.

    Raises
    ------
    ParameterError
        Sigma not positive.
    """

    mean: Fraction
    sigma: Fraction

    def __post_init__(self) -> None:
        if self.sigma <= 0:
            raise ParameterError(f"sigma is not positive: got {float(self.sigma)}")


def phase_one_points(points: int, phase_one: int | None) -> int:
    """Return how many leading points set the limits.

    Raises
    ------
    TooFewError
        Fewer than two.
    ParameterError
        More than there are.
    """
    wanted = points if phase_one is None else phase_one
    if wanted > points:
        raise ParameterError(f"phase I is longer than the chart: got {wanted} of {points} points")
    if wanted < 2:  # noqa: PLR2004 — one point has no spread
        raise TooFewError(f"too few points to set limits: expected 2, got {wanted}")
    return wanted


def location_track(
    name: str,
    values: Sequence[Fraction],
    *,
    centres: Sequence[Fraction],
    variances: Sequence[Fraction],
    rules: Sequence[str],
    least: Fraction | None = None,
) -> Track:
    """Return points with three-sigma limits; `least` is what no value can fall below."""
    widths = [sqrt_up(9 * variance) for variance in variances]
    lower = [centre - width for centre, width in zip(centres, widths, strict=True)]
    if least is not None:
        lower = [max(value, least) for value in lower]
    # Rules look at several points at once: they see each in units of its own sigma.
    points = [
        point((value - centre) / width, Fraction(0), Fraction(1, 9))
        for value, centre, width in zip(values, centres, widths, strict=True)
    ]
    return Track(
        name=name,
        values=tuple(values),
        centre=tuple(centres),
        lower=tuple(lower),
        upper=tuple(c + w for c, w in zip(centres, widths, strict=True)),
        signals=signals(points, rules),
    )


def spread_track(
    name: str,
    values: Sequence[Fraction],
    *,
    centres: Sequence[Fraction],
    limits: Sequence[tuple[Fraction, Fraction]],
    signalling: bool = True,
) -> Track:
    """Return ranges or deviations; a value beyond its limits is a signal."""
    found = tuple(
        Signal(BEYOND, at)
        for at, (value, (lower, upper)) in enumerate(zip(values, limits, strict=True))
        if signalling and not lower <= value <= upper
    )
    lower, upper = zip(*limits, strict=True)
    return Track(name, tuple(values), tuple(centres), lower, upper, found)
