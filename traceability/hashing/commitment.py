"""Records as trees of salted fields: what is committed, and how part of it is shown.

Source: docs/formats.md, sections "field" and "record". Field leaves ascend by the UTF-8 bytes of
JCS(path), so `["epcList",10]` comes before `["epcList",1]`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

from traceability.errors import InvalidInput, ProofRejected
from traceability.hashing.canonical import canonicalize
from traceability.hashing.encoding import b64u_encode
from traceability.hashing.tree_hash import leaf_hash, root_hash
from traceability.strict_json import JSONValue

Path: TypeAlias = tuple[str | int, ...]

SALT_BYTES = 16
SECRET_BYTES = 32
MAX_FIELDS = 2**32 - 1
_RECORD_LABEL = b"itemproof/rec/1\n"
_SALT_LABEL = b"itemproof/salt/1".ljust(32, b"\x00")
_HEADER_PATH: Path = ()

# The members of an event's header, which therefore are no fields; and what the server adds.
EVENT_HEADER = (
    "type",
    "action",
    "eventTime",
    "eventTimeZoneOffset",
    "bizStep",
    "disposition",
)
REQUIRED_EVENT_HEADER = ("type", "eventTime", "eventTimeZoneOffset")
SERVER_MEMBERS = ("recordTime",)
CONTEXT = "@context"
EVENT_TYPES = (
    "ObjectEvent",
    "AggregationEvent",
    "TransactionEvent",
    "TransformationEvent",
    "AssociationEvent",
)


class RecordKind(IntEnum):
    """What a record is; the number is part of its leaf."""

    EVENT = 1
    ITEM = 2
    PARTICIPANT = 3
    DOCUMENT = 4


class RecordInvalid(InvalidInput):
    """The record cannot be committed to."""

    code = "RECORD_INVALID"


class DisclosureInvalid(ProofRejected):
    """The disclosed fields break a rule of their kind of record."""

    code = "DISCLOSURE_INVALID"


@dataclass(frozen=True, slots=True)
class Field:
    """One leaf of a record: a JSON path, 16 bytes of salt, a value."""

    path: Path
    salt: bytes
    value: JSONValue

    def leaf_data(self) -> bytes:
        """Return JCS([path, salt, value])."""
        return canonicalize([list(self.path), b64u_encode(self.salt), self.value])


@dataclass(frozen=True, slots=True)
class Commitment:
    """What a batch commits to of one record."""

    kind: RecordKind
    field_count: int
    field_root: bytes

    def leaf_data(self) -> bytes:
        """Return the 54 bytes of the record's leaf in its batch."""
        return b"".join(
            (
                _RECORD_LABEL,
                bytes((self.kind, 0)),
                self.field_count.to_bytes(4, "big"),
                self.field_root,
            )
        )

    def leaf_hash(self) -> bytes:
        """Return the record's leaf hash."""
        return leaf_hash(self.leaf_data())


def sort_key(path: Path) -> bytes:
    """Return the bytes by which fields ascend."""
    return canonicalize(list(path))


def derive_salt(secret: bytes, path: Path) -> bytes:
    """Return a field's salt from its record's secret."""
    return hashlib.sha256(_SALT_LABEL + secret + sort_key(path)).digest()[:SALT_BYTES]


def event_fields(event: Mapping[str, JSONValue]) -> list[tuple[Path, JSONValue]]:
    """Split an event, its `@context` already merged into an array: header first, then fields."""
    if not isinstance(event.get(CONTEXT), list):
        raise RecordInvalid("event has no @context array", pointer="/@context")
    header: dict[str, JSONValue] = {"kind": "event"}
    header |= {name: event[name] for name in EVENT_HEADER if name in event}
    if "errorDeclaration" in event:
        header["declared_error"] = True
    rest = {
        name: value
        for name, value in event.items()
        if name not in EVENT_HEADER and name not in SERVER_MEMBERS
    }
    return _with_header(header, rest)


def participant_fields(card: Mapping[str, JSONValue]) -> list[tuple[Path, JSONValue]]:
    """Split a participant's card."""
    return _with_header({"kind": "participant"}, card)


def document_fields(
    document: Mapping[str, JSONValue], *, media_type: str
) -> list[tuple[Path, JSONValue]]:
    """Split a document."""
    return _with_header({"kind": "document", "media_type": media_type}, document)


def item_header(uri: str) -> dict[str, JSONValue]:
    """Return the header, and only field, of an item record."""
    return {"kind": "item", "id": uri}


