"""Events and the objects that they name, with object codes interned as integers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, delete, select, update

from traceability.store.bulk import bulk_insert, next_numbers, select_among
from traceability.store.repositories.corrections import CorrectionRepository
from traceability.store.repositories.interning import intern, numbers_of
from traceability.store.tables import (
    epcs,
    event_attributes,
    event_epcs,
    events,
    partial_records,
    records,
)

# The order in which event objects are named in `event_epcs.role`.
ROLES = {"epc": 1, "parent": 2, "child": 3, "input": 4, "output": 5}


# Role, canonical URI, quantity as submitted, unit: as `EventObjectRow`, which costs more to move.
ObjectRow = tuple[str, str, str | None, str | None]
# Name, value, unit, and the bounds of a number in millionths.
AttributeRow = tuple[str, str, str | None, int | None, int | None]


class EventFacts(NamedTuple):
    """What is indexed of an event; `event_time` is in milliseconds since 1970 UTC."""

    type: str
    action: str | None
    event_time: int
    biz_step: str | None
    disposition: str | None
    read_point: str | None
    biz_location: str | None
    transformation_id: str | None
    event_id: str | None
    declares_error: bool
    content_mac: bytes


class NewEvent(NamedTuple):
    """An event to be kept: its record, what is indexed of it, the objects that it names."""

    batch: int
    record_index: int
    facts: EventFacts
    objects: Sequence[ObjectRow]
    attributes: Sequence[AttributeRow] = ()


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event with the number that the store gave it, and its record."""

    event: int
    batch: int
    record_index: int
    type: str
    action: str | None
    event_time: int
    biz_step: str | None
    disposition: str | None
    read_point: str | None
    biz_location: str | None
    transformation_id: str | None
    event_id: str | None
    declares_error: bool
    content_mac: bytes


class EventObjectRow(NamedTuple):
    """One object of an event: role, canonical URI, quantity as submitted, unit."""

    role: str
    uri: str
    quantity: str | None
    uom: str | None


# Event, role, code; and of those with quantities: event, role, ordinal, quantity, unit, code.
_Thing = tuple[int, int, str]
_Named = tuple[int, int, int, str | None, str | None, str]
_EVENT_COLUMNS = ("event", "batch", "record_index", *EventFacts._fields)
_SELECT_EVENTS = f"SELECT {', '.join(_EVENT_COLUMNS)} FROM events"  # noqa: S608 # names are ours


def _event(row: Row[Any]) -> StoredEvent:
    return StoredEvent(**row._mapping)


