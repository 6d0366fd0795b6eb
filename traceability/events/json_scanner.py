"""Where the lists of events of a JSON document stand, however long it is.

Source: RFC 8259; EPCIS 2.0 (ISO/IEC 19987:2024), section 10. Only brackets, strings and commas
are looked at; who cuts the document by what is found has the strict parser read every byte.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

from traceability.strict_json import (
    MAX_BYTES,
    MAX_DEPTH,
    JSONSyntaxError,
    JSONTooLargeError,
    check_depth,
)

CHUNK: Final = 1 << 20
# Where documents keep their events; the empty path is a bare list.
EVENT_PATHS: Final = {
    "EPCISDocument": ("epcisBody", "eventList"),
    "EPCISQueryDocument": ("epcisBody", "queryResults", "resultsBody", "eventList"),
}
# Strings and signs; what a pattern has passed over is never gone back to, whatever the input.
_STRING: Final = rb'"(?:[^"\\]++|\\.)*+"'
_TOKEN: Final = re.compile(_STRING + rb'|["{}\[\],:]', re.DOTALL)


def _in_brackets(levels: int) -> bytes:
    """Return the pattern of what stands in brackets; in them are so many levels at most."""
    pattern = b""
    for _ in range(levels):
        pattern = rb'(?:[^"{}\[\]]++|' + _STRING + rb"|[{\[]" + pattern + rb"[}\]])*+"
    return pattern


# A whole event and the sign after it; one that does not end here, or is too deep, begins there.
_EVENT: Final = re.compile(
    rb'(?:[^"{}\[\],]++|' + _STRING + rb"|[{\[]" + _in_brackets(MAX_DEPTH) + rb"[}\]])*+"
    rb'(["{}\[\],]?)',
    re.DOTALL,
)
_IN_LIST: Final = re.compile(rb'(?:[^"{}\[\],]++|' + _STRING + rb')*+(["{}\[\],])', re.DOTALL)
_IN_EVENT: Final = re.compile(rb'(?:[^"{}\[\]]++|' + _STRING + rb')*+(["{}\[\]])', re.DOTALL)
_UNFINISHED: Final = (b"", b'"', b"{", b"[")
# So long an event is passed over at once; other threads wait meanwhile.
_AT_ONCE: Final = 1 << 18
# Longer ones are followed bracket by bracket, which takes more time: so many in a document.
_MAX_BRACKETS: Final = 1 << 23
SPACE: Final = b" \t\r\n"

Path = tuple[str, ...]
# Called with the number of events that were found so far; may raise to end it.
Progress = Callable[[int], object]


class Seekable(Protocol):
    """A document's bytes, which are read twice."""

    def read(self, size: int, /) -> bytes:
        """Return at most so many bytes; none at the end."""

    def seek(self, offset: int, /) -> object:
        """Go on reading so many bytes from the beginning."""


class Range(NamedTuple):
    """Where some events stand: from byte `start` on, before `end`."""

    start: int
    end: int
    events: int


class EventList(NamedTuple):
    """A list of events: its path, its place in what surrounds it, and its parts."""

    path: Path
    at: int
    ranges: list[Range]


