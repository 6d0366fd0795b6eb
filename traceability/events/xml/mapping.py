"""Elements to JSON-LD: events, headers and master data.

Source: EPCIS 2.0 (ISO/IEC 19987:2024), sections 9 and 10; EPCIS 1.2, section 9. What has no place
in an event becomes a member of the same name, so that the rules of events fault it by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from traceability.events.xml.faults import XmlContentInvalid, XmlVersionInvalid
from traceability.events.xml.names import (
    EPC_LISTS,
    HEADER,
    JSON_MARK,
    PLACES,
    QUANTITY_LISTS,
    REASONS,
    SENSOR_NUMBERS,
    SENSOR_WORDS,
    SINCE_2_0,
    STATES,
    TEXTS,
    TYPED_LISTS,
    WORD_MEMBERS,
    XML,
    XSI,
    Prefixes,
    Version,
    Words,
)
from traceability.events.xml.parsing import SEPARATOR, Element
from traceability.events.xml.values import Extensions, extension_value, marked_members, number

_WRAPPERS = frozenset({"extension", "baseExtension"})
_IGNORED = (f"{XSI}{SEPARATOR}", f"{XML}{SEPARATOR}")
_SENSOR = "sensorElementList"
# Versions before 2.0 demand some lists even where there is nothing to say.
_EMPTY_IS_ABSENT = frozenset({*EPC_LISTS, *QUANTITY_LISTS})


class Mapper:
    """Maps the elements of one document.

    Parameters
    ----------
    version
        Of EPCIS.
    prefixes
        Names of extensions: those of the document, or of the event being read.
    """

    def __init__(self, version: Version, prefixes: Prefixes) -> None:
        self.version = version
        self.prefixes = prefixes

    def event(self, element: Element) -> dict[str, Any]:
        """Return an event."""
        if self.version == "1.2" and element.name == "AssociationEvent":
            raise self._mixed_versions(element)
        event: dict[str, Any] = {"type": element.name}
        if element.attributes:
            self._attributes(element, event)
        extensions = None
        for child in self.parts(element):
            name = child.name
            reader = _READERS.get(name)
            if reader is None:
                extensions = extensions or Extensions(self.prefixes)
                extensions.add(child)
            elif name == "certificationInfo" and name in event:
                earlier = event[name]
                event[name] = [*(earlier if isinstance(earlier, list) else [earlier]), _text(child)]
            elif name in event:
                raise twice(child)
            elif name in SINCE_2_0 and self.version == "1.2":
                raise self._mixed_versions(child)
            elif child.children or self.version == "2.0" or name not in _EMPTY_IS_ABSENT:
                event[name] = reader(self, child)
        return event if extensions is None else extensions.into(event)

    def parts(self, element: Element) -> Iterator[Element]:
        """Yield the elements in an element of the standard, those in its wrappers too."""
        for child in element.children:
            if child.name not in _WRAPPERS:
                yield child
                continue
            for inner in self.parts(child):
                if self.version == "2.0" and SEPARATOR not in inner.name:
                    raise XmlVersionInvalid(
                        f"element {inner.name!r} stands in an extension, as before version 2.0",
                        line=inner.line,
                        expected="no extension around it",
                    )
                yield inner

    def _mixed_versions(self, element: Element) -> XmlVersionInvalid:
        return XmlVersionInvalid(
            f"element {element.name!r} is unknown in version 1.2",
            line=element.line,
            expected="a document of version 2.0 around it",
        )

    def _attributes(self, element: Element, members: dict[str, Any]) -> None:
        """Take attributes of extensions as members."""
        for name, value in element.attributes.items():
            if not name.startswith(_IGNORED):
                members[self.prefixes.name(name)] = value

    def epcs(self, element: Element) -> list[str]:
        """Return a list of identifiers."""
        return [_text(child) for child in _only(element, "epc")]

    def quantities(self, element: Element) -> list[dict[str, Any]]:
        """Return a list of quantities."""
        return [self._quantity(child) for child in _only(element, "quantityElement")]

    def _quantity(self, element: Element) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for child in element.children:
            if child.name in found:
                raise twice(child)
            if child.attributes and not child.text:
                continue  # A nil quantity says that it is not known.
            text = _text(child)
            found[child.name] = number(text) if child.name == "quantity" else text
        return found

    def place(self, element: Element) -> dict[str, Any]:
        """Return a read point or business location."""
        return self._members(element, {"id": _text})

    def typed(self, element: Element) -> list[dict[str, Any]]:
        """Return a list of business transactions, sources or destinations."""
        name, words = TYPED_LISTS[element.name]
        found = []
        for child in _only(element, name):
            kind = child.attributes.get("type")
            value = {} if kind is None else {"type": words.bare(kind.strip())}
            found.append({**value, name: _text(child, attributes=("type",))})
        return found

    def dispositions(self, element: Element) -> dict[str, Any]:
        """Return a persistent disposition."""
        found: dict[str, Any] = {}
        for child in element.children:
            found.setdefault(child.name, []).append(STATES.bare(_text(child)))
        return found

    def error(self, element: Element) -> dict[str, Any]:
        """Return an error declaration."""
        readers: dict[str, Callable[[Element], Any]] = {
            "declarationTime": _text,
            "reason": lambda child: REASONS.bare(_text(child)),
            "correctiveEventIDs": lambda child: [
                _text(each) for each in _only(child, "correctiveEventID")
            ],
        }
        return self._members(element, readers)

    def ilmd(self, element: Element) -> dict[str, Any]:
        """Return instance or lot master data."""
        return self._members(element, {})

    def sensors(self, element: Element) -> list[dict[str, Any]]:
        """Return sensor elements."""
        return [self._sensor(child) for child in self.parts(element)]

    def _sensor(self, element: Element) -> dict[str, Any]:
        if element.name != "sensorElement":
            raise unexpected(element, "sensorElement")
        rest = Element(element.name, element.attributes, element.line, None)
        rest.children = [each for each in element.children if each.name != "sensorReport"]
        reports = [self._report(each) for each in element.children if each.name == "sensorReport"]
        found = self._members(rest, {"sensorMetadata": self._report})
        return {**found, "sensorReport": reports} if reports else found

    def _report(self, element: Element) -> dict[str, Any]:
        """Return a sensor's report or metadata, which are attributes."""
        if element.children or (element.text and not element.text.isspace()):
            raise unexpected(element, "attributes only")
        found: dict[str, Any] = {}
        for name, text in element.attributes.items():
            if name in SENSOR_NUMBERS:
                found[name] = number(text.strip())
            elif name in SENSOR_WORDS:
                found[name] = SENSOR_WORDS[name].bare(text.strip())
            elif name == "booleanValue":
                found[name] = _BOOLEANS.get(text.strip(), text)
            elif name == "stringValue":
                found[name] = text
            elif name == JSON_MARK:
                found.update(marked_members(element))
            elif not name.startswith(_IGNORED):
                found[self.prefixes.name(name)] = text.strip() if SEPARATOR not in name else text
        return found

    def _members(
        self, element: Element, readers: dict[str, Callable[[Element], Any]]
    ) -> dict[str, Any]:
        """Return an object with members of the standard and of extensions."""
        found: dict[str, Any] = {}
        if element.attributes:
            self._attributes(element, found)
        extensions = Extensions(self.prefixes, depth=_DEPTH_OF_PART)
        for child in self.parts(element):
            reader = readers.get(child.name)
            if reader is None:
                extensions.add(child)
            elif child.name in found:
                raise twice(child)
            else:
                found[child.name] = reader(child)
        return extensions.into(found)

    def header(self, element: Element) -> dict[str, Any]:
        """Return the members of a document that its header holds."""
        found: dict[str, Any] = {}
        seen: set[str] = set()
        extensions = Extensions(self.prefixes)
        for child in self.parts(_unwrapped(element)):
            if child.name in seen and child.name in _ONCE_IN_HEADER:
                raise twice(child)
            seen.add(child.name)
            if child.name == "EPCISMasterData":
                found["epcisHeader"] = {"epcisMasterData": self._master_data(child)}
            elif child.name == f"{HEADER}{SEPARATOR}StandardBusinessDocumentHeader":
                found.update(_standard_header(child))
            elif SEPARATOR in child.name:
                extensions.add(child)
            else:
                raise unexpected(child, "EPCISMasterData")
        header = extensions.into(found.get("epcisHeader", {}))
        return {**found, "epcisHeader": header} if header else found

    def _master_data(self, element: Element) -> dict[str, Any]:
        """Return the master data of a header: one list of vocabularies."""
        found: dict[str, Any] = {}
        extensions = Extensions(self.prefixes)
        for child in _unwrapped(element).children:
            if child.name != "VocabularyList":
                extensions.add(child)
            elif found:
                raise twice(child)
            else:
                found["vocabularyList"] = self.vocabularies(child)
        return extensions.into(found)

    def vocabularies(self, element: Element) -> list[dict[str, Any]]:
        """Return a list of vocabularies."""
        found = []
        for child in _only(element, "Vocabulary"):
            vocabulary: dict[str, Any] = {"type": child.attributes.get("type", "").strip()}
            extensions = Extensions(self.prefixes)
            for inner in child.children:
                if inner.name == "VocabularyElementList":
                    if "vocabularyElementList" in vocabulary:
                        raise twice(inner)
                    each = [self._master(one) for one in _only(inner, "VocabularyElement")]
                    vocabulary["vocabularyElementList"] = each
                else:
                    extensions.add(inner)
            found.append(extensions.into(vocabulary))
        return found

    def _master(self, element: Element) -> dict[str, Any]:
        """Return one element of a vocabulary."""
        found: dict[str, Any] = {"id": element.attributes.get("id", "").strip()}
        extensions = Extensions(self.prefixes, depth=_DEPTH_OF_MASTER)
        for child in self.parts(element):
            if child.name == "attribute":
                found.setdefault("attributes", []).append(self._attribute(child))
            elif child.name == "children":
                if "children" in found:
                    raise twice(child)
                ids = [_text(one) for one in _only(child, "id")]
                if ids:
                    found["children"] = ids
            else:
                extensions.add(child)
        return extensions.into(found)

    def _attribute(self, element: Element) -> dict[str, Any]:
        """Return one attribute of master data."""
        rest = {name: each for name, each in element.attributes.items() if name != "id"}
        inner = Element(element.name, rest, element.line, None)
        inner.text, inner.children = element.text, element.children
        value, _ = extension_value(inner, self.prefixes, depth=_DEPTH_OF_MASTER)
        return {"id": element.attributes.get("id", "").strip(), "attribute": value}