def _with_header(
    header: dict[str, JSONValue], members: Mapping[str, JSONValue]
) -> list[tuple[Path, JSONValue]]:
    fields = [part for name, value in members.items() for part in _split(name, value)]
    fields.sort(key=lambda field: sort_key(field[0]))
    return [(_HEADER_PATH, header), *fields]


def splits_by_member(name: str) -> bool:
    """Tell whether a non-empty object under this name is split by member."""
    return name == "ilmd" or ":" in name


def _split(name: str, value: JSONValue) -> Iterable[tuple[Path, JSONValue]]:
    if isinstance(value, list) and value and name != CONTEXT:
        return [((name, index), part) for index, part in enumerate(value)]
    if isinstance(value, dict) and value and splits_by_member(name):
        return [((name, member), part) for member, part in value.items()]
    return [((name,), value)]


def salted_fields(
    kind: RecordKind,
    payload: JSONValue,
    secret: bytes,
    *,
    media_type: str | None = None,
) -> list[Field]:
    """Return the fields of a record that has a secret, salted and in order."""
    if not isinstance(payload, dict):
        raise RecordInvalid("record is not an object")
    if kind is RecordKind.EVENT:
        parts = event_fields(payload)
    elif kind is RecordKind.PARTICIPANT:
        parts = participant_fields(payload)
    elif kind is RecordKind.DOCUMENT and media_type is not None:
        parts = document_fields(payload, media_type=media_type)
    else:
        raise RecordInvalid(f"record of kind {kind.name.lower()} has no salted fields")
    return [Field(path, derive_salt(secret, path), value) for path, value in parts]


def commit(kind: RecordKind, fields: Sequence[Field]) -> Commitment:
    """Return the commitment to a record's fields, given in order, header first."""
    if not fields or len(fields) > MAX_FIELDS:
        raise RecordInvalid(f"record has {len(fields)} fields")
    root = root_hash([leaf_hash(field.leaf_data()) for field in fields])
    return Commitment(kind, len(fields), root)


def item_leaf_hashes(prefix: str, serials: Sequence[str], salts: bytes) -> list[bytes]:
    """Return the leaf hashes of item records, in bulk.

    Serials and prefix are plain ASCII (GS1's 82 characters, percent-encoded), so that the JCS of
    the only leaf can be written directly; `salts` holds 16 bytes for each serial.
    """
    sha256 = hashlib.sha256
    encode = _bulk_salts(salts)
    head = canonicalize(prefix)[:-1]
    middle = b'",{"id":' + head
    record = sha256(b"\x00" + _RECORD_LABEL + bytes((RecordKind.ITEM, 0)) + b"\x00\x00\x00\x01")
    copy = record.copy
    hashes: list[bytes] = []
    append = hashes.append
    for serial, salt in zip(serials, encode, strict=True):
        leaf = b'\x00[[],"' + salt + middle + serial.encode() + b'","kind":"item"}]'
        state = copy()
        state.update(sha256(leaf).digest())
        append(state.digest())
    return hashes


def _bulk_salts(salts: bytes) -> Iterable[bytes]:
    for start in range(0, len(salts), SALT_BYTES):
        yield b64u_encode(salts[start : start + SALT_BYTES]).encode()


def check_complete(kind: RecordKind, fields: Sequence[Field]) -> None:
    """Refuse a complete disclosure that breaks a rule of its kind of record.

    Raises
    ------
    DisclosureInvalid
    """
    _check_fields(kind, fields)
    if kind is RecordKind.ITEM and len(fields) != 1:
        raise DisclosureInvalid(f"item record has {len(fields)} fields: expected 1")
    expected: dict[str, int] = {}
    for field in fields[1:]:
        if isinstance(field.path[-1], int):
            expected[str(field.path[0])] = expected.get(str(field.path[0]), 0) + 1
    for field in fields[1:]:
        last = field.path[-1]
        if isinstance(last, int) and last >= expected[str(field.path[0])]:
            raise DisclosureInvalid(f"member {field.path[0]!r} has a gap in its indexes")
    if kind is RecordKind.EVENT:
        _check_whole_event(fields)


def _check_whole_event(fields: Sequence[Field]) -> None:
    names = {field.path[0] for field in fields[1:]}
    if CONTEXT not in names:
        raise DisclosureInvalid("event shows no @context")
    header = fields[0].value
    declared = isinstance(header, dict) and "declared_error" in header
    if declared != ("errorDeclaration" in names):
        raise DisclosureInvalid("event's header and errorDeclaration disagree")


