"""Readings as exact numbers, and what describes them: mean, deviation, autocorrelation.

Sources: NIST/ITL Statistical Reference Datasets, univariate summary statistics (definitions);
T. F. Chan, G. H. Golub and R. J. LeVeque (1983), The American Statistician 37, 242-247, on
what is lost in floating point: nothing here, since readings are decimals.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import isfinite

from analytics.errors import (
    MetricSyntaxError,
    ReadingError,
    SpecificationError,
    TooFewError,
    VarianceError,
)
from analytics.exact import parse_decimal, sqrt_down

_ROOT_DECIMALS = 40


@dataclass(frozen=True, slots=True)
class Description:
    """Summary of readings; variance and deviation have the denominator n − 1.

    Parameters
    ----------
    autocorrelation
        Coefficient at lag 1; None without variance.
    """

    readings: int
    mean: Fraction
    variance: Fraction
    deviation: Fraction
    least: Fraction
    greatest: Fraction
    autocorrelation: Fraction | None


def parse_readings(
    texts: Sequence[str], *, name: str, quantum: Fraction | None = None
) -> tuple[Fraction, ...]:
    """Read plain decimals; with a quantum, refuse what the gauge cannot tell apart.

    Raises
    ------
    ReadingError
        Empty, NaN, infinite, not a plain decimal, no multiple of the quantum. The row is
        named, counted from 1.
    SpecificationError
        Quantum not positive.
    """
    if quantum is not None and quantum <= 0:
        raise SpecificationError(f"quantum is not positive: got {float(quantum)}")
    found = []
    for row, text in enumerate(texts, 1):
        try:
            value = parse_decimal(text.strip(), name=name)
        except MetricSyntaxError as error:
            raise ReadingError(f"reading {row}: {error}") from error
        if quantum is not None and (value / quantum).denominator != 1:
            raise ReadingError(
                f"reading {row} of {name} is finer than the quantum: "
                f"expected multiples of {float(quantum)}, got {text.strip()}"
            )
        found.append(value)
    return tuple(found)


def exact_readings(values: Iterable[float], *, name: str = "reading") -> tuple[Fraction, ...]:
    """Return floats as the numbers that they are.

    Raises
    ------
    ReadingError
        NaN or infinity.
    """
    found = []
    for row, value in enumerate(values, 1):
        if not isfinite(value):
            raise ReadingError(f"{name} {row} is no finite number: got {value}")
        found.append(Fraction(value))
    return tuple(found)


def describe(values: Sequence[Fraction]) -> Description:
    """Summarise readings in their order.

    Raises
    ------
    TooFewError
        Fewer than two readings.
    """
    n = len(values)
    if n < 2:  # noqa: PLR2004 — a deviation needs two readings
        raise TooFewError(f"too few readings to describe: expected 2, got {n}")
    mean = sum(values, Fraction(0)) / n
    offsets = [value - mean for value in values]
    squares = sum((offset * offset for offset in offsets), Fraction(0))
    lagged = sum((before * after for before, after in pairwise(offsets)), Fraction(0))
    spread = squares / (n - 1)
    return Description(
        readings=n,
        mean=mean,
        variance=spread,
        deviation=sqrt_down(spread, decimals=_ROOT_DECIMALS),
        least=min(values),
        greatest=max(values),
        autocorrelation=lagged / squares if squares else None,
    )


def varying(values: Sequence[Fraction]) -> Description:
    """Summarise readings that must vary.

    Raises
    ------
    TooFewError, VarianceError
    """
    found = describe(values)
    if found.variance == 0:
        raise VarianceError(f"readings do not vary: all {found.readings} are {float(found.mean)}")
    return found
