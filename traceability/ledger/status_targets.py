"""What a code or a batch stands for when something is to be said of it."""

from __future__ import annotations

import re
from typing import NamedTuple

from traceability.codes.identifier import Identifier
from traceability.codes.uris import parse_code
from traceability.errors import InvalidInput
from traceability.hashing.statement import ALL_RECORDS, Ranges, Replacement
from traceability.ledger.faults import RecordUnknown
from traceability.ledger.lookup import CodeUnknown, find_record
from traceability.ledger.partners import OPERATOR, Asker
from traceability.store.repositories import Repositories

_PART = re.compile(r"(0|[1-9][0-9]{0,9})(?:-(0|[1-9][0-9]{0,9}))?")


class RecordsMalformed(InvalidInput):
    """Record or field numbers are written as 3 or 3-5, with commas between."""

    code = "RECORDS_MALFORMED"


class Target(NamedTuple):
    """Records of one batch, by the leaf hash of its entry."""

    entry: bytes
    records: Ranges | int


def targets_of_code(
    repositories: Repositories, code: str, *, asker: Asker = OPERATOR
) -> list[Target]:
    """Return the record of an item or event; of a lot, all of the batches that hold its items.

    Raises
    ------
    CodeUnknown
        Nothing is recorded under the code.
    """
    identifier = _identifier(code)
    if identifier is not None and identifier.serial is None and identifier.lot is not None:
        runs = repositories.items.runs_of(identifier.gtin or "", identifier.lot)
        if not runs:
            raise CodeUnknown(f"code {code!r} is unknown: no lot of that number was issued")
        return [Target(entry_hash_of(repositories, run.batch), ALL_RECORDS) for run in runs]
    address = find_record(repositories, code, asker=asker).address
    index = address.record_index
    return [Target(entry_hash_of(repositories, address.batch), ((index, index),))]


def target_of_batch(repositories: Repositories, batch: int, records: str | None) -> Target:
    """Return a batch, or some of its records: `0-4,7`."""
    ranges = ALL_RECORDS if records is None else parse_ranges(records)
    return Target(entry_hash_of(repositories, batch), ranges)


def replacement_of(
    repositories: Repositories, code: str, *, asker: Asker = OPERATOR
) -> Replacement:
    """Return the record of a code as what replaces another."""
    address = find_record(repositories, code, asker=asker).address
    return Replacement(entry_hash_of(repositories, address.batch), address.record_index)


def entry_hash_of(repositories: Repositories, batch: int) -> bytes:
    """Return the leaf hash of a batch's entry."""
    row = repositories.batches.get(batch)
    entry = None if row is None else repositories.entries.by_arrival(row.arrival)
    if entry is None:
        raise RecordUnknown(f"batch {batch} is unknown")
    return entry.leaf_hash


def parse_ranges(text: str) -> Ranges:
    """Read `0-4,7`; what overlaps or adjoins becomes one range.

    Raises
    ------
    RecordsMalformed
    """
    found: list[tuple[int, int]] = []
    for part in text.split(","):
        match = _PART.fullmatch(part.strip())
        first = -1 if match is None else int(match[1])
        last = first if match is None or match[2] is None else int(match[2])
        if not 0 <= first <= last < 2**32:
            raise RecordsMalformed(f"records are malformed: expected 3 or 0-4,7, got {text[:80]!r}")
        found.append((first, last))
    return merged(found)


def merged(ranges: list[tuple[int, int]]) -> Ranges:
    """Return ranges in ascending order, those that overlap or adjoin as one."""
    whole: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if whole and first <= whole[-1][1] + 1:
            whole[-1] = (whole[-1][0], max(last, whole[-1][1]))
        else:
            whole.append((first, last))
    return tuple(whole)


def _identifier(code: str) -> Identifier | None:
    try:
        return parse_code(code)
    except InvalidInput:
        return None
