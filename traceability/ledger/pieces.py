"""A long document in pieces, each drawn up by itself: the half of streaming that needs no store."""

from __future__ import annotations

import hashlib
import re
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import NamedTuple

import orjson

from traceability.errors import InvalidInput
from traceability.events.faults import Fault
from traceability.events.json_pieces import JsonPieces, shifted
from traceability.events.json_scanner import Seekable
from traceability.events.jsonld import parse_document
from traceability.events.model import Document
from traceability.events.xml.lines import Lines
from traceability.events.xml.reading import stream_xml
from traceability.ledger.drafting import (
    DocumentBody,
    DocumentForm,
    Draft,
    Drafter,
    at_lines,
    source_value,
)
from traceability.ledger.master_data import master_data_record
from traceability.ledger.prepared import PreparedRecord
from traceability.strict_json import JSONValue, parse_json

# A long document is cut after so many; a batch of fewer costs more for each of its events.
EVENTS_AT_ONCE = 500
# While one piece is drawn up elsewhere the next is read here; more would only take memory.
PIECES_AT_ONCE = 3
_XML_PREFIXES = {
    "EPCISDocument": "/epcisBody/eventList",
    "EPCISQueryDocument": "/epcisBody/queryResults/resultsBody/eventList",
}


class DraftedPiece(NamedTuple):
    """Some events of a document, drawn up; pointers are those of the whole document.

    Parameters
    ----------
    source
        The slice of the document that was read for this piece, as its record has it; none for
        JSON, which is committed as it came.
    length
        Of that slice, in bytes.
    master_data
        The document's vocabularies: of the first piece, or of the one that they stand in.
    """

    drafts: list[Draft]
    source: dict[str, JSONValue] | None = None
    length: int = 0
    master_data: PreparedRecord | None = None


class EnvelopeFaulty(Exception):
    """What surrounds the events is faulty, so that no event is good; carries the faults."""

    def __init__(self, drafts: list[Draft]) -> None:
        super().__init__("what surrounds the events is faulty")
        self.drafts = drafts


