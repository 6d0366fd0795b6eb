"""Holds the events of a document against the one-code rules and everything recorded before.

Each event is judged by the recorded events and the document's others; of two events of the
document that contradict each other, the later in it is in breach. Where breaches are refused, a
refused event does not count for the others; where they are only told, it does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from traceability.events.faults import pointer_to
from traceability.events.reading import INSTANCE_LISTS
from traceability.lineage.one_code.breach import Breach, EventName
from traceability.lineage.one_code.faults import OneCodeBreach
from traceability.lineage.one_code.known import NOTHING, History, Known
from traceability.lineage.one_code.reading import OneCodeReader
from traceability.lineage.one_code.rules import Contradiction, contradictions
from traceability.lineage.one_code.tellings import (
    CHILD,
    EPC,
    INPUT,
    OUTPUT,
    PARENT,
    Happening,
    telling,
)
from traceability.lineage.rules import kind_of
from traceability.store.repositories import Repositories
from traceability.store.repositories.events import ROLES, EventFacts, ObjectRow
from traceability.store.repositories.one_code import RuleMode

# Things of one event that are named; who packed ten thousand twice will not read them one by one.
MAX_BREACHES = 1_000
# Each pass but the first looks for events that relied on what the pass before refused.
MAX_PASSES = 10
# Above every number of the store: the judged event is the later of two at the same time.
_FIRST_NUMBER = 1 << 62
# A class or a lot has many lives; a container or an asset is there after it was an input.
_AMOUNTS = ("class", "lot")
_USED_UP = ("item", "other")
_MEMBERS: dict[str, str] = {role: member for member, role in INSTANCE_LISTS.items()}
_ROLE_BITS = {role: 1 << number for role, number in ROLES.items()}


class SubmittedRecord(Protocol):
    """An event record that is about to be kept: its place in the document, and what it says."""

    @property
    def pointer(self) -> str:
        """Where the event stands in its document."""

    @property
    def event(self) -> EventFacts | None:
        """What is indexed of it; none for a record that is no event."""

    @property
    def objects(self) -> Sequence[ObjectRow]:
        """What it names: single things before quantities."""


class _Judged(NamedTuple):
    """One event to judge, and the roles of each thing that it names, by number."""

    record: SubmittedRecord
    happening: Happening
    named: Mapping[int, int]


class _Found(NamedTuple):
    """A breach before its events have names."""

    judged: _Judged
    thing: int
    rule: type[OneCodeBreach]
    other: Happening


class OneCode:
    """The one-code rules over one connection."""

    def __init__(self, repositories: Repositories) -> None:
        self._repositories = repositories
        self._reader = OneCodeReader(repositories.connection)

    def judge(
        self,
        records: Sequence[SubmittedRecord],
        *,
        participant: bytes,
        mode: RuleMode = RuleMode.ENFORCE,
    ) -> dict[str, tuple[Breach, ...]]:
        """Return the breaches of events, by the events' pointers; sound events are absent.

        Parameters
        ----------
        records
            Those that would otherwise be kept, in the order of the document: a duplicate of a
            recorded event would contradict it.
        participant
            Who submits them. Error declarations count for the events of the same participant.
        mode
            Whether events in breach are kept (`WARN`), and so count for those after them.
        """
        events = [(one, one.event) for one in records if one.event is not None]
        declared = self._declared([event for _, event in events], participant)
        numbers = self._numbers(records)
        judged = [
            _judged(record, event, index, numbers=numbers, participant=participant)
            for index, (record, event) in enumerate(events)
            if not event.declares_error and event.event_id not in declared
        ]
        known = Known(self._reader, declared=(declared, participant))
        self._load(known, judged)
        things = {number: uri for uri, number in numbers.items()}
        found = _passes(judged, known, things=things, mode=mode)
        return self._named(found, things, judged)

    def _declared(self, events: Sequence[EventFacts], participant: bytes) -> set[str]:
        """Return the event ids that the participant declares erroneous, here or before."""
        ids = {event.event_id for event in events if event.event_id is not None}
        here = {event.event_id for event in events if event.event_id and event.declares_error}
        if ids:
            here |= self._reader.declared(ids, participant=participant)
        return here

    def _numbers(self, records: Sequence[SubmittedRecord]) -> dict[str, int]:
        """Return a number for each code: the store's, or a negative one if it has none."""
        uris = {uri for one in records for _, uri, *_ in one.objects}
        numbers = self._reader.numbers(uris)
        new = [uri for uri in uris if uri not in numbers]
        numbers.update((uri, -number) for number, uri in enumerate(new, 1))
        return numbers

    def _load(self, known: Known, judged: Sequence[_Judged]) -> None:
        """Read the histories, and let the document count.

        In full where a life begins or ends, since any sighting may lie outside it.
        """
        every = {code for one in judged for code in one.named}
        in_full = {code for one in judged for code in _bounded(one)}
        known.load({code for code in in_full if code > 0}, all_of_it=True)
        known.load({code for code in every - in_full if code > 0})
        known.count(((one.happening, one.named) for one in judged), in_full=in_full)

    def _named(
        self, found: Sequence[_Found], things: Mapping[int, str], judged: Sequence[_Judged]
    ) -> dict[str, tuple[Breach, ...]]:
        if not found:
            return {}
        names = _Names(self._repositories, self._reader, judged)
        names.load({one.other.number for one in found if one.other.number < _FIRST_NUMBER})
        breaches: dict[str, list[Breach]] = {}
        for one in found:
            record = one.judged.record
            breaches.setdefault(record.pointer, []).append(
                Breach(
                    one.rule,
                    pointer_to(record.pointer, _place(record, things[one.thing])),
                    things[one.thing],
                    names[one.judged.happening],
                    names[one.other],
                )
            )
        return {pointer: tuple(many) for pointer, many in breaches.items()}


