"""Which fields of a record an audience sees; the rest stays behind its salted hashes.

public: the header, the code that was asked for, and what the participant's policy adds.
partner: everything, or what the policy says. auditor: everything. An `ni:` value is an unsalted
hash of the event, which others could guess the content of: only auditors see it. The attributes
of lots and the cards of participants are for everybody.
"""

from __future__ import annotations

import binascii
import zlib
from base64 import urlsafe_b64decode
from collections.abc import Callable
from typing import Literal

from traceability.codes.uris import same_item
from traceability.hashing.commitment import (
    CONTEXT,
    EVENT_TYPES,
    MEDIA_TYPE,
    Field,
    RecordKind,
    needs_context,
)
from traceability.hashing.unsalted import unsalted
from traceability.ledger.bundles import Selection
from traceability.ledger.disclosure_policy import (
    DEFAULT_POLICY,
    XML_MEDIA_TYPE,
    Policy,
    Shielded,
    Shown,
)
from traceability.strict_json import JSONValue
from traceability.verify.identity import LOT_MEDIA_TYPE

Audience = Literal["public", "partner", "auditor"]
# Says whether every event beside a document in XML is shown whole.
EventsShown = Callable[[Shielded], bool]
# With paths to more fields than this a bundle would be longer than verifiers read.
MAX_SHOWN = 4_096
# A slice of a document has some 8 MiB; what inflates to more is not looked through.
MAX_XML_BYTES = 64 * 2**20


def none_shown(_audience: Shielded) -> bool:
    """Say that events beside a document are not all shown."""
    return False


def selection(
    audience: Audience,
    code: str | None = None,
    *,
    policy: Policy = DEFAULT_POLICY,
    events_shown: EventsShown = none_shown,
) -> Selection:
    """Return the choice of fields for an audience that asked for a code.

    Parameters
    ----------
    policy
        The policy in force of the record's participant.
    events_shown
        Asked about a document in XML, which is as private as the events that it holds.
    """

    def choose(kind: RecordKind, fields: list[Field]) -> list[int] | None:
        if audience == "auditor" or kind is RecordKind.ITEM:
            return None
        shown = policy.rule(kind, fields[0].value).of(audience)
        if _media_type(kind, fields) == XML_MEDIA_TYPE:
            is_open = events_shown(audience) and xml_may_be_shown(fields, policy, audience)
            shown = Shown(everything=is_open)
        chosen = _chosen(fields, Shown(everything=True) if is_public(kind, fields) else shown, code)
        return None if len(chosen) == len(fields) else _bounded(fields, chosen, code)

    return choose


def is_public(kind: RecordKind, fields: list[Field]) -> bool:
    """Tell whether everybody may see a record, whatever its participant's policy."""
    return kind is RecordKind.PARTICIPANT or _media_type(kind, fields) == LOT_MEDIA_TYPE


def _media_type(kind: RecordKind, fields: list[Field]) -> JSONValue:
    header = fields[0].value
    is_document = kind is RecordKind.DOCUMENT and isinstance(header, dict)
    return header.get(MEDIA_TYPE) if is_document and isinstance(header, dict) else None


def _chosen(fields: list[Field], shown: Shown, code: str | None) -> list[int]:
    """Return what is shown: the header, the code, what the rule names, and the context of it."""
    indexes = {0}
    for index, found in enumerate(fields[1:], 1):
        by_rule = shown.shows(found) and found.path != (CONTEXT,)
        if (by_rule and not unsalted(found.value)) or (code and _names(found.value, code)):
            indexes.add(index)
    if shown.everything or any(needs_context(*fields[i][::2]) for i in indexes - {0}):
        indexes |= {index for index, found in enumerate(fields) if found.path == (CONTEXT,)}
    return sorted(indexes)


def _bounded(fields: list[Field], chosen: list[int], code: str | None) -> list[int]:
    """Leave the elements of lists out of a partial disclosure that would be too long."""
    if len(chosen) <= MAX_SHOWN:
        return chosen
    return [
        index
        for index in chosen
        if not any(isinstance(step, int) for step in fields[index].path)
        or (code is not None and _names(fields[index].value, code))
    ]


def _names(value: JSONValue, code: str) -> bool:
    if isinstance(value, str):
        return same_item(value, code) and not unsalted(value)
    if isinstance(value, dict):
        epc_class = value.get("epcClass")
        return isinstance(epc_class, str) and same_item(epc_class, code) and not unsalted(value)
    return False


def xml_may_be_shown(fields: list[Field], policy: Policy, audience: Shielded) -> bool:
    """Tell whether a document in XML holds nothing that the audience may not see.

    What cannot be read with certainty (another encoding than UTF-8, references to characters)
    is not shown. Events that were refused stand in the document too, so that each event type
    that it names counts, whether or not such an event was recorded.
    """
    text = _xml_text(fields)
    if text is None or "&#" in text or unsalted(text):
        return False
    named = [name for name in EVENT_TYPES if name in text]
    rules = [policy.rule(RecordKind.EVENT, {"type": name}) for name in named]
    return all(rule.of(audience).everything for rule in rules)


def _xml_text(fields: list[Field]) -> str | None:
    content = next((found.value for found in fields if found.path == ("content",)), None)
    if not isinstance(content, str):
        return None
    try:
        packed = urlsafe_b64decode(content + "=" * (-len(content) % 4))
        inflater = zlib.decompressobj()
        data = inflater.decompress(packed, MAX_XML_BYTES)
        return data.decode() if inflater.eof else None
    except (binascii.Error, zlib.error, UnicodeDecodeError, ValueError):
        return None
