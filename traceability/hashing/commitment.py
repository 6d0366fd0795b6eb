"""Records as trees of salted fields: what is committed, and how part of it is shown.

Source: docs/formats.md, sections "field" and "record". Field leaves ascend by the UTF-8 bytes of
JCS(path), so `["epcList",10]` comes before `["epcList",1]`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple, TypeAlias

import orjson

from traceability.errors import InvalidInput, ProofRejected
from traceability.hashing.canonical import canonicalize
from traceability.hashing.encoding import b64u_encode
from traceability.hashing.tree_hash import leaf_hash, root_hash
from traceability.strict_json import JSONValue

Path: TypeAlias = tuple[str | int, ...]
# A field yet without salt: JCS(path), path, value.
_Part: TypeAlias = tuple[bytes, Path, JSONValue]

SALT_BYTES = 16
SALT_TEXT = 22  # characters of base64url
SECRET_BYTES = 32
MAX_FIELDS = 65_536
_RECORD_LABEL = b"itemproof/rec/1\n"
_SALT_LABEL = b"itemproof/salt/1".ljust(32, b"\x00")
_HEADER_PATH: Path = ()
# The characters of RFC 3986; none of them is escaped in JSON.
_URI = re.compile(r"[0-9A-Za-z._~:/?#\[\]@!$&'()*+,;=%-]*")
# Keeps what is under work in the processor's cache.
_ITEMS_AT_ONCE = 4096

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
    """Return JCS(path), the bytes by which fields ascend."""
    return canonicalize(path)


def derive_salt(secret: bytes, path: Path) -> bytes:
    """Return a field's salt from its record's secret."""
    return hashlib.sha256(_SALT_LABEL + secret + sort_key(path)).digest()[:SALT_BYTES]


def event_fields(event: Mapping[str, JSONValue]) -> list[tuple[Path, JSONValue]]:
    """Split an event, its `@context` already merged into an array: header first, then fields.

    Raises
    ------
    RecordInvalid
        No context, a header that lacks a member or holds another value than text, a member
        whose name is the header's own, or too many fields.
    """
    return [(path, value) for _, path, value in _event_parts(event)]


def _event_parts(event: Mapping[str, JSONValue]) -> list[_Part]:
    if not isinstance(event.get(CONTEXT), list):
        raise RecordInvalid("event has no @context array", pointer="/@context")
    header: dict[str, JSONValue] = {KIND: "event"}
    rest: dict[str, JSONValue] = {}
    for name, value in event.items():
        if name in EVENT_HEADER:
            header[name] = value
        elif name not in SERVER_MEMBERS:
            rest[name] = value
    _check_event_header(header)
    if ERROR_DECLARATION in event:
        header[DECLARED_ERROR] = True
    return _with_header(RecordKind.EVENT, header, rest)


def _check_event_header(header: Mapping[str, JSONValue]) -> None:
    for name in REQUIRED_EVENT_HEADER:
        if name not in header:
            raise RecordInvalid(f"event has no {name}", pointer=f"/{name}")
    for name, value in header.items():
        if not isinstance(value, str):
            raise RecordInvalid(f"event's {name} is not text", pointer=f"/{name}")
    if header["type"] not in EVENT_TYPES:
        raise RecordInvalid("event is of no EPCIS type", pointer="/type")


def participant_fields(card: Mapping[str, JSONValue]) -> list[tuple[Path, JSONValue]]:
    """Split a participant's card."""
    return [(path, value) for _, path, value in _participant_parts(card)]


def _participant_parts(card: Mapping[str, JSONValue]) -> list[_Part]:
    return _with_header(RecordKind.PARTICIPANT, {KIND: "participant"}, card)


def document_fields(
    document: Mapping[str, JSONValue], *, media_type: str
) -> list[tuple[Path, JSONValue]]:
    """Split a document."""
    return [(path, value) for _, path, value in _document_parts(document, media_type)]


def _document_parts(document: Mapping[str, JSONValue], media_type: str) -> list[_Part]:
    header: dict[str, JSONValue] = {KIND: "document", MEDIA_TYPE: media_type}
    return _with_header(RecordKind.DOCUMENT, header, document)


def item_header(uri: str) -> dict[str, JSONValue]:
    """Return the header, and only field, of an item record."""
    return {KIND: "item", "id": uri}


