"""What sharing a cause means, as a pure function over all events; docs/lineage.md explains.

`asking.py` computes the same from the store without reading all of it.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from typing import NamedTuple

from traceability.events.attributes import Attribute
from traceability.lineage.across.causes import PLACE, RAW_LOT, Asked, Window
from traceability.lineage.rules import UPSTREAM, Fact, Graph, reach

# In these roles an event touches a thing; what goes into a transformation is used up by it.
TOUCHED = ("epc", "child", "output")


# What each event says of how something was made, by its number.
Said = Mapping[int, Sequence[Attribute]]


class Sharing(NamedTuple):
    """A thing that an event ties to a cause: the key, its value, and the event's number."""

    code: str
    key: str
    value: str
    event: int


class SharedCauses(NamedTuple):
    """What the fault has of what was asked for, and everything that shares it."""

    causes: frozenset[Sharing]
    shared: frozenset[Sharing]


class Question(NamedTuple):
    """Everything that could be shared, and how: `group` tells alike from different.

    Of a key, only what the fault has itself is shared: `needs_own`.
    """

    candidates: Sequence[tuple[str, Sharing]]
    needs_own: bool


def share(graph: Graph, said: Said, code: str, asked: Asked) -> SharedCauses:
    """Return what a fault's lineage has of some causes, and what else has the same.

    The causes are those of the code, of all that it was made from, and of their lots.
    """
    codes = reach(graph, code, direction=UPSTREAM).codes
    time_of = {fact.number: fact.time for fact in graph.in_lineage}
    causes: set[Sharing] = set()
    shared: set[Sharing] = set()
    for question in _questions(graph, said, asked):
        own, others = divide(question, code, codes=codes, times=time_of, window=asked.window)
        causes |= own
        shared |= others
    return SharedCauses(frozenset(causes), frozenset(shared))


def divide(
    question: Question,
    code: str,
    *,
    codes: Container[str],
    times: Mapping[int, int],
    window: Window,
) -> tuple[set[Sharing], set[Sharing]]:
    """Return what the fault itself has, and what shares it: everything but the code itself."""
    own: set[Sharing] = set()
    own_times: dict[str, set[int]] = {}
    for group, one in question.candidates:
        if one.code in codes or one.value == code:
            own.add(one)
            own_times.setdefault(group, set()).add(times[one.event])
    shared = {
        one
        for group, one in question.candidates
        if one.code != code
        and (group in own_times or not question.needs_own)
        and _is_within(window, own_times.get(group, ()), times[one.event])
    }
    return own, shared


def _is_within(window: Window, times: Collection[int], time: int) -> bool:
    """Tell whether a time is in the window: around one of the fault's own, or between two."""
    if window.around is None:
        first, last = window.about(0)
        return first <= time <= last
    return any(abs(time - one) <= window.around for one in times)


def _questions(graph: Graph, said: Said, asked: Asked) -> Iterator[Question]:
    for key in asked.keys:
        if key == RAW_LOT:
            yield Question(_of_raw_lots(graph), needs_own=True)
        else:
            found = [
                (value, one)
                for fact in graph.in_lineage
                for value in _values(fact, said.get(fact.number, ()), key)
                for one in touched(fact, key, value)
            ]
            yield Question(found, needs_own=True)
    for wanted in asked.ranges:
        found = [
            (wanted.name, one)
            for fact in graph.in_lineage
            for attribute in said.get(fact.number, ())
            if attribute.name == wanted.attribute and wanted.has(attribute.value, attribute.uom)
            for one in touched(fact, wanted.name, shown(attribute.value, attribute.uom))
        ]
        yield Question(found, needs_own=False)


def _of_raw_lots(graph: Graph) -> list[tuple[str, Sharing]]:
    """Return what was made from each code that nothing was made into."""
    made = {edge.target for edge in graph.dependences}
    return [
        (edge.source, Sharing(edge.target, RAW_LOT, edge.source, edge.event))
        for edge in graph.dependences
        if edge.source not in made
    ]


def _values(fact: Fact, said: Sequence[Attribute], key: str) -> list[str]:
    if key != PLACE:
        return [attribute.value for attribute in said if attribute.name == key]
    is_there = fact.read_point is not None and is_making(fact.type, fact.action)
    return [fact.read_point or ""] if is_there else []


def is_making(kind: str, action: str | None) -> bool:
    """Tell whether an event makes things or brings them into being."""
    return kind == "TransformationEvent" or action == "ADD"


def touched(fact: Fact, key: str, value: str) -> Iterator[Sharing]:
    """Yield what an event touches, as sharing a cause."""
    for role in TOUCHED:
        for code in fact.codes(role):
            yield Sharing(code, key, value, fact.number)


def shown(value: str, uom: str | None) -> str:
    """Return a parameter's number with its unit."""
    return f"{value} {uom}" if uom else value
