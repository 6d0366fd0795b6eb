"""Erasing: what has to go with a record, a field or a card, and its destruction.

`destroy` is called in the transaction that appends the `erased` entry (`statuses.py`), and again
by whatever brings back content that the log says is erased: `rebuild`, a batch sent again, a
restored backup. `erasure_plan.py` says beforehand what would go.

What is destroyed: payload and secret, but for a document's header, which says its type, so that
nobody can say afterwards that a disclosure policy was none; of single fields, the leaves alone,
after the salts of the others were written out; an item's serial and salt (a keyed hash of its
code stays, under which whoever scans it is told what became of it); a card's content with name
and GLN; rows that lineage derived, codes that nothing else names; documents and answers by which
the batch came. What stays is what the tree of the batch is made of: salted hashes.
"""

from __future__ import annotations

import secrets
from json import dumps

from traceability.codes.uris import item_prefix
from traceability.errors import ItemProofError
from traceability.hashing.commitment import (
    Commitment,
    Field,
    RecordKind,
    commit,
    item_header,
    salted_fields,
)
from traceability.hashing.envelope import parse_envelope
from traceability.hashing.partial import PartialRecord
from traceability.hashing.statement import (
    Erasure,
    KeyRegister,
    Ranges,
    StatusStatement,
    parse_statement,
)
from traceability.hashing.unsalted import unsalted
from traceability.ledger.drafting import XML_TYPE
from traceability.ledger.erasure_remains import remains_of
from traceability.ledger.faults import ErasureIncomplete, EventIdMustGo
from traceability.store.repositories import Repositories
from traceability.store.repositories.batches import BatchRow, RecordRow
from traceability.store.repositories.erased_codes import LOT_RECORD, lot_name
from traceability.store.repositories.erasing import ERASURES
from traceability.store.repositories.participants import CardRow
from traceability.strict_json import JSONValue, parse_json

# Set in the transaction that destroys, until freed pages are overwritten, too.
PURGE_DUE = "erasure_purge_due"
EVENT_ID = ("eventID",)
ERROR_DECLARATION = ("errorDeclaration",)
_CHUNK = 4096


def destroy(
    repositories: Repositories,
    entry: bytes,
    records: Ranges | int,
    erasure: Erasure | None,
) -> None:
    """Destroy what an `erased` entry names; what is gone already stays gone."""
    batch = repositories.batches.by_entry_hash(entry)
    repositories.meta.put(PURGE_DUE, secrets.token_bytes(8))
    repositories.meta.put(ERASURES, secrets.token_bytes(8))
    if batch is None:
        _destroy_card(repositories, entry)
        return
    fields = None if erasure is None else erasure.fields
    if fields is not None and not isinstance(records, int):
        _destroy_fields(repositories, batch, records[0][0], fields)
    else:
        whole = ((0, batch.record_count - 1),)
        for first, last in whole if isinstance(records, int) else records:
            _destroy_records(repositories, batch, first, last)
        _keep_lot(repositories, batch, entry)
    repositories.erasing.forget_requests(batch.batch)


def destroy_again(repositories: Repositories, entry: bytes) -> None:
    """Destroy what the log says is erased of a batch, whose content has come back."""
    for envelope in repositories.statuses.erasing_entries(entry):
        said = parse_statement(parse_envelope(envelope).payload)
        if isinstance(said, StatusStatement):
            destroy(repositories, said.entry, said.records, said.erasure)


def _destroy_card(repositories: Repositories, entry: bytes) -> None:
    found = repositories.entries.by_leaf_hash(entry)
    said = None if found is None else parse_statement(parse_envelope(found.envelope).payload)
    if isinstance(said, KeyRegister):
        # A rebuilt store has no row of a card that no backup had.
        gone = CardRow(said.card, said.participant, payload=None, secret=None)
        repositories.participants.add_card(gone)
        repositories.erasing.forget_card(said.card, said.participant)


def _destroy_records(repositories: Repositories, batch: BatchRow, first: int, last: int) -> None:
    headers = _headers(repositories, batch, first, last)
    repositories.erasing.forget_records(batch.batch, first, last)
    repositories.erasing.forget_events(batch.batch, first, last)
    for index, header in headers.items():
        if header is None:
            repositories.erasing.forget_type(batch.batch, index)
        else:
            repositories.erasing.keep_partial(batch.batch, index, header.to_bytes())
    run = repositories.items.run(batch.batch)
    if run is None:
        return
    prefix = item_prefix(run.gtin, run.lot)
    for start in range(max(first, run.first_index), last + 1, _CHUNK):
        rows = repositories.items.between(batch.batch, start, min(start + _CHUNK, last + 1))
        if rows:
            roots = [
                commit(
                    RecordKind.ITEM, [Field((), row.salt, item_header(prefix + row.serial))]
                ).field_root
                for row in rows
            ]
            canonical = item_prefix(run.gtin, "")
            repositories.erasing.keep_codes(
                [(canonical + row.serial, row.batch, row.record_index) for row in rows]
            )
            repositories.erasing.forget_items(
                [(row.batch, row.record_index, root) for row, root in zip(rows, roots, strict=True)]
            )