def _with_header(
    kind: RecordKind, header: dict[str, JSONValue], members: Mapping[str, JSONValue]
) -> list[_Part]:
    if not RESERVED_MEMBERS[kind].isdisjoint(members):
        name = min(RESERVED_MEMBERS[kind] & members.keys())
        raise RecordInvalid(f"{kind.name.lower()} has a member named {name!r}", pointer=f"/{name}")
    parts: list[_Part] = []
    for name, value in members.items():
        _split(name, value, parts)
    if len(parts) >= MAX_FIELDS:
        raise RecordInvalid(
            f"record has too many fields: expected at most {MAX_FIELDS}, got {len(parts) + 1}"
        )
    parts.sort(key=itemgetter(0))
    return [(b"[]", _HEADER_PATH, header), *parts]


def _index_ends(count: int) -> list[bytes]:
    """Return how the paths of that many elements end."""
    return [b",%d]" % index for index in range(count)]


_INDEX_ENDS = _index_ends(1024)
# Longer member names are rare, and not worth the memory.
_KEPT_NAME = 64


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


def _split(name: str, value: JSONValue, parts: list[_Part]) -> None:
    """Add the fields of a top-level member."""
    stem = _stem(name)
    if isinstance(value, list) and value and name != CONTEXT:
        ends = _INDEX_ENDS if len(value) <= len(_INDEX_ENDS) else _index_ends(len(value))
        parts += [
            (stem + end, (name, at), part)
            for at, (end, part) in enumerate(zip(ends, value, strict=False))
        ]
    elif isinstance(value, dict) and value and splits_by_member(name):
        parts += [
            (b"%b,%b]" % (stem, canonicalize(member)), (name, member), part)
            for member, part in value.items()
        ]
    else:
        parts.append((stem + b"]", (name,), value))


def _stem(name: str) -> bytes:
    """Return how the paths of a member begin; the names that recur are kept."""
    return _kept_stem(name) if len(name) <= _KEPT_NAME else b"[" + canonicalize(name)


@lru_cache(maxsize=1024)
def _kept_stem(name: str) -> bytes:
    return b"[" + canonicalize(name)


def salted_fields(
    kind: RecordKind,
    payload: JSONValue,
    secret: bytes,
    *,
    media_type: str | None = None,
) -> list[Field]:
    """Return the fields of a record that has a secret, salted and in order."""
    parts = _parts(kind, payload, media_type)
    salts = _salts(secret, parts)
    return [Field(path, salt, value) for (_, path, value), salt in zip(parts, salts, strict=True)]


def _parts(kind: RecordKind, payload: JSONValue, media_type: str | None) -> list[_Part]:
    if not isinstance(payload, dict):
        raise RecordInvalid("record is not an object")
    if kind is RecordKind.EVENT:
        return _event_parts(payload)
    if kind is RecordKind.PARTICIPANT:
        return _participant_parts(payload)
    if kind is RecordKind.DOCUMENT and media_type is not None:
        return _document_parts(payload, media_type)
    raise RecordInvalid(f"record of kind {kind.name.lower()} has no salted fields")


def _salts(secret: bytes, parts: Sequence[_Part]) -> list[bytes]:
    if len(secret) != SECRET_BYTES:
        raise RecordInvalid(f"secret has another length: expected {SECRET_BYTES} bytes")
    start, sha256 = _SALT_LABEL + secret, hashlib.sha256
    return [sha256(start + part[0]).digest()[:SALT_BYTES] for part in parts]


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
    parts = _parts(kind, payload, media_type)
    root = _field_root(
        [part[0] for part in parts], _salts(secret, parts), [part[2] for part in parts]
    )
    return Commitment(kind, len(parts), root)


def _field_root(
    keys: Sequence[bytes], salts: Sequence[bytes], values: Sequence[JSONValue]
) -> bytes:
    """Return the root over leaves that are put together as `Field.leaf_data` does."""
    sha256, dumps = hashlib.sha256, orjson.dumps
    try:
        texts = [dumps(value) if type(value) is str else canonicalize(value) for value in values]
    except orjson.JSONEncodeError as error:
        raise RecordInvalid("field holds half of a surrogate pair") from error
    # Adding up takes an eighth less of the whole than a format does.
    leaves = zip(keys, _salt_texts(salts), texts, strict=True)
    return root_hash(
        [
            sha256(b"\x00[" + key + b',"' + salt + b'",' + text + b"]").digest()
            for key, salt, text in leaves
        ]
    )


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
        texts = _salt_texts([salts[at : at + SALT_BYTES] for at in apart])
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


def _salt_texts(salts: Sequence[bytes]) -> list[bytes]:
    """Return the base64url of each salt; two NULs widen it to whole groups of three bytes."""
    text = b64u_encode(b"\0\0".join([*salts, b""])).encode()
    return [text[at : at + SALT_TEXT] for at in range(0, len(text), SALT_TEXT + 2)]
