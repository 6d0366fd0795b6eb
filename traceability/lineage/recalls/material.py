"""The balance of what a recall reaches, as its report tells it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import partial

from traceability.lineage.balance.accounts import (
    BREACHED,
    NOT_ESTABLISHED,
    Account,
    Closing,
    account,
    close,
)
from traceability.lineage.balance.asking import dimension_of
from traceability.lineage.balance.collecting import Collector
from traceability.lineage.balance.findings import (
    LOT_OVERDRAWN,
    MASS_UNACCOUNTED,
    OUTPUT_EXCEEDS_INPUT,
    RECEIVED_DIFFERS,
    STOCK_DIFFERS,
    findings_of,
)
from traceability.lineage.balance.measuring import measure
from traceability.lineage.balance.tolerance import Tolerance
from traceability.lineage.balance.units import BASE_UNITS, MASS, as_text
from traceability.lineage.recalls.report import Balance, Shortfall
from traceability.lineage.results import ProofURL
from traceability.lineage.walking import Sources

# Of a code rather than of a transformation.
_OF_CODES = (LOT_OVERDRAWN, RECEIVED_DIFFERS, STOCK_DIFFERS)


def material_of(
    sources: Sources, events: Collection[int], *, tolerance: Tolerance, proof_url: ProofURL
) -> Balance:
    """Return the balance of the transformations among the events of a walk.

    The accounts are those of what goes by quantity: where a single thing is, its line says.
    """
    collector = Collector(sources)
    makings = collector.makings(set(events))
    measuring = partial(measure, weights=collector.weights(makings))
    closings = [close(one, measure=measuring, tolerance=tolerance) for one in makings]
    dimension = dimension_of(closings)
    accounts = [
        account(code, uses, measure=measuring, dimension=dimension)
        for code, uses in sorted(collector.uses(makings, with_items=False).items())
    ]
    unchecked = sum(one.state == NOT_ESTABLISHED for one in closings)
    breached = [one for one in closings if one.state == BREACHED]
    return Balance(
        checked=len(closings) - unchecked,
        unchecked=unchecked,
        tolerance=tolerance.text,
        shortfalls=(
            *_of_makings(sources, breached, proof_url),
            *_of_codes(accounts, tolerance),
        ),
    )


def _of_codes(accounts: Sequence[Account], tolerance: Tolerance) -> Iterator[Shortfall]:
    for one in findings_of([], accounts, tolerance=tolerance):
        if one.code in _OF_CODES:
            yield Shortfall(one.code, one.subject, one.message)


def _of_makings(
    sources: Sources, closings: Sequence[Closing], proof_url: ProofURL
) -> Iterator[Shortfall]:
    first = [closing.making.events[0] for closing in closings]
    references = sources.reader.references(first)
    for event, closing in zip(first, closings, strict=True):
        event_id, record = references[event]
        yield _of_making(closing, record.known_as(event_id), proof_url(record))


def _of_making(closing: Closing, name: str, url: str) -> Shortfall:
    missing = closing.unaccounted or Fraction(0)
    outputs = (closing.output or Fraction(0)) + (closing.scrap or Fraction(0))
    return Shortfall(
        code=MASS_UNACCOUNTED if missing > 0 else OUTPUT_EXCEEDS_INPUT,
        subject=name,
        message="",
        unit=BASE_UNITS[closing.dimension or MASS],
        inputs=_decimal(closing.input or Fraction(0)),
        outputs=_decimal(outputs),
        missing=_decimal(missing),
        proof_url=url,
    )


def _decimal(amount: Fraction) -> Decimal:
    return Decimal(as_text(amount))
