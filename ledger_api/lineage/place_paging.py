"""Pages of `where` and `holders`: which lines are on a page, and which edges say so.

A page of `where` has some of the containers, one of `holders` some of the holders and then of
the amounts. Place, holder and findings of the thing itself are on every page.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

# What an answer has many of, in the order in which its pages tell it.
LINES: Final = {"where": ("inside",), "holders": ("holders", "quantities")}


def lines_of(found: dict[str, Any]) -> tuple[str, ...]:
    """Return the members that an answer is paged by; none where it is no such answer."""
    return next((names for names in LINES.values() if found.keys() >= {*names}), ())


def count_lines(found: dict[str, Any]) -> int:
    """Return how many lines all pages have together."""
    return sum(len(found[name]) for name in lines_of(found))


def sliced(found: dict[str, Any], start: int, end: int) -> dict[str, Any]:
    """Return the members of one page: its lines, the edges that they are told by, their codes."""
    names = lines_of(found)
    ends = list(accumulate((len(found[name]) for name in names), initial=0))
    parts = zip(names, ends, strict=False)
    page = {name: found[name][max(start - at, 0) : max(end - at, 0)] for name, at in parts}
    edges = [edge for place, edge in _placed(found) if place < 0 or start <= place < end]
    inside = [one["code"] for one in page.get("inside", ())]
    return page | {"edges": edges, "items": list(dict.fromkeys([found["code"], *inside]))}


def _placed(found: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield each edge with the first line that it tells of; -1 where it is of the thing itself."""
    places: dict[tuple[str, str, str], int] = {}
    lines = [(name, one) for name in lines_of(found) for one in found[name]]
    for place, (name, one) in enumerate(lines):
        relation, end = ("containment", "code") if name == "inside" else ("holder", "holder")
        places.setdefault((relation, one[end], one["event_id"]), place)
    for edge in found["edges"]:
        is_own = "location" in found and edge["relation"] != "containment"
        key = (edge["relation"], edge["to"], edge["event_id"])
        yield (-1 if is_own else places[key]), edge
