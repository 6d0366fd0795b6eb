"""Doing one piece of an audit, whichever it is."""

from __future__ import annotations

from traceability.ledger.audit.batches import check_batches, check_chunk
from traceability.ledger.audit.difference import Difference, shown
from traceability.ledger.audit.log import check_part
from traceability.ledger.audit.schema import check_rows
from traceability.ledger.audit.serials import check_serials
from traceability.ledger.audit.units import (
    BatchesUnit,
    ChunkUnit,
    Context,
    EntriesUnit,
    Result,
    RowsUnit,
    SerialsUnit,
    StraysUnit,
    TypesUnit,
    Unit,
)
from traceability.ledger.audit.unreadable import named
from traceability.store.repositories.storage import misfits_of
from traceability.store.repositories.strays import strays


def perform(context: Context, unit: Unit) -> Result:
    """Do a piece."""
    match unit:
        case EntriesUnit():
            return check_part(context, unit)
        case BatchesUnit():
            return check_batches(context, unit)
        case ChunkUnit():
            return check_chunk(context, unit)
        case SerialsUnit():
            return check_serials(context, unit)
        case RowsUnit() | TypesUnit():
            return _check_table(context, unit)
        case StraysUnit():
            return _check_strays(context, unit)


def _check_table(context: Context, unit: RowsUnit | TypesUnit) -> Result:
    """Check a table as a whole, before its rows mean anything."""
    if isinstance(unit, RowsUnit):
        return check_rows(context, unit)
    return _check_types(context, unit)


def _check_types(context: Context, unit: TypesUnit) -> Result:
    """Name every value that its column cannot mean, which nothing else could read."""
    return Result(list(named(misfits_of(context.repositories.connection, unit.table))))


def _check_strays(context: Context, unit: StraysUnit) -> Result:
    """Name every row that nothing in the log accounts for."""
    return Result(
        [
            Difference(stray.table, _key(stray.key), "", stray.missing, "an invented row")
            for stray in strays(context.repositories.connection, unit.number)
        ]
    )


def _key(values: tuple[object, ...]) -> str:
    return ", ".join(map(shown, values))
