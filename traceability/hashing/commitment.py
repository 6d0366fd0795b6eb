"""Records as trees of salted fields: what is committed, and how part of it is shown.

Source: docs/formats.md, sections "field" and "record". Field leaves ascend by the UTF-8 bytes of
JCS(path), so `["epcList",10]` comes before `["epcList",1]`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple, TypeAlias, cast

import orjson

from traceability.errors import InvalidInput, ProofRejected
from traceability.hashing.canonical import canonicalize
from traceability.hashing.encoding import b64u_encode
from traceability.hashing.salts import SALT_BYTES, SECRET_BYTES, salt_digests, salt_texts
from traceability.hashing.tree_hash import leaf_hash, root_hash
from traceability.strict_json import JSONValue

Path: TypeAlias = tuple[str | int, ...]

MAX_FIELDS = 65_536
_RECORD_LABEL = b"itemproof/rec/1\n"
_HEADER_KEY = b"[]"
# The characters of RFC 3986; none of them is escaped in JSON.
_URI = re.compile(r"[0-9A-Za-z._~:/?#\[\]@!$&'()*+,;=%-]*")
# Keeps what is under work in the processor's cache.
_ITEMS_AT_ONCE = 4096
# `,10]` is the first to come before one that is less.
_ELEMENTS_IN_ORDER = 10
# Records of more or longer members and longer arrays are rare, and not worth the memory.
_KEPT_NAMES, _KEPT_LETTERS, _KEPT_ELEMENTS, _KEPT_NAME = 64, 2048, 1024, 64

KIND = "kind"
MEDIA_TYPE = "media_type"
DECLARED_ERROR, ERROR_DECLARATION = "declared_error", "errorDeclaration"
# What an event's header takes from the event, and what the server adds: neither is a field.
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


# Members that the header holds besides `kind`.
HEADER_MEMBERS: Mapping[RecordKind, frozenset[str]] = {
    RecordKind.EVENT: frozenset((*EVENT_HEADER, DECLARED_ERROR)),
    RecordKind.ITEM: frozenset(("id",)),
    RecordKind.PARTICIPANT: frozenset(),
    RecordKind.DOCUMENT: frozenset((MEDIA_TYPE,)),
}
# Names that no field may have, so that nothing can contradict the header.
RESERVED_MEMBERS: Mapping[RecordKind, frozenset[str]] = {
    kind: members | {KIND, *SERVER_MEMBERS} for kind, members in HEADER_MEMBERS.items()
}


class RecordInvalid(InvalidInput):
    """The record cannot be committed to."""

    code = "RECORD_INVALID"


class DisclosureInvalid(ProofRejected):
    """The disclosed fields break a rule of their kind of record."""

    code = "DISCLOSURE_INVALID"


class Field(NamedTuple):
    """One leaf of a record: a JSON path, 16 bytes of salt, a value."""

    path: Path
    salt: bytes
    value: JSONValue

    def leaf_data(self) -> bytes:
        """Return JCS([path, salt, value])."""
        return canonicalize((self.path, b64u_encode(self.salt), self.value))


class _Layout(NamedTuple):
    """How records of one kind and set of members are split."""

    header: tuple[str, ...]  # what the header takes of the members
    # Of the others, ascending: how paths begin, name, whether arrays and objects are split.
    stems: tuple[tuple[bytes, str, bool, bool], ...]


class _Parts(NamedTuple):
    """Fields yet without salt, in order: JCS(path) of each, and the values."""

    keys: list[bytes]
    values: list[JSONValue]


class Commitment(NamedTuple):
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
    """Return JCS(path), the bytes by which fields ascend."""
    return canonicalize(path)


def split_record(
    kind: RecordKind, payload: JSONValue, *, media_type: str | None = None
) -> list[tuple[Path, JSONValue]]:
    """Split a record that has a secret: its header first, then its fields in order.

    Parameters
    ----------
    kind, payload
        An event (its `@context` already merged into an array), a participant's card or a document.
    media_type
        A document's; others have none.

    Raises
    ------
    RecordInvalid
        Not an object, an event without context, a header that lacks a member or holds another
        value than text, a member whose name is the header's own, or too many fields.
    """
    keys, values = _parts(kind, payload, media_type)
    return list(zip(map(_path, keys), values, strict=True))


def _path(key: bytes) -> Path:
    """Return the path that is written so."""
    return tuple(orjson.loads(key))


def _event_parts(event: Mapping[str, JSONValue]) -> _Parts:
    if not isinstance(event.get(CONTEXT), list):
        raise RecordInvalid("event has no @context array", pointer="/@context")
    layout = _layout(RecordKind.EVENT, event)
    header: dict[str, JSONValue] = {KIND: "event"}
    for name in layout.header:
        value = header[name] = event[name]
        if type(value) is not str:
            raise RecordInvalid(f"event's {name} is not text", pointer=f"/{name}")
    if header["type"] not in EVENT_TYPES:
        raise RecordInvalid("event is of no EPCIS type", pointer="/type")
    if ERROR_DECLARATION in event:
        header[DECLARED_ERROR] = True
    return _split(layout, header, event)


def item_header(uri: str) -> dict[str, JSONValue]:
    """Return the header, and only field, of an item record."""
    return {KIND: "item", "id": uri}


def _layout(kind: RecordKind, members: Mapping[str, JSONValue]) -> _Layout:
    """Return how records with such members are split; the layouts that recur are kept."""
    names = tuple(members)
    keep = len(names) <= _KEPT_NAMES and len("".join(names)) <= _KEPT_LETTERS
    return (_kept_layout if keep else _lay_out)(kind, names)


def _lay_out(kind: RecordKind, names: tuple[str, ...]) -> _Layout:
    header = EVENT_HEADER if kind is RecordKind.EVENT else ()
    for name in REQUIRED_EVENT_HEADER if header else ():
        if name not in names:
            raise RecordInvalid(f"event has no {name}", pointer=f"/{name}")
    rest = set(names).difference(header, SERVER_MEMBERS if header else ())
    if not RESERVED_MEMBERS[kind].isdisjoint(rest):
        name = min(RESERVED_MEMBERS[kind] & rest)
        raise RecordInvalid(f"{kind.name.lower()} has a member named {name!r}", pointer=f"/{name}")
    stems = sorted([(b"[" + canonicalize(name), name) for name in rest])
    return _Layout(
        tuple(name for name in header if name in names),
        tuple((stem, name, name != CONTEXT, splits_by_member(name)) for stem, name in stems),
    )


_kept_layout = lru_cache(maxsize=256)(_lay_out)


def splits_by_member(name: str) -> bool:
    """Tell whether a non-empty object under this name is split by member."""
    return name == "ilmd" or ":" in name


def needs_context(path: Path, value: JSONValue) -> bool:
    """Tell whether a field's names only mean something together with the event's `@context`."""
    if any(isinstance(step, str) and ":" in step for step in path):
        return True
    if isinstance(value, dict):
        return any(needs_context((name,), part) for name, part in value.items())
    return isinstance(value, list) and any(needs_context((), part) for part in value)


def _split(
    layout: _Layout, header: dict[str, JSONValue], members: Mapping[str, JSONValue]
) -> _Parts:
    """Return the header and the fields; no stem begins another, so these ascend altogether."""
    keys, values = [_HEADER_KEY], [cast("JSONValue", header)]
    for stem, name, by_element, by_member in layout.stems:
        value = members[name]
        if by_element and type(value) is list and value:
            order, ends = _elements(len(value))
            for end in ends:
                keys.append(stem + end)  # most arrays have one element
            values += [value[at] for at in order] if len(value) > _ELEMENTS_IN_ORDER else value
        elif by_member and type(value) is dict and value:
            inner = sorted([(_name_text(member), member) for member in value])
            keys += [b"%b,%b]" % (stem, end) for end, _ in inner]
            values += [value[member] for _, member in inner]
        else:
            keys.append(stem + b"]")
            values.append(value)
    if len(keys) > MAX_FIELDS:
        raise RecordInvalid(
            f"record has too many fields: expected at most {MAX_FIELDS}, got {len(keys)}"
        )
    return _Parts(keys, values)


def _name_text(name: str) -> bytes:
    """Return a member's name in JSON; the short ones are kept."""
    return _kept_name_text(name) if len(name) <= _KEPT_NAME else canonicalize(name)


