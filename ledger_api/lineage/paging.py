"""Pages of an answer: how much there is in all, and where the next page begins.

A cursor names the place and the whole answer, by a hash: if the answer has changed since the
first page, the next one is refused, so that no recall loses an item between two pages.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Query

from ledger_api.lineage.place_paging import count_lines, lines_of, sliced
from traceability.errors import InvalidInput
from traceability.hashing.canonical import canonicalize

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_PAGE = 1_000_000
_CURSOR = re.compile(r"([1-9][0-9]{0,8})-([0-9a-f]{32})", re.ASCII)


class CursorInvalid(InvalidInput):
    """The cursor is none, or is of another answer."""

    code = "CURSOR_INVALID"
    is_option = True


@dataclass(frozen=True, slots=True)
class Page:
    """At most so many items, steps, containers or holders after a cursor; none for everything."""

    limit: int | None = None
    cursor: str | None = None


WHOLE = Page()


def page_of(
    limit: Annotated[
        int | None,
        Query(
            ge=1,
            le=MAX_PAGE,
            description="At most so many items; of a journey steps, of `where` containers, "
            "of `holders` holders and amounts.",
        ),
    ] = None,
    cursor: Annotated[
        str | None, Query(max_length=64, description="`next` of the page before.")
    ] = None,
) -> Page:
    """Return the page that a request asks for."""
    return Page(limit, cursor)


PageOf = Annotated[Page, Depends(page_of)]


def paged(found: dict[str, Any], page: Page) -> dict[str, Any]:
    """Return one page of an answer, with what there is in all and where the next page begins.

    An edge is on the page of the later of its ends, so that all pages together have each once.

    Raises
    ------
    CursorInvalid
    """
    if page == WHOLE:
        return found
    lines = lines_of(found)
    member = "steps" if "steps" in found else "items"
    total = count_lines(found) if lines else len(found[member])
    digest = _digest(found)
    start = _start(page.cursor, digest, total)
    end = total if page.limit is None else min(start + page.limit, total)
    following = f"{end}-{digest}" if end < total else None
    counted = ("items", "edges", *lines, *(["steps"] if member == "steps" else []))
    value = found | {
        "total": {name: len(found[name]) for name in counted},
        "next": following,
        "truncated": found["truncated"] or following is not None,
    }
    if lines:
        return value | sliced(found, start, end)
    value[member] = found[member][start:end]
    return value if member == "steps" else value | _items_page(found, start, end)


def _items_page(found: dict[str, Any], start: int, end: int) -> dict[str, Any]:
    """Return what a page of items has beside them: their edges, and what was said of them."""
    places = dict(zip(found["items"], range(len(found["items"])), strict=True))
    ends = ((max(places[edge["from"]], places[edge["to"]]), edge) for edge in found["edges"])
    codes = set(found["items"][start:end])
    return {
        "edges": [edge for place, edge in ends if start <= place < end],
        "statuses": [_said(one, codes) for one in found["statuses"] if codes & {*one["codes"]}],
    }


def _said(one: dict[str, Any], codes: set[str]) -> dict[str, Any]:
    return one | {"codes": [code for code in one["codes"] if code in codes]}


def _digest(found: dict[str, Any]) -> str:
    """Return a hash of all that is paged, so that another answer has another cursor."""
    hashed = sha256()
    parts: Iterable[Any] = (found["code"], *found["items"], *found["edges"])
    for part in parts:
        hashed.update(part.encode() if isinstance(part, str) else canonicalize(part))
        hashed.update(b"\n")
    for step in found.get("steps", ()):
        hashed.update(step["record"].encode() + b"\n")
    for name in lines_of(found):
        hashed.update(canonicalize(found[name]) + b"\n")
    return hashed.hexdigest()[:32]


def _start(cursor: str | None, digest: str, total: int) -> int:
    if cursor is None:
        return 0
    read = _CURSOR.fullmatch(cursor)
    if read is None:
        raise CursorInvalid(
            f"cursor is malformed: expected next of the page before, got {cursor[:40]!r}",
            pointer="/cursor",
            expected="next of the page before",
            got=cursor[:40],
        )
    if read[2] != digest or int(read[1]) >= total:
        raise CursorInvalid(
            "cursor is of another answer: the question is another, or records have come since; "
            "ask for the first page again",
            pointer="/cursor",
        )
    return int(read[1])
