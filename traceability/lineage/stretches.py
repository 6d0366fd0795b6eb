"""Numbers of codes as stretches without a gap, so that a database reads rows that lie together.

A code gets its number when an event first names it, so what one event made has numbers in a row.
Reading a stretch costs a database one search; reading its numbers one by one costs one for each.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection
from typing import NamedTuple

# Shorter ones, on average, are no cheaper to read than number by number.
WORTH_READING = 4
# So many scattered numbers at the beginning are borne.
PATIENCE = 400


class Stretches(NamedTuple):
    """The first and the last number of each stretch, ascending."""

    firsts: list[int]
    lasts: list[int]


def stretches(numbers: Collection[int]) -> Stretches | None:
    """Return the stretches that numbers make; none if they lie too scattered for that.

    Within a stretch each number is as far beyond its place as the one before: halving finds the
    end of each.
    """
    ordered = sorted(set(numbers))
    places = range(len(ordered))
    found = Stretches([], [])
    begin = 0
    while begin < len(ordered):
        beyond = ordered[begin] - begin
        begin_of_next = bisect_right(places, beyond, begin, key=lambda at: ordered[at] - at)
        found.firsts.append(ordered[begin])
        found.lasts.append(ordered[begin_of_next - 1])
        begin = begin_of_next
        if WORTH_READING * len(found.firsts) > begin + PATIENCE:
            return None
    return found if WORTH_READING * len(found.firsts) <= len(ordered) else None
