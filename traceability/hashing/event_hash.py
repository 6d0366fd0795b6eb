"""The CBV event hash: one digest for an EPCIS event, whatever names its terms and codes wear.

Source: GS1 Core Business Vocabulary 2.0, event ID by hash; order of members and vocabulary base
as in version 1.9 of the reference, `epcis-event-hash-generator`.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from traceability.codes.uris import canonical_uri
from traceability.errors import InvalidInput
from traceability.hashing.event_members import CBV, ORDER, PLAIN, UNORDERED, VOC, Member

# `ver=CBV2.0` does not name one algorithm, so this is stored beside every hash. It changes
# whenever any event's pre-hash string changes.
REVISION = "itemproof-1+reference-1.9"


class EventHashError(InvalidInput):
    """An event holds a value that the hash does not define."""

    code = "EVENT_HASH_VALUE"


@dataclass(frozen=True, slots=True)
class EventHash:
    """A hash as an `ni:` URI, what was hashed, and by which revision of this file."""

    uri: str
    revision: str
    prehash: str


_MEMBERS = ORDER | UNORDERED
_RANKS = {name: rank for rank, name in enumerate(ORDER)}
_LAST = len(ORDER)
_LEFT_OUT = frozenset({"@context", "type", "eventID", "recordTime", "errorDeclaration"})
_COMMENTS = frozenset({"rdfs:comment", "comment", "{http://www.w3.org/2000/01/rdf-schema#}comment"})
# Prefixes of GS1's own JSON-LD context; no context is ever fetched.
_GS1_PREFIXES = {
    "epcis": "https://ref.gs1.org/epcis/",
    "cbv": CBV,
    "cbvmda": "urn:epcglobal:cbv:mda:",
    "gs1": VOC,
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dcterms": "http://purl.org/dc/terms/",
}
_CBV_URNS = {
    "bizstep": CBV + "BizStep-",
    "disp": CBV + "Disp-",
    "btt": CBV + "BTT-",
    "sdt": CBV + "SDT-",
    "er": CBV + "ER-",
}
_OTHER_VOCS = ("https://ref.gs1.org/voc/", "https://www.gs1.org/voc/")
_TIMESTAMP = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]+))?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)
_MILLISECOND_DIGITS = 3
_SECOND = 1000


def event_hash(
    event: Mapping[str, Any], context: Iterable[Any] | None = None, *, ignore: Collection[str] = ()
) -> EventHash:
    """Return the CBV hash of one event.

    Parameters
    ----------
    event
        One event of a JSON-LD document, as submitted.
    context
        The document's and the event's contexts, merged; by default the event's `@context`.
    ignore
        Names of members to leave out at any depth, as written or as `{namespace}name`.

    Raises
    ------
    EventHashError
        A time that is no time, a number that is not finite, an object where text belongs.
    """
    prehash = pre_hash(event, context, ignore=ignore)
    try:
        digest = hashlib.sha256(prehash.encode("utf-8")).hexdigest()
    except UnicodeEncodeError as error:
        raise _fault("text", expected="Unicode characters", value=prehash[error.start]) from error
    return EventHash(f"ni:///sha-256;{digest}?ver=CBV2.0", REVISION, prehash)


def pre_hash(
    event: Mapping[str, Any], context: Iterable[Any] | None = None, *, ignore: Collection[str] = ()
) -> str:
    """Return the text whose SHA-256 digest is the event hash."""
    kind = event.get("type")
    if not isinstance(kind, str):
        raise _fault("type", expected="text", value=kind)
    if context is None:
        context = event.get("@context", ())
    if isinstance(context, str | dict):
        context = (context,)
    writer = _Writer(_namespaces(context), _COMMENTS.union(ignore))
    return f"eventType={kind}" + writer.event(event)


def format_event_time(text: str) -> str:
    """Return a time in UTC and milliseconds, rounded half up.

    Raises
    ------
    EventHashError
        Not an `xsd:dateTimeStamp`: no date and time, or no zone.
    """
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        raise _fault("time", expected="date, time and zone", value=text)
    date, clock, fraction, zone = match.groups()
    zone = "+00:00" if zone in "Zz" else zone
    fraction = fraction or ""
    milliseconds = int(fraction[:_MILLISECOND_DIGITS].ljust(_MILLISECOND_DIGITS, "0"))
    if fraction[_MILLISECOND_DIGITS : _MILLISECOND_DIGITS + 1] >= "5":
        milliseconds += 1
    try:
        time = datetime.fromisoformat(f"{date}T{clock}{zone}").astimezone(UTC)
        if milliseconds == _SECOND:
            time, milliseconds = time + timedelta(seconds=1), 0
    except (ValueError, OverflowError) as error:
        raise _fault("time", expected="a time that exists", value=text) from error
    return f"{time.isoformat()[:19]}.{milliseconds:03d}Z"


class _Writer:
    """Writes members under one set of namespaces."""

    __slots__ = ("_ignored", "_namespaces")

    def __init__(self, namespaces: Mapping[str, str], ignored: frozenset[str]) -> None:
        self._namespaces = namespaces
        self._ignored = ignored

    def event(self, event: Mapping[str, Any]) -> str:
        """Write the members of an event: those with a place in order, then the rest sorted."""
        parts: list[tuple[int, str]] = []
        name = ""
        try:
            for name, value in event.items():
                if name in _LEFT_OUT or name in self._ignored:
                    continue
                member = _MEMBERS.get(name)
                if member is None:
                    parts.append((_LAST, self._extension(name, value)))
                else:
                    parts.append((_RANKS.get(name, _LAST), self._write(name, member, value)))
        except EventHashError as error:
            error.pointer = "/" + name.replace("~", "~0").replace("/", "~1")
            raise
        parts.sort()
        return "".join([text for _, text in parts])

    def _write(self, name: str, member: Member, value: Any) -> str:
        """Write one standard member; an empty one is left out."""
        if type(value) is str and member.members is None and not member.listed:
            text = self._text(value, member)
            return f"{name}={text}" if text else ""
        if member.listed:
            if not isinstance(value, list):
                raise _fault(name, expected="a list", value=value)
            write = self._object if member.members is not None else self._scalar
            text = "".join(sorted([write(member.element, member, each) for each in value]))
            return name + text if text else ""
        if isinstance(value, list):
            return "".join(sorted([self._write(name, member, each) for each in value]))
        if member.members is not None:
            return self._object(name, member, value)
        return self._scalar(name, member, value)

    def _object(self, name: str, member: Member, value: Any) -> str:
        """Write an object: standard members in order, then the rest sorted."""
        if not isinstance(value, dict):
            raise _fault(name or "element", expected="an object", value=value)
        order = member.members or {}
        parts = [
            self._write(key, inner, value[key])
            for key, inner in order.items()
            if key in value and key not in self._ignored
        ]
        if len(parts) < len(value):
            rest = [self._extension(key, each) for key, each in value.items() if key not in order]
            parts.extend(sorted(rest))
        text = "".join(parts)
        return name + text if text else ""

    def _scalar(self, name: str, member: Member, value: Any) -> str:
        """Write `name=value`."""
        if isinstance(value, str):
            text = self._text(value, member)
        elif isinstance(value, dict | list):
            raise _fault(name, expected="text or a number", value=value)
        elif member.time and value is not None:
            raise _fault(name, expected="a time", value=value)
        else:
            text = _number(name, value)
        return f"{name}={text}" if text else ""

    def _extension(self, name: str, value: Any) -> str:
        """Write a member that the order does not know, its own members sorted by their text."""
        full_name = self._full_name(name)
        if name in self._ignored or full_name in self._ignored:
            return ""
        if isinstance(value, dict):
            parts = [self._extension(key, each) for key, each in value.items()]
            return full_name + "".join(sorted(parts))
        if isinstance(value, list):
            return "".join(sorted([self._extension(name, each) for each in value]))
        text = self._text(value, PLAIN) if isinstance(value, str) else _number(name, value)
        return f"{full_name}={text}" if text else full_name

    def _full_name(self, name: str) -> str:
        """Return `{namespace}name`; a name whose context is not known stays as it is."""
        prefix, colon, local = name.partition(":")
        if colon and prefix in self._namespaces:
            return f"{{{self._namespaces[prefix]}}}{local}"
        if not colon and name in self._namespaces:
            head, separator, tail = _split_term(self._namespaces[name])
            return f"{{{head}{separator}}}{tail}"
        return name

    def _text(self, value: str, member: Member) -> str:
        """Return a text value in its one form."""
        value = value.strip()
        if member.time:
            return format_event_time(value)
        prefix, colon, local = value.partition(":")
        if not colon:
            return member.vocabulary + value if value else ""
        if prefix in self._namespaces and not local.startswith("//"):
            value = self._namespaces[prefix] + local
        elif value.startswith("urn:epcglobal:cbv:"):
            value = _web_uri(value)
        if member.vocabulary == VOC:
            return _one_vocabulary(value)
        return _canonical(value)


def _namespaces(context: Iterable[Any]) -> dict[str, str]:
    """Return what prefixes and terms mean: GS1's own, then those of inline contexts."""
    found = _GS1_PREFIXES
    for entry in context:
        if isinstance(entry, dict):
            found = found | {
                name: meaning
                for name, term in entry.items()
                if (meaning := term.get("@id") if isinstance(term, dict) else term)
                and isinstance(meaning, str)
                and not name.startswith("@")
                and not meaning.startswith("@")
            }
    return found


