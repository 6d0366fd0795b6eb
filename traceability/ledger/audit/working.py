"""Doing one piece of an audit, whichever it is."""

from __future__ import annotations

from traceability.errors import ItemProofError
from traceability.hashing.encoding import ZERO_HASH
from traceability.ledger.audit.batches import check_batches, check_chunk
from traceability.ledger.audit.difference import UNREADABLE, Difference, Unchecked, shown
from traceability.ledger.audit.log import NOWHERE, check_part
from traceability.ledger.audit.schema import LONGEST, check_rows
from traceability.ledger.audit.serials import check_serials
from traceability.ledger.audit.signed import CheckedEntry
from traceability.ledger.audit.units import (
    BatchesUnit,
    ChunkUnit,
    Context,
    EntriesUnit,
    LogPart,
    Result,
    RowsUnit,
    SerialsUnit,
    StraysUnit,
    TypesUnit,
    Unit,
)
from traceability.ledger.audit.unreadable import named
from traceability.store.faults import is_of_values, set_apart
from traceability.store.repositories.storage import misfits_of
from traceability.store.repositories.strays import strays


def perform(context: Context, unit: Unit) -> Result:
    """Do a piece; of one that holds a value that nothing can be made of, all but its place.

    A store that does not answer, or refuses to be read, is for whoever asked.
    """
    try:
        with set_apart(context.repositories.connection):
            return _perform(context, unit)
    except Exception as error:  # whatever a value of another type makes of the code that reads it
        if isinstance(error, ItemProofError) and not is_of_values(error):
            raise
        halves = _halves(unit)
        if not halves:
            return _unread(unit, error)
    return _joined([perform(context, half) for half in halves])


def _halves(unit: Unit) -> tuple[Unit, ...]:
    """Return a piece in two, unless it is of one entry, of one batch, or no range."""
    match unit:
        case EntriesUnit(first, last) if last - first > 1:
            middle = (first + last) // 2
            return EntriesUnit(first, middle), EntriesUnit(middle, last)
        case BatchesUnit(first, last) if last > first:
            middle = (first + last) // 2
            return BatchesUnit(first, middle), BatchesUnit(middle + 1, last)
    return ()


def _joined(results: list[Result]) -> Result:
    """Return what pieces have found, as if they were one."""
    parts = [result.value for result in results if isinstance(result.value, LogPart)]
    value = LogPart(
        [entry for part in parts for entry in part.entries],
        [head for part in parts for head in part.checkpoints],
    )
    return Result(
        [found for result in results for found in result.differences],
        sum(result.records for result in results),
        sum(result.batches for result in results),
        value if parts else None,
    )


def _unread(unit: Unit, error: Exception) -> Result:
    """Say which piece could not be checked; the log goes on behind an entry that is none."""
    fault = f"{type(error).__name__}: {error}"[:LONGEST]
    match unit:
        case EntriesUnit(first):
            left = Unchecked("entries", str(first), "leaf_index", UNREADABLE, fault)
            lost = CheckedEntry(NOWHERE, first, ZERO_HASH, None, ())
            return Result([left], value=LogPart([lost], []))
        case BatchesUnit(first):
            return Result([Unchecked("batches", str(first), "", UNREADABLE, fault)])
        case ChunkUnit(batch, first, last):
            place = f"{batch}, {first}–{last - 1}"
            return Result([Unchecked("records", place, "", UNREADABLE, fault)])
        case SerialsUnit(gtin):
            return Result([Unchecked("items", gtin, "serial", UNREADABLE, fault)])
        case RowsUnit(table) | TypesUnit(table):
            return Result([Unchecked(table, "", "", UNREADABLE, fault)])
    return Result([Unchecked("", str(unit.number), "", UNREADABLE, fault)])


def _perform(context: Context, unit: Unit) -> Result:
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
