"""Factors of control charts for samples of a normal process, computed and not typed in.

Sources: ISO 7870-2:2013, table 2 (names and definitions); H. L. Harter (1960), Annals of
Mathematical Statistics 31, 1122-1147 (distribution of the range).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import exp, lgamma, sqrt

import numpy as np

from analytics.errors import ParameterError
from analytics.special_functions import special

LARGEST_RANGE = 25  # Beyond, a range wastes most of what the readings say.
_WIDEST = 18.0  # In sigmas: the range of 25 readings is wider once in 10³⁰ samples.
_NODES = 240


@dataclass(frozen=True, slots=True)
class Factors:
    """Factors for samples of one size.

    Parameters
    ----------
    d2, d3
        Mean and standard deviation of the range of a unit normal sample.
    c4
        Mean of its standard deviation.
    """

    size: int
    d2: float
    d3: float
    c4: float

    @property
    def a2(self) -> float:
        """Return the half-width of the limits of the mean in mean ranges."""
        return 3 / (self.d2 * sqrt(self.size))

    @property
    def a3(self) -> float:
        """Return the half-width of the limits of the mean in mean deviations."""
        return 3 / (self.c4 * sqrt(self.size))

    @property
    def d_limits(self) -> tuple[float, float]:
        """Return D3 and D4, the limits of the range in mean ranges."""
        width = 3 * self.d3 / self.d2
        return max(0.0, 1 - width), 1 + width

    @property
    def b_limits(self) -> tuple[float, float]:
        """Return B3 and B4, the limits of the deviation in mean deviations."""
        width = 3 * sqrt(1 - self.c4 * self.c4) / self.c4
        return max(0.0, 1 - width), 1 + width

    @property
    def e2(self) -> float:
        """Return the half-width of the limits of individuals in mean ranges."""
        return 3 / self.d2


@lru_cache(maxsize=64)
def factors(size: int) -> Factors:
    """Return the factors of a sample size from 2 to 25.

    Raises
    ------
    ParameterError
    """
    if not 2 <= size <= LARGEST_RANGE:  # noqa: PLR2004 — a range needs two readings
        raise ParameterError(f"no factors of this size: expected 2 to {LARGEST_RANGE}, got {size}")
    mean, deviation = _range_moments(size)
    return Factors(size, mean, deviation, mean_deviation(size))


def mean_deviation(size: int) -> float:
    """Return c4 of any sample size from 2: the mean deviation of a unit normal sample."""
    if size < 2:  # noqa: PLR2004 — a deviation needs two readings
        raise ParameterError(f"no deviation of this size: expected 2 or more, got {size}")
    return sqrt(2 / (size - 1)) * exp(lgamma(size / 2) - lgamma((size - 1) / 2))


def _range_moments(size: int) -> tuple[float, float]:
    """Integrate the survival function of the range.

    Notes
    -----
    P(R ≤ w) = n ∫ φ(x) (Φ(x + w) − Φ(x))ⁿ⁻¹ dx
    """
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    width = (nodes + 1) * _WIDEST / 2
    measure = weights * _WIDEST / 2
    x = np.linspace(-_WIDEST, _WIDEST, 4 * _NODES + 1)
    density = np.exp(-x * x / 2) / sqrt(2 * np.pi)
    between = special().ndtr(x + width[:, None]) - special().ndtr(x)
    within = size * (density * between ** (size - 1)).sum(axis=1) * (x[1] - x[0])
    mean = float(((1 - within) * measure).sum())
    square = float((2 * width * (1 - within) * measure).sum())
    return mean, sqrt(square - mean * mean)