def _headers(
    repositories: Repositories, batch: BatchRow, first: int, last: int
) -> dict[int, PartialRecord | None]:
    """Return what stays of each document: its header; None where that is gone already."""
    found: dict[int, PartialRecord | None] = {}
    for index in repositories.batches.documents_between(batch.batch, first, last):
        row = repositories.batches.record(batch.batch, index)
        found[index] = None if row is None else _header(repositories, row)
    return found


def _header(repositories: Repositories, row: RecordRow) -> PartialRecord | None:
    try:
        left = remaining(repositories, row)
    except (ItemProofError, ValueError):
        return None  # What was changed behind our back has to go all the same.
    expected = Commitment(RecordKind.DOCUMENT, row.field_count, row.field_root)
    if left is None or 0 in left.erased or left.commitment(RecordKind.DOCUMENT) != expected:
        return None
    return left.header_only()


def _keep_lot(repositories: Repositories, batch: BatchRow, entry: bytes) -> None:
    """Keep a keyed hash of a lot's GTIN and number: with its items goes what commits to them."""
    run = repositories.items.run(batch.batch)
    if run is not None:
        name = lot_name(run.gtin, run.lot, entry)
        repositories.erasing.keep_codes([(name, batch.batch, LOT_RECORD)])


def _destroy_fields(
    repositories: Repositories, batch: BatchRow, index: int, fields: Ranges
) -> None:
    row = repositories.batches.record(batch.batch, index)
    present = None if row is None else remaining(repositories, row)
    if row is None or present is None:
        return
    left = present.without(fields)
    repositories.erasing.keep_partial(batch.batch, index, left.to_bytes())
    remains = remains_of(left) if row.kind == RecordKind.EVENT else None
    if remains is None:
        repositories.erasing.forget_events(batch.batch, index, index)
        return
    # In the place of the content's keyed hash, which could be guessed by whoever has the key,
    # stands what says nothing and is committed, so that the audit can hold it.
    facts = remains.facts._replace(content_mac=row.field_root)
    repositories.erasing.reduce_event(
        batch.batch,
        index,
        facts=facts,
        objects=remains.objects,
        attributes=remains.attributes,
    )


def remaining(repositories: Repositories, row: RecordRow) -> PartialRecord | None:
    """Return the leaves of a record that are there; None where all are erased."""
    if row.payload is not None and row.secret is not None:
        value = parse_json(row.payload)
        kind = RecordKind(row.kind)
        return PartialRecord.of(salted_fields(kind, value, row.secret, media_type=row.media_type))
    stored = repositories.erasing.partial(row.batch, row.record_index)
    return None if stored is None else PartialRecord.from_bytes(stored)


def unsalted_leaves(record: PartialRecord) -> list[int]:
    """Return the leaves that hold an unsalted hash, by which erased content could be guessed.

    An error declaration names other events, whose hashes tell nothing of this one.
    """
    own = next((one.value for one in record.fields.values() if one.path == EVENT_ID), None)
    return [
        index
        for index, field in record.fields.items()
        if index and unsalted(field.value) and not _names_another(field, own)
    ]


def _names_another(field: Field, own: JSONValue) -> bool:
    if field.path[:1] != ERROR_DECLARATION:
        return False
    said = dumps(field.value).casefold()
    return not isinstance(own, str) or own.casefold() not in said


def check_event_id(record: PartialRecord, fields: Ranges) -> None:
    """Refuse to leave an unsalted hash of what is erased: an eventID, or a copy of one.

    Raises
    ------
    EventIdMustGo
    """
    for index in unsalted_leaves(record):
        if not any(first <= index <= last for first, last in fields):
            name = "/".join(map(str, record.fields[index].path))[:80]
            raise EventIdMustGo(
                f"{name} is a hash of the content: erase leaf {index}, too", expected=str(index)
            )


def sources_of(repositories: Repositories, batch: BatchRow, records: Ranges) -> list[int]:
    """Return the XML documents of a batch, where one of its events is to be erased."""
    named = [
        row
        for first, last in records
        for row in repositories.batches.records_between(batch.batch, first, last + 1)
    ]
    if not any(row.kind == RecordKind.EVENT for row in named):
        return []
    return repositories.batches.of_media_type(batch.batch, XML_TYPE)


def check_sources(
    repositories: Repositories, entry: bytes, records: Ranges | int, erasure: Erasure | None
) -> None:
    """Refuse to erase an event, or a field of it, and leave the XML that it came in.

    What the node draws up itself is planned with it; this is for what somebody else signed.

    Raises
    ------
    ErasureIncomplete
    """
    batch = repositories.batches.by_entry_hash(entry)
    if batch is None or isinstance(records, int):
        return
    left = set(sources_of(repositories, batch, records))
    if erasure is None or erasure.fields is None:
        left -= {one for one in left if any(first <= one <= last for first, last in records)}
    if left:
        named = ", ".join(map(str, sorted(left)))
        raise ErasureIncomplete(
            f"event came in an XML document: erase record {named} whole, with it or before",
            expected=named,
        )
