"""Which record answers for a code, asked for many codes at once."""

from __future__ import annotations

from collections.abc import Collection

from traceability.lineage.codes import unknown
from traceability.lineage.membership import Lots, lot_code
from traceability.lineage.queries import Reader
from traceability.lineage.results import RecordReference
from traceability.store.repositories import Repositories

# Stands for all records of a batch.
WHOLE_BATCH = -1


def records_of(
    repositories: Repositories, codes: Collection[str]
) -> dict[str, list[RecordReference]]:
    """Return the records that answer for canonical codes, as a proof would be asked for.

    Of an item its own record, else the first event that names it; of a lot all batches of its
    items. Codes for which nothing answers are absent.
    """
    reader = Reader(repositories.connection)
    lots = Lots(reader)
    places: dict[str, list[tuple[int, int]]] = {}
    for one in lots.of(codes):
        places.setdefault(one.serial, [(one.batch, one.record_index)])
    for lot in {code for code in codes if "/10/" in code and lots.has(code)}:
        gtin = lot.split("/")[4]
        runs = [run for run in lots.runs_of([gtin]) if lot_code(run) == lot]
        places[lot] = [(run.batch, WHOLE_BATCH) for run in runs]
    hashes = reader.entry_hashes({batch for found in places.values() for batch, _ in found})
    records = {
        code: [RecordReference(batch, index, hashes[batch]) for batch, index in found]
        for code, found in places.items()
    }
    return records | _first_events(reader, unknown(codes, places))


def _first_events(reader: Reader, codes: Collection[str]) -> dict[str, list[RecordReference]]:
    numbers = reader.numbers(codes)
    firsts = reader.first_events(set(numbers.values()))
    references = reader.references(set(firsts.values()))
    return {
        code: [references[firsts[number]][1]]
        for code, number in numbers.items()
        if number in firsts
    }