def _judged(
    record: SubmittedRecord,
    event: EventFacts,
    index: int,
    *,
    numbers: Mapping[str, int],
    participant: bytes,
) -> _Judged:
    named: dict[int, int] = {}
    has_children = False
    for role, uri, quantity, uom in record.objects:
        has_children = has_children or role == "child"
        if quantity is None and uom is None:
            number = numbers[uri]
            named[number] = named.get(number, 0) | _ROLE_BITS[role]
    # What is packed into itself is in nothing.
    parents = tuple(code for code, roles in named.items() if roles & PARENT and not roles & CHILD)
    happening = Happening(
        time=event.event_time,
        number=_FIRST_NUMBER + index,
        type=event.type,
        action=event.action,
        biz_step=event.biz_step,
        participant=participant,
        transformation_id=event.transformation_id,
        event_id=event.event_id,
        parents=parents if event.type == "AggregationEvent" else (),
        has_children=has_children,
    )
    return _Judged(record, happening, named)


def _bounded(one: _Judged) -> Iterable[int]:
    """Return the things whose lives an event begins or ends."""
    if one.happening.type == "TransformationEvent":
        return [code for code, roles in one.named.items() if roles & OUTPUT]
    if one.happening.type == "ObjectEvent" and one.happening.action != "OBSERVE":
        return [code for code, roles in one.named.items() if roles & EPC]
    return ()


def _passes(
    judged: Sequence[_Judged], known: Known, *, things: Mapping[int, str], mode: RuleMode
) -> list[_Found]:
    """Judge every event; again where a refused one may have been what another relied on."""
    found: list[_Found] = []
    kept = judged
    for _ in range(MAX_PASSES):
        sound = []
        for one in kept:
            breaches = _breaches_of(one, known, things)
            found += breaches
            if not breaches:
                sound.append(one)
            elif mode is RuleMode.ENFORCE:
                known.forget(one.happening, one.named)
        if mode is not RuleMode.ENFORCE or len(sound) == len(kept):
            break
        kept = sound
    return found


def _breaches_of(one: _Judged, known: Known, things: Mapping[int, str]) -> list[_Found]:
    """Return the breaches of one event, whose things mostly share a few histories."""
    found: list[_Found] = []
    judged: dict[tuple[History, int, bool], list[Contradiction]] = {}
    for thing, roles in one.named.items():
        history = known.history(thing)
        if history is NOTHING:
            continue
        is_used_up = bool(roles & INPUT) and kind_of(things[thing]) in _USED_UP
        verdict = judged.get((history, roles, is_used_up))
        if verdict is None:
            new = telling(one.happening, roles)
            others = history.others(new)
            verdict = judged[history, roles, is_used_up] = contradictions(
                new, others, containment=known.containers, is_used_up=is_used_up
            )
        if verdict and kind_of(things[thing]) not in _AMOUNTS:
            found += [_Found(one, thing, *contradiction) for contradiction in verdict]
        if len(found) >= MAX_BREACHES:
            return found[:MAX_BREACHES]
    return found


def _place(record: SubmittedRecord, thing: str) -> tuple[str | int, ...]:
    """Return where an event names a thing first."""
    places: dict[str, int] = {}
    for role, uri, *_ in record.objects:
        index = places.get(role, 0)
        places[role] = index + 1
        if uri == thing:
            return ("parentID",) if role == "parent" else (_MEMBERS[role], index)
    raise AssertionError("a breach is about a thing that its event names")


class _Names:
    """Names of events, and of the participants whose they are."""

    def __init__(
        self, repositories: Repositories, reader: OneCodeReader, judged: Sequence[_Judged]
    ) -> None:
        self._repositories = repositories
        self._reader = reader
        self._ids = {
            one.happening.number: one.happening.event_id or one.record.pointer for one in judged
        }
        self._whose: dict[bytes, tuple[str, str | None]] = {}

    def load(self, recorded: Collection[int]) -> None:
        """Read the ids of recorded events.

        An id that is a hash would tell a stranger too much: the record has a name of its own.
        """
        for number, (event_id, record) in self._reader.references(recorded).items():
            self._ids[number] = record.known_as(event_id)

    def __getitem__(self, event: Happening) -> EventName:
        """Return the name of an event."""
        whose = self._name(event.participant)
        name = self._ids[event.number] or "this event"
        return EventName(name, event.time, event.participant, *whose)

    def _name(self, participant: bytes) -> tuple[str, str | None]:
        if participant not in self._whose:
            row = self._repositories.participants.get(participant)
            self._whose[participant] = ("", None) if row is None else (row.name, row.gln)
        return self._whose[participant]
