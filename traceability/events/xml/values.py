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


def add_extension(
    members: dict[str, Any], element: Element, prefixes: Prefixes, *, depth: int = _DEPTH_OF_EVENT
) -> None:
    """Add what an element says to the members around it; a name that comes again makes a list."""
    name = extension_name(element, prefixes)
    value, is_listed = extension_value(element, prefixes, depth=depth + 1)
    if name not in members:
        members[name] = _List([value]) if is_listed else value
    elif isinstance(members[name], _List):
        members[name].append(value)
    else:
        members[name] = _List([members[name], value])


class _List(list[Any]):
    """Values of elements of one name; other lists are values."""


def extension_name(element: Element, prefixes: Prefixes) -> str:
    """Return the member name of an element that is none of the standard's."""
    if element.name == MEMBER and NAME_MARK in element.attributes:
        return element.attributes[NAME_MARK]
    return prefixes.name(element.name)


def extension_value(
    element: Element, prefixes: Prefixes, *, depth: int
) -> tuple[JSONValue, bool]:
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
            members[f"@{prefixes.name(name)}"] = value
    for child in element.children:
        add_extension(members, child, prefixes, depth=depth + 1)
    if element.children or mark.endswith("object"):
        return members, mark.startswith("list")
    keeps_space = element.attributes.get(SPACE) == "preserve"
    text = element.text if keeps_space else element.text.strip()
    if members:
        return members | ({"#text": text} if text else {}), mark == "list"
    is_null = not text and element.attributes.get(NIL) in ("true", "1")
    return None if is_null else text, mark == "list"


def _literal(element: Element, depth: int) -> JSONValue:
    """Return a value that is written as JSON."""
    try:
        return parse_json(element.text, max_depth=MAX_DEPTH - min(depth, MAX_DEPTH - 1))
    except InvalidInput as error:
        raise XmlContentInvalid(
            f"JSON in an element is faulty ({error.fault})", line=element.line
        ) from error


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