_kept_name_text = lru_cache(maxsize=1024)(canonicalize)


def _elements(count: int) -> tuple[list[int], list[bytes]]:
    """Return the indices of an array in the order of its fields, and how their paths end."""
    return _kept_elements(count) if count <= _KEPT_ELEMENTS else _ordered_elements(count)


def _ordered_elements(count: int) -> tuple[list[int], list[bytes]]:
    ends = sorted([(b",%d]" % index, index) for index in range(count)])
    return [index for _, index in ends], [end for end, _ in ends]


_kept_elements = lru_cache(maxsize=256)(_ordered_elements)


def salted_fields(
    kind: RecordKind,
    payload: JSONValue,
    secret: bytes,
    *,
    media_type: str | None = None,
) -> list[Field]:
    """Return the fields of a record that has a secret, salted and in order."""
    keys, values = _parts(kind, payload, media_type)
    salts = [digest[:SALT_BYTES] for digest in _salt_digests(secret, keys)]
    return [Field(*field) for field in zip(map(_path, keys), salts, values, strict=True)]


def _parts(kind: RecordKind, payload: JSONValue, media_type: str | None) -> _Parts:
    if not isinstance(payload, dict):
        raise RecordInvalid("record is not an object")
    if kind is RecordKind.EVENT:
        return _event_parts(payload)
    if kind is RecordKind.PARTICIPANT:
        return _split(_layout(kind, payload), {KIND: "participant"}, payload)
    if kind is RecordKind.DOCUMENT and media_type is not None:
        header: dict[str, JSONValue] = {KIND: "document", MEDIA_TYPE: media_type}
        return _split(_layout(kind, payload), header, payload)
    raise RecordInvalid(f"record of kind {kind.name.lower()} has no salted fields")


