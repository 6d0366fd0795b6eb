"""In which containers things were, and until when, for the rule of one container at a time.

A stay begins with an ADD. It ends when the container gives the thing or everything back (DELETE),
when either of the two is decommissioned or used as an input: whoever reports that much says that
the thing is no longer there. An OBSERVE tells where it was at that moment, and nothing more.

Source: EPCIS 2.0 (ISO/IEC 19987:2024), section 7.4.3 (AggregationEvent).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from math import inf
from typing import NamedTuple

from traceability.lineage.one_code.tellings import (
    CONSUMED,
    DECOMMISSIONED,
    PUT_IN,
    SEEN_IN,
    SHIPPED,
    TAKEN_OUT,
    Happening,
    Telling,
)

# From a time to a time, both included; without end for good.
Window = tuple[float, float]
ALWAYS: Window = (-inf, inf)


class Stay(NamedTuple):
    """A thing in a container, from the event that put it in."""

    parent: int
    start: float
    end: float
    opener: Happening


class Containers:
    """Stays of things, from what is known of the things and of their containers.

    Parameters
    ----------
    emptied
        Gives the times at which a container gives back all that is in it.
    tellings
        Gives what events say of a container as a thing.
    """

    def __init__(
        self,
        *,
        emptied: Callable[[int], Sequence[int]],
        tellings: Callable[[int], Sequence[Telling]],
    ) -> None:
        self._emptied = emptied
        self._tellings = tellings

    def stays(self, tellings: Sequence[Telling]) -> list[Stay]:
        """Return every stay of a thing; of two events at one time the DELETE is the last."""
        put: dict[int, list[Happening]] = {}
        for one in tellings:
            if one.says & PUT_IN:
                for parent in one.event.parents:
                    put.setdefault(parent, []).append(one.event)
        return [
            stay
            for parent, events in put.items()
            for stay in _stays_in(parent, events, self._ends(parent, tellings))
        ]

    def _ends(self, parent: int, tellings: Sequence[Telling]) -> list[float]:
        own = [
            one.time
            for one in tellings
            if one.says & (DECOMMISSIONED | CONSUMED)
            or (one.says & TAKEN_OUT and parent in one.event.parents)
        ]
        return [*sorted([*own, *self._emptied(parent)]), inf]

    def packed_elsewhere(self, new: Telling, others: Sequence[Telling]) -> Iterator[Happening]:
        """Yield the first event that says that the thing was in another container just then."""
        parents = set(new.event.parents)
        if not new.says & (PUT_IN | SEEN_IN) or not _parents(others) - parents:
            return
        stays = self.stays([*others, new])
        for parent in parents:
            elsewhere = _elsewhere(new, parent, stays, others)
            earlier = [one for one in elsewhere if one[1].number < new.event.number]
            for other, opener, shared in sorted(earlier, key=lambda one: one[1].key):
                if not self._nested(parent, other, shared):
                    yield opener
                    return

    def _nested(self, one: int, other: int, window: Window) -> bool:
        """Tell whether one container was, at some time of a window, inside the other."""
        return any(
            up == high
            for low, high in ((one, other), (other, one))
            for up, _ in self._around(self._tellings(low), window)
        )

    def shipped_inside(self, tellings: Sequence[Telling], time: int) -> bool:
        """Tell whether a thing was, until a time, in something when that was shipped."""
        return any(
            one.says & SHIPPED and start <= one.time <= end
            for up, (start, end) in self._around(tellings, (-inf, time))
            for one in self._tellings(up)
        )

    def _around(self, tellings: Sequence[Telling], window: Window) -> Iterator[tuple[int, Window]]:
        """Yield the containers in which a thing was, itself or in another one, and when."""
        todo = [(tellings, window)]
        seen: set[tuple[int, Window]] = set()
        while todo:
            known, (start, end) = todo.pop()
            for stay in self.stays(known):
                shared = max(start, stay.start), min(end, stay.end)
                if shared[0] <= shared[1] and (stay.parent, shared) not in seen:
                    seen.add((stay.parent, shared))
                    yield stay.parent, shared
                    todo.append((self._tellings(stay.parent), shared))


def _parents(tellings: Sequence[Telling]) -> set[int]:
    return {
        parent for one in tellings if one.says & (PUT_IN | SEEN_IN) for parent in one.event.parents
    }


def _stays_in(parent: int, events: Sequence[Happening], ends: Sequence[float]) -> Iterator[Stay]:
    """Yield the stays in one container; putting in what is inside changes nothing."""
    end = -inf
    for event in sorted(events, key=lambda event: event.key):
        if event.time > end:
            end = ends[bisect_left(ends, event.time)]
            yield Stay(parent, event.time, end, event)


Elsewhere = Iterator[tuple[int, Happening, Window]]


def _elsewhere(
    new: Telling, parent: int, stays: Sequence[Stay], others: Sequence[Telling]
) -> Elsewhere:
    """Yield the other containers, each with the event that says so and the time in both."""
    there = [one for one in stays if one.parent != parent]
    if new.says & SEEN_IN:
        return _around_moment(new.time, there)
    own = (one.end for one in stays if one.parent == parent and one.start <= new.time)
    return _within((new.time, max(own)), there, _seen_outside(parent, others))


def _around_moment(time: int, stays: Sequence[Stay]) -> Elsewhere:
    """Yield the containers in which something was at a moment, with the events that say so."""
    for stay in stays:
        if stay.start < time < stay.end:
            yield stay.parent, stay.opener, (time, time)


def _within(window: Window, stays: Sequence[Stay], seen: Sequence[Telling]) -> Elsewhere:
    """Yield the containers in which something was within a window, or was seen."""
    start, end = window
    for stay in stays:
        shared = max(start, stay.start), min(end, stay.end)
        if shared[0] < shared[1]:
            yield stay.parent, stay.opener, shared
    for one in seen:
        if start < one.time < end:
            for parent in one.event.parents:
                yield parent, one.event, (one.time, one.time)


def _seen_outside(parent: int, tellings: Sequence[Telling]) -> list[Telling]:
    return [one for one in tellings if one.says & SEEN_IN and parent not in one.event.parents]
