"""One record: its payload against its commitment, and what lineage reads against its payload."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeAlias

from traceability.errors import ItemProofError
from traceability.events.jsonld import parse_document
from traceability.hashing.canonical import parse_canonical
from traceability.hashing.commitment import MEDIA_TYPE, RecordKind, commit_record
from traceability.hashing.event_hash import event_hash
from traceability.hashing.partial import PartialRecord
from traceability.ledger.audit.difference import Difference, compare
from traceability.ledger.audit.units import Context
from traceability.ledger.drafting import content_mac
from traceability.ledger.erasure_remains import remains_of
from traceability.ledger.prepared import event_attributes, event_facts, event_objects
from traceability.store.repositories.auditing import AuditedEvent, AuditedObject
from traceability.store.repositories.batches import RecordRow
from traceability.store.repositories.events import ROLES, AttributeRow, ObjectRow
from traceability.strict_json import JSONValue

# Columns of an event that follow from its payload alone.
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
Placed: TypeAlias = tuple[object, ...]
OBJECT_COLUMNS = ("role", "epc", "ordinal", "quantity", "uom")
ATTRIBUTE_COLUMNS = ("ordinal", "name", "value", "uom", "low", "high")


class Kept(NamedTuple):
    """What is kept beside an event: the objects that it names, and what it says of making."""

    objects: Sequence[AuditedObject] = ()
    attributes: Sequence[Placed] = ()


def check_record(
    context: Context,
    row: RecordRow,
    event: AuditedEvent | None,
    kept: Kept,
) -> Iterator[Difference]:
    """Recompute a record from its payload, and of an event what is kept beside it."""
    key = f"{row.batch}, {row.record_index}"
    if row.payload is None or row.secret is None:
        column = "payload" if row.payload is None else "secret"
        yield Difference("records", key, column, "content, or an erasure entry", "nothing")
        return
    try:
        kind = RecordKind(row.kind)
        value = parse_canonical(row.payload)
        computed = commit_record(kind, value, row.secret, media_type=row.media_type)
    except (ItemProofError, ValueError) as error:
        yield Difference("records", key, "payload", "a canonical record", str(error)[:64])
        return
    found = row.field_root
    yield from compare("records", key, column="payload", expected=found, found=computed.field_root)
    expected = computed.field_count
    yield from compare(
        "records", key, column="field_count", expected=expected, found=row.field_count
    )
    if kind is not RecordKind.DOCUMENT:
        yield from compare("records", key, column="media_type", expected=None, found=row.media_type)
    if kind is RecordKind.EVENT:
        yield from _check_event(context, key, value, event, kept)


def _check_event(
    context: Context,
    key: str,
    value: JSONValue,
    stored: AuditedEvent | None,
    kept: Kept,
) -> Iterator[Difference]:
    """Compare what lineage reads with what the event says."""
    document = parse_document(value)
    if stored is None or not document.events:
        yield Difference("events", key, "event", "one event", "none")
        return
    event = document.events[0]
    facts = event_facts(event, content_mac=b"")
    name = str(stored.event)
    for column in EVENT_COLUMNS:
        expected, found = getattr(facts, column), stored.columns[column]
        yield from compare("events", name, column=column, expected=expected, found=found)
    if context.duplicate_key is not None:
        mac = content_mac(event_hash(value).uri, context.duplicate_key)  # type: ignore[arg-type] # an event
        found = stored.columns["content_mac"]
        yield from compare("events", name, column="content_mac", expected=mac, found=found)
    yield from _check_objects(name, event_objects(event), kept.objects)
    yield from _check_attributes(name, event_attributes(event), kept.attributes)


def check_remains(
    left: PartialRecord | None,
    row: RecordRow,
    stored: AuditedEvent | None,
    kept: Kept,
) -> Iterator[Difference]:
    """Compare what is kept beside a partly erased record with what is left of it."""
    yield from _check_media_type(left, row)
    if left is None or row.kind != RecordKind.EVENT or 0 in left.erased:
        return
    remains, key = remains_of(left), f"{row.batch}, {row.record_index}"
    if remains is None or stored is None:
        if remains is not None:
            yield Difference("events", key, "event", "one event", "none")
        if stored is not None:
            yield Difference("events", key, "event", "nothing: it cannot be read", "an event")
        return
    name = str(stored.event)
    for column in EVENT_COLUMNS:
        expected, found = getattr(remains.facts, column), stored.columns[column]
        yield from compare("events", name, column=column, expected=expected, found=found)
    found = stored.columns["content_mac"]
    yield from compare("events", name, column="content_mac", expected=row.field_root, found=found)
    yield from _check_objects(name, remains.objects, kept.objects)
    yield from _check_attributes(name, remains.attributes, kept.attributes)


def _check_media_type(left: PartialRecord | None, row: RecordRow) -> Iterator[Difference]:
    """Compare a document's media type with its header; others have none."""
    expected: object = None
    if row.kind == RecordKind.DOCUMENT:
        header = None if left is None else left.fields.get(0)
        if header is None or not isinstance(header.value, dict):
            return  # Nothing is left that says it.
        expected = header.value.get(MEDIA_TYPE)
    key, found = f"{row.batch}, {row.record_index}", row.media_type
    yield from compare("records", key, column="media_type", expected=expected, found=found)


def _check_objects(
    key: str, named: Sequence[ObjectRow], stored: Sequence[AuditedObject]
) -> Iterator[Difference]:
    seen: Counter[tuple[str, str]] = Counter()
    expected: list[Placed] = []
    for role, uri, quantity, uom in named:
        expected.append((ROLES[role], uri, seen[role, uri], quantity, uom))
        seen[role, uri] += 1
    if expected == stored:
        return  # In the same order, as nearly always.
    wanted: Counter[Placed] = Counter(expected)
    found: Counter[Placed] = Counter(map(tuple, stored))
    if wanted != found:
        rows = list(wanted.elements()), list(found.elements())
        column = _differing(*rows, OBJECT_COLUMNS)
        missing, extra = list(wanted - found), list(found - wanted)
        yield Difference(
            "event_epcs", key, column, str(missing)[1:-1][:64], str(extra)[1:-1][:64] or "nothing"
        )


def _check_attributes(
    key: str, said: Sequence[AttributeRow], stored: Sequence[Placed]
) -> Iterator[Difference]:
    expected: list[Placed] = [(ordinal, *one) for ordinal, one in enumerate(said)]
    found = [tuple(row) for row in stored]
    if expected == found:
        return
    column = _differing(expected, found, ATTRIBUTE_COLUMNS)
    missing = [row for row in expected if row not in found]
    extra = [row for row in found if row not in expected]
    yield Difference(
        "event_attributes",
        key,
        column,
        str(missing)[1:-1][:64] or "nothing",
        str(extra)[1:-1][:64] or "nothing",
    )


def _differing(expected: list[Placed], found: list[Placed], columns: Sequence[str]) -> str:
    """Return the only column that differs; where there are several, or none, the main one."""
    for place, column in enumerate(columns):
        rest = [
            Counter(row[:place] + row[place + 1 :] for row in rows) for rows in (expected, found)
        ]
        if rest[0] == rest[1]:
            return column
    return "epc" if "epc" in columns else "value"
