"""A JSON document of any length cut into pieces, each a small document of its own.

Source: EPCIS 2.0 (ISO/IEC 19987:2024), section 10. Here only brackets are looked at; the strict
parser reads every byte, of what surrounds the events or of a piece, and refuses what it would.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any, Final, NamedTuple, cast

import orjson

from traceability.errors import InvalidInput
from traceability.events.json_scanner import (
    EVENT_PATHS,
    SPACE,
    EventList,
    Path,
    Progress,
    Range,
    Scanner,
    Seekable,
    read_fully,
    too_large,
)
from traceability.strict_json import MAX_BYTES, JSONSyntaxError, JSONTooLargeError, parse_json

# A piece ends after the event that takes it over so many bytes.
PIECE_BYTES: Final = 1 << 22


class Piece(NamedTuple):
    """A document with some of the events of a longer one, and how many come before them."""

    data: bytes
    first_event: int


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
        found = Scanner(source, events_at_once, piece_bytes, progress).scan()
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

    def _read(self, one: Range) -> bytes:
        self._source.seek(one.start)
        data = read_fully(self._source, one.end - one.start)
        if not data.strip(SPACE):
            raise JSONSyntaxError(f"JSON is malformed at byte {one.end}: an event is missing")
        return data

    def _put_back(self, other: EventList) -> None:
        """Let a list that is not the document's events stand where it stood."""
        start, end = other.ranges[0].start, other.ranges[-1].end
        if end - start + len(self._surroundings) > MAX_BYTES:
            raise too_large()
        self._source.seek(start)
        self._surroundings[other.at : other.at] = read_fully(self._source, end - start)


def shifted(pointer: str, prefix: str, first_event: int) -> str:
    """Return a JSON pointer of a piece as one of the document."""
    if not first_event or not pointer.startswith(f"{prefix}/"):
        return pointer
    index, slash, rest = pointer[len(prefix) + 1 :].partition("/")
    if not index.isdecimal():
        return pointer
    return f"{prefix}/{int(index) + first_event}{slash}{rest}"


def _event_list(found: Scanner) -> EventList | None:
    """Return the list that the document's type says holds its events."""
    envelope = parse_json(bytes(found.surroundings)) if found.lists else None
    kind = envelope.get("type") if isinstance(envelope, dict) else None
    path: Path | None = () if isinstance(envelope, list) else EVENT_PATHS.get(str(kind))
    return next((one for one in found.lists if one.path == path), None)


def _without_extensions(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if ":" not in name}
