"""Which record answers for a code, asked for many codes at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypeAlias

from traceability.lineage.codes import unknown
from traceability.lineage.membership import Lots, lot_code
from traceability.lineage.queries import Reader
from traceability.lineage.results import RecordReference
from traceability.store.repositories import Repositories

# Stands for all records of a batch.
WHOLE_BATCH = -1
Places: TypeAlias = list[tuple[int, int]]


def records_of(
    repositories: Repositories, codes: Collection[str]
) -> dict[str, list[RecordReference]]:
    """Return the records that answer for canonical codes, as a proof would be asked for.

    Of an item its own record, erased or not; else the first event that names it, and those
    erased that did; of a lot all batches of its items. Codes for which nothing answers are absent.
    """
    reader = Reader(repositories.connection)
    lots = Lots(reader)
    places: dict[str, Places] = {}
    for one in lots.of(codes):
        places.setdefault(one.serial, [(one.batch, one.record_index)])
    for lot in {code for code in codes if "/10/" in code and lots.has(code)}:
        gtin = lot.split("/")[4]
        runs = [run for run in lots.runs_of([gtin]) if lot_code(run) == lot]
        places[lot] = [(run.batch, WHOLE_BATCH) for run in runs]
    erased = repositories.erased_codes.places_of(unknown(codes, places))
    items = _items(repositories, erased)
    places |= items
    found = _references(reader, places) | _first_events(reader, unknown(codes, places))
    others = {code: erased[code] for code in unknown(erased, items)}
    for code, records in _references(reader, others).items():
        found[code] = [*found.get(code, ()), *records]
    return found


def _items(repositories: Repositories, erased: Mapping[str, Places]) -> dict[str, Places]:
    """Return of erased codes those that were items', each with its own record alone."""
    batches = {batch for places in erased.values() for batch, _ in places}
    runs = {batch: repositories.items.run(batch) for batch in batches}
    own = {
        code: [
            (batch, index)
            for batch, index in places
            if (run := runs[batch]) is not None and index >= run.first_index
        ]
        for code, places in erased.items()
    }
    return {code: places for code, places in own.items() if places}


def _references(reader: Reader, places: Mapping[str, Places]) -> dict[str, list[RecordReference]]:
    hashes = reader.entry_hashes({batch for found in places.values() for batch, _ in found})
    return {
        code: [RecordReference(batch, index, hashes[batch]) for batch, index in found]
        for code, found in places.items()
    }


def _first_events(reader: Reader, codes: Collection[str]) -> dict[str, list[RecordReference]]:
    numbers = reader.numbers(codes)
    firsts = reader.first_events(set(numbers.values()))
    references = reader.references(set(firsts.values()))
    return {
        code: [references[firsts[number]][1]]
        for code, number in numbers.items()
        if number in firsts
    }