class EventRepository:
    """SQL over `events`, `epcs` and `event_epcs`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, rows: Sequence[NewEvent]) -> list[int]:
        """Keep events with their objects; return the events' numbers in the same order."""
        if not rows:
            return []
        numbers = next_numbers(self._connection, events.c.event, len(rows))
        bulk_insert(
            self._connection,
            events,
            columns=_EVENT_COLUMNS,
            rows=(
                (number, batch, index, *facts)
                for number, (batch, index, facts, *_) in zip(numbers, rows, strict=True)
            ),
        )
        self.keep_objects(numbers, [row.objects for row in rows])
        self.keep_attributes(numbers, [row.attributes for row in rows])
        declaring = [(row.batch, row.record_index) for row in rows if row.facts.declares_error]
        if declaring:
            CorrectionRepository(self._connection).add(declaring)
        return list(numbers)

    def keep_objects(self, numbers: Sequence[int], objects: Sequence[Sequence[ObjectRow]]) -> None:
        """Keep the objects that events name."""
        things, quantities = _placed(numbers, objects)
        uris = {uri for *_, uri in things}
        known = intern(self._connection, uris.union(uri for *_, uri in quantities))
        bulk_insert(
            self._connection,
            event_epcs,
            columns=("event", "role", "ordinal", "epc"),
            rows=[(event, role, 0, known[uri]) for event, role, uri in things],
        )
        bulk_insert(
            self._connection,
            event_epcs,
            columns=("event", "role", "ordinal", "quantity", "uom", "epc"),
            rows=[(*rest, known[uri]) for *rest, uri in quantities],
        )

    def keep_attributes(
        self, numbers: Sequence[int], attributes: Sequence[Sequence[AttributeRow]]
    ) -> None:
        """Keep what events say of how things were made."""
        bulk_insert(
            self._connection,
            event_attributes,
            columns=("event", "ordinal", "name", "value", "uom", "low", "high"),
            rows=(
                (number, ordinal, *one)
                for number, said in zip(numbers, attributes, strict=True)
                for ordinal, one in enumerate(said)
            ),
        )

    def forget_attributes(self, first: int, last: int) -> None:
        """Forget what the events numbered `first` … `last` say of how things were made."""
        self._connection.execute(
            delete(event_attributes).where(event_attributes.c.event.between(first, last))
        )

    def numbers_of(self, uris: Collection[str]) -> dict[str, int]:
        """Return the numbers of the codes that are known."""
        return numbers_of(self._connection, uris)

    def get(self, event: int) -> StoredEvent | None:
        """Return an event by its number."""
        return self._first(events.c.event == event)

    def at(self, batch: int, record_index: int) -> StoredEvent | None:
        """Return the event that is a record."""
        return self._first(events.c.batch == batch, events.c.record_index == record_index)

    def declaring(self, batch: int) -> list[int]:
        """Return the record indexes of a batch's events that declare an error."""
        is_asked = (events.c.batch == batch) & events.c.declares_error.is_(True)
        found = select(events.c.record_index).where(is_asked).order_by(events.c.record_index)
        return list(self._connection.scalars(found))

    def by_event_id(self, event_ids: Collection[str]) -> list[StoredEvent]:
        """Return the events that claim one of these ids, oldest first."""
        return self._many("event_id", event_ids)

    def by_content(self, macs: Collection[bytes]) -> list[StoredEvent]:
        """Return the events with one of these keyed content hashes, oldest first."""
        return self._many("content_mac", macs)

    def ids_known(self, event_ids: Collection[str]) -> set[str]:
        """Return those of these ids that a recorded event claims."""
        rows = select_among(
            self._connection, "SELECT event_id FROM events WHERE event_id", event_ids
        )
        return {row[0] for row in rows}

    def contents_known(self, macs: Collection[bytes]) -> set[bytes]:
        """Return those of these keyed content hashes that a recorded event has."""
        rows = select_among(
            self._connection, "SELECT content_mac FROM events WHERE content_mac", macs
        )
        return {row[0] for row in rows}

    def _first(self, *conditions: Any) -> StoredEvent | None:
        row = self._connection.execute(select(events).where(*conditions)).first()
        return None if row is None else _event(row)

    def _many(self, column: str, values: Collection[Any]) -> list[StoredEvent]:
        rows = select_among(self._connection, f"{_SELECT_EVENTS} WHERE {column}", values)
        found = [StoredEvent(*row) for row in rows]
        return sorted(found, key=lambda row: row.event)

    def payloads_after(self, event: int, *, limit: int) -> list[tuple[int, bytes]]:
        """Return the next events by number with their committed bytes; erased ones have none."""
        is_record = (records.c.batch == events.c.batch) & (
            records.c.record_index == events.c.record_index
        )
        rows = self._connection.execute(
            select(events.c.event, records.c.payload)
            .join(records, is_record)
            .where(events.c.event > event, records.c.payload.is_not(None))
            .order_by(events.c.event)
            .limit(limit)
        )
        return [(number, payload) for number, payload in rows]

    def partials_after(self, event: int, *, limit: int) -> list[tuple[int, bytes]]:
        """Return the next partly erased events by number with what is left of them."""
        is_left = (partial_records.c.batch == events.c.batch) & (
            partial_records.c.record_index == events.c.record_index
        )
        rows = self._connection.execute(
            select(events.c.event, partial_records.c.leaves)
            .join(partial_records, is_left)
            .where(events.c.event > event)
            .order_by(events.c.event)
            .limit(limit)
        )
        return [(number, bytes(leaves)) for number, leaves in rows]

    def set_content_macs(self, macs: Sequence[tuple[int, bytes]]) -> None:
        """Replace the keyed content hashes of events."""
        if macs:
            self._connection.execute(
                update(events)
                .where(events.c.event == bindparam("number"))
                .values(content_mac=bindparam("mac")),
                [{"number": number, "mac": mac} for number, mac in macs],
            )

    def naming(self, uri: str, *, limit: int = 1000) -> list[StoredEvent]:
        """Return the events that name a code in any role, oldest event time first."""
        rows = self._connection.execute(
            select(events)
            .where(
                events.c.event.in_(
                    select(event_epcs.c.event)
                    .join(epcs, epcs.c.epc == event_epcs.c.epc)
                    .where(epcs.c.uri == uri)
                )
            )
            .order_by(events.c.event_time, events.c.event)
            .limit(limit)
        )
        return [_event(row) for row in rows]

    def between(
        self, batch: int, first: int, last: int
    ) -> dict[int, tuple[StoredEvent, list[EventObjectRow]]]:
        """Return the events that are records `first` … `last` − 1, by index, with their objects."""
        is_asked = (
            (events.c.batch == batch)
            & (events.c.record_index >= first)
            & (events.c.record_index < last)
        )
        found = [_event(row) for row in self._connection.execute(select(events).where(is_asked))]
        named: dict[int, list[EventObjectRow]] = {row.event: [] for row in found}
        rows = self._connection.execute(
            select(
                event_epcs.c.event,
                event_epcs.c.role,
                epcs.c.uri,
                event_epcs.c.quantity,
                event_epcs.c.uom,
            )
            .join(epcs, epcs.c.epc == event_epcs.c.epc)
            .join(events, events.c.event == event_epcs.c.event)
            .where(is_asked)
        )
        names = {number: name for name, number in ROLES.items()}
        for event, role, *rest in rows:
            named[event].append(EventObjectRow(names.get(role, str(role)), *rest))
        return {row.record_index: (row, named[row.event]) for row in found}


def _placed(
    numbers: Sequence[int], objects: Sequence[Sequence[ObjectRow]]
) -> tuple[list[_Thing], list[_Named]]:
    """Return the events' objects: where all have no quantity and differ, and the others."""
    things: list[_Thing] = []
    others: list[_Named] = []
    for number, named in zip(numbers, objects, strict=True):
        placed = [
            (number, ROLES[role], uri) for role, uri, quantity, _ in named if quantity is None
        ]
        if len(placed) == len(named) == len(set(placed)):
            things += placed
        else:
            others += _told_apart(number, named)
    return things, others


def _told_apart(number: int, named: Sequence[ObjectRow]) -> list[_Named]:
    """Give the repeats of a code in one role of an event different ordinals."""
    seen: Counter[tuple[str, str]] = Counter()
    found: list[_Named] = []
    for role, uri, quantity, uom in named:
        found.append((number, ROLES[role], seen[role, uri], quantity, uom, uri))
        seen[role, uri] += 1
    return found
