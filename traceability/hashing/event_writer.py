"""Writes the text that an event hash digests, under one set of namespaces.

Source: GS1 Core Business Vocabulary 2.0, event ID by hash. How a name is written depends on
the context alone, so it is found out once and kept for the events that share the context.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache, partial
from typing import Any

from traceability.events.identifiers import plain_items
from traceability.hashing.event_members import CBV, ORDER, UNORDERED, VOC, Member
from traceability.hashing.event_values import (
    EventHashError,
    canonical_code,
    format_event_time,
    number_text,
    one_vocabulary,
    value_fault,
    web_uri,
)

Write = Callable[[Any], str]

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
_SCHEMES = frozenset({"urn", "http", "https"})
# More names than honest events have, and longer names and texts, are not kept.
_MAX_NAMES = 512
_MAX_NAME = 200
_KEPT_TEXTS = 128  # Of each member: its words and places come again, its references do not.


class EventWriter:
    """Writes events that share a context.

    Parameters
    ----------
    context
        Entries of the merged `@context`.
    ignored
        Names of members to leave out at any depth, as written or as `{namespace}name`.
    """

    __slots__ = ("_full_names", "_ignored", "_namespaces", "_plans", "_uris_are_plain")

    def __init__(self, context: Iterable[Any], ignored: Collection[str]) -> None:
        self._namespaces = _namespaces(context)
        self._ignored = _COMMENTS.union(ignored)
        self._uris_are_plain = _SCHEMES.isdisjoint(self._namespaces)
        self._plans: dict[str, tuple[int, Write]] = {}
        self._full_names: dict[str, str] = {}

    def event(self, event: Mapping[str, Any]) -> str:
        """Write the members of an event: those with a place in order, then the rest sorted.

        Raises
        ------
        EventHashError
            Its pointer names the member that cannot be written.
        """
        ordered, rest = [""] * _LAST, []
        plans, name = self._plans, ""
        try:
            for name, value in event.items():
                rank, write = plans.get(name) or self._plan(name)
                if rank < _LAST:
                    ordered[rank] = write(value)
                else:
                    rest.append(write(value))
        except EventHashError as error:
            error.pointer = "/" + name.replace("~", "~0").replace("/", "~1")
            raise
        rest.sort()
        return "".join(ordered) + "".join(rest)

    def _plan(self, name: str) -> tuple[int, Write]:
        """Return the rank of a member of events and what writes its value."""
        plan: tuple[int, Write]
        if name in _LEFT_OUT or name in self._ignored:
            plan = _LAST, _nothing
        elif name in ORDER:
            plan = _RANKS[name], self._standard(name, ORDER[name])
        elif name in UNORDERED:
            plan = _LAST, self._standard(name, UNORDERED[name])
        else:
            plan = _LAST, partial(self._extension, name)
        if len(self._plans) < _MAX_NAMES and len(name) <= _MAX_NAME:
            self._plans[name] = plan
        return plan

    def _standard(self, name: str, member: Member) -> Write:
        """Return what writes a standard member; an empty one is left out."""
        if member.listed:
            return self._list(name, member)
        if member.members is None:
            return self._scalar(name, member, or_many=True)
        write_one = self._object(name, member)

        def write(value: Any) -> str:
            if isinstance(value, list):
                return "".join(sorted([write(each) for each in value]))
            return write_one(value)

        return write

    def _list(self, name: str, member: Member) -> Write:
        """Return what writes a list whose name stands once, its elements sorted."""
        if member.members is not None:
            write_one = self._object(member.element, member)
        else:
            write_one = self._scalar(member.element, member)

        def write(value: Any) -> str:
            if not isinstance(value, list):
                raise value_fault(name, expected="a list", value=value)
            text = "".join(sorted([write_one(each) for each in value]))
            return name + text if text else ""

        is_items = member.members is None and self._uris_are_plain
        return _items(name, member.element, write) if is_items else write

    def _object(self, name: str, member: Member) -> Write:
        """Return what writes an object: standard members in order, then the rest sorted."""
        order = member.members or {}
        writers = [
            (key, self._standard(key, inner))
            for key, inner in order.items()
            if key not in self._ignored
        ]

        def write(value: Any) -> str:
            if not isinstance(value, dict):
                raise value_fault(name or "element", expected="an object", value=value)
            parts = [write_one(value[key]) for key, write_one in writers if key in value]
            if len(parts) < len(value):
                rest = [self._extension(key, value[key]) for key in value if key not in order]
                parts += sorted(rest)
            text = "".join(parts)
            return name + text if text else ""

        return write

    def _scalar(self, name: str, member: Member, *, or_many: bool = False) -> Write:
        """Return what writes `name=value`; times aside, the newest texts' lines are kept."""
        start = name + "="

        def line(value: str) -> str:
            text = self._text(value, member)
            return start + text if text else ""

        kept_line = line if member.time else lru_cache(maxsize=_KEPT_TEXTS)(line)

        def write(value: Any) -> str:
            if isinstance(value, str):
                return kept_line(value) if len(value) <= _MAX_NAME else line(value)
            if or_many and isinstance(value, list):
                return "".join(sorted([write(each) for each in value]))
            if isinstance(value, dict | list):
                raise value_fault(name, expected="text or a number", value=value)
            if member.time and value is not None:
                raise value_fault(name, expected="a time", value=value)
            text = number_text(name, value)
            return start + text if text else ""

        return write

    def _extension(self, name: str, value: Any) -> str:
        """Write a member that the order does not know, its own members sorted by their text."""
        full_name = self._full_names.get(name) or self._full_name(name)
        if name in self._ignored or full_name in self._ignored:
            return ""
        if isinstance(value, dict):
            parts = [self._extension(key, each) for key, each in value.items()]
            return full_name + "".join(sorted(parts))
        if isinstance(value, list):
            return "".join(sorted([self._extension(name, each) for each in value]))
        text = self._value(value, "") if isinstance(value, str) else number_text(name, value)
        return f"{full_name}={text}" if text else full_name

    def _full_name(self, name: str) -> str:
        """Return `{namespace}name`; a name whose context is not known stays as it is."""
        prefix, colon, local = name.partition(":")
        full_name = name
        if colon and prefix in self._namespaces:
            full_name = f"{{{self._namespaces[prefix]}}}{local}"
        elif not colon and name in self._namespaces:
            head, separator, tail = _split_term(self._namespaces[name])
            full_name = f"{{{head}{separator}}}{tail}"
        if len(self._full_names) < _MAX_NAMES and len(name) <= _MAX_NAME:
            self._full_names[name] = full_name
        return full_name

    def _text(self, value: str, member: Member) -> str:
        """Return a text value of a standard member in its one form."""
        if member.time:
            return format_event_time(value.strip())
        return self._value(value, member.vocabulary)

    def _value(self, value: str, vocabulary: str) -> str:
        """Return a code, or a word of a vocabulary, in its one form."""
        value = value.strip()
        prefix, colon, local = value.partition(":")
        if not colon:
            return vocabulary + value if value else ""
        if prefix in self._namespaces and not local.startswith("//"):
            value = self._namespaces[prefix] + local
        elif value.startswith("urn:epcglobal:cbv:"):
            value = web_uri(value)
        if vocabulary == VOC:
            return one_vocabulary(value)
        return canonical_code(value)


def _items(name: str, element: str, write_any: Write) -> Write:
    """Return what writes a list that most often holds items of one product only."""
    start = element + "="

    def write(value: Any) -> str:
        try:
            found = plain_items(value) if isinstance(value, list) else None
        except (AttributeError, TypeError):  # An element is no text.
            found = None
        if found is None:
            return write_any(value)
        uri, serials = found
        serials.sort()
        return name + start + uri + f"{start}{uri}".join(serials)

    return write


def _nothing(_: Any) -> str:
    """Write a member that the hash leaves out."""
    return ""


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
