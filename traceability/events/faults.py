"""What is wrong with a document: each fault with its place, stable code and both sides.

Source: RFC 6901 (JSON pointers); the codes are ItemProof's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from traceability.errors import InvalidInput

MAX_FAULTS = 10_000  # An honest sender reads none beyond; a hostile one would fill the memory.
_SHOWN = 48  # Enough of a refused value to find it; the rest may be megabytes.


class FaultCode(StrEnum):
    """The codes of faults in EPCIS documents; faulty GS1 keys have those of `codes`."""

    DOCUMENT_TYPE = "EPCIS_DOCUMENT_TYPE"
    EVENT_TYPE = "EPCIS_EVENT_TYPE"
    VERSION = "EPCIS_VERSION"
    MEMBER_MISSING = "EPCIS_MEMBER_MISSING"
    MEMBER_UNKNOWN = "EPCIS_MEMBER_UNKNOWN"
    JSON_TYPE = "EPCIS_JSON_TYPE"
    VALUE = "EPCIS_VALUE"
    NUMBER_RANGE = "EPCIS_NUMBER_RANGE"
    EMPTY = "EPCIS_EMPTY"
    DUPLICATE = "EPCIS_DUPLICATE"
    URI = "EPCIS_URI"
    TIME = "EPCIS_TIME"
    TIME_ZONE = "EPCIS_TIME_ZONE"
    TIME_ORDER = "EPCIS_TIME_ORDER"
    ACTION = "EPCIS_ACTION"
    VOCABULARY = "EPCIS_VOCABULARY"
    QUANTITY = "EPCIS_QUANTITY"
    UNIT = "EPCIS_UNIT"
    ILMD = "EPCIS_ILMD"
    OBJECTS_MISSING = "EPCIS_OBJECTS_MISSING"
    PARENT_MISSING = "EPCIS_PARENT_MISSING"
    CODE_LEVEL = "EPCIS_CODE_LEVEL"
    PLACE = "EPCIS_PLACE"
    SENSOR = "EPCIS_SENSOR"
    NAME_RESERVED = "EPCIS_NAME_RESERVED"
    NAME_TWICE = "EPCIS_NAME_TWICE"
    CONTEXT = "EPCIS_CONTEXT"
    TERM_REDEFINED = "EPCIS_TERM_REDEFINED"
    TOO_LARGE = "EPCIS_TOO_LARGE"
    TOO_MANY_FAULTS = "EPCIS_TOO_MANY_FAULTS"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a document.

    Parameters
    ----------
    pointer
        JSON pointer to the faulty value; a missing member has the pointer it would have.
    code
        One of `FaultCode`, or the code of an error of `traceability.codes`.
    message
        Subject, fault, expected, got.
    expected, got
        The two sides, where they can be told shortly.
    line
        Where it stands in a document that came as XML.
    """

    pointer: str
    code: str
    message: str
    expected: str | None = None
    got: str | None = None
    line: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the fault as outsiders see it; absent members are absent."""
        found: dict[str, Any] = {
            "code": str(self.code),
            "message": self.message,
            "pointer": self.pointer,
            "expected": self.expected,
            "got": self.got,
            "line": self.line,
        }
        return {name: value for name, value in found.items() if value is not None}


class DocumentFaulty(InvalidInput):
    """A document has faults; the first stands in the message, all are in `faults`."""

    code = "EPCIS_DOCUMENT_FAULTY"

    def __init__(self, faults: Sequence[Fault]) -> None:
        first = faults[0]
        super().__init__(
            f"document has {len(faults)} faults, the first at {first.pointer!r}: {first.message}"
            if len(faults) > 1
            else first.message,
            pointer=first.pointer,
            expected=first.expected,
            got=first.got,
        )
        self.faults = tuple(faults)


def pointer_to(base: str, path: Iterable[str | int]) -> str:
    """Return the JSON pointer that follows `path` from `base` (RFC 6901, section 3)."""
    steps = [str(step).replace("~", "~0").replace("/", "~1") for step in path]
    return "/".join((base, *steps))


def shown(value: object) -> str:
    """Return a refused value, short: text quoted, lists and objects by their kind only."""
    if isinstance(value, str):
        return repr(value if len(value) <= _SHOWN else value[:_SHOWN] + "…")
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "an array"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int) and value.bit_length() > 4 * _SHOWN:
        return "a long integer"
    return str(value)[:_SHOWN]
