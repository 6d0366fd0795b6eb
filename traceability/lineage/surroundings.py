"""What the containers around a thing tell of it; docs/lineage.md, section 9.

Each event on a container tells of what was in it then. What is packed by an event without a place
is from then on where the container was last seen: through its own events, through what it was in
itself, or where it was when it was packed itself, and so on back in time.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Generic, NamedTuple

from traceability.lineage.containment import Key, Node, Placed
from traceability.lineage.sightings import Clues, Sighting


class History(NamedTuple, Generic[Node]):
    """Sightings of a container that tell a place, in their order, and what it came to be in.

    `entered` has what it came to be in by events that tell no place of it, by their `moments`.
    """

    placed: list[Sighting]
    entered: Mapping[Key, set[Node]]
    moments: list[Key]


class Surroundings(Generic[Node]):
    """What is known of containers; each is read once.

    Parameters
    ----------
    named
        Gives the events that name a container, as tellings of what is in it.
    around
        Gives everything that a container was ever in or tied to.
    """

    def __init__(
        self,
        *,
        named: Callable[[Node], Iterable[Sighting]],
        around: Callable[[Node], Iterable[Placed[Node]]],
        clues: Clues,
    ) -> None:
        self._named = named
        self._around = around
        self._clues = clues
        self._named_by: dict[Node, list[Sighting]] = {}
        self._histories: dict[Node, History[Node]] = {}
        self._last: dict[tuple[Node, Key], Sighting | None] = {}

    def sightings(
        self,
        own: Iterable[Sighting],
        around: Iterable[Placed[Node]],
        *,
        boxes: Iterable[Placed[Node]],
        name: str | None,
    ) -> Iterator[Sighting]:
        """Yield all that tells of a thing.

        Parameters
        ----------
        around, boxes
            Everything that it was ever in or tied to, and of this what it was in.
        name
            Its code if it is a container itself.
        """
        found, entered = self._gather(own, around)
        yield from self._told_apart(found, boxes)
        for start, containers in entered.items():
            for container in containers:
                self._look_back(container, start)
            taken = self._taken_over(containers, start, name=name)
            if taken is not None:
                yield taken

    def _told_apart(
        self, found: Iterable[Sighting], boxes: Iterable[Placed[Node]]
    ) -> Iterator[Sighting]:
        """Mark what goes into a transformation with the thing tied to it: that is no input."""
        held: set[tuple[int, str | None]] | None = None
        for one in found:
            if one.through is None or "input" not in one.roles:
                yield one
                continue
            if held is None:
                held = {(two.event, two.through) for box in boxes for two in self._during(box)}
            yield one._replace(is_tied=(one.event, one.through) not in held)

    def _during(self, placed: Placed[Node]) -> Iterator[Sighting]:
        """Yield what the events of a container tell of what was in it for a time."""
        start, end = placed.window
        for one in self._naming(placed.node):
            if start < one.key and (end is None or one.key <= end):
                yield one

    def _gather(
        self, own: Iterable[Sighting], around: Iterable[Placed[Node]]
    ) -> tuple[list[Sighting], dict[Key, set[Node]]]:
        found = list(own)
        entered: dict[Key, set[Node]] = {}
        for placed in around:
            found += self._during(placed)
            entered.setdefault(placed.window[0], set()).add(placed.node)
        told = {one.key for one in found if self._tells_place(one)}
        return found, {one: nodes for one, nodes in entered.items() if one not in told}

    def _look_back(self, container: Node, start: Key) -> None:
        """Find the last sighting of a container before a moment, after all that it rests on.

        It rests on earlier moments only, so that containers inside each other come to an end.
        """
        todo = [(container, start)]
        while todo:
            missing = self._missing(*todo[-1])
            if missing:
                todo += missing
            else:
                todo.pop()

    def _missing(self, node: Node, before: Key) -> list[tuple[Node, Key]]:
        """Note where a container was last seen, or return what must be known before."""
        if (node, before) in self._last:
            return []
        placed, entered, moments = self._history(node)
        at = bisect_left(placed, before, key=lambda one: one.counts_from)
        last = placed[at - 1] if at else None
        for moment in reversed(moments[: bisect_left(moments, before)]):
            if last is not None and moment <= last.counts_from:
                break
            missing = [(one, moment) for one in entered[moment] if (one, moment) not in self._last]
            if missing:
                return missing
            taken = self._taken_over(entered[moment], moment, name=self._name(node))
            if taken is not None:
                last = taken
                break
        self._last[node, before] = last
        return []

    def _taken_over(
        self, containers: Iterable[Node], start: Key, *, name: str | None
    ) -> Sighting | None:
        """Return where a thing is when it comes to be in containers; it tells itself nothing."""
        lasts = [one for node in containers if (one := self._last[node, start]) is not None]
        last = max(lasts, key=lambda one: _order(one, told_last=one.through != name), default=None)
        if last is None or last.through == name:
            return None
        return last._replace(counts_from=start, is_before=True)

    def _history(self, node: Node) -> History[Node]:
        if node not in self._histories:
            found, entered = self._gather(self._naming(node), self._around(node))
            name = self._name(node)
            placed = sorted(
                (one for one in found if self._tells_place(one)),
                key=lambda one: _order(one, told_last=one.through == name),
            )
            self._histories[node] = History(placed, entered, sorted(entered))
        return self._histories[node]

    def _naming(self, node: Node) -> list[Sighting]:
        if node not in self._named_by:
            self._named_by[node] = list(self._named(node))
        return self._named_by[node]

    def _name(self, node: Node) -> str | None:
        return next((one.through for one in self._naming(node)), None)

    def _tells_place(self, one: Sighting) -> bool:
        return self._clues.told(one.event).place is not None


def _order(one: Sighting, *, told_last: bool) -> tuple[Key, Key, bool, str]:
    """Return where a sighting of a container stands; of one event one naming comes last."""
    return one.counts_from, one.key, told_last, one.through or ""
