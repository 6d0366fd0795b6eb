"""An answer as rows of JSON, one a line: first what was asked, last how much there was.

A recall is told as it is found, however long, in memory that hardly grows; the others are worked
out first.
"""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import orjson

from ledger_api.exports.exporting import Asked, answer
from ledger_api.lineage.encoding import lines
from ledger_api.lineage.paging import WHOLE, Page, paged
from traceability.errors import ItemProofError
from traceability.lineage.streaming import stream_recall

if TYPE_CHECKING:
    from traceability.ledger.node import Node

NDJSON_TYPE: Final = "application/x-ndjson"
# Rows travel together in pieces; so many pieces wait for a slow reader.
ROWS_PER_PIECE = 500
PIECES_WAITING = 8
# A reader that takes nothing for so long is given up, and the snapshot with it.
PATIENCE_SECONDS = 60.0

_LISTS = {
    "items": "item",
    "edges": "edge",
    "steps": "step",
    "inside": "inside",
    "holders": "holder",
    "quantities": "quantity",
    "findings": "finding",
    "statuses": "status",
}


def rows(node: Node, asked: Asked, page: Page = WHOLE) -> Iterator[bytes]:
    """Yield an answer in pieces of whole lines; a recall in pages is worked out first, too.

    Raises
    ------
    As `answer` and `paged` do, before anything is yielded.
    """
    if asked.question == "recall" and page == WHOLE:
        yield from _told(node, asked)
        return
    found = _known(paged(answer(node, asked), page))
    told = (orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in found)
    yield next(told, b"")
    while piece := b"".join(islice(told, ROWS_PER_PIECE)):
        yield piece


def _told(node: Node, asked: Asked) -> Iterator[bytes]:
    with node.store.reading() as repositories:
        limits = replace(asked.within.limits(repositories, asked.asker), max_items=sys.maxsize)
        told = stream_recall if node.memory is None else node.memory.stream_recall
        found = told(repositories, asked.code, limits=limits)
        with closing(found):  # type: ignore[type-var]  # a generator, as its docstring says
            yield lines(islice(found, 1))
            while piece := lines(islice(found, ROWS_PER_PIECE)):
                yield piece


def _known(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    others = {name: value for name, value in found.items() if name not in _LISTS}
    yield {"answer": others}
    for name, member in _LISTS.items():
        for one in found.get(name, ()):
            yield {member: {"code": one} if member == "item" else one}
    yield {
        "end": {
            "items": len(found["items"]),
            "edges": len(found["edges"]),
            "truncated": found["truncated"],
        }
    }


class Streamed:
    """Pieces made by one thread and sent by others: a store's connection stays with its thread.

    What goes wrong before the first piece is raised, what goes wrong later is a row.
    """

    def __init__(self, make: Callable[[], Iterable[bytes]]) -> None:
        self._make = make
        self._pieces: queue.Queue[bytes | BaseException | None] = queue.Queue(PIECES_WAITING)
        self._given_up = threading.Event()
        self._thread = threading.Thread(target=self._work, name="lineage-rows", daemon=True)
        self._thread.start()
        first = self._pieces.get()
        if isinstance(first, BaseException):
            raise first
        self._first = first

    def _work(self) -> None:
        try:
            for piece in self._make():
                if not self._put(piece):
                    return
            self._put(None)
        except Exception as error:  # told by whoever reads the pieces
            self._put(error)

    def _put(self, piece: bytes | BaseException | None) -> bool:
        """Hand a piece over; tell whether anybody still wants it."""
        waited = 0.0
        while not self._given_up.is_set() and waited < PATIENCE_SECONDS:
            try:
                self._pieces.put(piece, timeout=0.5)
            except queue.Full:
                waited += 0.5
            else:
                return True
        return False

    def __iter__(self) -> Iterator[bytes]:
        """Yield the pieces; the thread ends with the reader, or soon after it is gone."""
        try:
            piece: bytes | BaseException | None = self._first
            while piece is not None:
                if isinstance(piece, BaseException):
                    code = piece.code if isinstance(piece, ItemProofError) else "INTERNAL_ERROR"
                    yield orjson.dumps({"error": {"code": code}}) + b"\n"
                    return
                yield piece
                piece = self._next()
        finally:
            self._given_up.set()

    def _next(self) -> bytes | BaseException | None:
        while True:
            try:
                return self._pieces.get(timeout=1.0)
            except queue.Empty:
                if not self._thread.is_alive() and self._pieces.empty():
                    return RuntimeError("rows end without an end")
