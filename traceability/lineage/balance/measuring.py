"""What an event says of an amount, as exact numbers; and why it cannot be, where it cannot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from traceability.lineage.balance.units import (
    MASS,
    AmountInvalid,
    UnitUnknown,
    read_amount,
)
from traceability.lineage.rules import kind_of

# Why an amount, and so a balance, is not established.
AMOUNT_MISSING = "AMOUNT_MISSING"
AMOUNT_INVALID = "AMOUNT_INVALID"
UNIT_UNKNOWN = "UNIT_UNKNOWN"
NET_WEIGHT_MISSING = "NET_WEIGHT_MISSING"
NET_WEIGHT_INVALID = "NET_WEIGHT_INVALID"
NET_WEIGHT_DISPUTED = "NET_WEIGHT_DISPUTED"
CONTENTS_UNKNOWN = "CONTENTS_UNKNOWN"


class Stated(NamedTuple):
    """An amount as an event says it; without a quantity a single thing, or an open amount."""

    code: str
    quantity: str | None = None
    uom: str | None = None


class Trouble(NamedTuple):
    """Why something cannot be established: a stable code, and the code of the thing."""

    reason: str
    subject: str


@dataclass(frozen=True, slots=True)
class Measured:
    """An amount in base units by dimension, in mass where that follows; or what is wrong."""

    amounts: Mapping[str, Fraction] = field(default_factory=dict)
    troubles: tuple[Trouble, ...] = ()


@dataclass(frozen=True, slots=True)
class Weights:
    """Net weights of one piece, metre, litre or square metre, as they were stated.

    Parameters
    ----------
    statements
        Of each code, every statement: (number, unit).
    broader
        The codes whose statements count where a code has none, nearest first: lot, then product.
    """

    statements: Mapping[str, frozenset[tuple[str, str | None]]] = field(default_factory=dict)
    broader: Callable[[str], tuple[str, ...]] = lambda _code: ()

    def of(self, code: str) -> Fraction | Trouble:
        """Return the net weight of one of a code in kilograms."""
        for one in (code, *self.broader(code)):
            said = self.statements.get(one)
            if said:
                return _agreed(said, code)
        return Trouble(NET_WEIGHT_MISSING, code)


def _agreed(said: frozenset[tuple[str, str | None]], code: str) -> Fraction | Trouble:
    try:
        found = {read_amount(number, uom) for number, uom in said}
    except (AmountInvalid, UnitUnknown):
        return Trouble(NET_WEIGHT_INVALID, code)
    if any(dimension != MASS for _, dimension in found):
        return Trouble(NET_WEIGHT_INVALID, code)
    if len(found) > 1:
        return Trouble(NET_WEIGHT_DISPUTED, code)
    return next(iter(found))[0]


def measure(stated: Stated, weights: Weights) -> Measured:
    """Return what an event says of an amount: of a single thing, one piece.

    In mass, if it was said in a unit of mass, or if the net weight of one is stated.
    """
    try:
        found = _said(stated)
    except AmountInvalid:
        found = Trouble(AMOUNT_INVALID, stated.code)
    except UnitUnknown:
        found = Trouble(UNIT_UNKNOWN, stated.code)
    if isinstance(found, Trouble):
        return Measured(troubles=(found,))
    amount, dimension = found
    if dimension == MASS:
        return Measured({MASS: amount})
    weight = weights.of(stated.code)
    if isinstance(weight, Trouble):
        return Measured({dimension: amount}, (weight,))
    return Measured({dimension: amount, MASS: amount * weight})


def _said(stated: Stated) -> tuple[Fraction, str] | Trouble:
    """Return the amount and its dimension, as it was said."""
    kind = kind_of(stated.code)
    if stated.quantity is None and kind in ("container", "asset"):
        return Trouble(CONTENTS_UNKNOWN, stated.code)
    if stated.quantity is None and kind in ("lot", "class"):
        return Trouble(AMOUNT_MISSING, stated.code)
    return read_amount(stated.quantity or "1", stated.uom)


def total(amounts: list[Measured], dimension: str) -> Fraction | None:
    """Return the sum in one dimension; none where one of the amounts is not known in it."""
    found = [one.amounts.get(dimension) for one in amounts]
    return None if None in found else sum((one for one in found if one is not None), Fraction(0))


def product_of(code: str) -> str:
    """Return the code of the product that a lot or a single thing is of, itself where of none."""
    parts = code.split("/")
    is_keyed = len(parts) > 6 and parts[3] in ("01", "8006")  # noqa: PLR2004 # scheme, host, key, value, qualifier, value
    return "/".join(parts[:5]) if is_keyed else code
