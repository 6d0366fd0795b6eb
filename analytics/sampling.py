"""Single sampling plans by attributes, for every code letter and AQL, and what they let through.

Source: ISO 2859-1:1999 (GB/T 2828.1-2012 has the same tables): table 1 (code letters), tables
2-A, 2-B and 2-C (plans). The plans lie on diagonals: a letter further and an AQL tighter have
the same acceptance number. The tables are therefore written as their diagonals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import comb
from typing import Literal

from analytics.errors import PlanError
from analytics.special_functions import special

Severity = Literal["normal", "tightened", "reduced"]
Model = Literal["binomial", "poisson", "hypergeometric"]
SEVERITIES: tuple[Severity, ...] = ("normal", "tightened", "reduced")
LETTERS = "ABCDEFGHJKLMNPQR"
_ALL_LETTERS = LETTERS + "S"  # Reached by an arrow of table 2-B only.
AQLS = (
    "0.010", "0.015", "0.025", "0.040", "0.065", "0.10", "0.15", "0.25", "0.40", "0.65", "1.0",
    "1.5", "2.5", "4.0", "6.5", "10", "15", "25", "40", "65", "100", "150", "250", "400", "650",
    "1000",
)  # fmt: skip
# Beyond, an AQL is no percentage of units but nonconformities per hundred units.
MOST_PERCENT = Fraction(10)
LEVELS = ("S-1", "S-2", "S-3", "S-4", "I", "II", "III")
_LOTS = (8, 15, 25, 50, 90, 150, 280, 500, 1200, 3200, 10000, 35000, 150000, 500000)
_BY_LEVEL = {
    "S-1": "AAAABBBBCCCCDDD",
    "S-2": "AAABBBCCCDDDEEE",
    "S-3": "AABBCCDDEEFFGGH",
    "S-4": "AABCCDEEFGGHJJK",
    "I": "AABCCDEFGHJKLMN",
    "II": "ABCDEFGHJKLMNPQ",
    "III": "BCDEFGHJKLMNPQR",
}
_SIZES = (2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1250, 2000, 3150)
_REDUCED_SIZES = (2, 2, 2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800)
_UP, _DOWN = -1, 1
_LAST_LONG = LETTERS.index("E")  # Later letters stop at smaller acceptance numbers.


@dataclass(frozen=True, slots=True)
class _Diagonals:
    """The cells of one table, from the diagonal of acceptance number 0 on.

    Parameters
    ----------
    zero
        Sum of the indices of letter and AQL on that diagonal.
    arrows
        Directions of the cells between it and the first plan with acceptance number 1.
    numbers
        Acceptance numbers from 1 on.
    short
        How many of them letters beyond E have.
    """

    zero: int
    arrows: tuple[int, ...]
    numbers: tuple[int, ...]
    short: int


_TABLES: dict[Severity, _Diagonals] = {
    "normal": _Diagonals(14, (_UP, _DOWN), (1, 2, 3, 5, 7, 10, 14, 21, 30, 44), 8),
    "tightened": _Diagonals(15, (_DOWN, _DOWN), (1, 2, 3, 5, 8, 12, 18, 27, 41), 7),
    "reduced": _Diagonals(14, (_UP, _DOWN, _DOWN), (1, 2, 3, 5, 6, 8, 10, 14, 21), 7),
}
# Rows A and B of table 2-C leave the diagonals: their samples of two are those of row C.
_SMALL_REDUCED = (1, 2, 3, 5, 7, 10, 14, 21, 30)
_SMALL_REDUCED_FROM = AQLS.index("25")


@dataclass(frozen=True, slots=True)
class Plan:
    """A single sampling plan.

    Parameters
    ----------
    letter
        Code letter of the plan that the arrows lead to.
    sample
        Units to inspect; the lot's, where it is smaller than the plan's sample.
    accept, reject
        Accept up to, and reject from, so many nonconforming units (or nonconformities).
    tighter_accept
        Acceptance number one AQL tighter, which the switching score asks for; None where
        `accept` is 0 or 1.
    """

    severity: Severity
    letter: str
    aql: str
    sample: int
    accept: int
    reject: int
    tighter_accept: int | None
    whole_lot: bool


def code_letter(lot: int, level: str = "II") -> str:
    """Return the code letter of a lot size and an inspection level (table 1).

    Raises
    ------
    PlanError
    """
    if level not in _BY_LEVEL:
        raise PlanError(f"no such level: expected one of {', '.join(LEVELS)}, got {level[:20]!r}")
    if lot < 2:  # noqa: PLR2004 — table 1 begins there
        raise PlanError(f"no code letter for this lot: expected 2 units or more, got {lot}")
    return _BY_LEVEL[level][sum(lot > most for most in _LOTS)]


def single_plan(letter: str, aql: str, severity: Severity, *, lot: int | None = None) -> Plan:
    """Return the plan of a code letter and an AQL, arrows followed (tables 2-A, 2-B, 2-C).

    Parameters
    ----------
    aql
        Percent nonconforming up to 10, or nonconformities per 100 units, as `AQLS` has it.
    lot
        Units; a lot no larger than the sample is inspected whole.

    Raises
    ------
    PlanError
    """
    if len(letter) != 1 or letter not in LETTERS:
        raise PlanError(f"no such code letter: expected one of {LETTERS}, got {letter[:20]!r}")
    if severity not in SEVERITIES:
        raise PlanError(f"no such severity: expected normal, tightened or reduced: {severity!r}")
    column = AQLS.index(standard_aql(aql))
    row, accept = _followed(LETTERS.index(letter), column, severity)
    sizes = _REDUCED_SIZES if severity == "reduced" else _SIZES
    tighter = _cell(row, column - 1, severity) if accept > 1 else None
    whole = lot is not None and lot <= sizes[row]
    return Plan(
        severity=severity,
        letter=_ALL_LETTERS[row],
        aql=AQLS[column],
        sample=lot if whole and lot is not None else sizes[row],
        accept=accept,
        reject=accept + 1,
        tighter_accept=None if tighter is None else tighter[0],
        whole_lot=whole,
    )


def standard_aql(text: str) -> str:
    """Return an AQL as the standard writes it; 1, 1.0 and 1.00 are the same.

    Raises
    ------
    PlanError
    """
    for known in AQLS:
        if text == known or (_is_decimal(text) and Fraction(text) == Fraction(known)):
            return known
    raise PlanError(f"no such AQL: expected one of {', '.join(AQLS)}, got {text[:20]!r}")


def _is_decimal(text: str) -> bool:
    return len(text) <= 8 and text.isascii() and text.replace(".", "", 1).isdigit()  # noqa: PLR2004 — no AQL is longer


def _cell(row: int, column: int, severity: Severity) -> tuple[int, int]:
    """Return (acceptance number, 0) of a plan, or (0, direction) of an arrow."""
    table = _TABLES[severity]
    if severity == "reduced" and row < 2 and column > AQLS.index("10") - row:  # noqa: PLR2004 — rows A and B
        at = column - _SMALL_REDUCED_FROM
        return (_SMALL_REDUCED[at], 0) if at >= 0 else (0, _DOWN)
    diagonal = row + column - table.zero
    if diagonal < 0:
        return 0, _DOWN
    if diagonal == 0:
        return 0, 0
    if diagonal <= len(table.arrows):
        return 0, table.arrows[diagonal - 1]
    known = table.numbers if row <= _LAST_LONG else table.numbers[: table.short]
    at = diagonal - 1 - len(table.arrows)
    return (known[at], 0) if at < len(known) else (0, _UP)


def _followed(row: int, column: int, severity: Severity) -> tuple[int, int]:
    """Follow an arrow to the first plan; one that leads out of the table turns round."""
    accept, direction = _cell(row, column, severity)
    if not direction:
        return row, accept
    # Row S has one plan, in the column where row R would otherwise have no second one.
    has_last = severity == "tightened" and AQLS[column] == "0.025"
    rows = len(LETTERS) + has_last
    for way in (direction, -direction):
        at = row + way
        while 0 <= at < rows:
            accept, further = _cell(at, column, severity)
            if not further:
                return at, accept
            at += way
    raise PlanError(f"no plan for letter {LETTERS[row]} at AQL {AQLS[column]}")


def acceptance(plan: Plan, quality: Fraction, *, model: Model, lot: int | None = None) -> float:
    """Return the probability that a lot of a quality is accepted.

    Parameters
    ----------
    quality
        Share of nonconforming units, 0 to 1; for `poisson` nonconformities per unit.
    lot
        Units of the lot, for `hypergeometric`; its nonconforming units are rounded.

    Raises
    ------
    PlanError
        Quality out of range; no lot where one is needed, or one smaller than the sample.
    """
    if quality < 0 or (model != "poisson" and quality > 1):
        raise PlanError(f"quality out of range: got {float(quality)}")
    if plan.accept >= plan.sample and model != "poisson":
        return 1.0
    if model == "binomial":
        return float(special().bdtr(plan.accept, plan.sample, float(quality)))
    if model == "poisson":
        return float(special().pdtr(plan.accept, plan.sample * float(quality)))
    if lot is None or lot < plan.sample:
        raise PlanError(f"lot is smaller than the sample of {plan.sample}: got {lot}")
    bad = round(quality * lot)
    ways = sum(
        comb(bad, found) * comb(lot - bad, plan.sample - found) for found in range(plan.accept + 1)
    )
    return float(Fraction(ways, comb(lot, plan.sample)))


def quality_accepted(plan: Plan, probability: float, *, model: Model = "binomial") -> float:
    """Return the quality that is accepted with a probability: 0.95 producer's, 0.10 consumer's.

    Raises
    ------
    PlanError
    """
    if not 0 < probability < 1:
        raise PlanError(f"probability outside (0, 1): got {probability}")
    if model == "poisson":
        return float(special().gammaincinv(plan.accept + 1, 1 - probability)) / plan.sample
    if model != "binomial":
        raise PlanError(f"no quality by this model: expected binomial or poisson, got {model}")
    if plan.accept >= plan.sample:
        return 1.0
    rest = plan.sample - plan.accept
    return float(special().betaincinv(plan.accept + 1, rest, 1 - probability))


def operating_characteristic(
    plan: Plan, *, model: Model = "binomial", points: int = 101
) -> Sequence[tuple[float, float]]:
    """Return quality and probability of acceptance, from 0 to where hardly a lot passes."""
    if points < 2:  # noqa: PLR2004 — a curve has two ends
        raise PlanError(f"too few points for a curve: expected 2, got {points}")
    worst = Fraction(quality_accepted(plan, 0.001, model=model))
    qualities = [worst * at / (points - 1) for at in range(points)]
    return tuple((float(q), acceptance(plan, q, model=model)) for q in qualities)
