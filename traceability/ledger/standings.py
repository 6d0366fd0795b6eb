"""What became of many codes or records at once: who asks for thousands needs a few queries.

`standing.py` tells all that was said of one record; here is only what stands now.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from traceability.codes.uris import parse_code
from traceability.errors import InvalidInput
from traceability.ledger.bundles import RecordAddress
from traceability.ledger.identity import Identity
from traceability.ledger.lookup import Found, find_record
from traceability.ledger.partners import OPERATOR, Asker
from traceability.ledger.standing import Saying, Standing, said_by, standing_of
from traceability.ledger.statuses import RECALLED, status_of
from traceability.lineage.records import WHOLE_BATCH, records_of
from traceability.lineage.results import RecordReference
from traceability.store.repositories import Repositories
from traceability.store.repositories.items import ItemRun
from traceability.store.repositories.statuses import StatusRow

CURRENT = "current"
# Of a lot in several batches the first of these that one of them has.
_GRAVEST = (RECALLED, "erased", "corrected")


class Marked(NamedTuple):
    """What was said last that makes codes or records other than current."""

    status: str
    saying: Saying
    names: tuple[str, ...]


class _Rows:
    """The statuses of some batches, each record's worked out once."""

    def __init__(self, repositories: Repositories, records: Iterable[RecordReference]) -> None:
        hashes = {record.entry_hash for record in records}
        self._rows = repositories.statuses.of_batches(sorted(hashes))
        self._named = {key: {row.record_index for row in rows} for key, rows in self._rows.items()}
        self._known: dict[tuple[bytes, int], StatusRow | None] = {}

    def marking(self, record: RecordReference) -> tuple[str, StatusRow] | None:
        """Return the status of a record that is not current, and the row that makes it so."""
        named = self._named.get(record.entry_hash)
        if named is None:
            return None
        # Records that nobody has named are as their batch.
        index = record.record_index if record.record_index in named else WHOLE_BATCH
        key = (record.entry_hash, index)
        if key not in self._known:
            self._known[key] = self._marking(*key)
        row = self._known[key]
        return None if row is None else (row.kind, row)

    def _marking(self, entry_hash: bytes, index: int) -> StatusRow | None:
        rows = [row for row in self._rows[entry_hash] if row.record_index in (WHOLE_BATCH, index)]
        status = status_of(rows)
        return next((row for row in reversed(rows) if row.kind == status), None)


def standing_of_code(
    repositories: Repositories, identity: Identity, code: str, *, asker: Asker = OPERATOR
) -> Standing:
    """Return what was said of the record of a code; of a lot, of the batches of its items.

    Raises
    ------
    CodeUnknown
        Nothing is recorded under the code.
    """
    addresses = [RecordAddress(run.batch, WHOLE_BATCH) for run in _runs(repositories, code)]
    if not addresses:
        addresses = _answering(repositories, find_record(repositories, code, asker=asker))
    found = [standing_of(repositories, identity, address) for address in addresses]
    marked = [one for one in found if one.status != CURRENT]
    return min(marked or found, key=lambda one: (*_GRAVEST, CURRENT).index(one.status))


def _answering(repositories: Repositories, found: Found) -> list[RecordAddress]:
    """Return the record of a code; where only events name it, also those erased that did."""
    addresses = [found.address]
    if not found.is_item and found.identifier is not None:
        erased = repositories.erased_codes.records_of(found.identifier.canonical)
        addresses += [RecordAddress(*one) for one in erased]
    return list(dict.fromkeys(addresses))


def _runs(repositories: Repositories, code: str) -> list[ItemRun]:
    try:
        identifier = parse_code(code)
    except InvalidInput:
        return []
    if identifier.gtin is None or identifier.lot is None or identifier.serial is not None:
        return []
    return repositories.items.runs_of(identifier.gtin, identifier.lot)


def marked_codes(
    repositories: Repositories, identity: Identity, codes: Collection[str]
) -> list[Marked]:
    """Return which of these canonical codes are recalled, corrected or erased."""
    if repositories.statuses.is_empty():
        return []
    records = records_of(repositories, codes)
    rows = _Rows(repositories, (one for found in records.values() for one in found))
    marks = {code: _gravest(rows, found) for code, found in records.items()}
    return _grouped(repositories, identity, [(code, marks.get(code)) for code in codes])


def marked_records(
    repositories: Repositories, identity: Identity, records: Collection[RecordReference]
) -> list[Marked]:
    """Return which of these records are recalled, corrected or erased, by their names."""
    if repositories.statuses.is_empty():
        return []
    rows = _Rows(repositories, records)
    marks = [(record.name, rows.marking(record)) for record in dict.fromkeys(records)]
    return _grouped(repositories, identity, marks)


def _gravest(rows: _Rows, records: Sequence[RecordReference]) -> tuple[str, StatusRow] | None:
    found = [mark for mark in map(rows.marking, records) if mark is not None]
    return min(found, key=lambda mark: _GRAVEST.index(mark[0])) if found else None


def _grouped(
    repositories: Repositories,
    identity: Identity,
    marks: Iterable[tuple[str, tuple[str, StatusRow] | None]],
) -> list[Marked]:
    groups: dict[tuple[str, int], tuple[StatusRow, list[str]]] = {}
    for name, mark in marks:
        if mark is not None:
            status, row = mark
            groups.setdefault((status, row.arrival), (row, []))[1].append(name)
    found = []
    for (status, _), (row, names) in sorted(groups.items(), key=lambda one: one[0][1]):
        saying = said_by(repositories, identity, row)
        if saying is not None:
            found.append(Marked(status, saying, tuple(names)))
    return found
