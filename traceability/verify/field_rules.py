"""What disclosed fields must look like: header, paths, shapes and order, by kind of record.

Source: `docs/formats.md`, section 1, "verifiers refuse".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from traceability.hashing.commitment import (
    CONTEXT,
    DECLARED_ERROR,
    ERROR_DECLARATION,
    EVENT_TYPES,
    HEADER_MEMBERS,
    MAX_FIELDS,
    REQUIRED_EVENT_HEADER,
    RESERVED_MEMBERS,
    DisclosureInvalid,
    Field,
    Path,
    RecordKind,
    needs_context,
    sort_key,
    splits_by_member,
)
from traceability.strict_json import JSONValue

MEMBER_PATH, PART_PATH = 1, 2


def check_header(kind: RecordKind, header: Field) -> None:
    """Refuse a header that is not leaf 0 of this kind of record."""
    value = header.value
    if header.path != () or not isinstance(value, dict):
        raise DisclosureInvalid("header is not the field at path []")
    if value.get("kind") != kind.name.lower():
        raise DisclosureInvalid(f"header is of another kind: expected {kind.name.lower()!r}")
    allowed = HEADER_MEMBERS[kind]
    required = frozenset(REQUIRED_EVENT_HEADER) if kind is RecordKind.EVENT else allowed
    given = value.keys() - {"kind"}
    if not required <= given <= allowed:
        names = sorted((required - given) | (given - allowed))
        raise DisclosureInvalid(f"header has missing or unknown members: {names[0][:40]!r}")
    for name in given:
        is_flag = name == DECLARED_ERROR
        if value[name] is not True if is_flag else not isinstance(value[name], str):
            raise DisclosureInvalid(f"header member {name!r} has the wrong type")
    if kind is RecordKind.EVENT and value["type"] not in EVENT_TYPES:
        raise DisclosureInvalid("header names no EPCIS event type")


def check_fields(kind: RecordKind, fields: Sequence[Field], *, field_count: int) -> None:
    """Refuse fields, header first, that break a rule of their form or order."""
    check_header(kind, fields[0])
    if field_count > MAX_FIELDS:
        raise DisclosureInvalid(f"record has too many fields: at most {MAX_FIELDS}")
    if kind is RecordKind.ITEM and field_count != 1:
        raise DisclosureInvalid(f"item record has {field_count} fields: expected exactly 1")
    rest = fields[1:]
    for field in rest:
        _check_path(kind, field.path)
        _check_shape(kind, field)
    keys = [sort_key(field.path) for field in rest]
    if any(not before < after for before, after in pairwise(keys)):
        raise DisclosureInvalid("fields do not ascend by their paths")
    _check_one_shape(rest)
    _check_declared_error(kind, fields)


def check_complete(kind: RecordKind, fields: Sequence[Field]) -> None:
    """Refuse a complete disclosure with gaps, or an event without its context."""
    check_fields(kind, fields, field_count=len(fields))
    indexes: dict[str | int, set[int]] = {}
    for field in fields[1:]:
        if len(field.path) == PART_PATH and isinstance(field.path[1], int):
            indexes.setdefault(field.path[0], set()).add(field.path[1])
    for name, found in indexes.items():
        if max(found) != len(found) - 1:
            raise DisclosureInvalid(f"elements of {name!r} have a gap")
    names = {field.path[0] for field in fields[1:]}
    if kind is RecordKind.EVENT and CONTEXT not in names:
        raise DisclosureInvalid("event is disclosed without its @context")
    header = fields[0].value
    is_declared = isinstance(header, dict) and DECLARED_ERROR in header
    if kind is RecordKind.EVENT and is_declared and ERROR_DECLARATION not in names:
        raise DisclosureInvalid("header declares an error that no field has")


def check_partial(
    kind: RecordKind, shown: Sequence[tuple[int, Field]], *, field_count: int
) -> None:
    """Refuse a partial disclosure whose leaf indexes do not ascend."""
    if any(not before < after for (before, _), (after, _) in pairwise(shown)):
        raise DisclosureInvalid("disclosed leaf indexes do not ascend")
    fields = [field for _, field in shown]
    check_fields(kind, fields, field_count=field_count)
    names = {field.path[0] for field in fields[1:]}
    if kind is not RecordKind.EVENT or CONTEXT in names:
        return
    for field in fields[1:]:
        if needs_context(field.path, field.value):
            raise DisclosureInvalid(
                f"extension {str(field.path[0])[:40]!r} is disclosed without its @context"
            )


def _check_path(kind: RecordKind, path: Path) -> None:
    """Refuse paths of another form, and those that may not name a field."""
    if len(path) not in (MEMBER_PATH, PART_PATH) or not isinstance(path[0], str):
        raise DisclosureInvalid("path is not [member], [member, index] or [member, name]")
    name, part = path[0], path[-1]
    if type(part) is not str and (type(part) is not int or not 0 <= part < MAX_FIELDS):
        raise DisclosureInvalid(f"path of {name[:40]!r} ends in no index or name")
    if name in RESERVED_MEMBERS[kind]:
        raise DisclosureInvalid(f"path names {name!r}, which is no field of such a record")
    if len(path) == PART_PATH and isinstance(path[1], str) and not splits_by_member(name):
        raise DisclosureInvalid(f"member {name[:40]!r} may not be split by name")
    if len(path) == PART_PATH and name == CONTEXT:
        raise DisclosureInvalid("@context may not be split")


def _check_shape(kind: RecordKind, field: Field) -> None:
    """Refuse a whole value that must be split."""
    if len(field.path) == PART_PATH:
        return
    name, value = str(field.path[0]), field.value
    if name == CONTEXT:
        if kind is RecordKind.EVENT and not isinstance(value, list):
            raise DisclosureInvalid("@context is no array")
    elif value and (_is_array(value) or (_is_object(value) and splits_by_member(name))):
        raise DisclosureInvalid(f"member {name[:40]!r} must be split")


def _check_one_shape(fields: Sequence[Field]) -> None:
    """Refuse one member in two shapes: whole, by element, by name."""
    shapes: dict[str | int, object] = {}
    for field in fields:
        shape = None if len(field.path) == MEMBER_PATH else type(field.path[1])
        if shapes.setdefault(field.path[0], shape) is not shape:
            raise DisclosureInvalid(f"member {str(field.path[0])[:40]!r} has two shapes")


def _check_declared_error(kind: RecordKind, fields: Sequence[Field]) -> None:
    header = fields[0].value
    if kind is not RecordKind.EVENT or not isinstance(header, Mapping):
        return
    has_field = any(field.path[0] == ERROR_DECLARATION for field in fields[1:])
    if has_field and DECLARED_ERROR not in header:
        raise DisclosureInvalid("header does not declare the error that a field has")


def _is_array(value: JSONValue) -> bool:
    return isinstance(value, list)


def _is_object(value: JSONValue) -> bool:
    return isinstance(value, dict)
