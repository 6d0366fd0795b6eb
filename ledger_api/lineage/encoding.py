"""Rows of a recall as lines of JSON, many at a time.

A million rows differ in little: the edges of one event, and the items of one step, have all but
the code in common. So the codes are encoded together, and what stands around them once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter

import orjson

from traceability.lineage.results import Edge, Finding, Holder, Item
from traceability.lineage.streaming import End, Row

# Of an item all but the code, of an edge all but the target.
_OF_ITEM = itemgetter(1, 2)
_OF_EDGE = itemgetter(0, 2, 3, 4)
_NAMES = {Finding: "finding", Holder: "holder", End: "end"}
_CODE, _TARGET = itemgetter(0), itemgetter(1)


def lines(rows: Iterable[Row]) -> bytes:
    """Return rows as JSON, one a line."""
    return b"".join(_pieces(rows))


def _pieces(rows: Iterable[Row]) -> Iterator[bytes]:
    for kind, alike in groupby(rows, key=type):
        if kind is Item:
            for (what, depth), same in groupby(alike, key=_OF_ITEM):
                after = b',"kind":%b,"depth":%d}}\n' % (orjson.dumps(what), depth)
                yield _around(map(_CODE, same), b'{"item":{"code":', after)
        elif kind is Edge:
            for ends, same in groupby(alike, key=_OF_EDGE):
                source, relation, event_id, url = map(orjson.dumps, ends)
                before = b'{"edge":{"from":%b,"to":' % source
                after = b',"event_id":%b,"proof_url":%b,"relation":%b}}\n'
                yield _around(map(_TARGET, same), before, after % (event_id, url, relation))
        else:
            for row in alike:
                yield orjson.dumps({_NAMES[kind]: row._asdict()}) + b"\n"


def _around(codes: Iterable[str], before: bytes, after: bytes) -> bytes:
    """Return a line for each code, which stands between what the lines have in common.

    Within a string JSON has a backslash before each quotation mark, so that `","` is always the
    end of one code and the beginning of the next.
    """
    encoded = orjson.dumps(list(codes))[1:-1]
    return before + encoded.replace(b'","', b'"' + after + before + b'"') + after