def _salt_digests(secret: bytes, keys: Sequence[bytes]) -> list[bytes]:
    if len(secret) != SECRET_BYTES:
        raise RecordInvalid(f"secret has another length: expected {SECRET_BYTES} bytes")
    return salt_digests(secret, keys)


def commit(kind: RecordKind, fields: Sequence[Field]) -> Commitment:
    """Return the commitment to a record's fields, given in order, header first."""
    if not fields or len(fields) > MAX_FIELDS:
        raise RecordInvalid(f"record has {len(fields)} fields: expected 1 to {MAX_FIELDS}")
    if any(len(field.salt) != SALT_BYTES for field in fields):
        raise RecordInvalid(f"field has a salt of another length: expected {SALT_BYTES} bytes")
    keys = [sort_key(field.path) for field in fields]
    root = _field_root(keys, [field.salt for field in fields], [field.value for field in fields])
    return Commitment(kind, len(fields), root)


def commit_record(
    kind: RecordKind, payload: JSONValue, secret: bytes, *, media_type: str | None = None
) -> Commitment:
    """Return the commitment to `salted_fields` of the same arguments, in less time."""
    keys, values = _parts(kind, payload, media_type)
    return Commitment(kind, len(keys), _field_root(keys, _salt_digests(secret, keys), values))


def _field_root(
    keys: Sequence[bytes], salts: Sequence[bytes], values: Sequence[JSONValue]
) -> bytes:
    """Return the root over leaves that are put together as `Field.leaf_data` does."""
    sha256, dumps = hashlib.sha256, orjson.dumps
    try:
        texts = [dumps(value) if type(value) is str else canonicalize(value) for value in values]
    except orjson.JSONEncodeError as error:
        raise RecordInvalid("field holds half of a surrogate pair") from error
    leaves = zip(keys, salt_texts(salts), texts, strict=True)
    return root_hash([sha256(b'\0[%b,"%b",%b]' % leaf).digest() for leaf in leaves])


def item_leaf_hashes(prefix: str, serials: Sequence[str], salts: bytes) -> list[bytes]:
    """Return the leaf hashes of item records, in bulk.

    Parameters
    ----------
    prefix, serials
        An item's URI is the prefix and its serial, as URIs are written: ASCII, and what is
        reserved there percent-encoded. So the JCS of the only leaf can be put together directly.
    salts
        16 bytes for each serial.

    Raises
    ------
    RecordInvalid
        A character that no URI holds, or another number of salts.
    """
    if not (_URI.fullmatch(prefix) and _URI.fullmatch("".join(serials))):
        raise RecordInvalid("item URI holds a character that URIs do not: expected RFC 3986")
    if len(salts) != SALT_BYTES * len(serials):
        raise RecordInvalid(
            f"items have another number of salts: expected {SALT_BYTES * len(serials)} bytes, "
            f"got {len(salts)}"
        )
    sha256 = hashlib.sha256
    between = f'",{{"id":"{prefix}'.encode()
    record = b"\x00" + _RECORD_LABEL + bytes((RecordKind.ITEM, 0, 0, 0, 0, 1))
    hashes: list[bytes] = []
    for start in range(0, len(serials), _ITEMS_AT_ONCE):
        end = start + _ITEMS_AT_ONCE
        apart = range(start * SALT_BYTES, min(end * SALT_BYTES, len(salts)), SALT_BYTES)
        texts = salt_texts([salts[at : at + SALT_BYTES] for at in apart])
        hashes += [
            sha256(
                record
                + sha256(
                    b'\0[[],"%b%b%b","kind":"item"}]' % (salt, between, serial.encode())
                ).digest()
            ).digest()
            for salt, serial in zip(texts, serials[start:end], strict=True)
        ]
    return hashes
