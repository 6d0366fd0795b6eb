"""A JSON document of any length cut into pieces, each a small document of its own.

Source: EPCIS 2.0 (ISO/IEC 19987:2024), section 10. Here only brackets are looked at; the strict
parser reads every byte, of what surrounds the events or of a piece, and refuses what it would.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple, Protocol, cast

import orjson

from traceability.errors import InvalidInput
from traceability.strict_json import (
    MAX_BYTES,
    MAX_DEPTH,
    JSONSyntaxError,
    JSONTooLargeError,
    check_depth,
    parse_json,
)

CHUNK: Final = 1 << 20
# A piece ends after the event that takes it over so many bytes.
PIECE_BYTES: Final = 1 << 22
# Where documents keep their events; the empty path is a bare list.
_PATHS: Final = {
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
_SPACE: Final = b" \t\r\n"

Path = tuple[str, ...]
# Called with the number of events that were found so far; may raise to end it.
Progress = Callable[[int], object]


class Seekable(Protocol):
    """A document's bytes, which are read twice."""

    def read(self, size: int, /) -> bytes:
        """Return at most so many bytes; none at the end."""

    def seek(self, offset: int, /) -> object:
        """Go on reading so many bytes from the beginning."""


class Piece(NamedTuple):
    """A document with some of the events of a longer one, and how many come before them."""

    data: bytes
    first_event: int


class _Range(NamedTuple):
    """Where some events stand: from byte `start` on, before `end`."""

    start: int
    end: int
    events: int


class _EventList(NamedTuple):
    """A list of events: its path, its place in what surrounds it, and its parts."""

    path: Path
    at: int
    ranges: list[_Range]


class JsonPieces:
    """A document that has been looked through.

    Parameters
    ----------
    source
        Read once now, and the events once more for the pieces.
    events_at_once
        How many events a piece has; fewer where they are long.
    progress
        Called after each piece while the document is looked through.

    Raises
    ------
    InvalidInput
        What surrounds the events is refused by the strict parser.
    """

    def __init__(
        self,
        source: Seekable,
        *,
        events_at_once: int,
        piece_bytes: int = PIECE_BYTES,
        progress: Progress = lambda _events: None,
    ) -> None:
        self._source = source
        found = _Scanner(source, events_at_once, piece_bytes, progress).scan()
        self._surroundings = found.surroundings
        self._list = _event_list(found)
        for other in reversed(found.lists):
            if other is not self._list and other.ranges:
                self._put_back(other)
        self.envelope = parse_json(bytes(self._surroundings))
        """The document without its events."""

    @property
    def prefix(self) -> str:
        """The JSON pointer of the list of events; what stands in no list has none."""
        return "" if self._list is None else "".join(f"/{step}" for step in self._list.path)

    @property
    def events(self) -> int:
        """How many events there are; a document without a list may be one itself."""
        if self._list is None:
            return 1
        return sum(one.events for one in self._list.ranges)

    def __iter__(self) -> Iterator[Piece]:
        """Yield the pieces, one without events where there are none."""
        if self._list is None or not self._is_cut:
            yield Piece(bytes(self._surroundings), 0)
            return
        before, after = self._frame()
        count = 0
        for one in self._list.ranges:
            yield Piece(b"".join((before, self._read(one), after)), count)
            count += one.events

    def located(self, error: InvalidInput, first_event: int) -> InvalidInput:
        """Return an error of a piece as one of the document."""
        pointer = error.pointer and shifted(error.pointer, self.prefix, first_event)
        is_of_piece = self._is_cut and not pointer
        told = f" (lines are counted from event {first_event} on)" if is_of_piece else ""
        return type(error)(
            error.fault + told, pointer=pointer, expected=error.expected, got=error.got
        )

    @property
    def _is_cut(self) -> bool:
        return self._list is not None and bool(self._list.ranges)

    def _frame(self) -> tuple[bytes, bytes]:
        """Return what stands around the events of a piece: no header, no extensions, one line."""
        if self._list is None or not self._list.path:
            return b"[", b"]"
        inner = outer = _without_extensions(cast("dict[str, Any]", self.envelope))
        outer.pop("epcisHeader", None)
        for step in self._list.path[:-1]:
            inner[step] = _without_extensions(inner[step])
            inner = inner[step]
        mark = secrets.token_hex(16)  # A name that the document cannot hold.
        inner[self._list.path[-1]] = [mark]
        before, _, after = orjson.dumps(outer).partition(orjson.dumps(mark))
        if len(before) + len(after) > PIECE_BYTES:
            raise JSONTooLargeError(
                f"JSON beside events and header is too long: expected at most {PIECE_BYTES} bytes"
            )
        return before, after

    def _read(self, one: _Range) -> bytes:
        self._source.seek(one.start)
        data = _read_fully(self._source, one.end - one.start)
        if not data.strip(_SPACE):
            raise JSONSyntaxError(f"JSON is malformed at byte {one.end}: an event is missing")
        return data

    def _put_back(self, other: _EventList) -> None:
        """Let a list that is not the document's events stand where it stood."""
        start, end = other.ranges[0].start, other.ranges[-1].end
        if end - start + len(self._surroundings) > MAX_BYTES:
            raise _too_large()
        self._source.seek(start)
        self._surroundings[other.at : other.at] = _read_fully(self._source, end - start)


