"""Text to XML: escaping, and values of extensions as elements.

Source: XML 1.0 (fifth edition), sections 2.2, 2.4 and 3.3.3; the marks are those that `values.py`
reads.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from traceability.events.xml.faults import not_expressible
from traceability.events.xml.names import qualified_name

# What XML 1.0 cannot hold, not even escaped.
_IMPOSSIBLE = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
_TEXT = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord("\r"): "&#13;"}
_ATTRIBUTE = _TEXT | {ord('"'): "&quot;", ord("\n"): "&#10;", ord("\t"): "&#9;"}
_TO_ESCAPE = re.compile('[&<>\r"\n\t]')


def escape(text: str) -> str:
    """Return text as it stands in an element."""
    return text.translate(_TEXT) if _TO_ESCAPE.search(text) else text


def escape_attribute(text: str) -> str:
    """Return text as it stands in an attribute's double quotes."""
    return text.translate(_ATTRIBUTE) if _TO_ESCAPE.search(text) else text


def is_possible(text: str) -> bool:
    """Tell whether XML can hold a text."""
    return _IMPOSSIBLE.search(text) is None


def as_json(value: Any) -> str:
    """Return a value as JSON in ASCII, which XML can always hold."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


class ExtensionWriter:
    """Writes members of extensions.

    Parameters
    ----------
    prefixes
        Prefixes that XML can use, and their namespaces.
    marks, instance
        The prefixes of our own marks and of XML Schema's `nil`.
    """

    def __init__(self, prefixes: Mapping[str, str], *, marks: str, instance: str) -> None:
        self.prefixes = prefixes
        self.marks = marks
        self._instance = instance

    def members(self, members: Mapping[str, Any]) -> str:
        """Return the elements of several members."""
        return "".join([self.member(name, value) for name, value in members.items()])

    def member(self, name: str, value: Any) -> str:
        """Return the element of a member, or those of a list's elements."""
        if not isinstance(value, list):
            return self._element(name, value, mark="")
        if not value:
            return self.literal(name, value)
        if len(value) == 1:
            return self._element(name, value[0], mark="list")
        return "".join([self._element(name, each, mark="") for each in value])

    def literal(self, name: str, value: Any, *, mark: str = "literal") -> str:
        """Return an element that holds a value as JSON."""
        start, end = self._tags(name)
        return f'<{start} {self.marks}:json="{mark}">{escape(as_json(value))}</{end}>'

    def marked(self, name: str, value: Any) -> str:
        """Return an element of ours for a member of the standard that XML has no place for."""
        marks = self.marks
        start = f'{marks}:member {marks}:name="{escape_attribute(name)}" {marks}:json="literal"'
        return f"<{start}>{escape(as_json(value))}</{marks}:member>"

    def attribute(self, name: str) -> str | None:
        """Return how an attribute is named, if one can be named so."""
        found = qualified_name(name, self.prefixes)
        return None if found is None or found.startswith("xmlns") else found

    def _tags(self, name: str) -> tuple[str, str]:
        """Return what start and end tag begin with."""
        qualified = qualified_name(name, self.prefixes)
        if qualified is not None:
            return qualified, qualified
        if not is_possible(name):
            raise not_expressible(f"/{name}", "a name with a control character", "XML")
        element = f"{self.marks}:member"
        return f'{element} {self.marks}:name="{escape_attribute(name)}"', element

    def _element(self, name: str, value: Any, *, mark: str) -> str:
        """Return one element, marked where its text alone would be read as something else."""
        if isinstance(value, dict):
            return self._object(name, value, mark=mark)
        if isinstance(value, str) and is_possible(value):
            start, end = self._tags(name)
            space = "" if value == value.strip() else ' xml:space="preserve"'
            return f"<{start}{self._mark(mark)}{space}>{escape(value)}</{end}>"
        if value is None:
            start, _ = self._tags(name)
            return f'<{start}{self._mark(mark)} {self._instance}:nil="true"/>'
        return self.literal(name, value, mark=f"{mark} literal".strip())

    def _object(self, name: str, value: Mapping[str, Any], *, mark: str) -> str:
        """Return an object: its members as elements, or as attributes beside a text."""
        if not all(map(is_possible, value)):
            return self.literal(name, value, mark=f"{mark} literal".strip())
        start, end = self._tags(name)
        if not value:
            return f"<{start}{self._mark(f'{mark} object'.strip())}/>"
        attributes = self._attributes(value)
        if attributes is None:
            return f"<{start}{self._mark(mark)}>{self.members(value)}</{end}>"
        text = value["#text"]
        space = "" if text == text.strip() else ' xml:space="preserve"'
        return f"<{start}{self._mark(mark)}{space}{attributes}>{escape(text)}</{end}>"

    def _attributes(self, value: Mapping[str, Any]) -> str | None:
        """Return the attributes of an object that is a text with attributes, else none."""
        text = value.get("#text")
        if not isinstance(text, str) or not text or len(value) == 1:
            return None
        found: dict[tuple[str, str], str] = {}
        for name, each in value.items():
            if not isinstance(each, str) or not is_possible(each):
                return None
            if name == "#text":
                continue
            qualified = self.attribute(name)
            if qualified is None:
                return None
            prefix, _, local = qualified.rpartition(":")
            found[self.prefixes.get(prefix, ""), local] = f' {qualified}="{escape_attribute(each)}"'
        return "".join(found.values()) if len(found) == len(value) - 1 else None

    def _mark(self, mark: str) -> str:
        return f' {self.marks}:json="{mark}"' if mark else ""


def own_prefixes(taken: Mapping[str, str]) -> tuple[str, ...]:
    """Return the prefixes of marks, XML Schema's instances, EPCIS, its queries and headers."""
    found = []
    for wanted in ("itemproofxml", "xsi", "epcis", "epcisq", "sbdh"):
        name, number = wanted, 1
        while name in taken:
            number += 1
            name = f"{wanted}{number}"
        found.append(name)
    return tuple(found)
