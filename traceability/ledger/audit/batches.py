"""Batches: every payload, salt and commitment recomputed, and every column derived from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from traceability.errors import ItemProofError
from traceability.events.jsonld import parse_document
from traceability.hashing.canonical import parse_canonical
from traceability.hashing.commitment import Commitment, RecordKind, commit_record
from traceability.hashing.statement import BatchStatement
from traceability.ledger.audit.difference import Difference, compare, shown
from traceability.ledger.prepared import batch_tree, event_facts, event_objects
from traceability.ledger.tree_reading import BatchNodes
from traceability.store.repositories import Repositories
from traceability.store.repositories.batches import BatchRow, RecordRow
from traceability.store.repositories.events import EventObjectRow, ObjectRow, StoredEvent

# An event as lineage reads it, and what it names.
Indexed = tuple[StoredEvent, list[EventObjectRow]]
# Records compared at a time: bounds memory whatever the size of a batch.
CHUNK = 65_536
# Of them, with the objects that their events name.
EVENTS = 4_096
# Groups of damaged items that are named.
MOST_GROUPS = 8
# A tile's key is its level, then its number; a tile holds the hashes of 256 nodes.
LEVEL_SHIFT, LOW_BITS, TILE_WIDTH, HASH_BYTES = 48, (1 << 48) - 1, 256, 32
EVENT_COLUMNS = (
    "type",
    "action",
    "event_time",
    "biz_step",
    "disposition",
    "read_point",
    "biz_location",
    "transformation_id",
    "event_id",
    "declares_error",
)


def check_batch(
    repositories: Repositories, row: BatchRow, *, statement: BatchStatement
) -> Iterator[Difference]:
    """Recompute a batch from its stored records and compare it with its statement."""
    key = str(row.batch)
    yield from compare(
        "batches", key, column="participant", expected=statement.participant, found=row.participant
    )
    yield from compare(
        "batches",
        key,
        column="record_count",
        expected=statement.record_count,
        found=row.record_count,
    )
    yield from compare(
        "batches", key, column="batch_root", expected=statement.batch_root, found=row.batch_root
    )
    nodes = BatchNodes(repositories, row)
    hashes: list[bytes] = []
    for first in range(0, statement.record_count, CHUNK):
        last = min(first + CHUNK, statement.record_count)
        for start in range(first, last, EVENTS):
            yield from _check_records(repositories, row.batch, start, min(start + EVENTS, last))
        hashes += nodes.leaf_hashes(first, last)
    yield from _check_tree(repositories, row, statement, hashes)


def _check_tree(
    repositories: Repositories, row: BatchRow, statement: BatchStatement, hashes: list[bytes]
) -> Iterator[Difference]:
    key = str(row.batch)
    if len(hashes) != statement.record_count:
        yield Difference(
            "records", key, "record_index", str(statement.record_count), str(len(hashes))
        )
        return
    root, tiles = batch_tree(hashes)
    run = repositories.items.run(row.batch)
    table = "records" if run is None else "items"
    stored = repositories.tree.read_batch_tiles(row.batch, list(tiles))
    if root != statement.batch_root:
        yield Difference(
            table,
            f"{key}{_damaged(tiles, stored, statement.record_count)}",
            "payload" if run is None else "serial, salt",
            shown(statement.batch_root),
            shown(root),
        )
    for tile, expected in tiles.items():
        yield from compare(
            "batch_tiles",
            f"{key}, {tile}",
            column="hashes",
            expected=expected,
            found=stored.get(tile),
        )
    for tile in sorted(repositories.tree.batch_tile_keys(row.batch) - tiles.keys()):
        yield Difference("batch_tiles", f"{key}, {tile}", "tile", "no such tile", "a tile")


def _damaged(tiles: Mapping[int, bytes], stored: Mapping[int, bytes], count: int) -> str:
    """Return which records differ, as near as the stored tiles tell: groups of 256."""
    groups = []
    for key in sorted(key for key in tiles if key >> LEVEL_SHIFT == 1):
        ours, theirs = tiles[key], stored.get(key, b"")
        for at in range(0, len(ours), HASH_BYTES):
            if ours[at : at + HASH_BYTES] != theirs[at : at + HASH_BYTES]:
                number = (key & LOW_BITS) * TILE_WIDTH + at // HASH_BYTES
                last = min((number + 1) * TILE_WIDTH, count) - 1
                groups.append(f"{number * TILE_WIDTH}–{last}")
    return f", {', '.join(groups[:MOST_GROUPS])}" if groups else ""


def _check_records(
    repositories: Repositories, batch: int, first: int, last: int
) -> Iterator[Difference]:
    records = repositories.batches.records_between(batch, first, last)
    events = repositories.events.between(batch, first, last) if records else {}
    for record in records:
        yield from _check_record(record, events.get(record.record_index))


def _check_record(row: RecordRow, stored_event: Indexed | None) -> Iterator[Difference]:
    key = f"{row.batch}, {row.record_index}"
    if row.payload is None or row.secret is None:
        yield Difference("records", key, "payload", "content, or an erasure entry", "nothing")
        return
    kind = RecordKind(row.kind)
    try:
        value = parse_canonical(row.payload)
        computed = commit_record(kind, value, row.secret, media_type=row.media_type)
    except ItemProofError as error:
        yield Difference("records", key, "payload", "a canonical record", str(error)[:64])
        return
    stored = Commitment(kind, row.field_count, row.field_root)
    yield from compare(
        "records", key, column="payload", expected=stored.field_root, found=computed.field_root
    )
    yield from compare(
        "records",
        key,
        column="field_count",
        expected=computed.field_count,
        found=stored.field_count,
    )
    if kind is RecordKind.EVENT:
        yield from _check_event(row, value, stored_event)


def _check_event(
    row: RecordRow, value: object, stored_event: Indexed | None
) -> Iterator[Difference]:
    """Compare what lineage reads with what the event says."""
    key = f"{row.batch}, {row.record_index}"
    document = parse_document(value)  # type: ignore[arg-type]  # parsed JSON
    if stored_event is None or not document.events:
        yield Difference("events", key, "event", "one event", "none")
        return
    stored, objects = stored_event
    event = document.events[0]
    expected = event_facts(event, content_mac=stored.content_mac)
    for name in EVENT_COLUMNS:
        yield from compare(
            "events",
            str(stored.event),
            column=name,
            expected=getattr(expected, name),
            found=getattr(stored, name),
        )
    wanted = sorted(map(_object_key, event_objects(event)))
    found = sorted(map(_object_key, objects))
    yield from compare("event_epcs", str(stored.event), column="epc", expected=wanted, found=found)


def _object_key(item: ObjectRow) -> tuple[str, str, str, str]:
    role, uri, quantity, uom = item
    return (role, uri, quantity or "", uom or "")