_ONCE_IN_HEADER = ("EPCISMasterData", f"{HEADER}{SEPARATOR}StandardBusinessDocumentHeader")
_DEPTH_OF_PART = 6
_DEPTH_OF_MASTER = 9
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def _unwrapped(element: Element) -> Element:
    """Return an element with what its wrappers hold in their place, in every version."""
    found = Element(element.name, element.attributes, element.line, None)
    found.children = [
        inner
        for child in element.children
        for inner in (_unwrapped(child).children if child.name in _WRAPPERS else [child])
    ]
    return found


def _text(element: Element, *, attributes: Sequence[str] = ()) -> str:
    """Return the text of an element that can hold nothing else."""
    if element.children:
        raise unexpected(element.children[0], "text")
    if element.attributes:
        for name in element.attributes:
            if name not in attributes and not name.startswith(_IGNORED):
                raise XmlContentInvalid(
                    f"element {_local(element)!r} has an unknown attribute",
                    line=element.line,
                    expected=", ".join(attributes) or "none",
                    got=repr(name.rpartition(SEPARATOR)[2][:60]),
                )
    return element.text.strip()


def _only(element: Element, name: str) -> list[Element]:
    """Return the elements of a list, all of one name."""
    for child in element.children:
        if child.name != name:
            raise unexpected(child, name)
    return element.children


