"""Single values as an event hash takes them: times, numbers, codes and words, each in one form.

Source: GS1 Core Business Vocabulary 2.0, event ID by hash; GS1 EPC Tag Data Standard (URNs).
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from traceability.codes.uris import canonical_uri
from traceability.errors import InvalidInput
from traceability.events.identifiers import plain_item_uri
from traceability.hashing.event_members import CBV, VOC


class EventHashError(InvalidInput):
    """An event holds a value that the hash does not define."""

    code = "EVENT_HASH_VALUE"


_CBV_URNS = {
    "bizstep": CBV + "BizStep-",
    "disp": CBV + "Disp-",
    "btt": CBV + "BTT-",
    "sdt": CBV + "SDT-",
    "er": CBV + "ER-",
}
_OTHER_VOCS = ("https://ref.gs1.org/voc/", "https://www.gs1.org/voc/")
_TIMESTAMP = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]((?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2})(?:\.([0-9]+))?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)
_IN_ITS_FORM = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}\.[0-9]{3}Z", re.ASCII
)
_MILLISECOND_DIGITS = 3
_SECOND = 1000


def format_event_time(text: str) -> str:
    """Return a time in UTC and milliseconds, rounded half up.

    Raises
    ------
    EventHashError
        Not an `xsd:dateTimeStamp`: no date and time, or no zone.
    """
    try:
        if _IN_ITS_FORM.fullmatch(text):
            datetime.fromisoformat(text)
            return text
        match = _TIMESTAMP.fullmatch(text)
        if match is None:
            raise value_fault("time", expected="date, time and zone", value=text)
        date, clock, fraction, zone = match.groups("")
        return _rounded(f"{date}T{clock}{'+00:00' if zone in 'Zz' else zone}", fraction)
    except (ValueError, OverflowError) as error:
        raise value_fault("time", expected="a time that exists", value=text) from error


def _rounded(whole_seconds: str, fraction: str) -> str:
    """Return the time in UTC, its fraction rounded half up to milliseconds."""
    milliseconds = int(fraction[:_MILLISECOND_DIGITS].ljust(_MILLISECOND_DIGITS, "0"))
    if fraction[_MILLISECOND_DIGITS : _MILLISECOND_DIGITS + 1] >= "5":
        milliseconds += 1
    time = datetime.fromisoformat(whole_seconds).astimezone(UTC)
    if milliseconds == _SECOND:
        time, milliseconds = time + timedelta(seconds=1), 0
    return f"{time.isoformat()[:19]}.{milliseconds:03d}Z"


def number_text(name: str, value: Any) -> str:
    """Return a number without exponent or trailing zeros, a truth value, or nothing for null.

    Raises
    ------
    EventHashError
        Anything else; `name` says where it stands.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if not isinstance(value, float) or not math.isfinite(value):
        raise value_fault(name, expected="a finite number", value=value)
    if value.is_integer():
        return str(int(value))
    text = repr(value)
    return format(Decimal(text), "f") if "e" in text else text


def canonical_code(value: str) -> str:
    """Return the canonical URI of a code; what is no sound code stays as it is."""
    if not value.startswith(("urn:epc:", "http:", "https:")):
        return value
    try:
        return plain_item_uri(value) or canonical_uri(value)
    except InvalidInput:
        return value


def web_uri(urn: str) -> str:
    """Return the Web URI of a CBV term written as a URN."""
    head, _, rest = urn.partition(":cbv:")
    kind, _, name = rest.partition(":") if head == "urn:epcglobal" else ("", "", "")
    return _CBV_URNS[kind] + name if kind in _CBV_URNS else urn


def one_vocabulary(value: str) -> str:
    """Return a term of GS1's Web vocabulary under the one base that is hashed."""
    for base in _OTHER_VOCS:
        if value.startswith(base):
            return VOC + value[len(base) :]
    return value


def value_fault(name: str, *, expected: str, value: Any) -> EventHashError:
    """Return the error for a value that has no place in the hash."""
    got = repr(value)[:40]
    return EventHashError(
        f"{name} cannot be hashed: expected {expected}, got {got}", expected=expected, got=got
    )
