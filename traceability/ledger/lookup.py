"""From a code that somebody scanned or typed to the record that answers for it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from traceability.codes.identifier import Identifier
from traceability.codes.uris import canonical_uri, item_prefix, parse_code
from traceability.errors import InvalidInput
from traceability.hashing.encoding import b64u_decode
from traceability.hashing.unsalted import unsalted
from traceability.ledger.bundles import RecordAddress
from traceability.ledger.faults import RecordUnknown
from traceability.ledger.partners import OPERATOR, Asker
from traceability.store.repositories import Repositories

_RECORD_NAME = re.compile(r"urn:itemproof:record:([A-Za-z0-9_-]{43}):(0|[1-9][0-9]{0,15})")


class CodeUnknown(RecordUnknown):
    """Nothing is recorded under this code."""

    code = "CODE_UNKNOWN"


@dataclass(frozen=True, slots=True)
class Found:
    """The record for a code; `identifier` is None where the code is not a GS1 one.

    `is_erased` where the record, or its naming of the code, was erased: of a record asked for by
    its own name that is not said here.
    """

    address: RecordAddress
    identifier: Identifier | None
    is_item: bool
    is_erased: bool = False


def find_record(repositories: Repositories, code: str, *, asker: Asker = OPERATOR) -> Found:
    """Find the item record of a code, else the first event that names it, else by event id.

    An erased item's record still answers for its code, and so does an erased event's where no
    other event names the code.

    An event id that is an `ni:` hash finds nothing but one's own: who guesses an event could
    otherwise make the hash of the guess and ask whether there is such an event.

    Raises
    ------
    CodeUnknown
        Nothing is recorded under the code; malformed GS1 codes raise their own errors.
    """
    if not code.isprintable():
        raise CodeUnknown(f"code {code[:80]!r} is unknown: no code holds such characters")
    named = _RECORD_NAME.fullmatch(code)
    if named:
        return Found(_by_name(repositories, named[1], int(named[2])), None, is_item=False)
    by_id = _by_event_id(repositories, code, asker)
    if by_id is not None:
        return Found(by_id, None, is_item=False)
    identifier = _identifier(code)
    item = None if identifier is None else find_item(repositories, identifier)
    if item is not None:
        return Found(item, identifier, is_item=True)
    return _by_naming(repositories, code, identifier)


def _by_naming(repositories: Repositories, code: str, identifier: Identifier | None) -> Found:
    """Find what an erased item was; else an event that names the code, else one that did."""
    uri = code if identifier is None else identifier.canonical
    item = None if identifier is None else find_erased_item(repositories, identifier)
    if item is not None:
        return Found(item, identifier, is_item=True, is_erased=True)
    events = repositories.events.naming(uri, limit=1)
    if events:
        address = RecordAddress(events[0].batch, events[0].record_index)
        return Found(address, identifier, is_item=False)
    erased = [
        place
        for place in repositories.erased_codes.records_of(uri)
        if repositories.items.run(place[0]) is None  # An item of another lot is not asked for.
    ]
    if not erased:
        raise CodeUnknown(f"code {code!r} is unknown: no record names it")
    return Found(RecordAddress(*erased[0]), identifier, is_item=False, is_erased=True)


def _by_event_id(repositories: Repositories, code: str, asker: Asker) -> RecordAddress | None:
    is_secret = unsalted(code) and not asker.sees_all
    if is_secret and asker.participant is None:
        return None
    for row in repositories.events.by_event_id([code]):
        batch = repositories.batches.get(row.batch) if is_secret else None
        if not is_secret or (batch is not None and batch.participant == asker.participant):
            return RecordAddress(row.batch, row.record_index)
    return None


def find_item(repositories: Repositories, identifier: Identifier) -> RecordAddress | None:
    """Return the item record of a serialised GTIN; a lot in the code must be the item's."""
    if identifier.gtin is None or identifier.serial is None:
        return None
    for run in repositories.items.runs_of(identifier.gtin, identifier.lot or None):
        item = repositories.items.find(run, identifier.serial)
        if item is not None:
            return RecordAddress(run.batch, item.record_index)
    return None


def find_erased_item(repositories: Repositories, identifier: Identifier) -> RecordAddress | None:
    """Return where the record of an item was whose serial is destroyed."""
    if identifier.gtin is None or identifier.serial is None:
        return None
    uri = item_prefix(identifier.gtin, "") + identifier.serial
    for batch, index in repositories.erased_codes.records_of(uri):
        run = repositories.items.run(batch)
        is_item = run is not None and index >= run.first_index
        if run is not None and is_item and identifier.lot in (None, "", run.lot):
            return RecordAddress(batch, index)
    return None


def _by_name(repositories: Repositories, entry_hash: str, record_index: int) -> RecordAddress:
    batch = repositories.batches.by_entry_hash(b64u_decode(entry_hash, length=32))
    if batch is None or record_index >= batch.record_count:
        raise CodeUnknown(f"record {record_index} of entry {entry_hash[:16]} is unknown")
    return RecordAddress(batch.batch, record_index)


def _identifier(code: str) -> Identifier | None:
    """Read a GS1 code; other absolute URIs are names of their own."""
    try:
        return parse_code(code)
    except InvalidInput:
        if canonical_uri(code) == code and not code.startswith(("http", "urn:epc:")):
            return None
        raise