def shifted(pointer: str, prefix: str, first_event: int) -> str:
    """Return a JSON pointer of a piece as one of the document."""
    if not first_event or not pointer.startswith(f"{prefix}/"):
        return pointer
    index, slash, rest = pointer[len(prefix) + 1 :].partition("/")
    if not index.isdecimal():
        return pointer
    return f"{prefix}/{int(index) + first_event}{slash}{rest}"


def _event_list(found: _Scanner) -> _EventList | None:
    """Return the list that the document's type says holds its events."""
    envelope = parse_json(bytes(found.surroundings)) if found.lists else None
    kind = envelope.get("type") if isinstance(envelope, dict) else None
    path: Path | None = () if isinstance(envelope, list) else _PATHS.get(str(kind))
    return next((one for one in found.lists if one.path == path), None)


def _without_extensions(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if ":" not in name}


def _read_fully(source: Seekable, size: int) -> bytes:
    parts = []
    while size and (part := source.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _too_large() -> JSONTooLargeError:
    return JSONTooLargeError(
        f"JSON beside the events, or one event, is too long: expected at most {MAX_BYTES} bytes"
    )


class _Scanner:
    """Finds lists of events; `surroundings` is the document with these lists empty."""

    def __init__(
        self, source: Seekable, events_at_once: int, piece_bytes: int, progress: Progress
    ) -> None:
        self.surroundings = bytearray()
        self.lists: list[_EventList] = []
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

    def scan(self) -> _Scanner:
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
        chunk = _read_fully(self._source, max(CHUNK, len(rest)))
        self._is_at_end = not chunk
        if len(rest) + len(chunk) > MAX_BYTES + CHUNK:
            raise _too_large()
        self._offset += self._at
        self._buffer, self._at = rest + chunk, 0
        return not self._is_at_end

    def _keep(self, end: int) -> None:
        """Let what is before `end` in the buffer surround the events."""
        if len(self.surroundings) + end - self._at > MAX_BYTES:
            raise _too_large()
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
                self.lists.append(_EventList(path, len(self.surroundings), []))
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
            return () if not self.surroundings[:-1].strip(_SPACE) else None
        path = tuple(str(member) for member in self._members)
        return path if None not in self._members and path in _PATHS.values() else None

    def _events(self) -> None:
        """Follow a list of events to its end, and note where to cut it."""
        ranges, start, events, found = self.lists[-1].ranges, self._place(), 0, 0
        sign, is_blank = self._event()
        is_empty = is_blank and sign == b"]"
        while sign == b",":
            events += 1
            if events >= self._events_at_once or self._place() - start > self._piece_bytes:
                ranges.append(_Range(start, self._place() - 1, events))
                start, events, found = self._place(), 0, found + events
                self._progress(found)
            sign, _ = self._event()
        if not is_empty:
            ranges.append(_Range(start, self._place() - 1, events + 1))
            self._progress(found + events + 1)
        # The bracket that ends the list surrounds it.
        self._at -= 1
        self._keep(self._at + 1)

    def _event(self) -> tuple[bytes, bool]:
        """Go past the next event; return the sign after it, and whether there is nothing."""
        while True:
            token = _EVENT.match(self._buffer, self._at, self._at + _AT_ONCE)
            if token is not None and token[1] not in _UNFINISHED:
                is_blank = not self._buffer[self._at : token.start(1)].strip(_SPACE)
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
            is_blank = is_blank and not token[0][:-1].strip(_SPACE)
            self._at = token.end()
            self._brackets += 1
            if self._place() - start > MAX_BYTES:
                raise _too_large()
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
