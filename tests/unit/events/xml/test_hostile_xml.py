"""XML that attacks its reader is refused quickly, with its line, and without much memory."""

from __future__ import annotations

import io
import time
import tracemalloc
from collections.abc import Iterator

import orjson
import pytest

from tests.support.epcis_xml import MAX, object_event, xml
from traceability.events.jsonld import parse_document
from traceability.events.xml.faults import XmlInvalid
from traceability.events.xml.reading import read_xml, stream_xml

LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)
GOOD = xml(object_event())
ATTRIBUTES = " ".join([f"b{number}='1'" for number in range(65)])


def in_event(text: str) -> bytes:
    return xml(object_event(text), namespaces='xmlns:a="urn:a:"')


@pytest.mark.parametrize(
    ("source", "code", "message"),
    [
        (LAUGHS.encode() + GOOD, "XML_DTD", "document type is refused at line 1"),
        (b'<!DOCTYPE x SYSTEM "file:///etc/passwd">' + GOOD, "XML_DTD", "document type is refused"),
        (b'<!DOCTYPE x PUBLIC "a" "http://example.org/">' + GOOD, "XML_DTD", "document type"),
        (b'<!DOCTYPE x [<!ENTITY e SYSTEM "x">]>' + GOOD, "XML_DTD", "document type is refused"),
        (b"<!DOCTYPE x []>" + GOOD, "XML_DTD", "document type is refused"),
        (in_event("<a:x>&e;</a:x>"), "XML_SYNTAX", "undefined entity"),
        (in_event("<a:x>&#0;</a:x>"), "XML_SYNTAX", "invalid character number"),
        (in_event("<a:x>\x01</a:x>"), "XML_SYNTAX", "not well-formed"),
        (in_event("<a:x></a:y>"), "XML_SYNTAX", "mismatched tag.* line 4, column"),
        (in_event('<a:x b="1" b="2"/>'), "XML_SYNTAX", "duplicate attribute"),
        (in_event("<b:x/>"), "XML_SYNTAX", "unbound prefix"),
        (GOOD[:-9], "XML_SYNTAX", "unclosed token|no element found"),
        (GOOD + GOOD, "XML_SYNTAX", "junk after document element"),
        (b"", "XML_SYNTAX", "no element found"),
        (b"{}", "XML_SYNTAX", "not well-formed"),
        (b"\xef\xbb\xbf\xef\xbb\xbf" + GOOD, "XML_SYNTAX", "not well-formed"),
        (b"PK\x03\x04\0\0", "XML_SYNTAX", "not well-formed"),
        (b'<?xml version="1.1"?>' + GOOD, "XML_SYNTAX", "version of XML is unknown"),
        (b'<?xml version="1.0" encoding="GBK"?>' + GOOD, "XML_ENCODING", "got 'GBK'"),
        (b'<?xml version="1.0" encoding="UTF-7"?>' + GOOD, "XML_ENCODING", "got 'UTF-7'"),
        (b'<?xml version="1.0" encoding="utf-16"?>' + GOOD, "XML_ENCODING", "encoding is wrong"),
        (in_event("<a:x>\u4e2d</a:x>").decode().encode("gbk"), "XML_ENCODING", "got d6"),
        (GOOD.decode().encode("utf-32"), "XML_SYNTAX", "not well-formed"),
        (in_event("<a:x>" * 99 + "</a:x>" * 99), "XML_LIMIT", "nested too deeply"),
        (in_event("<a:x>" * 40 + "</a:x>" * 40), "XML_LIMIT", "extension is too deep"),
        (in_event(f"<a:x {ATTRIBUTES}/>"), "XML_LIMIT", "too many attributes"),
        (in_event('<a:x m:json="literal" xmlns:m="urn:itemproof:xml:1">[1,</a:x>'), "XML_CONTENT",
         "JSON in an element is faulty"),
        (in_event('<a:x m:json="literal" xmlns:m="urn:itemproof:xml:1">1e999</a:x>'),
         "XML_CONTENT", "JSON in an element is faulty"),
        (in_event(f'<a:x m:json="literal" xmlns:m="urn:itemproof:xml:1">{"[" * 999}</a:x>'),
         "XML_CONTENT", "JSON in an element is faulty"),
    ],
)  # fmt: skip
def test_is_refused_with_its_code_and_line(source: bytes, code: str, message: str) -> None:
    with pytest.raises(XmlInvalid, match=message) as caught:
        read_xml(source, max_bytes=MAX)
    assert caught.value.code == code
    assert caught.value.pointer == f"line {caught.value.line}"


