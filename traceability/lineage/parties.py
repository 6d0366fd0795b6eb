"""The parties that an event names as source or destination, read from its committed bytes.

They are in no column of the store: only the few events that decide an answer are read, and what
is erased is gone from here too.

Source: EPCIS 2.0 (ISO/IEC 19987:2024), section 7.3.5.4; CBV 2.0, section 7.4.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from traceability.codes.identifier import CANONICAL_BASE
from traceability.codes.uris import parse_code
from traceability.errors import InvalidInput
from traceability.events.cbv import SOURCE_DESTINATION_TYPES
from traceability.events.context import GS1_CONTEXT, Context, extend
from traceability.events.identifiers import canonical_id
from traceability.hashing.partial import PartialRecord
from traceability.strict_json import JSONValue, parse_json

SOURCE, DESTINATION = "source", "destination"
_LISTS = {SOURCE: "sourceList", DESTINATION: "destinationList"}
# Without one of these in its bytes, an event names no party, and need not be read.
_MARKS = tuple(name.encode() for name in _LISTS.values())
_GLN_KEYS = ("414", "417")


class Party(NamedTuple):
    """A source or destination of goods; `type` is the vocabulary's word, `code` canonical."""

    side: str
    type: str
    code: str


def party_code(gln: str) -> str:
    """Return the one code of a party with a GLN."""
    return f"{CANONICAL_BASE}/417/{gln}"


def parties_of(payload: bytes | None, leaves: bytes | None) -> tuple[Party, ...]:
    """Return the parties of an event, by its committed bytes or by what is left of them."""
    data = payload or leaves
    if data is None or not any(mark in data for mark in _MARKS):
        return ()
    return tuple(_read(parse_json(data) if payload else _left(data)))


def _left(leaves: bytes) -> JSONValue:
    """Return the lists of which something is left after an erasure."""
    event: dict[str, JSONValue] = {"@context": []}
    found: dict[str, list[JSONValue]] = {}
    for field in PartialRecord.from_bytes(leaves).fields.values():
        if field.path[:1] == ("@context",):
            event["@context"] = field.value
        elif field.path and field.path[0] in _LISTS.values():
            found.setdefault(str(field.path[0]), []).append(field.value)
    return {**event, **found}


def _read(event: JSONValue) -> Iterator[Party]:
    if not isinstance(event, dict):
        return
    context, _ = extend(GS1_CONTEXT, event.get("@context", []), pointer="")
    for side, name in _LISTS.items():
        named = event.get(name)
        for one in named if isinstance(named, list) else []:
            if isinstance(one, dict):
                yield from _party(side, one, context)


def _party(side: str, one: dict[str, JSONValue], context: Context) -> Iterator[Party]:
    type, named = one.get("type"), one.get(side)
    if not isinstance(type, str) or not isinstance(named, str):
        return
    try:
        word = SOURCE_DESTINATION_TYPES.name_of(context.expand(type) if ":" in type else type)
        yield Party(side, word, _one_code(canonical_id(named, context)))
    except InvalidInput:
        # Capture refuses such an event; one that is stored all the same names nobody.
        return


def _one_code(uri: str) -> str:
    """Return a party's code: a GLN means the same firm as place and as party."""
    try:
        found = parse_code(uri)
    except InvalidInput:
        return uri
    return party_code(found.key) if found.ai in _GLN_KEYS else uri
