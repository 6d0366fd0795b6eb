"""Events and the objects that they name, with object codes interned as integers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, Row, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from traceability.store.bulk import bulk_insert
from traceability.store.tables import epcs, event_epcs, events

# SQLite allows 32,766 variables in a statement; one query interns this many codes.
INTERN_CHUNK = 10_000

# The order in which event objects are named in `event_epcs.role`.
ROLES = {"epc": 1, "parent": 2, "child": 3, "input": 4, "output": 5}


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event as indexed; `event_time` is in milliseconds since 1970 UTC."""

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


@dataclass(frozen=True, slots=True)
class StoredEvent(EventRow):
    """An event with the number that the store gave it."""

    event: int


@dataclass(frozen=True, slots=True)
class EventObjectRow:
    """One object of an event: role, canonical URI, quantity as submitted, unit."""

    role: str
    uri: str
    quantity: str | None
    uom: str | None


_EVENT_COLUMNS = tuple(field.name for field in fields(EventRow))


def _event(row: Row[Any]) -> StoredEvent:
    return StoredEvent(**row._mapping)


class EventRepository:
    """SQL over `events`, `epcs` and `event_epcs`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, rows: Sequence[tuple[EventRow, Sequence[EventObjectRow]]]) -> list[int]:
        """Keep events with their objects; return the events' numbers in the same order."""
        if not rows:
            return []
        numbers = self._add_events([event for event, _ in rows])
        interned = self.intern({item.uri for _, objects in rows for item in objects})
        bulk_insert(
            self._connection,
            event_epcs,
            columns=("event", "role", "epc", "ordinal", "quantity", "uom"),
            rows=_object_rows(numbers, [objects for _, objects in rows], interned),
        )
        return numbers

    def _add_events(self, rows: Sequence[EventRow]) -> list[int]:
        result = self._connection.execute(
            insert(events).returning(events.c.event, sort_by_parameter_order=True),
            [{name: getattr(row, name) for name in _EVENT_COLUMNS} for row in rows],
        )
        return [row[0] for row in result]

    def intern(self, uris: Collection[str]) -> dict[str, int]:
        """Return the number of each code, giving new ones to new codes.

        In sorted order, so that two writers cannot wait for each other.
        """
        ordered = sorted(uris)
        found = self.numbers_of(ordered)
        new = [{"uri": uri} for uri in ordered if uri not in found]
        if new:
            dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
            self._connection.execute(dialect.insert(epcs).on_conflict_do_nothing(), new)
            found |= self.numbers_of([row["uri"] for row in new])
        return found

    def numbers_of(self, uris: Sequence[str]) -> dict[str, int]:
        """Return the numbers of the codes that are known."""
        found: dict[str, int] = {}
        for start in range(0, len(uris), INTERN_CHUNK):
            chunk = uris[start : start + INTERN_CHUNK]
            rows = self._connection.execute(
                select(epcs.c.uri, epcs.c.epc).where(epcs.c.uri.in_(chunk))
            )
            found.update((uri, epc) for uri, epc in rows)
        return found

    def get(self, event: int) -> StoredEvent | None:
        """Return an event by its number."""
        return self._first(events.c.event == event)

    def by_event_id(self, event_ids: Collection[str]) -> list[StoredEvent]:
        """Return the events that claim one of these ids, oldest first."""
        return self._many(events.c.event_id, event_ids)

    def by_content(self, macs: Collection[bytes]) -> list[StoredEvent]:
        """Return the events with one of these keyed content hashes, oldest first."""
        return self._many(events.c.content_mac, macs)

    def _first(self, *conditions: Any) -> StoredEvent | None:
        row = self._connection.execute(select(events).where(*conditions)).first()
        return None if row is None else _event(row)

    def _many(self, column: Any, values: Collection[Any]) -> list[StoredEvent]:
        ordered = sorted(values)
        found: list[StoredEvent] = []
        for start in range(0, len(ordered), INTERN_CHUNK):
            chunk = ordered[start : start + INTERN_CHUNK]
            rows = self._connection.execute(select(events).where(column.in_(chunk)))
            found.extend(_event(row) for row in rows)
        return sorted(found, key=lambda row: row.event)

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


def _object_rows(
    numbers: Sequence[int],
    objects: Sequence[Sequence[EventObjectRow]],
    interned: dict[str, int],
) -> Iterator[tuple[int, int, int, int, str | None, str | None]]:
    for number, named in zip(numbers, objects, strict=True):
        seen: dict[tuple[int, int], int] = {}
        for item in named:
            place = (ROLES[item.role], interned[item.uri])
            ordinal = seen.get(place, 0)
            seen[place] = ordinal + 1
            yield (number, *place, ordinal, item.quantity, item.uom)
