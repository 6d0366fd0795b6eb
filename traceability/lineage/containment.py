"""When something is inside something else: intervals from aggregations, in event-time order.

Source: EPCIS 2.0 (ISO/IEC 19987:2024), section 7.4.3 (AggregationEvent) and 7.4.6
(AssociationEvent), whose actions mean the same.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Generic, NamedTuple, TypeVar

Node = TypeVar("Node", bound=Hashable)

# Event time in milliseconds, then the event's number: never the order of arrival alone.
Key = tuple[int, int]
# After one event and before another; without the other, for good.
Window = tuple[Key, Key | None]
ALWAYS: Window = ((-(2**63), 0), None)


class Change(NamedTuple, Generic[Node]):
    """What one event says of one child; a DELETE without a child empties the parent."""

    key: Key
    action: str | None
    parent: Node
    child: Node | None
    quantity: str | None = None
    uom: str | None = None


class Stay(NamedTuple, Generic[Node]):
    """In a parent after the event `start` and before the event `end`, if it has ended.

    Of a lot `amount` is what is left inside, or what was when the parent was emptied; none if
    nobody said how much.
    """

    parent: Node
    start: Key
    end: Key | None
    amount: Decimal | None = None
    uom: str | None = None

    def covers(self, key: Key) -> bool:
        """Tell whether an event falls within; neither the first nor the last does."""
        return self.start < key and (self.end is None or key < self.end)


# Where each child was, and what each parent held.
Upwards = dict[Node, Sequence[Stay[Node]]]
Downwards = dict[Node, list[tuple[Node, Stay[Node]]]]


class _Open(Generic[Node]):
    """A stay that has begun, and how much of a lot is in it: none if that cannot be told."""

    __slots__ = ("amount", "start", "uom")

    def __init__(self, change: Change[Node]) -> None:
        self.start = change.key
        self.amount = None if change.quantity is None else Decimal(change.quantity)
        self.uom = change.uom

    def add(self, change: Change[Node]) -> None:
        """Put more of a lot in."""
        if self.amount is not None:
            comparable = change.quantity is not None and change.uom == self.uom
            self.amount = self.amount + Decimal(change.quantity or 0) if comparable else None

    def is_emptied_by(self, change: Change[Node]) -> bool:
        """Take some of a lot out, and tell whether nothing is left.

        A part of an unknown amount, or in another unit, leaves something behind: a recall must
        rather look once too often.
        """
        if change.quantity is None:
            return True
        if self.amount is None or change.uom != self.uom:
            return False
        self.amount -= Decimal(change.quantity)
        return self.amount <= 0


def stays(changes: Iterable[Change[Node]]) -> Upwards[Node]:
    """Return every stay that the changes describe, whatever order they are handed in.

    ADD puts in; so does OBSERVE of a child that is not inside yet, from then on. DELETE takes
    out what it names, or everything.
    """
    inside: dict[Node, dict[Node, _Open[Node]]] = {}
    found: dict[Node, list[Stay[Node]]] = {}
    for change in sorted(changes, key=lambda change: change.key):
        children = inside.setdefault(change.parent, {})
        if change.action == "DELETE":
            for child in _leaving(children, change):
                stay = _ended(children.pop(child), change)
                found.setdefault(child, []).append(stay)
        elif change.child is not None and change.child != change.parent:
            if change.child not in children:
                children[change.child] = _Open(change)
            elif change.action == "ADD":
                children[change.child].add(change)
    for parent, children in inside.items():
        for child, begun in children.items():
            stay = Stay(parent, begun.start, None, begun.amount, begun.uom)
            found.setdefault(child, []).append(stay)
    return dict(found)


def by_parent(upwards: Upwards[Node]) -> Downwards[Node]:
    """Return the same stays from the other side."""
    found: Downwards[Node] = {}
    for child, own in upwards.items():
        for stay in own:
            found.setdefault(stay.parent, []).append((child, stay))
    return found


def _ended(begun: _Open[Node], change: Change[Node]) -> Stay[Node]:
    left = (None, None) if change.child is not None else (begun.amount, begun.uom)
    return Stay(change.parent, begun.start, change.key, *left)


def _leaving(children: dict[Node, _Open[Node]], change: Change[Node]) -> list[Node]:
    if change.child is None:
        return list(children)
    begun = children.get(change.child)
    return [change.child] if begun is not None and begun.is_emptied_by(change) else []


def overlap(first: Window, second: Window) -> Window | None:
    """Return the part that two windows share; none if there is none."""
    start = max(first[0], second[0])
    ends = [end for end in (first[1], second[1]) if end is not None]
    end = min(ends) if ends else None
    return None if end is not None and end <= start else (start, end)


class Placed(NamedTuple, Generic[Node]):
    """Something reached by following stays, when, and through which stay last."""

    node: Node
    window: Window
    stay: Stay[Node]
    level: int


def is_inside_itself(
    start: Node, *, step: Callable[[Node], Iterable[tuple[Node, Stay[Node]]]]
) -> bool:
    """Tell whether stays that hold at the same time lead from a node back to it."""
    return any(
        other == start and overlap(placed.window, (stay.start, stay.end)) is not None
        for placed in follow(start, step=step)
        for other, stay in step(placed.node)
    )


def follow(
    start: Node,
    *,
    step: Callable[[Node], Iterable[tuple[Node, Stay[Node]]]],
) -> Iterator[Placed[Node]]:
    """Follow stays from a node, up or down, as long as they hold at the same time.

    Yields the nearest first. From the same node in the same window it goes on once: containers
    inside each other, or packed together in many ways, end the walk instead of multiplying it.

    Parameters
    ----------
    step
        Gives the nodes one step from a node, each with the stay that leads there.
    """
    level = 0
    todo: list[tuple[Node, Window]] = [(start, ALWAYS)]
    seen: set[tuple[Node, Window]] = set()
    while todo:
        level += 1
        later = []
        for node, window in todo:
            for other, stay in step(node):
                shared = overlap(window, (stay.start, stay.end))
                if shared is None or other == start:
                    continue
                yield Placed(other, shared, stay, level)
                if (other, shared) not in seen:
                    seen.add((other, shared))
                    later.append((other, shared))
        todo = later
