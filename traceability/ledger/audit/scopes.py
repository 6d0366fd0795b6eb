"""Whether each batch stays within its key's scopes: roles by kind of record, GTINs by prefix.

Capture refuses what does not, and so does a verifier of each proof; the audit asks of all. Columns
of events are compared with their payloads elsewhere, so that they may be relied on here.
"""

from __future__ import annotations

from collections.abc import Iterator

from traceability.codes.prefixes import gtin_in_prefixes
from traceability.hashing.commitment import RecordKind
from traceability.hashing.statement import BatchStatement, KeyRegister
from traceability.ledger.audit.difference import Difference
from traceability.ledger.audit.units import Context, read_statement
from traceability.store.repositories.auditing import Range
from traceability.store.repositories.items import ItemRun
from traceability.verify.scope import GTIN_URI, ROLES_BY_KIND


def check_scopes(context: Context, asked: Range) -> Iterator[Difference]:
    """Name every batch of a range that says what its key may not say."""
    rows = context.rows
    first, last = asked.first_batch, asked.last_batch
    signed: dict[int, tuple[int, KeyRegister]] = {}
    for row, _, envelope in rows.batches(first, last):
        statement = None if envelope is None else read_statement(envelope)
        if isinstance(statement, BatchStatement):
            key = context.registration_of(statement.header.key)
            if key is not None:
                signed[row.batch] = (row.arrival, key)
    runs = [run for run in rows.runs(first, last).values() if _begins(run, asked)]
    kinds = {(batch, kind) for batch, kind in rows.kinds(asked)}
    kinds |= {(run.batch, int(RecordKind.ITEM)) for run in runs}
    for batch, kind in sorted(kinds):
        if batch in signed:
            yield from _check_role(*signed[batch], kind)
    issued = {(batch, _gtin(uri)) for batch, uri in rows.commissioned(asked)}
    issued |= {(run.batch, run.gtin) for run in runs}
    for batch, gtin in sorted(issued):
        if batch in signed and gtin:
            yield from _check_prefix(*signed[batch], gtin)


def _begins(run: ItemRun, asked: Range) -> bool:
    """Tell whether a run begins within a range: of one in chunks it is asked once."""
    return asked.first_batch != asked.last_batch or asked.first <= run.first_index < asked.last


def _gtin(uri: str) -> str:
    found = GTIN_URI.match(uri)
    return found[1] if found else ""


def _check_role(arrival: int, key: KeyRegister, kind: int) -> Iterator[Difference]:
    try:
        allowed = ROLES_BY_KIND[RecordKind(kind)]
    except ValueError:
        return  # Another kind is named where the record is recomputed.
    if allowed.isdisjoint(key.roles):
        expected = f"a key that is {' or '.join(sorted(allowed))}"
        yield Difference("entries", str(arrival), "envelope", expected, ", ".join(key.roles))


def _check_prefix(arrival: int, key: KeyRegister, gtin: str) -> Iterator[Difference]:
    if not gtin_in_prefixes(gtin, key.prefixes):
        expected = f"a GTIN under {', '.join(key.prefixes) or 'no prefix'}"
        yield Difference("entries", str(arrival), "envelope", expected, gtin)
