"""From a record's disclosed fields back to what was submitted: the inverse of splitting it.

Source: docs/formats.md, section "field". Of a complete disclosure, the bytes are exactly those
that were committed. Of a partial one they hold what is shown, lists without what is not.
"""

from __future__ import annotations

from collections.abc import Sequence

from traceability.hashing.canonical import canonicalize
from traceability.hashing.commitment import DECLARED_ERROR, KIND, Field, RecordKind
from traceability.strict_json import JSONValue


def payload_bytes(kind: RecordKind, fields: Sequence[Field]) -> bytes:
    """Return the JCS bytes of the record that the fields are of; the header comes first."""
    return canonicalize(payload_of(kind, fields))


def payload_of(kind: RecordKind, fields: Sequence[Field]) -> dict[str, JSONValue]:
    """Return the record as it was submitted; of an item, its header."""
    header = fields[0].value
    members = dict(header) if isinstance(header, dict) else {}
    if kind is RecordKind.ITEM:
        return members
    kept = kind is RecordKind.EVENT
    payload: dict[str, JSONValue] = {
        name: value
        for name, value in members.items()
        if kept and name not in (KIND, DECLARED_ERROR)
    }
    elements: dict[str, dict[int, JSONValue]] = {}
    for field in fields[1:]:
        _put(payload, elements, field)
    for name, found in elements.items():
        payload[name] = [found[index] for index in sorted(found)]
    return payload


def _put(
    payload: dict[str, JSONValue], elements: dict[str, dict[int, JSONValue]], field: Field
) -> None:
    name, part = str(field.path[0]), field.path[-1]
    if len(field.path) == 1:
        payload[name] = field.value
    elif isinstance(part, int):
        elements.setdefault(name, {})[part] = field.value
    else:
        whole = payload.setdefault(name, {})
        if isinstance(whole, dict):
            whole[part] = field.value