@pytest.mark.parametrize(
    "source",
    [
        b"\xef\xbb\xbf" + GOOD,
        b'<?xml version="1.0" encoding="UTF-8"?>' + GOOD,
        b"<!DOCTYPE project>" + GOOD,
        GOOD.decode().encode("utf-16"),
        ('\ufeff<?xml version="1.0" encoding="UTF-16"?>' + GOOD.decode()).encode("utf-16-be"),
    ],
)
def test_honest_neighbours_are_read(source: bytes) -> None:
    assert read_xml(source, max_bytes=MAX).value == read_xml(GOOD, max_bytes=MAX).value


def test_longer_documents_than_allowed_are_refused() -> None:
    assert read_xml(GOOD, max_bytes=len(GOOD))
    for source in (GOOD, io.BytesIO(GOOD)):
        with pytest.raises(XmlInvalid, match="too large") as caught:
            read_xml(source, max_bytes=len(GOOD) - 1)
        assert caught.value.code == "XML_TOO_LARGE"


class Endless:
    """Bytes that begin well and never end."""

    def __init__(self, head: bytes, parts: Iterator[bytes]) -> None:
        self._rest = head
        self._parts = parts

    def read(self, size: int, /) -> bytes:
        while len(self._rest) < size:
            self._rest += next(self._parts)
        found, self._rest = self._rest[:size], self._rest[size:]
        return found


def repeated(part: bytes) -> Iterator[bytes]:
    while True:
        yield part


def numbered(text: str) -> Iterator[bytes]:
    number = 0
    while True:
        number += 1
        yield text.format(number).encode()


START = GOOD[: GOOD.index(b"<action>")]


@pytest.mark.parametrize(
    ("head", "parts", "message"),
    [
        (b"<!--", repeated(b"x" * 1000), "tag or comment is too long"),
        (b"<a ", numbered("a{}='1' "), "tag or comment is too long"),
        (b'<a b="', repeated(b"x" * 1000), "tag or comment is too long"),
        (b"<?pi ", repeated(b"x" * 1000), "tag or comment is too long"),
        (b"", repeated(b"<a>"), "unknown type"),
        (START, repeated(b"<a>"), "nested too deeply"),
        (START + b"<action>", repeated(b"x" * 1000), "text is too long"),
        (START + b"<action><![CDATA[", repeated(b"x" * 1000), "text is too long"),
        (START, numbered("<n{}/>"), "too many names"),
        (START, numbered("<a xmlns:p{0}='urn:{0}'/>"), "too many n"),
    ],
)
def test_endless_input_is_left_soon(head: bytes, parts: Iterator[bytes], message: str) -> None:
    source = Endless(head, parts)
    tracemalloc.start()
    started = time.process_time()
    with pytest.raises(XmlInvalid, match=message):
        list(stream_xml(source, events_at_once=10))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 * 2**20
    assert time.process_time() - started < 20


@pytest.mark.parametrize("around", ["<EPCISBody>", "<EventList>"])
@pytest.mark.parametrize("more", ["<a:x/>" * 100_000, f"<a:y>{'<a:x/>' * 100_000}</a:y>"])
def test_many_elements_beside_the_events_are_no_deeper_than_one(more: str, around: str) -> None:
    data = xml(object_event(), namespaces='xmlns:a="urn:a:"')
    found = read_xml(data.replace(around.encode(), f"{more}{around}".encode()), max_bytes=10**7)
    # What is nested as deeply as it is long would end the process.
    assert len(orjson.dumps(found.value)) > 200_000
    assert parse_document(found.value).faults == ()


def test_many_elements_in_one_event_take_time_in_proportion() -> None:
    def seconds(count: int) -> float:
        many = in_event("\n   <a:x>1</a:x>" * count)
        # The best of several: other work on the machine only ever adds to it.
        durations = []
        for _ in range(3):
            started = time.process_time()
            read_xml(many, max_bytes=10**8)
            durations.append(time.process_time() - started)
        return min(durations)

    # Sixteen times as many in proportion; 256 times as long, if each met all the others.
    assert seconds(80_000) < 80 * seconds(5_000)
