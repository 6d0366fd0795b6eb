"""Where in the XML a thing of the JSON-LD stands, worked out only when somebody asks.

Source: RFC 6901 (JSON pointers).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from traceability.events.xml.faults import XmlInvalid
from traceability.events.xml.parsing import SEPARATOR, Element, chunks_of

# Elements of so many events are kept at a time; asked in order, a document is read again rarely.
WINDOW = 4_000
_LISTS = {
    "EPCISDocument": "/epcisBody/eventList/",
    "EPCISQueryDocument": "/epcisBody/queryResults/resultsBody/eventList/",
}
_WRAPPERS = frozenset({"extension", "baseExtension"})


class Lines(Protocol):
    """Tells the line of what a JSON pointer names."""

    def of(self, pointer: str) -> int | None:
        """Return the line of the nearest element that has what a pointer names.

        Parameters
        ----------
        pointer
            JSON pointer into the value; what is missing has the line of what should have it.
        """


class LinesOfPiece:
    """The lines of events whose elements were kept.

    Parameters
    ----------
    elements
        Those of the events, in order.
    value
        The document.
    line
        That of the root.
    """

    def __init__(self, elements: Sequence[Element], value: dict[str, Any], *, line: int) -> None:
        self._elements = elements
        self._start = _LISTS[value["type"]]
        self._line = line

    def of(self, pointer: str) -> int | None:
        """Return the line of the nearest element; see `Lines`."""
        index, steps = _split(pointer, self._start)
        if index is None or index >= len(self._elements):
            return self._line
        return _line_in(self._elements[index], steps)


class LinesOfSource:
    """The lines of a document whose bytes were kept.

    Where events begin is known; for what is inside of them it is read again.

    Parameters
    ----------
    source
        The bytes, which have been read without fault.
    value
        The document.
    starts
        The lines of its events.
    """

    def __init__(self, source: bytes, value: dict[str, Any], *, starts: Sequence[int]) -> None:
        self._source = source
        self._starts = starts
        self._start = _LISTS[value["type"]]
        self._first = 0
        self._line = 1
        self._elements: list[Element] = []

    def of(self, pointer: str) -> int | None:
        """Return the line of the nearest element; see `Lines`."""
        index, steps = _split(pointer, self._start)
        if index is not None and not steps and index < len(self._starts):
            return self._starts[index]
        wanted = index or 0
        if not self._first <= wanted < self._first + len(self._elements):
            self._read(wanted)
        if index is None or not self._elements:
            return self._line
        at = index - self._first
        return _line_in(self._elements[at], steps) if at < len(self._elements) else self._line

    def _read(self, first: int) -> None:
        """Keep the elements of the events from `first` on."""
        from traceability.events.xml.document import DocumentReader  # noqa: PLC0415  (it maps, too)

        reader = DocumentReader(keeps_elements=True)
        count = 0
        self._first, self._elements = first, []
        for chunk in chunks_of(self._source):
            try:
                reader.feed(chunk)
            except XmlInvalid:
                break
            skipped = max(0, min(first - count, len(reader.elements)))
            self._elements += reader.elements[skipped : skipped + WINDOW - len(self._elements)]
            count += len(reader.elements)
            reader.elements.clear()
            reader.ready.clear()
            if len(self._elements) >= WINDOW:
                break
        self._line = reader.line


def _split(pointer: str, start: str) -> tuple[int | None, list[str]]:
    """Return the index of the event that a pointer is in, and the steps inside it."""
    if not pointer.startswith(start):
        return None, []
    index, *steps = pointer[len(start) :].split("/")
    found = [step.replace("~1", "/").replace("~0", "~") for step in steps]
    return (int(index) if index.isdecimal() else None), found


def _line_in(element: Element, steps: Sequence[str]) -> int:
    """Follow a pointer's steps through elements as far as they lead."""
    group = [element]
    for step in steps:
        if step.isdecimal():
            among = group if len(group) > 1 else list(_parts(group[0]))
            found = among[int(step) : int(step) + 1]
        else:
            local = step.rpartition(":")[2]
            found = [each for each in _parts(group[0]) if _local(each) == local]
        if not found:
            break
        group = found
    return group[0].line


def _parts(element: Element) -> Iterator[Element]:
    """Yield the elements in an element, those in its wrappers too."""
    for child in element.children:
        if child.name in _WRAPPERS:
            yield from _parts(child)
        else:
            yield child


def _local(element: Element) -> str:
    return element.name.rpartition(SEPARATOR)[2]
