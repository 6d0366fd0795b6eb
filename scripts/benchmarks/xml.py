"""Reading and writing EPCIS in XML, beside the bare parser, and the memory of a long document."""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Iterator
from xml.parsers import expat

from scripts.benchmarks.events import sample_document
from scripts.benchmarks.measure import Part, Row, seconds
from traceability.events.xml.reading import read_xml, stream_xml
from traceability.events.xml.writing import write_xml

STREAMED = 500_000_000  # bytes
MEMORY = 400.0  # MiB
AT_ONCE = 500


class LongDocument:
    """A document of some length that repeats its events and is never whole in memory."""

    def __init__(self, length: int) -> None:
        written = write_xml(sample_document(0, 1_000), version="2.0")
        start = written.index(b"<EventList>") + len(b"<EventList>")
        end = written.index(b"</EventList>")
        self._events, self._tail = written[start:end], written[end:]
        self._left = max(1, length // len(self._events))
        self._buffer = written[:start]

    def read(self, size: int, /) -> bytes:
        """Return the next bytes."""
        while len(self._buffer) < size and self._left >= 0:
            self._buffer += self._events if self._left else self._tail
            self._left -= 1
        found, self._buffer = self._buffer[:size], self._buffer[size:]
        return found


def _measure(*, quick: bool) -> Iterator[Row]:
    document = sample_document(0, AT_ONCE)
    written = write_xml(document, version="2.0")
    bare = seconds(lambda: expat.ParserCreate().Parse(written, True))
    reading = seconds(lambda: read_xml(written, max_bytes=len(written)))
    yield Row("xml-read", AT_ONCE / reading, "events/s", floor=AT_ONCE / bare, at_most=False)
    writing = seconds(lambda: write_xml(document, version="2.0"))
    yield Row("xml-write", AT_ONCE / writing, "events/s", at_most=False)
    # Its own process, so that the peak of memory is the stream's.
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        found = pool.apply(_stream, (STREAMED // 10 if quick else STREAMED,))
    yield Row("xml-stream-memory", found["memory"], "MiB", MEMORY)
    yield Row("xml-stream", found["events"] / found["seconds"], "events/s", at_most=False)


def _stream(length: int) -> dict[str, float]:
    """Stream a document through and return its events, seconds and peak memory in MiB."""
    started = time.perf_counter()
    pieces = stream_xml(LongDocument(length), events_at_once=AT_ONCE)
    events = sum(len(piece.value["epcisBody"]["eventList"]) for piece in pieces)
    taken = time.perf_counter() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"events": events, "seconds": taken, "memory": memory}


PART = Part(("xml-read", "xml-write", "xml-stream-memory", "xml-stream"), _measure)
