"""Master data of a document: its vocabularies, kept as one record beside its events.

When it counts as repeated is ItemProof's own rule.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import NamedTuple

import orjson

from traceability.events.master_data import (
    MASTER_DATA_TYPE,
    VOCABULARY_LIST,
    master_data_of_document,
)
from traceability.hashing.commitment import RecordKind
from traceability.hashing.salts import SECRET_BYTES
from traceability.ledger.prepared import PreparedRecord, prepare_record
from traceability.store.repositories import Repositories
from traceability.store.repositories.batches import RecordRow
from traceability.strict_json import JSONValue
from traceability.verify.identity import record_urn

# After the events of a batch: its master data, then the XML that it came as.
_LAST_RECORDS = 2


class MasterData(NamedTuple):
    """What became of a document's master data: accepted, duplicate or rejected."""

    result: str
    vocabularies: int
    elements: int
    record: str | None = None


def master_data_record(value: JSONValue) -> PreparedRecord | None:
    """Return the record of a document's vocabularies, or none where it has no vocabulary.

    Raises
    ------
    RecordInvalid
        There are more vocabularies than one record can commit to.
    """
    kept = master_data_of_document(value)
    if kept is None:
        return None
    secret = secrets.token_bytes(SECRET_BYTES)
    return prepare_record(RecordKind.DOCUMENT, kept, secret=secret, media_type=MASTER_DATA_TYPE)


def told_of(payload: bytes, *, result: str, record: str | None = None) -> MasterData:
    """Return what is told of master data: how many vocabularies and elements it has."""
    vocabularies = orjson.loads(payload)[VOCABULARY_LIST]
    elements = sum(len(one.get("vocabularyElementList", ())) for one in vocabularies)
    return MasterData(result, len(vocabularies), elements, record)


def is_repeated(
    repositories: Repositories, master_data: PreparedRecord, batches: Iterable[int]
) -> bool:
    """Tell whether one of the batches, those of a document's repeated events, has it already."""
    for batch in sorted(set(batches)):
        row = master_data_row(repositories, batch)
        if row is not None and row.payload == master_data.payload:
            return True
    return False


def master_data_of(
    repositories: Repositories, batch: int, *, entry_hash: bytes
) -> MasterData | None:
    """Return what a batch has of master data; none if it has none, or if it was erased."""
    row = master_data_row(repositories, batch)
    if row is None or row.payload is None:
        return None
    name = record_urn(entry_hash, row.record_index)
    return told_of(row.payload, result="accepted", record=name)


def master_data_row(repositories: Repositories, batch: int) -> RecordRow | None:
    """Return the record of a batch's master data; its payload is none where it was erased."""
    found = repositories.batches.get(batch)
    if found is None:
        return None
    first = max(0, found.record_count - _LAST_RECORDS)
    for row in repositories.batches.records_between(batch, first, found.record_count):
        is_document = row.kind == RecordKind.DOCUMENT and row.media_type == MASTER_DATA_TYPE
        if is_document and (row.payload is None or f'"{VOCABULARY_LIST}":'.encode() in row.payload):
            return row
    return None