def _split_term(uri: str) -> tuple[str, str, str]:
    """Split a term's URI into namespace, separator and local name."""
    at = max(uri.rfind(separator) for separator in "/#:")
    return uri[:at], uri[at : at + 1], uri[at + 1 :]


def _canonical(value: str) -> str:
    """Return the canonical URI of a code; what is no sound code stays as it is."""
    if not value.startswith(("urn:epc:", "http:", "https:")):
        return value
    try:
        return canonical_uri(value)
    except InvalidInput:
        return value


def _web_uri(urn: str) -> str:
    """Return the Web URI of a CBV term written as a URN."""
    head, _, rest = urn.partition(":cbv:")
    kind, _, name = rest.partition(":") if head == "urn:epcglobal" else ("", "", "")
    return _CBV_URNS[kind] + name if kind in _CBV_URNS else urn


def _one_vocabulary(value: str) -> str:
    """Return a term of GS1's Web vocabulary under the one base that is hashed."""
    for base in _OTHER_VOCS:
        if value.startswith(base):
            return VOC + value[len(base) :]
    return value


def _number(name: str, value: Any) -> str:
    """Return a number without exponent or trailing zeros, a truth value, or nothing for null."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if not isinstance(value, float) or not math.isfinite(value):
        raise _fault(name, expected="a finite number", value=value)
    if value.is_integer():
        return str(int(value))
    text = repr(value)
    return format(Decimal(text), "f") if "e" in text else text


def _fault(name: str, *, expected: str, value: Any) -> EventHashError:
    """Return the error for a value that has no place in the hash."""
    got = repr(value)[:40]
    return EventHashError(
        f"{name} cannot be hashed: expected {expected}, got {got}", expected=expected, got=got
    )