def check_partial(kind: RecordKind, shown: Sequence[tuple[int, Field]]) -> None:
    """Refuse a partial disclosure, pairs of leaf index and field, that breaks a rule.

    Raises
    ------
    DisclosureInvalid
    """
    if not shown or shown[0][0] != 0:
        raise DisclosureInvalid("disclosure does not begin with the header")
    indexes = [index for index, _ in shown]
    if indexes != sorted(set(indexes)):
        raise DisclosureInvalid("disclosed leaves do not ascend")
    fields = [field for _, field in shown]
    _check_fields(kind, fields)
    names = {str(field.path[0]) for field in fields[1:]}
    if kind is RecordKind.EVENT and CONTEXT not in names and any(":" in name for name in names):
        raise DisclosureInvalid("extension is shown without the @context that explains it")


def _check_fields(kind: RecordKind, fields: Sequence[Field]) -> None:
    if not fields or fields[0].path != _HEADER_PATH:
        raise DisclosureInvalid("disclosure does not begin with the header")
    check_header(kind, fields[0].value)
    shapes: dict[str, str] = {}
    previous = b""
    for field in fields[1:]:
        key = sort_key(field.path)
        if key <= previous:
            raise DisclosureInvalid(f"fields do not ascend at {key.decode()[:80]}")
        previous = key
        name, shape = _check_field(kind, field)
        if shapes.setdefault(name, shape) != shape:
            raise DisclosureInvalid(f"member {name!r} is shown in two shapes")


def _check_field(kind: RecordKind, field: Field) -> tuple[str, str]:
    """Return the member's name and shape: whole, by element, or by member."""
    match field.path:
        case (str(name),):
            shape = "whole"
        case (str(name), last) if type(last) is int:
            shape = "element"
        case (str(name), str()):
            shape = "member"
        case _:
            raise DisclosureInvalid("field has a malformed path")
    if kind is RecordKind.EVENT and (name in EVENT_HEADER or name in SERVER_MEMBERS):
        raise DisclosureInvalid(f"field names the header member {name!r}")
    if shape == "member" and not splits_by_member(name):
        raise DisclosureInvalid(f"member {name!r} is not split by member")
    if shape == "element" and (name == CONTEXT or not 0 <= int(field.path[1]) < 2**32):
        raise DisclosureInvalid(f"member {name!r} is not split by that element")
    if shape == "whole" and _must_split(name, field.value):
        raise DisclosureInvalid(f"member {name!r} must be split")
    if name == CONTEXT and not isinstance(field.value, list):
        raise DisclosureInvalid("@context is not an array")
    return name, shape


def _must_split(name: str, value: JSONValue) -> bool:
    if isinstance(value, list):
        return bool(value) and name != CONTEXT
    return isinstance(value, dict) and bool(value) and splits_by_member(name)


_HEADERS: dict[RecordKind, tuple[str, frozenset[str], frozenset[str]]] = {
    RecordKind.EVENT: (
        "event",
        frozenset({"kind", *REQUIRED_EVENT_HEADER}),
        frozenset({"kind", "declared_error", *EVENT_HEADER}),
    ),
    RecordKind.ITEM: ("item", frozenset({"kind", "id"}), frozenset({"kind", "id"})),
    RecordKind.PARTICIPANT: ("participant", frozenset({"kind"}), frozenset({"kind"})),
    RecordKind.DOCUMENT: (
        "document",
        frozenset({"kind", "media_type"}),
        frozenset({"kind", "media_type"}),
    ),
}


def check_header(kind: RecordKind, header: JSONValue) -> None:
    """Refuse a header with members outside its list, missing ones, or another kind's."""
    name, required, allowed = _HEADERS[kind]
    if not isinstance(header, dict):
        raise DisclosureInvalid("header is not an object")
    if header.get("kind") != name:
        raise DisclosureInvalid(
            f"header is of another kind: expected {name}, got {str(header.get('kind'))[:20]}"
        )
    members = set(header)
    if not required <= members <= allowed:
        wrong = sorted((required - members) | (members - allowed))
        raise DisclosureInvalid(f"header has wrong members: {', '.join(wrong)[:80]}")
    texts = [value for member, value in header.items() if member != "declared_error"]
    if not all(isinstance(value, str) for value in texts):
        raise DisclosureInvalid("header has a member that is not text")
    if "declared_error" in header and header["declared_error"] is not True:
        raise DisclosureInvalid("header's declared_error is not true")
    if kind is RecordKind.EVENT and header["type"] not in EVENT_TYPES:
        raise DisclosureInvalid(f"event type is unknown: got {str(header['type'])[:40]!r}")