def _local(element: Element) -> str:
    return element.name.rpartition(SEPARATOR)[2][:60]


def unexpected(element: Element, expected: str) -> XmlContentInvalid:
    """Return the error of an element that cannot stand where it stands."""
    fault = f"element {_local(element)!r} has no place here"
    return XmlContentInvalid(fault, line=element.line, expected=expected)


def twice(element: Element) -> XmlContentInvalid:
    """Return the error of an element that can stand only once, and stands again."""
    fault = f"element {_local(element)!r} stands twice"
    return XmlContentInvalid(fault, line=element.line, expected="it once")


def _standard_header(element: Element) -> dict[str, str]:
    """Return sender, receiver and identifier of a Standard Business Document Header."""
    paths = {
        "sender": ("Sender", "Identifier"),
        "receiver": ("Receiver", "Identifier"),
        "instanceIdentifier": ("DocumentIdentification", "InstanceIdentifier"),
    }
    found = {}
    for member, path in paths.items():
        at: Element | None = element
        for step in path:
            wanted = f"{HEADER}{SEPARATOR}{step}"
            at = next((each for each in (at.children if at else ()) if each.name == wanted), None)
        if at is not None and at.text.strip():
            found[member] = at.text.strip()
    return found


def _word(words: Words) -> Callable[[Mapper, Element], str]:
    return lambda _mapper, element: words.bare(_text(element))


_READERS: dict[str, Callable[[Mapper, Element], Any]] = {
    **{name: (lambda _mapper, element: _text(element)) for name in (*TEXTS, "certificationInfo")},
    **{name: _word(words) for name, words in WORD_MEMBERS.items()},
    **dict.fromkeys(EPC_LISTS, Mapper.epcs),
    **dict.fromkeys(QUANTITY_LISTS, Mapper.quantities),
    **dict.fromkeys(PLACES, Mapper.place),
    **dict.fromkeys(TYPED_LISTS, Mapper.typed),
    _SENSOR: Mapper.sensors,
    "persistentDisposition": Mapper.dispositions,
    "errorDeclaration": Mapper.error,
    "ilmd": Mapper.ilmd,
}
