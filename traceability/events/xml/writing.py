"""EPCIS documents in JSON-LD to XML, 2.0 and 1.2: what surrounds the events.

Source: EPCIS 2.0 (ISO/IEC 19987:2024), section 9; EPCIS 1.2, section 9.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from traceability.events.context import GS1_CONTEXT, STANDARD_PREFIXES, Context, extend
from traceability.events.faults import pointer_to, shown
from traceability.events.xml.event_writing import EventWriter
from traceability.events.xml.faults import NotExpressible, not_expressible
from traceability.events.xml.header_writing import header, vocabulary_list
from traceability.events.xml.markup import (
    ExtensionWriter,
    escape,
    escape_attribute,
    is_possible,
    own_prefixes,
)
from traceability.events.xml.names import EPCIS, HEADER, MARKS, QUERY, XSI, Version, usable_prefixes

_NUMBERS = {"2.0": "2.0", "1.2": "1.2"}
_LISTS = {
    "EPCISDocument": ("epcisBody", "eventList"),
    "EPCISQueryDocument": ("epcisBody", "queryResults", "resultsBody", "eventList"),
}
_HEADER_MEMBERS = ("sender", "receiver", "instanceIdentifier", "epcisHeader")
_KNOWN = ("@context", "type", "id", "schemaVersion", "creationDate", "epcisBody", *_HEADER_MEMBERS)


def write_xml(document: Mapping[str, Any], *, version: Version) -> bytes:
    """Return a document in XML, in UTF-8.

    Bare words of the CBV are written as URNs (CBV 2.0, section 7), identifiers as they are.

    Parameters
    ----------
    document
        An EPCISDocument or EPCISQueryDocument without faults.
    version
        Of EPCIS.

    Raises
    ------
    NotExpressible
        `pointer` names what the version, or XML, cannot express.
    """
    return _DocumentWriter(document, version).write().encode("utf-8")


class _DocumentWriter:
    """Writes one document."""

    def __init__(self, document: Mapping[str, Any], version: Version) -> None:
        self._document = document
        self._version = version
        self._form = f"EPCIS {version} in XML"
        self._kind = document.get("type")
        if self._kind not in _LISTS:
            raise not_expressible("/type", f"document type {shown(self._kind)}", self._form)
        self._context, _ = extend(GS1_CONTEXT, document.get("@context", []), pointer="/@context")
        self._prefixes = _prefixes_of(self._context, document.get("@context", []))
        marks, instance, epcis, query, business = own_prefixes(self._prefixes)
        self._own = {
            marks: MARKS,
            instance: XSI,
            epcis: EPCIS[version],
            query: QUERY[version],
            business: HEADER,
        }
        self._marks, self._instance, self._epcis, self._query, self._business = tuple(self._own)
        self._extensions = self._extension_writer(self._prefixes)

    def write(self) -> str:
        """Return the document."""
        body = self._body()
        head = self._header()
        rest = {name: value for name, value in self._document.items() if name not in _KNOWN}
        for name in rest:
            if ":" not in name:
                raise not_expressible(pointer_to("", [name]), f"member {shown(name)}", self._form)
        after = self._extensions.members(rest)
        is_query = self._kind == "EPCISQueryDocument"
        root = f"{self._query if is_query else self._epcis}:{self._kind}"
        inside = f"{head}<EPCISBody>{body}</EPCISBody>{after}"
        attributes = self._attributes(inside, root)
        declaration = '<?xml version="1.0" encoding="UTF-8"?>'
        return f"{declaration}\n<{root}{attributes}>{inside}</{root}>\n"

    def _attributes(self, inside: str, root: str) -> str:
        """Return the root's attributes: only namespaces that are used, and those of the context."""
        parts = []
        for prefix, uri in {**self._own, **self._prefixes}.items():
            is_asked = prefix in self._prefixes and STANDARD_PREFIXES.get(prefix) != uri
            if is_asked or root.startswith(f"{prefix}:") or _is_used(prefix, inside):
                parts.append(f' xmlns:{prefix}="{escape_attribute(uri)}"')
        if "id" in self._document:
            if f"xmlns:{self._marks}=" not in "".join(parts):
                parts.append(f' xmlns:{self._marks}="{MARKS}"')
            parts.append(f' {self._marks}:id="{self._plain("id")}"')
        parts.append(f' schemaVersion="{_NUMBERS[self._version]}"')
        if "creationDate" in self._document:
            parts.append(f' creationDate="{self._plain("creationDate")}"')
        return "".join(parts)

    def _plain(self, name: str) -> str:
        """Return a text member of the document for an attribute."""
        value = self._document[name]
        if not isinstance(value, str) or not is_possible(value):
            raise not_expressible(f"/{name}", f"this {name}", self._form)
        return escape_attribute(value)

    def _header(self) -> str:
        """Return the header, if there is anything for it."""
        found = {name: self._document[name] for name in _HEADER_MEMBERS if name in self._document}
        if not found:
            return ""
        return header(
            found,
            extensions=self._extensions,
            prefix=self._business,
            created=self._document.get("creationDate", ""),
            form=self._form,
        )

    def _body(self) -> str:
        """Return what is in the body."""
        path = _LISTS[str(self._kind)]
        holders: list[Mapping[str, Any]] = [self._document]
        for step in path[:-1]:
            inner = holders[-1].get(step)
            if not isinstance(inner, dict):
                raise not_expressible(pointer_to("", path), "no events", self._form)
            holders.append(inner)
        events = self._events(holders[-1].get("eventList"), pointer_to("", path))
        if self._kind == "EPCISDocument":
            rest = {name: each for name, each in holders[1].items() if name != "eventList"}
            return events + self._extensions.members(rest)
        results, inner = holders[2], holders[3]
        parts = [
            f"<{name}>{escape(results[name])}</{name}>"
            for name in ("queryName", "subscriptionID")
            if name in results
        ]
        if inner.get("vocabularyList"):
            events += vocabulary_list(
                inner["vocabularyList"], extensions=self._extensions, form=self._form
            )
        tag = f"{self._query}:QueryResults"
        return f"<{tag}>{''.join(parts)}<resultsBody>{events}</resultsBody></{tag}>"

    def _events(self, events: Any, pointer: str) -> str:
        """Return the list of events."""
        if not isinstance(events, list | tuple):
            raise not_expressible(pointer, "no events", self._form)
        parts = []
        writer = EventWriter(self._version, self._extensions)
        for index, event in enumerate(events):
            try:
                if "@context" in event:
                    parts.append(self._event_in_context(event))
                else:
                    parts.append(writer.event(event))
            except NotExpressible as error:
                error.pointer = f"{pointer}/{index}{error.pointer}"
                raise
        return f"<EventList>{''.join(parts)}</EventList>"

    def _event_in_context(self, event: Mapping[str, Any]) -> str:
        """Return an event whose own context adds prefixes to the document's."""
        own = event["@context"]
        context, _ = extend(self._context, own, pointer="/@context")
        prefixes = {**self._prefixes, **_prefixes_of(context, own)}
        for taken in self._own:
            prefixes.pop(taken, None)
        added = {
            prefix: uri for prefix, uri in prefixes.items() if self._prefixes.get(prefix) != uri
        }
        namespaces = "".join(
            [f' xmlns:{prefix}="{escape_attribute(uri)}"' for prefix, uri in added.items()]
        )
        writer = EventWriter(self._version, self._extension_writer(prefixes))
        return writer.event(event, namespaces=namespaces)

    def _extension_writer(self, prefixes: Mapping[str, str]) -> ExtensionWriter:
        return ExtensionWriter(prefixes, marks=self._marks, instance=self._instance)


def _prefixes_of(context: Context, entries: Any) -> dict[str, str]:
    """Return the prefixes that a context defines, and GS1's own, as far as XML can use them."""
    listed: Sequence[Any] = entries if isinstance(entries, list) else [entries]
    names = [name for entry in listed if isinstance(entry, dict) for name in entry]
    found = {
        name: context.meaning(name) for name in (*names, *STANDARD_PREFIXES) if name[:1] != "@"
    }
    found.pop("epcis", None)  # Nobody may use GS1's own names, so that it is ours to give.
    return usable_prefixes(found)


def _is_used(prefix: str, inside: str) -> bool:
    """Tell whether some element or attribute has a prefix; text may look like one, too."""
    return f"<{prefix}:" in inside or f" {prefix}:" in inside
