"""What surrounds the events of a document in XML: root, version, header, body.

Source: EPCIS 2.0 (ISO/IEC 19987:2024), section 9.5; EPCIS 1.2, sections 9.5 to 9.7.
"""

from __future__ import annotations

from typing import Any

from traceability.events.xml.faults import (
    XmlContentInvalid,
    XmlDocumentUnknown,
    XmlVersionInvalid,
)
from traceability.events.xml.mapping import Mapper, twice, unexpected
from traceability.events.xml.names import (
    EPCIS,
    GS1_CONTEXT_URI,
    ID_MARK,
    MASTER_DATA,
    QUERY,
    XML,
    XSI,
    Prefixes,
    Version,
)
from traceability.events.xml.parsing import SEPARATOR, Element, Parser
from traceability.events.xml.values import Extensions

_ROOTS: dict[str, tuple[str, Version]] = {
    f"{namespaces[version]}{SEPARATOR}{name}": (name, version)
    for name, namespaces in (
        ("EPCISDocument", EPCIS),
        ("EPCISQueryDocument", QUERY),
        ("EPCISMasterDataDocument", MASTER_DATA),
    )
    for version in ("2.0", "1.2")
}
_VERSIONS: dict[str, Version] = {
    **dict.fromkeys(("2", "2.0", "2.0.0", "2.0.1"), "2.0"),
    **dict.fromkeys(("1", "1.0", "1.1", "1.2"), "1.2"),
}
# The elements around an event, below the root.
_EVENT_PATHS = {
    "EPCISDocument": ("EPCISBody", "EventList"),
    "EPCISQueryDocument": ("EPCISBody", "QueryResults", "resultsBody", "EventList"),
    "EPCISMasterDataDocument": ("", ""),
}
Path = tuple[str, ...]

_HEADER: Path = ("EPCISHeader",)
_BODY: Path = ("EPCISBody",)
_RESULTS: Path = ("EPCISBody", "QueryResults")
# What stands around events and vocabularies, and says nothing by itself.
_PLAIN: dict[str, frozenset[Path]] = {
    "EPCISDocument": frozenset({_BODY, (*_BODY, "EventList")}),
    "EPCISQueryDocument": frozenset(
        {_BODY, _RESULTS, (*_RESULTS, "resultsBody"), (*_RESULTS, "resultsBody", "EventList")}
    ),
    "EPCISMasterDataDocument": frozenset({_BODY}),
}
# Vocabularies outside of the header.
_VOCABULARIES: dict[str, Path] = {
    "EPCISQueryDocument": (*_RESULTS, "resultsBody", "VocabularyList"),
    "EPCISMasterDataDocument": (*_BODY, "VocabularyList"),
}
_NAMES = frozenset({(*_RESULTS, "queryName"), (*_RESULTS, "subscriptionID")})
# Where the document and its body may have extensions.
_EXTENDED = frozenset({(), ("EPCISBody",)})
_NEAR = 2  # Steps to what stands in the document or in its body.
_FOREIGN = (f"{XSI}{SEPARATOR}", f"{XML}{SEPARATOR}")