class Reading:
    """What is known of a document's bytes once all pieces have been read."""

    def __init__(self, source: Seekable) -> None:
        self._source = source
        self._digest = hashlib.sha256()
        self._waiting: list[bytes] = []
        self._taken = 0
        self.length = 0

    @property
    def sha256(self) -> bytes:
        """The hash of what was read."""
        return self._digest.digest()

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, and keep them for `take`."""
        data = self._source.read(size)
        self._digest.update(data)
        self._waiting.append(data)
        self.length += len(data)
        return data

    def take(self, end: int | None = None) -> bytes:
        """Return what was read since the last time, up to a byte of the document."""
        data = b"".join(self._waiting)
        length = len(data) if end is None else end - self._taken
        self._waiting = [data[length:]]
        self._taken += length
        return data[:length]


class _Piece(NamedTuple):
    """A piece as it is drawn up: JSON, and where it belongs."""

    data: bytes
    first_event: int
    prefix: str
    lines: Lines | None = None
    slice: bytes | None = None
    mapping: str = ""
    is_whole: bool = False


def drafted_pieces(
    source: Seekable,
    form: DocumentForm,
    *,
    drafter: Drafter,
    duplicate_key: bytes,
    reading: Reading,
) -> Generator[DraftedPiece, None, None]:
    """Yield the pieces of a document in its order.

    Parameters
    ----------
    reading
        Made of the same source; of XML it tells the length and hash afterwards.

    Raises
    ------
    InvalidInput
        The document cannot be read; faults of events are in their drafts.
    EnvelopeFaulty
    """
    draw_up = _Drawing(drafter, duplicate_key)
    if form == "xml":
        yield from _in_order(_xml_pieces(reading), draw_up)
        return
    document = JsonPieces(source, events_at_once=EVENTS_AT_ONCE)
    if document.prefix or isinstance(document.envelope, list):
        _check_envelope(document.envelope)
    # The pieces of JSON have no header; that is read here.
    master_data = master_data_record(document.envelope)
    for piece in _in_order(_json_pieces(document), draw_up, locate=document.located):
        yield piece._replace(master_data=master_data)
        master_data = None


def _check_envelope(envelope: JSONValue) -> None:
    faults = parse_document(envelope).faults
    if faults:
        raise EnvelopeFaulty([Draft(fault.pointer, (fault,)) for fault in faults])


def _json_pieces(document: JsonPieces) -> Iterator[_Piece]:
    is_whole = not document.prefix and not isinstance(document.envelope, list)
    for data, first_event in document:
        yield _Piece(data, first_event, document.prefix, is_whole=is_whole)


def _xml_pieces(reading: Reading) -> Iterator[_Piece]:
    """Yield pieces with their slices, which together are all that was read.

    A slice ends where the first event of the next begins, so that it holds its own events alone:
    what is read ahead belongs to a later one.
    """
    last: _Piece | None = None
    for found in stream_xml(reading, events_at_once=EVENTS_AT_ONCE):
        if last is not None:
            yield last._replace(slice=reading.take(found.offset))
        last = _Piece(
            orjson.dumps(found.value),
            found.first_event,
            _XML_PREFIXES[found.value["type"]],
            found.lines,
            mapping=found.revision,
        )
    if last is not None:
        yield last._replace(slice=reading.take())


Locate = Callable[[InvalidInput, int], InvalidInput]


def _in_order(
    pieces: Iterator[_Piece],
    draw_up: Callable[[_Piece], DraftedPiece],
    *,
    locate: Locate | None = None,
) -> Iterator[DraftedPiece]:
    """Draw up a few pieces at a time."""
    waiting: deque[tuple[int, Future[DraftedPiece]]] = deque()
    with ThreadPoolExecutor(PIECES_AT_ONCE, thread_name_prefix="pieces") as pool:
        try:
            for piece in pieces:
                waiting.append((piece.first_event, pool.submit(draw_up, piece)))
                if len(waiting) >= PIECES_AT_ONCE:
                    yield _result(waiting, locate)
            while waiting:
                yield _result(waiting, locate)
        finally:
            for _, future in waiting:
                future.cancel()


def _result(
    waiting: deque[tuple[int, Future[DraftedPiece]]], locate: Locate | None
) -> DraftedPiece:
    first_event, future = waiting.popleft()
    try:
        return future.result()
    except InvalidInput as error:
        if locate is None:
            raise
        raise locate(error, first_event) from error


class ParsedPiece(NamedTuple):
    """Some events of a document, parsed; `placed` gives pointers of the whole document."""

    document: Document
    lines: Lines | None = None
    prefix: str = ""
    first_event: int = 0

    def placed(self, pointer: str) -> str:
        """Return a pointer of the piece as one of the whole document."""
        return shifted(pointer, self.prefix, self.first_event)


def parsed_pieces(source: Seekable, form: DocumentForm) -> Iterator[ParsedPiece]:
    """Yield a document piece by piece; where what surrounds the events is faulty, only that.

    Raises
    ------
    InvalidInput
        The document cannot be read.
    """
    if form == "xml":
        for found in stream_xml(source, events_at_once=EVENTS_AT_ONCE):
            prefix = _XML_PREFIXES[found.value["type"]]
            document = parse_document(found.value)
            yield ParsedPiece(document, found.lines, prefix, found.first_event)
        return
    pieces = JsonPieces(source, events_at_once=EVENTS_AT_ONCE)
    if pieces.prefix or isinstance(pieces.envelope, list):
        envelope = parse_document(pieces.envelope)
        if envelope.faults:
            yield ParsedPiece(envelope)
            return
    for data, first_event in pieces:
        try:
            value = parse_json(data)
        except InvalidInput as error:
            raise pieces.located(error, first_event) from error
        yield ParsedPiece(parse_document(value), None, pieces.prefix, first_event)


class _Drawing:
    """Draws a piece up, wherever the drafter does it."""

    def __init__(self, drafter: Drafter, duplicate_key: bytes) -> None:
        self._drafter = drafter
        self._duplicate_key = duplicate_key

    def __call__(self, piece: _Piece) -> DraftedPiece:
        found = self._drafter(DocumentBody(piece.data), self._duplicate_key)
        drafts = [_placed(draft, piece) for draft in found.drafts]
        if not piece.is_whole:
            is_event = re.compile(re.escape(piece.prefix) + r"/[0-9]+")
            outer = [draft for draft in drafts if not is_event.fullmatch(draft.pointer)]
            if outer:
                raise EnvelopeFaulty(outer)
        if piece.slice is None:
            return DraftedPiece(drafts, master_data=found.master_data)
        source = source_value(piece.slice, mapping=piece.mapping)
        return DraftedPiece(drafts, source, len(piece.slice), found.master_data)


def _placed(draft: Draft, piece: _Piece) -> Draft:
    """Return a draft with the pointers, and the lines, of the whole document."""
    if piece.lines is not None:
        draft = at_lines(draft, piece.lines)
    pointer = shifted(draft.pointer, piece.prefix, piece.first_event)
    if pointer == draft.pointer:
        return draft
    record = draft.record and draft.record._replace(pointer=pointer)
    faults = tuple([_shifted(fault, piece) for fault in draft.faults])
    return draft._replace(pointer=pointer, faults=faults, record=record)


def _shifted(fault: Fault, piece: _Piece) -> Fault:
    return replace(fault, pointer=shifted(fault.pointer, piece.prefix, piece.first_event))