def read_fully(source: Seekable, size: int) -> bytes:
    """Return so many bytes, fewer only at the end."""
    parts = []
    while size and (part := source.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def too_large() -> JSONTooLargeError:
    """Return the error of what would take too much memory at once."""
    return JSONTooLargeError(
        f"JSON beside the events, or one event, is too long: expected at most {MAX_BYTES} bytes"
    )


class Scanner:
    """Finds lists of events; `surroundings` is the document with these lists empty.

    Parameters
    ----------
    events_at_once, piece_bytes
        A range ends after so many events, or after the one that takes it over so many bytes.
    progress
        Called with the number of events after each range.
    """

    def __init__(
        self, source: Seekable, events_at_once: int, piece_bytes: int, progress: Progress
    ) -> None:
        self.surroundings = bytearray()
        self.lists: list[EventList] = []
        self._source = source
        self._events_at_once = events_at_once
        self._piece_bytes = piece_bytes
        self._progress = progress
        self._buffer = b""
        self._offset = 0  # Of the buffer's first byte in the document.
        self._at = 0  # In the buffer: what is before it is done with.
        self._is_at_end = False
        self._brackets = 0
        # Of each object or list around: the member that is being read; None in a list.
        self._members: list[str | None] = []
        self._string = b""

    def scan(self) -> Scanner:
        """Look through the document."""
        self._source.seek(0)
        while self._more():
            self._surround()
        self._keep(len(self._buffer))
        return self

    def _more(self) -> bool:
        """Add to what is not done with; longer the longer that is, so that no work is repeated."""
        if self._is_at_end:
            return False
        rest = self._buffer[self._at :]
        chunk = read_fully(self._source, max(CHUNK, len(rest)))
        self._is_at_end = not chunk
        if len(rest) + len(chunk) > MAX_BYTES + CHUNK:
            raise too_large()
        self._offset += self._at
        self._buffer, self._at = rest + chunk, 0
        return not self._is_at_end

    def _keep(self, end: int) -> None:
        """Let what is before `end` in the buffer surround the events."""
        if len(self.surroundings) + end - self._at > MAX_BYTES:
            raise too_large()
        self.surroundings += self._buffer[self._at : end]
        self._at = end

    def _surround(self) -> None:
        """Follow the members outside of events as far as the buffer goes."""
        while token := _TOKEN.search(self._buffer, self._at):
            found = token[0]
            if found == b'"':
                self._keep(token.start())
                return
            self._keep(token.end())
            if self._step(found):
                self._events()
        self._keep(len(self._buffer))

    def _step(self, token: bytes) -> bool:
        """Follow one token; tell whether a list of events begins with it."""
        if token == b"[":
            path = self._path()
            if path is not None and path not in {one.path for one in self.lists}:
                self.lists.append(EventList(path, len(self.surroundings), []))
                return True
            self._open(None)
        elif token == b"{":
            self._open("")
        elif token in b"}]":
            if self._members:
                self._members.pop()
        elif token == b":":
            if self._members and self._members[-1] is not None:
                self._members[-1] = _text(self._string)
        elif token != b",":
            self._string = token
        return False

    def _open(self, member: str | None) -> None:
        self._members.append(member)
        check_depth(len(self._members))

    def _path(self) -> Path | None:
        """Return the path of the list that begins, if it is one where events may be."""
        if not self._members:
            return () if not self.surroundings[:-1].strip(SPACE) else None
        path = tuple(str(member) for member in self._members)
        return path if None not in self._members and path in EVENT_PATHS.values() else None

    def _events(self) -> None:
        """Follow a list of events to its end, and note where to cut it."""
        ranges, start, events, found = self.lists[-1].ranges, self._place(), 0, 0
        sign, is_blank = self._event()
        is_empty = is_blank and sign == b"]"
        while sign == b",":
            events += 1
            if events >= self._events_at_once or self._place() - start > self._piece_bytes:
                ranges.append(Range(start, self._place() - 1, events))
                start, events, found = self._place(), 0, found + events
                self._progress(found)
            sign, _ = self._event()
        if not is_empty:
            ranges.append(Range(start, self._place() - 1, events + 1))
            self._progress(found + events + 1)
        # The bracket that ends the list surrounds it.
        self._at -= 1
        self._keep(self._at + 1)

    def _event(self) -> tuple[bytes, bool]:
        """Go past the next event; return the sign after it, and whether there is nothing."""
        while True:
            token = _EVENT.match(self._buffer, self._at, self._at + _AT_ONCE)
            if token is not None and token[1] not in _UNFINISHED:
                is_blank = not self._buffer[self._at : token.start(1)].strip(SPACE)
                self._at = token.end()
                return token[1], is_blank
            # What begins here is read again with what follows it.
            if len(self._buffer) - self._at >= _AT_ONCE or not self._more():
                return self._long_event()

    def _long_event(self) -> tuple[bytes, bool]:
        """Go past an event that is long, too deep or without end."""
        start, depth, is_blank = self._place(), 0, True
        while True:
            token = (_IN_EVENT if depth else _IN_LIST).match(self._buffer, self._at)
            if token is None or token[1] == b'"':
                if not self._more():
                    fault = f"JSON is malformed at byte {self._place()}: it ends in a list"
                    raise JSONSyntaxError(fault)
                continue
            is_blank = is_blank and not token[0][:-1].strip(SPACE)
            self._at = token.end()
            self._brackets += 1
            if self._place() - start > MAX_BYTES:
                raise too_large()
            if self._brackets > _MAX_BRACKETS:
                raise JSONTooLargeError(f"long events have more than {_MAX_BRACKETS} brackets")
            if token[1] in b"{[":
                depth, is_blank = depth + 1, False
            elif token[1] == b"," or not depth:
                return token[1], is_blank
            else:
                depth -= 1
            check_depth(depth)

    def _place(self) -> int:
        return self._offset + self._at


def _text(token: bytes) -> str:
    """Return what a string says; the strict parser refuses what cannot be read."""
    try:
        return str(json.loads(token))
    except ValueError:
        return ""
