"""How much may be missing before it is a finding: a share of what went in, or an amount, or both.

Source: none; the notation is ItemProof's own.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from traceability.errors import InvalidInput
from traceability.lineage.balance.units import (
    COUNT,
    MASS,
    AmountInvalid,
    find_unit,
    read_number,
    split_amount,
)

EXACT_TEXT = "0"
_EXPECTED = "0, a share such as 0.5%, an amount such as 200 g, or both joined by +"


class ToleranceInvalid(InvalidInput):
    """A tolerance is a share below 100 %, an amount with its unit, or both."""

    code = "TOLERANCE_INVALID"


class Tolerance(NamedTuple):
    """What may be missing, or too much: `share` of the input and `amount`, added together.

    `amount` is in base units of `dimension`, and counts in balances of that dimension alone.
    """

    share: Fraction = Fraction(0)
    amount: Fraction = Fraction(0)
    dimension: str = MASS
    text: str = EXACT_TEXT

    def allows(self, difference: Fraction, *, of: Fraction, dimension: str) -> bool:
        """Tell whether a difference is small enough beside what went in."""
        fixed = self.amount if dimension == self.dimension else Fraction(0)
        return abs(difference) <= self.share * of + fixed


EXACT = Tolerance()


def read_tolerance(written: str) -> Tolerance:
    """Return a tolerance from its text: `0.5%`, `200 g`, `3 公斤`, `0.1% + 5 KGM`, `0`.

    Raises
    ------
    ToleranceInvalid
    UnitUnknown
        The amount is in no known unit.
    """
    share, amount, dimension = Fraction(0), Fraction(0), MASS
    parts = [part.strip() for part in written.replace("％", "%").split("+")]
    if len(parts) > 2 or sum(part.endswith("%") for part in parts) > 1:  # noqa: PLR2004 # a share and an amount
        raise _invalid(written)
    for part in parts:
        if part.endswith("%"):
            share = _number(part[:-1], written) / 100
        else:
            amount, dimension = _amount(part, written)
    if share >= 1 or (len(parts) > 1 and not any(part.endswith("%") for part in parts)):
        raise _invalid(written)
    return Tolerance(share, amount, dimension, written.strip()[:64])


def _amount(part: str, written: str) -> tuple[Fraction, str]:
    try:
        number, uom = split_amount(part)
    except AmountInvalid as error:
        raise _invalid(written) from error
    amount = _number(number, written)
    if uom is None and amount:
        raise _invalid(written)
    unit = find_unit(uom)
    dimension = MASS if uom is None and unit.dimension == COUNT else unit.dimension
    return amount * unit.factor, dimension


def _number(text: str, written: str) -> Fraction:
    try:
        number = read_number(text.strip())
    except AmountInvalid as error:
        raise _invalid(written) from error
    if number < 0:
        raise _invalid(written)
    return number


def _invalid(written: str) -> ToleranceInvalid:
    return ToleranceInvalid(
        f"tolerance is malformed: expected {_EXPECTED}, got {written[:40]!r}",
        expected=_EXPECTED,
        got=written[:40],
    )
