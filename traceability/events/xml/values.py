"""Values of extensions and numbers: what an element of somebody else's vocabulary says.

Source: EPCIS 2.0, sections 9.1 (extensions in XML) and 10.3 (in JSON-LD). XML tells no number
from text, and no list of one element from that element; a mark of ours does, where it matters.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from traceability.errors import InvalidInput
from traceability.events.xml.faults import XmlContentInvalid, XmlLimitExceeded
from traceability.events.xml.names import (
    JSON_MARK,
    MEMBER,
    NAME_MARK,
    NIL,
    SPACE,
    XSI,
    Prefixes,
)
from traceability.events.xml.parsing import SEPARATOR, Element
from traceability.strict_json import MAX_DEPTH, parse_json

if TYPE_CHECKING:
    from traceability.strict_json import JSONValue

_INSTANCE = f"{XSI}{SEPARATOR}"
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
_PLAIN = re.compile(r"-?(?:0|[1-9][0-9]{0,14})")
MAX_NUMBER_LENGTH = 400
# An extension's value stands in a member of an event in a list in a document.
_DEPTH_OF_EVENT = 4
_MAX_DEPTH_IN_REPORT = MAX_DEPTH - 8


class Extensions:
    """Gathers what elements of extensions say; a name that comes again makes a list.

    Parameters
    ----------
    prefixes
        How names are written in JSON-LD.
    depth
        How many objects and lists are around the members.
    """

    __slots__ = ("_depth", "_listed", "_prefixes", "_values")

    def __init__(self, prefixes: Prefixes, *, depth: int = _DEPTH_OF_EVENT) -> None:
        self._prefixes = prefixes
        self._depth = depth
        self._values: dict[str, list[Any]] = {}
        self._listed: set[str] = set()

    def add(self, element: Element) -> None:
        """Take in an element."""
        attributes = element.attributes
        if element.name == MEMBER and NAME_MARK in attributes:
            name = attributes[NAME_MARK]
        else:
            name = self._prefixes.name(element.name)
        value, is_listed = extension_value(element, self._prefixes, depth=self._depth + 1)
        if is_listed:
            self._listed.add(name)
        self._values.setdefault(name, []).append(value)

    def into(self, members: dict[str, Any]) -> dict[str, Any]:
        """Add the members to others and return them."""
        for name, values in self._values.items():
            if name in members:
                members[name] = [members[name], *values]
            else:
                is_one = len(values) == 1 and name not in self._listed
                members[name] = values[0] if is_one else values
        return members


def extension_value(element: Element, prefixes: Prefixes, *, depth: int) -> tuple[JSONValue, bool]:
    """Return what an element says, and whether it is marked as one of a list.

    Parameters
    ----------
    depth
        How many objects and lists are around the value.
    """
    if depth > MAX_DEPTH:
        expected = f"at most {MAX_DEPTH} levels"
        raise XmlLimitExceeded("extension is too deep", line=element.line, expected=expected)
    if not element.attributes and not element.children:
        return element.text.strip(), False
    mark = element.attributes.get(JSON_MARK, "")
    if mark in ("literal", "list literal"):
        return _literal(element, depth), mark != "literal"
    members: dict[str, Any] = {}
    for name, value in element.attributes.items():
        if name not in (JSON_MARK, NAME_MARK, SPACE) and not name.startswith(_INSTANCE):
            members[prefixes.name(name)] = value
    if element.children or mark.endswith("object"):
        extensions = Extensions(prefixes, depth=depth + 1)
        for child in element.children:
            extensions.add(child)
        return extensions.into(members), mark.startswith("list")
    keeps_space = element.attributes.get(SPACE) == "preserve"
    text = element.text if keeps_space else element.text.strip()
    if members:
        return members | ({"#text": text} if text else {}), mark == "list"
    is_null = not text and element.attributes.get(NIL) in ("true", "1")
    return None if is_null else text, mark == "list"


def marked_members(element: Element) -> dict[str, JSONValue]:
    """Return the members of a sensor's report that no attribute can hold."""
    found = _parse(element, element.attributes[JSON_MARK], _MAX_DEPTH_IN_REPORT)
    if isinstance(found, dict):
        return found
    raise XmlContentInvalid("JSON of a report is no object", line=element.line)


def _literal(element: Element, depth: int) -> JSONValue:
    """Return a value that is written as JSON."""
    return _parse(element, element.text, MAX_DEPTH - min(depth, MAX_DEPTH - 1))


def _parse(element: Element, text: str, max_depth: int) -> JSONValue:
    try:
        return parse_json(text, max_depth=max_depth)
    except InvalidInput as error:
        fault = f"JSON in an element is faulty ({error.fault})"
        raise XmlContentInvalid(fault, line=element.line) from error


def number(text: str) -> int | float | str:
    """Return the number that a text of XML Schema's decimal or double stands for.

    A text that is none, or whose value a double does not hold exactly, is returned as it is:
    the rules of events then name it as no number.
    """
    if _PLAIN.fullmatch(text):
        return int(text) if text != "-0" else text
    if len(text) > MAX_NUMBER_LENGTH or _NUMBER.fullmatch(text) is None:
        return text
    try:
        value = parse_json(_json_number(text))
    except InvalidInput:
        return text
    return value if isinstance(value, int | float) else text


def _json_number(text: str) -> str:
    """Return a number of XML Schema in JSON's grammar, which has no plus or bare point."""
    mantissa, marker, exponent = text.lower().lstrip("+").partition("e")
    sign, digits = ("-", mantissa[1:]) if mantissa.startswith("-") else ("", mantissa)
    whole, _, fraction = digits.partition(".")
    whole = whole.lstrip("0") or "0"
    return f"{sign}{whole}{'.' + fraction if fraction else ''}{marker}{exponent}"
