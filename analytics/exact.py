"""Exact numbers: decimals in, fractions inside, directed roots, fixed decimals out.

Source: IEEE 754-2019, section 4.3 (names of the roundings). Nothing here is a float, so
that results do not depend on summation order, processor or library.
"""

from __future__ import annotations

import re
from fractions import Fraction
from math import isqrt
from typing import Literal

from analytics.errors import MetricSyntaxError

Rounding = Literal["down", "up", "nearest"]

GRID_DECIMALS = 12  # Roots and bounds lie on this grid; every limit of the policy does too.
_MOST_CHARACTERS = 40  # A longer number is no measurement, and it costs quadratic time.
_DECIMAL = re.compile(r"([+-]?)(\d+)(?:\.(\d+))?(%?)", re.ASCII)


def parse_decimal(text: str, *, name: str, percent: bool = False) -> Fraction:
    """Read a plain decimal such as `0.98` or `-1.5`, with `percent` also `98%`, exactly.

    Raises
    ------
    MetricSyntaxError
        Exponents, spaces, separators, NaN, infinities, over 40 characters, or a percentage
        where none belongs.
    """
    match = _DECIMAL.fullmatch(text) if len(text) <= _MOST_CHARACTERS else None
    if match is None or (match[4] and not percent):
        shown = text[:_MOST_CHARACTERS]
        raise MetricSyntaxError(f"{name} is not a plain decimal: expected e.g. 0.98, got {shown!r}")
    sign, whole, decimals, is_percentage = match.groups(default="")
    value = Fraction(int(whole + decimals), 10 ** len(decimals))
    value = value / 100 if is_percentage else value
    return -value if sign == "-" else value


def round_to(value: Fraction, decimals: int, *, rounding: Rounding = "nearest") -> Fraction:
    """Round to a decimal grid: `down` to minus infinity, `up`, or to `nearest` (half to even)."""
    scaled = value * 10**decimals
    if rounding == "down":
        units = scaled.numerator // scaled.denominator
    elif rounding == "up":
        units = -(-scaled.numerator // scaled.denominator)
    else:
        units = round(scaled)
    return Fraction(units, 10**decimals)


def fixed(value: Fraction, decimals: int, *, rounding: Rounding = "nearest") -> str:
    """Write a fraction with exactly `decimals` decimals; zero has no sign."""
    rounded = round_to(value, decimals, rounding=rounding)
    units = abs(int(rounded * 10**decimals))
    whole, rest = divmod(units, 10**decimals)
    sign = "-" if rounded < 0 else ""
    return f"{sign}{whole}.{rest:0{decimals}d}" if decimals else f"{sign}{whole}"


def plain(value: Fraction) -> str:
    """Write a fraction that is a finite decimal in full, without trailing zeros."""
    decimals = 0
    while (value * 10**decimals).denominator != 1:
        decimals += 1
        if decimals > _MOST_CHARACTERS:
            raise MetricSyntaxError(f"not a finite decimal: {value}")
    return fixed(value, decimals)


def sqrt_down(value: Fraction, *, decimals: int = GRID_DECIMALS) -> Fraction:
    """Return the greatest grid point whose square is at most `value`.

    A comparison of the result with any other grid point has the outcome of the same
    comparison with the irrational root.
    """
    scaled = value * 10 ** (2 * decimals)
    return Fraction(isqrt(scaled.numerator // scaled.denominator), 10**decimals)


def sqrt_up(value: Fraction, *, decimals: int = GRID_DECIMALS) -> Fraction:
    """Return the least grid point whose square is at least `value`."""
    root = sqrt_down(value, decimals=decimals)
    return root if root * root == value else root + Fraction(1, 10**decimals)
