"""A JSON document cut into pieces says what the whole says, and is refused where that is."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traceability.errors import InvalidInput
from traceability.events import json_pieces, json_scanner
from traceability.events.json_pieces import JsonPieces, shifted
from traceability.strict_json import JSONDepthError, JSONTooLargeError, JSONValue, parse_json

NAMES = st.sampled_from(["a", "eventList", "epcisBody", "queryResults", 'q"\\', "é"])
TEXTS = st.sampled_from(["x", 'a"b\\', "]}{[,:", "", "中", "\n"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 10**9) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)
EVENTS = st.lists(VALUES, max_size=7)


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    events, more = draw(EVENTS), draw(EVENTS)
    body = draw(
        st.sampled_from(
            [
                {"eventList": events},
                {"queryResults": {"resultsBody": {"eventList": events}, "queryName": "q"}},
                {"eventList": events, "queryResults": {"resultsBody": {"eventList": more}}},
            ]
        )
    )
    kind = draw(st.sampled_from(["EPCISDocument", "EPCISQueryDocument", "ObjectEvent"]))
    members = [("type", kind), ("epcisHeader", draw(VALUES)), ("epcisBody", body)]
    value = dict(draw(st.permutations(members)))
    found: Any = draw(st.sampled_from([value, events, more[0] if more else value]))
    text = json.dumps(found, indent=draw(st.sampled_from([None, 1])), ensure_ascii=False)
    return text.encode()


@st.composite
def bent(draw: st.DrawFn) -> bytes:
    """Return a document with a byte or two put in, taken out or replaced."""
    data = bytearray(draw(documents()))
    for _ in range(draw(st.integers(1, 2))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        taken = draw(st.integers(0, 1))
        data[at : at + taken] = draw(
            st.sampled_from([b"", b",", b"]", b"[", b"{", b"}", b'"', b"\\", b"\xff", b"-0", b" "])
        )
    return bytes(data)


def whole(data: bytes) -> JSONValue | type[InvalidInput]:
    try:
        return parse_json(data)
    except InvalidInput:
        return InvalidInput


def joined(data: bytes, *, events_at_once: int, piece_bytes: int) -> Any:
    """Return what the pieces of a document say together."""
    source = io.BytesIO(data)
    try:
        found = JsonPieces(source, events_at_once=events_at_once, piece_bytes=piece_bytes)
        path = found.prefix.split("/")[1:]
        if not path and not isinstance(found.envelope, list):
            (piece,) = found
            assert found.events == 1
            return parse_json(piece.data)
        events: list[Any] = []
        for piece in found:
            assert piece.first_event == len(events)
            value: Any = parse_json(piece.data)
            for step in path:
                value = value[step]
            assert len(value) <= events_at_once
            events += value
    except InvalidInput:
        return InvalidInput
    assert found.events == len(events)
    return _with_events(found.envelope, path, events)


def _with_events(envelope: Any, path: list[str], events: list[Any]) -> Any:
    if not path:
        return events
    return {**envelope, path[0]: _with_events(envelope[path[0]], path[1:], events)}


@given(
    data=documents() | bent(),
    events_at_once=st.sampled_from([1, 2, 3, 100]),
    piece_bytes=st.sampled_from([5, 40, 10**6]),
    chunk=st.sampled_from([1, 2, 7, 50, 2**20]),
    at_once=st.sampled_from([1, 5, 2**18]),
)
def test_pieces_say_what_the_whole_says(
    data: bytes, events_at_once: int, piece_bytes: int, chunk: int, at_once: int
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(json_scanner, "CHUNK", chunk)
        patched.setattr(json_scanner, "_AT_ONCE", at_once)
        found = joined(data, events_at_once=events_at_once, piece_bytes=piece_bytes)
    assert found == whole(data)


DOCUMENT = b'{"type": "EPCISDocument", "epcisBody": {"eventList": [%s]}}'


class TestRefusal:
    """Faults that only show where pieces meet, and what would take memory without end."""

    @pytest.mark.parametrize("events", [b"1,", b",1", b"1,,2", b",", b"1,2,", b"1 2", b"1,2]"])
    def test_of_misplaced_commas(self, events: bytes) -> None:
        assert joined(DOCUMENT % events, events_at_once=1, piece_bytes=10) is InvalidInput

    @pytest.mark.parametrize("events", [b"", b" \n", b"1", b"1,2", b' "]" , [1,2] '])
    def test_of_no_others(self, events: bytes) -> None:
        found = joined(DOCUMENT % events, events_at_once=1, piece_bytes=10)
        assert found == parse_json(DOCUMENT % events)

    def test_of_a_member_that_stands_twice_around_the_events(self) -> None:
        data = b'{"type": "EPCISDocument", "epcisBody": {"eventList": [1]}, "\\u0065pcisBody": {}}'
        assert joined(data, events_at_once=1, piece_bytes=10) is InvalidInput

    def test_of_a_member_written_otherwise_is_none(self) -> None:
        data = b'{"type": "EPCISDocument", "\\u0065pcisBody": {"event\\u004cist": [1, 2]}}'
        found = JsonPieces(io.BytesIO(data), events_at_once=1)
        assert (found.events, len(list(found))) == (2, 2)

    @pytest.mark.parametrize(
        "data", [DOCUMENT % (b'"' + b"a" * 3000 + b'"'), b'"' + b"a" * 3000, b" " * 3000]
    )
    def test_of_what_is_too_long_for_one_piece(
        self, data: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(json_scanner, "MAX_BYTES", 2000)
        monkeypatch.setattr(json_scanner, "CHUNK", 500)
        with pytest.raises(JSONTooLargeError):
            JsonPieces(io.BytesIO(data), events_at_once=1)

    def test_of_what_is_too_deep_as_soon_as_it_is(self) -> None:
        source = io.BytesIO(b"[" * 2**23)
        with pytest.raises(JSONDepthError):
            JsonPieces(source, events_at_once=1)
        assert source.tell() < 2**22

    @pytest.mark.parametrize(("most", "is_taken"), [(100, False), (1000, True)])
    def test_of_brackets_without_number(
        self, most: int, is_taken: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(json_scanner, "_AT_ONCE", 50)
        monkeypatch.setattr(json_scanner, "_MAX_BRACKETS", most)
        found = joined(DOCUMENT % (b"[" + b"[]," * 200 + b"1]"), events_at_once=1, piece_bytes=9)
        assert (found is not InvalidInput) == is_taken

    def test_by_whoever_counts_the_events(self) -> None:
        source = io.BytesIO(b"[" + b"1," * 2**22 + b"1]")

        def no_more_than_1000(events: int) -> None:
            if events > 1000:
                raise JSONTooLargeError("too many")

        with pytest.raises(JSONTooLargeError, match="too many"):
            JsonPieces(source, events_at_once=100, progress=no_more_than_1000)
        assert source.tell() < 2**22

    def test_of_surroundings_that_every_piece_would_repeat(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(json_pieces, "PIECE_BYTES", 100)
        data = b'{"type": "EPCISDocument", "x": "%s", "epcisBody": {"eventList": [1]}}' % (
            b"x" * 99
        )
        with pytest.raises(JSONTooLargeError):
            list(JsonPieces(io.BytesIO(data), events_at_once=1))
        for name in (b'"epcisHeader"', b'"ext:x"'):
            other = data.replace(b'"x"', name, 1)
            assert len(list(JsonPieces(io.BytesIO(other), events_at_once=1))) == 1


@pytest.mark.parametrize(
    ("pointer", "found"),
    [
        ("/epcisBody/eventList/3/epcList/0", "/epcisBody/eventList/13/epcList/0"),
        ("/epcisBody/eventList/3", "/epcisBody/eventList/13"),
        ("/epcisBody/eventList", "/epcisBody/eventList"),
        ("/epcisBody/eventList/-", "/epcisBody/eventList/-"),
        ("/schemaVersion", "/schemaVersion"),
        ("", ""),
    ],
)
def test_pointer_of_a_piece_is_told_as_the_documents(pointer: str, found: str) -> None:
    assert shifted(pointer, "/epcisBody/eventList", 10) == found
