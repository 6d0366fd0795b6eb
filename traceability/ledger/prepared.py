"""A batch made ready: every commitment computed, before any lock is taken.

The tree of a batch is kept as tiles from level 1 up; its level 0 is recomputed from the records
when a proof needs it, so that a million items cost no second copy of their hashes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from traceability.codes.uris import item_prefix, parse_code
from traceability.events.attributes import attributes_of
from traceability.events.model import SubmittedEvent
from traceability.hashing.canonical import canonicalize
from traceability.hashing.commitment import (
    Commitment,
    RecordKind,
    commit_record,
    item_leaf_hashes,
)
from traceability.hashing.salts import SALT_BYTES
from traceability.ledger.faults import (
    BatchEmpty,
    BatchTooLarge,
    MediaTypeInvalid,
    SerialDuplicate,
    SerialForm,
    SerialOrder,
)
from traceability.merkle.proofs import root_from_nodes
from traceability.merkle.tiles import TileNodes, extend
from traceability.store.repositories.events import AttributeRow, EventFacts, ObjectRow
from traceability.store.times import to_milliseconds
from traceability.strict_json import JSONValue

# The largest batch: a lot of five million items takes about half a minute.
MAX_RECORDS = 5_000_000
# Items hashed between two reports of progress.
HASHED_AT_A_TIME = 50_000

# What GS1 allows beyond these would have to be escaped in a URI, and could be written twice.
_SERIAL = re.compile(r"[0-9A-Za-z._-]{1,20}", re.ASCII)
MAX_MEDIA_TYPE = 127
_MEDIA_TYPE = re.compile(
    r"(?=.{3,127}\Z)[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(; ?[a-z]+=[A-Za-z0-9._-]+)*",
    re.ASCII,
)

Progress = Callable[[int, int], None]


def no_progress(_done: int, _total: int) -> None:
    """Report nothing."""


class PreparedRecord(NamedTuple):
    """A record that is not an item: its exact bytes, its secret and its commitment.

    Of an event also: where it stood in its document, what is indexed of it, what it names.
    """

    kind: RecordKind
    payload: bytes
    secret: bytes
    commitment: Commitment
    leaf_hash: bytes
    media_type: str | None = None
    pointer: str = ""
    event: EventFacts | None = None
    objects: tuple[ObjectRow, ...] = ()
    attributes: tuple[AttributeRow, ...] = ()


@dataclass(frozen=True, slots=True)
class PreparedItems:
    """Items of one GTIN and lot; `salts` holds 16 bytes for each serial.

    `freshly_drawn` says that this node has just drawn the serials: 80 random bits do not
    collide, so that earlier batches need not be searched.
    """

    gtin: str
    lot: str
    serials: Sequence[str]
    salts: bytes
    freshly_drawn: bool = False

    @property
    def prefix(self) -> str:
        """The item URIs up to the serial."""
        return item_prefix(self.gtin, self.lot)


@dataclass(frozen=True, slots=True)
class PreparedBatch:
    """A batch whose hashes are known."""

    records: tuple[PreparedRecord, ...]
    items: PreparedItems | None
    record_count: int
    batch_root: bytes
    tiles: Mapping[int, bytes]

    @property
    def kinds(self) -> frozenset[RecordKind]:
        """The kinds of record in the batch."""
        kinds = {record.kind for record in self.records}
        return frozenset(kinds | {RecordKind.ITEM} if self.items else kinds)


def prepare_record(
    kind: RecordKind,
    value: dict[str, JSONValue],
    *,
    secret: bytes,
    media_type: str | None = None,
) -> PreparedRecord:
    """Commit to one record that is not an event.

    Raises
    ------
    MediaTypeInvalid, RecordInvalid
    """
    if media_type is not None and not _MEDIA_TYPE.fullmatch(media_type):
        raise MediaTypeInvalid(
            "document's media type is malformed: expected type/subtype, at most "
            f"{MAX_MEDIA_TYPE} characters, got {media_type[:48]!r}"
        )
    commitment = commit_record(kind, value, secret, media_type=media_type)
    return PreparedRecord(
        kind, canonicalize(value), secret, commitment, commitment.leaf_hash(), media_type
    )


def prepare_event(event: SubmittedEvent, *, secret: bytes, content_mac: bytes) -> PreparedRecord:
    """Commit to one event; `content_mac` is the keyed hash by which a repeated one is known."""
    commitment = commit_record(RecordKind.EVENT, event.payload, secret)
    return PreparedRecord(
        RecordKind.EVENT,
        canonicalize(event.payload),
        secret,
        commitment,
        commitment.leaf_hash(),
        pointer=event.pointer,
        event=event_facts(event, content_mac=content_mac),
        objects=event_objects(event),
        attributes=event_attributes(event),
    )


def event_facts(event: SubmittedEvent, *, content_mac: bytes) -> EventFacts:
    """Return what is indexed of an event."""
    return EventFacts(
        type=event.type,
        action=event.action,
        event_time=to_milliseconds(event.event_time),
        biz_step=event.biz_step,
        disposition=event.disposition,
        read_point=event.read_point,
        biz_location=event.biz_location,
        transformation_id=event.transformation_id,
        event_id=event.event_id,
        declares_error=event.declares_error,
        content_mac=content_mac,
    )


def event_objects(event: SubmittedEvent) -> tuple[ObjectRow, ...]:
    """Return the objects that an event names."""
    return tuple(
        [
            (item.role, item.uri, None if item.quantity is None else str(item.quantity), item.uom)
            for item in event.objects
        ]
    )


def event_attributes(event: SubmittedEvent) -> tuple[AttributeRow, ...]:
    """Return what an event says of how something was made, as plain tuples: they are pickled."""
    said = attributes_of(event)
    return tuple([(one.name, one.value, one.uom, one.low, one.high) for one in said])


def prepare_batch(
    records: Sequence[PreparedRecord],
    *,
    items: PreparedItems | None = None,
    progress: Progress = no_progress,
) -> PreparedBatch:
    """Build the tree of a batch: records first, then items.

    Raises
    ------
    BatchEmpty, BatchTooLarge, SerialDuplicate, SerialOrder
    """
    if items is not None:
        check_items(items)
    hashes = [record.leaf_hash for record in records]
    if items is not None:
        hashes += _item_hashes(items, progress)
    if not hashes:
        raise BatchEmpty("batch has no records: expected at least 1, got 0")
    if len(hashes) > MAX_RECORDS:
        raise BatchTooLarge(
            f"batch has too many records: expected at most {MAX_RECORDS}, got {len(hashes)}"
        )
    root, tiles = batch_tree(hashes)
    return PreparedBatch(tuple(records), items, len(hashes), root, tiles)


def _item_hashes(items: PreparedItems, progress: Progress) -> list[bytes]:
    hashes: list[bytes] = []
    total = len(items.serials)
    for start in range(0, total, HASHED_AT_A_TIME):
        end = min(start + HASHED_AT_A_TIME, total)
        salts = items.salts[start * SALT_BYTES : end * SALT_BYTES]
        hashes += item_leaf_hashes(items.prefix, items.serials[start:end], salts)
        progress(end, total)
    return hashes


def batch_tree(hashes: Sequence[bytes]) -> tuple[bytes, dict[int, bytes]]:
    """Return the root over a batch's leaf hashes, and its tiles above level 0."""
    tiles = extend(0, hashes, lambda _keys: {})
    root = root_from_nodes(len(hashes), TileNodes(lambda _keys: tiles, len(hashes)).node)
    return root, {key: data for key, data in tiles.items() if key >> 48}


def check_items(items: PreparedItems) -> None:
    """Refuse serials that repeat or do not ascend, or a code that is not an item's."""
    first = parse_code(items.prefix + items.serials[0]) if items.serials else None
    if first is None or (first.gtin, first.serial) != (items.gtin, items.serials[0]):
        raise SerialOrder("item records need a GTIN-14 and serials")
    previous = ""
    for index, serial in enumerate(items.serials):
        if not items.freshly_drawn and not _SERIAL.fullmatch(serial):
            raise SerialForm(
                "serial cannot be an item's: expected 1 to 20 letters, digits, '.', '_' or '-', "
                f"got {serial[:48]!r}",
                pointer=f"/items/serials/{index}",
            )
        if serial == previous:
            raise SerialDuplicate(
                f"serial {serial!r} is in the batch twice", pointer=f"/records/{index}"
            )
        if serial < previous:
            raise SerialOrder(
                f"serials do not ascend: {serial!r} follows {previous!r}",
                pointer=f"/records/{index}",
            )
        previous = serial
