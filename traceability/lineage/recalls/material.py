"""The balance of what a recall reaches, as its report tells it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from traceability.lineage.balance.accounts import BREACHED, NOT_ESTABLISHED
from traceability.lineage.balance.asking import balance
from traceability.lineage.balance.findings import (
    LOT_OVERDRAWN,
    MASS_UNACCOUNTED,
    OUTPUT_EXCEEDS_INPUT,
    RECEIVED_DIFFERS,
    STOCK_DIFFERS,
)
from traceability.lineage.balance.results import Balance as Found
from traceability.lineage.balance.results import Made
from traceability.lineage.balance.tolerance import Tolerance
from traceability.lineage.balance.units import BASE_UNITS, MASS, as_text
from traceability.lineage.recalls.report import Balance, Shortfall
from traceability.lineage.results import Limits, ProofURL
from traceability.lineage.rules import DOWNSTREAM
from traceability.store.repositories import Repositories

# Of a code rather than of a transformation.
_OF_CODES = (LOT_OVERDRAWN, RECEIVED_DIFFERS, STOCK_DIFFERS)


def material_of(
    repositories: Repositories,
    code: str,
    *,
    tolerance: Tolerance,
    limits: Limits,
    proof_url: ProofURL,
) -> Balance:
    """Return the balance of every transformation that a fault of a code reaches."""
    found = balance(
        repositories,
        code,
        tolerance=tolerance,
        direction=DOWNSTREAM,
        limits=limits,
        proof_url=proof_url,
    )
    unchecked = sum(one.closing.state == NOT_ESTABLISHED for one in found.made)
    return Balance(
        checked=len(found.made) - unchecked,
        unchecked=unchecked,
        tolerance=tolerance.text,
        shortfalls=tuple(_shortfalls(found)),
    )


def _shortfalls(found: Found) -> Iterator[Shortfall]:
    for made in found.made:
        if made.closing.state == BREACHED:
            yield _of_making(made)
    for one in found.findings:
        if one.code in _OF_CODES:
            yield Shortfall(one.code, one.subject, one.message)


def _of_making(made: Made) -> Shortfall:
    closing = made.closing
    missing = closing.unaccounted or Fraction(0)
    outputs = (closing.output or Fraction(0)) + (closing.scrap or Fraction(0))
    return Shortfall(
        code=MASS_UNACCOUNTED if missing > 0 else OUTPUT_EXCEEDS_INPUT,
        subject=made.event_ids[0],
        message="",
        unit=BASE_UNITS[closing.dimension or MASS],
        inputs=_decimal(closing.input or Fraction(0)),
        outputs=_decimal(outputs),
        missing=_decimal(missing),
        proof_url=made.proof_urls[0],
    )


def _decimal(amount: Fraction) -> Decimal:
    return Decimal(as_text(amount))
