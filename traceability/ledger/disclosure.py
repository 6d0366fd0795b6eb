"""Which fields of a record an audience sees; the rest stays behind its salted hashes.

public: the header, the context that extension names need, and the code that was asked for; the
attributes of lots and the cards of participants in full, of other documents the header alone.
partner: everything but `ni:` values. auditor: everything.
"""

from __future__ import annotations

from typing import Literal

from traceability.codes.uris import same_item
from traceability.hashing.commitment import MEDIA_TYPE, Field, RecordKind, needs_context
from traceability.ledger.bundles import Selection
from traceability.strict_json import JSONValue
from traceability.verify.identity import LOT_MEDIA_TYPE

Audience = Literal["public", "partner", "auditor"]


def selection(audience: Audience, code: str | None = None) -> Selection:
    """Return the choice of fields for an audience that asked for a code."""

    def choose(kind: RecordKind, fields: list[Field]) -> list[int] | None:
        if audience == "auditor" or kind is RecordKind.ITEM:
            return None
        if audience == "partner" or _is_open(kind, fields):
            shown = [index for index, field in enumerate(fields) if not _unsalted(field.value)]
            return None if len(shown) == len(fields) else shown
        return _public(fields, code)

    return choose


def _is_open(kind: RecordKind, fields: list[Field]) -> bool:
    """Tell whether everybody may see a record: the XML of events is as private as they are."""
    if kind is not RecordKind.DOCUMENT:
        return kind is RecordKind.PARTICIPANT
    header = fields[0].value
    return isinstance(header, dict) and header.get(MEDIA_TYPE) == LOT_MEDIA_TYPE


def _public(fields: list[Field], code: str | None) -> list[int]:
    shown = [
        index
        for index, field in enumerate(fields)
        if code is not None and field.path and _names(field.value, code)
    ]
    if any(needs_context(fields[index].path, fields[index].value) for index in shown):
        shown += [index for index, field in enumerate(fields) if field.path == ("@context",)]
    return shown


def _names(value: JSONValue, code: str) -> bool:
    if isinstance(value, str):
        return same_item(value, code) and not value.startswith("ni:")
    if isinstance(value, dict):
        epc_class = value.get("epcClass")
        return isinstance(epc_class, str) and same_item(epc_class, code)
    return False


def _unsalted(value: JSONValue) -> bool:
    """Tell whether a value holds an `ni:` hash, which others could guess the content of."""
    if isinstance(value, str):
        return value.startswith("ni:")
    if isinstance(value, list):
        return any(_unsalted(part) for part in value)
    if isinstance(value, dict):
        return any(_unsalted(part) for part in value.values())
    return False