class DocumentReader:
    """Reads a document as its bytes come in.

    Parameters
    ----------
    keeps_elements
        Whether the elements of events are kept, for those who ask for lines; otherwise `starts`
        has the line of each event.
    """

    def __init__(self, *, keeps_elements: bool = False) -> None:
        self.ready: list[dict[str, Any]] = []
        self.elements: list[Element] = []
        self.starts: list[int] = []
        # The byte at which each event in `ready` begins, and the one read last, ready or not.
        self.offsets: list[int] = []
        self.last_offset = 0
        self.version: Version = "2.0"
        self.line = 1
        self._keeps_elements = keeps_elements
        self._parser = Parser(self._opened, self._closed)
        self._kind = "EPCISDocument"
        self._prefixes = Prefixes()
        self._mapper = Mapper("2.0", self._prefixes)
        self._members: dict[str, Any] = {}
        self._body: dict[str, Any] = {}
        self._results: dict[str, Any] = {}
        self._results_body: dict[str, Any] = {}
        # What extends the document, and its body, since the last piece: by the number of steps.
        self._outer: dict[int, Extensions] = {}
        self._paths: list[Path] = []
        self._event_path: Path = ()
        # Where the document says something of its own, each once.
        self._places: frozenset[Path] = frozenset()
        self._seen: set[Path] = set()

    def feed(self, chunk: bytes) -> None:
        """Read some more bytes; complete events are then in `ready`."""
        self._parser.feed(chunk)

    def close(self) -> None:
        """Say that there are no more bytes."""
        self._parser.feed(b"", last=True)

    def piece(self, count: int) -> dict[str, Any]:
        """Return a document of the next events and forget them; only the first has a header.

        Nor is an extension of the document repeated in the pieces after it.
        """
        events = self.ready[:count]
        del self.ready[:count]
        del self.offsets[:count]
        context: list[Any] = [GS1_CONTEXT_URI]
        if self._prefixes.entries:
            context.append(dict(self._prefixes.entries))
        is_query = self._kind == "EPCISQueryDocument"
        members = {
            "@context": context,
            "type": "EPCISQueryDocument" if is_query else "EPCISDocument",
            **self._extended(1, self._members),
        }
        body = self._extended(2, self._body)
        self._members.pop("epcisHeader", None)
        if not is_query:
            return {**members, "epcisBody": {**body, "eventList": events}}
        results = {**self._results, "resultsBody": {**self._results_body, "eventList": events}}
        self._results_body = {}
        return {**members, "epcisBody": {**body, "queryResults": results}}

    def _extended(self, steps: int, members: dict[str, Any]) -> dict[str, Any]:
        """Return members with the extensions that have come since the last piece."""
        extensions = self._outer.pop(steps, None)
        return members if extensions is None else extensions.into(dict(members))

    def _opened(self, element: Element, depth: int) -> bool:
        """Find out where it stands; events, headers and extensions are wanted as a whole."""
        if not depth:
            self._root(element)
            self._paths = [()]
            return False
        around = self._paths[depth - 1]
        path = around if element.name == "extension" else (*around, self._step(element, around))
        self._paths[depth:] = [path]
        if path[:-1] != self._event_path:
            self._prefixes.declare(element.namespaces or ())
            if element.name != "extension":
                self._check_place(element, path)
            is_extension = path[:-1] in _EXTENDED and any(SEPARATOR in step for step in path[-1:])
            return path == _HEADER or is_extension
        if self.version == "2.0" and self._paths[depth - 2] == around:
            raise _old_wrapper(element)
        self.last_offset = self._parser.offset
        return True

    def _check_place(self, element: Element, path: Path) -> None:
        """Refuse what would be lost: what stands where it cannot, again, or too late."""
        plain = _PLAIN[self._kind]
        if path in self._places:
            if path in self._seen:
                raise twice(element)
            if path == _HEADER and _BODY in self._seen:
                raise unexpected(element, "it before EPCISBody")
        elif path not in plain and SEPARATOR not in path[-1] and path[:-1] in {(), *plain}:
            raise unexpected(element, "EPCISBody" if len(path) == 1 else "what the standard names")
        self._seen.add(path)

    def _root(self, element: Element) -> None:
        """Take the kind of document and its version."""
        uri, _, local = element.name.rpartition(SEPARATOR)
        if element.name not in _ROOTS:
            raise XmlDocumentUnknown(
                "document is of an unknown type",
                line=element.line,
                expected="EPCISDocument or EPCISQueryDocument in a namespace of EPCIS 1 or 2",
                got=f"{local[:60]!r} in {uri[:60]!r}",
            )
        self._kind, self.version = _ROOTS[element.name]
        self._event_path = _EVENT_PATHS[self._kind]
        places = {_HEADER, _VOCABULARIES.get(self._kind, _HEADER)}
        self._places = frozenset(places | (_NAMES if self._kind == "EPCISQueryDocument" else set()))
        self.line = element.line
        self._prefixes.declare(element.namespaces or ())
        self._mapper = Mapper(self.version, self._prefixes)
        for name, value in element.attributes.items():
            if name == "schemaVersion":
                self._check_version(value.strip(), element)
                self._members[name] = "2.0"
            elif name in ("creationDate", ID_MARK):
                self._members["id" if name == ID_MARK else name] = value.strip()
            elif not name.startswith(_FOREIGN):
                self._members[self._prefixes.name(name)] = value

    def _check_version(self, given: str, element: Element) -> None:
        """Refuse a version that is unknown or not that of the namespace."""
        if _VERSIONS.get(given) != self.version:
            raise XmlVersionInvalid(
                "schemaVersion is not that of the namespace",
                line=element.line,
                expected=self.version,
                got=repr(given[:20]),
            )

    def _step(self, element: Element, around: Path) -> str:
        """Return what an element is called on a path; those of EPCIS have no namespace."""
        uri, _, local = element.name.rpartition(SEPARATOR)
        if uri == QUERY[self.version] and local == "QueryResults":
            return local
        if uri in (*EPCIS.values(), *QUERY.values()) and around[:1] != _HEADER:
            raise XmlContentInvalid(
                f"element {local[:60]!r} is in the namespace of EPCIS",
                line=element.line,
                expected="no namespace in elements below the root",
            )
        return element.name

    def _closed(self, element: Element, depth: int) -> bool:
        """Take what an element says, once it is complete; return whether that is done."""
        path = self._paths[depth]
        if path[:-1] == self._event_path:
            self.ready.append(self._map_event(element))
            self.offsets.append(self.last_offset)
            if self._keeps_elements:
                self.elements.append(element)
            else:
                self.starts.append(element.line)
            return True
        if path == _HEADER and element.name == _HEADER[0]:
            self._prefixes.declare(element.namespaces or ())
            self._members.update(self._mapper.header(element))
            return True
        return self._close_outer(element, path)

    def _close_outer(self, element: Element, path: Path) -> bool:
        """Take what stands neither in the header nor in an event."""
        if not path or path in _PLAIN[self._kind] or element.name == "extension":
            return True
        if path == _VOCABULARIES.get(self._kind):
            self._add_vocabularies(self._mapper.vocabularies(element))
            return True
        if path in self._places:
            self._results[element.name] = element.text.strip()
            return True
        is_near = len(path) <= _NEAR
        if is_near:
            self._prefixes.declare(element.namespaces or ())
            fresh = Extensions(self._prefixes, depth=len(path))
            self._outer.setdefault(len(path), fresh).add(element)
        return is_near

    def _add_vocabularies(self, found: list[dict[str, Any]]) -> None:
        """Take the vocabularies of the body, beside those of the header."""
        if self._kind == "EPCISQueryDocument":
            self._results_body["vocabularyList"] = found
            return
        header = self._members.get("epcisHeader", {})
        data = header.get("epcisMasterData", {})
        data = {**data, "vocabularyList": [*data.get("vocabularyList", []), *found]}
        self._members["epcisHeader"] = {**header, "epcisMasterData": data}

    def _map_event(self, element: Element) -> dict[str, Any]:
        """Return an event; prefixes of its own stand in a context of its own."""
        if not element.namespaces:
            return self._mapper.event(element)
        own = Prefixes(self._prefixes)
        own.declare(element.namespaces)
        event = Mapper(self.version, own).event(element)
        return {"@context": [own.entries], **event} if own.entries else event


def _old_wrapper(element: Element) -> XmlVersionInvalid:
    """Return the error of an event in an extension of its list, as in version 1.2."""
    return XmlVersionInvalid(
        f"event {element.name.rpartition(SEPARATOR)[2][:60]!r} stands in an extension",
        line=element.line,
        expected="no extension around it in version 2.0",
    )
