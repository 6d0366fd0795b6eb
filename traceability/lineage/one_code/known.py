"""What is known of the things that a document names: from the store, then from the document.

Things with the same events share one history, so that what an event says of ten things that were
made, packed and shipped together is judged once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property

from traceability.lineage.codes import unknown
from traceability.lineage.one_code.containers import Containers
from traceability.lineage.one_code.reading import ROLE_BITS, OneCodeReader
from traceability.lineage.one_code.tellings import (
    INPUT,
    LIFE,
    PARENT,
    Happening,
    Telling,
    telling,
)

# So many events of one document count about one thing: no honest one has more, and the time of
# judging them grows with the square.
MOST_TOLD = 200
_ROLES = (1 << ROLE_BITS) - 1


class History:
    """What the events that count say of one thing, or of several things alike."""

    def __init__(self, tellings: Sequence[Telling]) -> None:
        self.tellings = tellings

    @cached_property
    def bounds(self) -> Sequence[Telling]:
        """What tells when the thing began and ended: all that a mere sighting can contradict."""
        return [one for one in self.tellings if one.says & LIFE]

    def others(self, new: Telling) -> Sequence[Telling]:
        """Return what an event of the history may contradict."""
        tellings = self.tellings if new.says else self.bounds
        return [one for one in tellings if one.event is not new.event]


NOTHING = History(())


class Known:
    """Histories by number: the store's numbers, and negative ones for what it has not met.

    Parameters
    ----------
    declared
        Event ids that a participant declares erroneous, and that participant.
    """

    def __init__(self, reader: OneCodeReader, *, declared: tuple[Collection[str], bytes]) -> None:
        self._reader = reader
        self._declared, self._declarer = declared
        self._happenings: dict[int, Happening | None] = {}
        self._histories: dict[int, History] = {}
        self._alike: dict[tuple[int, ...], History] = {}
        self._read: set[int] = set()
        self._parents: set[int] = set()
        self._emptied: dict[int, list[int]] = {}
        self._emptied_here: dict[int, list[int]] = {}
        self.containers = Containers(emptied=self._emptyings, tellings=self._of_container)

    def load(self, codes: Collection[int], *, all_of_it: bool = False) -> None:
        """Read the histories of things that the store has met."""
        self._read.update(codes)
        told: dict[int, list[int]] = {}
        for code, event_and_role in self._reader.told(codes, all_of_it=all_of_it):
            told.setdefault(code, []).append(event_and_role)
        self._load_happenings({one >> ROLE_BITS for many in told.values() for one in many})
        for code, many in told.items():
            many.sort()
            self._histories[code] = self._alike_to(tuple(many))

    def _load_happenings(self, events: Iterable[int]) -> None:
        missing = unknown(events, self._happenings)
        found = self._reader.happenings(missing)
        for number in missing:
            one = found.get(number)
            if one is not None and not self._is_declared(one):
                self._happenings[number] = one
                self._parents.update(one.parents)
            else:
                self._happenings[number] = None

    def _is_declared(self, event: Happening) -> bool:
        return event.event_id in self._declared and event.participant == self._declarer

    def _alike_to(self, told: tuple[int, ...]) -> History:
        history = self._alike.get(told)
        if history is None:
            roles: dict[int, int] = {}
            for one in told:
                event = one >> ROLE_BITS
                roles[event] = roles.get(event, 0) | 1 << (one & _ROLES)
            events = ((self._happenings[event], named) for event, named in roles.items())
            history = History([telling(event, named) for event, named in events if event])
            self._alike[told] = history
        return history

    def history(self, code: int) -> History:
        """Return what is known of a thing."""
        return self._histories.get(code, NOTHING)

    def count(
        self, events: Iterable[tuple[Happening, Mapping[int, int]]], *, in_full: Collection[int]
    ) -> None:
        """Let events of the document count.

        Parameters
        ----------
        events
            Each with the roles of each thing that it names.
        in_full
            The things of which mere sightings count too.
        """
        told: dict[int, list[Telling]] = {}
        for event, named in events:
            by_roles = {roles: telling(event, roles) for roles in set(named.values())}
            for code, roles in named.items():
                one = by_roles[roles]
                if one.says or code in in_full:
                    many = told.setdefault(code, [])
                    if len(many) < MOST_TOLD:
                        many.append(one)
            self._parents.update(event.parents)
            for code in _emptied_by(event, named):
                self._emptied_here.setdefault(code, []).append(event.time)
        longer: dict[tuple[History, tuple[int, ...]], History] = {}
        for code, counted in told.items():
            before = self.history(code)
            key = before, tuple(map(id, counted))
            if key not in longer:
                longer[key] = History([*before.tellings, *counted])
            self._histories[code] = longer[key]

    def forget(self, event: Happening, named: Mapping[int, int]) -> None:
        """Let an event of the document no longer count."""
        shorter: dict[History, History] = {}
        for code in named:
            before = self.history(code)
            if before not in shorter:
                shorter[before] = History(
                    [one for one in before.tellings if one.event is not event]
                )
            self._histories[code] = shorter[before]
        for code in _emptied_by(event, named):
            self._emptied_here[code].remove(event.time)

    def _emptyings(self, container: int) -> list[int]:
        if container > 0 and container not in self._emptied:
            self._load_emptyings({code for code in {*self._parents, container} if code > 0})
        return self._emptied.get(container, []) + self._emptied_here.get(container, [])

    def _load_emptyings(self, containers: set[int]) -> None:
        missing = unknown(containers, self._emptied)
        self._emptied |= {container: [] for container in missing}
        rows = self._reader.emptied(missing)
        self._load_happenings({event for _, event in rows})
        for container, number in rows:
            event = self._happenings[number]
            if event is not None:
                self._emptied[container].append(event.time)

    def _of_container(self, container: int) -> Sequence[Telling]:
        """Return what is known of a container; all that may be asked for are read at once."""
        while todo := {code for code in self._parents if code > 0 and code not in self._read}:
            self.load(todo)
        return self._histories.get(container, NOTHING).tellings


def _emptied_by(event: Happening, named: Mapping[int, int]) -> Iterable[int]:
    """Return the things from which an event takes everything that was in them."""
    if event.type == "TransformationEvent":
        return [code for code, roles in named.items() if roles & INPUT]
    if event.action != "DELETE":
        return ()
    if event.type == "ObjectEvent":
        return named
    if event.type == "AggregationEvent" and not event.has_children:
        return [code for code, roles in named.items() if roles & PARENT]
    return ()
