"""The ledger as far as a question may know it: what is later, or not to be seen, is not there.

Every read that leads from codes to events goes through here, so that no walk can forget a limit.
A declaration of an error counts for everybody who may see the event.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from traceability.lineage.choice import Choice, Sight
from traceability.lineage.codes import unknown
from traceability.lineage.place_queries import PlaceReader
from traceability.lineage.queries import EventDetails
from traceability.lineage.results import RecordReference
from traceability.lineage.sightings import Told
from traceability.store.repositories import Repositories

EVENT_ID, READ_POINT, BIZ_LOCATION = "eventID", "readPoint", "bizLocation"
LISTS = frozenset({"sourceList", "destinationList"})
# Stands for whatever else an event says: hidden unless the asker may see all of it.
ALL_ELSE = "*"


def reader_for(repositories: Repositories, choice: Choice) -> PlaceReader:
    """Return what reads of the store what a question may know."""
    if choice.before is None and choice.sight is None:
        return PlaceReader(repositories.connection)
    return LimitedReader(repositories, choice)


class LimitedReader(PlaceReader):
    """Leaves out what may not be known, and hides members that may not be seen."""

    def __init__(self, repositories: Repositories, choice: Choice) -> None:
        super().__init__(repositories.connection)
        self._choice = choice
        self._sight: Sight | None = choice.sight
        self._known: dict[int, bool] = {}

    def known(self, events: Iterable[int]) -> set[int]:
        """Return those of the events that may be known."""
        events = set(events)
        missing = unknown(events, self._known)
        if missing:
            found = missing
            if self._choice.before is not None:
                facts = super().events(missing)
                found = {one for one in missing if self._choice.knows(facts[one].time)}
            if self._sight is not None:
                found = self._sight.events(found)
            self._known |= {event: event in found for event in missing}
        return {event for event in events if self._known[event]}

    def _only_known(self, rows: list[Any], at: int) -> list[Any]:
        known = self.known({row[at] for row in rows})
        return [row for row in rows if row[at] in known]

    def by_role(self, epcs: Collection[int], role: int) -> list[tuple[int, int]]:
        """Return (code, event), of known events."""
        return self._only_known(super().by_role(epcs, role), 1)

    def quantities_by_role(
        self, epcs: Collection[int], role: int
    ) -> list[tuple[int, int, str | None, str | None]]:
        """Return (code, event, quantity, unit), of known events."""
        return self._only_known(super().quantities_by_role(epcs, role), 1)

    def named_in(self, events: Collection[int], role: int) -> list[tuple[int, int]]:
        """Return (event, code), of known events."""
        return super().named_in(self.known(events), role)

    def quantities_named_in(
        self, events: Collection[int], role: int
    ) -> list[tuple[int, int, str | None, str | None]]:
        """Return (event, code, quantity, unit), of known events."""
        return super().quantities_named_in(self.known(events), role)

    def emptyings(self, epcs: Collection[int], *, type: str) -> list[tuple[int, int]]:
        """Return (code, event), of known events."""
        return self._only_known(super().emptyings(epcs, type=type), 1)

    def roles_of(self, epcs: Collection[int]) -> list[tuple[int, int, int]]:
        """Return (event, code, role), of known events."""
        return self._only_known(super().roles_of(epcs), 0)

    def roles_between(self, epc: int, *, first: int, last: int) -> list[tuple[int, int]]:
        """Return (event, role), of known events."""
        return self._only_known(super().roles_between(epc, first=first, last=last), 0)

    def same_transformation(self, transformation_ids: Collection[str]) -> set[int]:
        """Return the known transformation events with one of the ids."""
        return self.known(super().same_transformation(transformation_ids))

    def numbers(self, codes: Collection[str]) -> dict[str, int]:
        """Return the numbers of the codes of which the asker may know."""
        found = super().numbers(codes)
        if self._sight is None:
            return found
        named = {epc for _, epc, _ in self._seen_rows(set(found.values()))}
        return {code: number for code, number in found.items() if number in named}

    def _seen_rows(self, epcs: Collection[int]) -> list[tuple[int, int, int]]:
        rows = super().roles_of(epcs)
        seen = self._sight.events({event for event, _, _ in rows}) if self._sight else set()
        return [row for row in rows if row[0] in seen]

    def may_list(self, batch: int) -> bool:
        """Tell whether the asker may list the items of a batch."""
        return self._sight is None or batch in self._sight.batches([batch])

    def may_know(self, codes: Collection[str]) -> set[str]:
        """Return those of the codes that an event names that the asker may see."""
        return set(codes) if self._sight is None else set(self.numbers(codes))

    def _hidden(self, events: Collection[int], member: str) -> set[int]:
        hidden = {} if self._sight is None else self._sight.hidden(events)
        return {event for event, members in hidden.items() if member in members}

    def _open(self, events: Iterable[int]) -> set[int]:
        """Return those of the events of which the asker may know everything."""
        known = self.known(events)
        return known - self._hidden(known, ALL_ELSE)

    def attributes(self, events: Collection[int], name: str) -> list[tuple[int, str, str | None]]:
        """Return (event, value, unit), of events that may be known whole."""
        return super().attributes(self._open(events), name)

    def with_value(self, name: str, values: Collection[str]) -> list[tuple[str, int]]:
        """Return (value, event), of events that may be known whole."""
        rows = super().with_value(name, values)
        seen = self._open(event for _, event in rows)
        return [row for row in rows if row[1] in seen]

    def with_number(self, name: str, *, first: int, last: int) -> list[tuple[int, str, str | None]]:
        """Return (event, value, unit), of events that may be known whole."""
        rows = super().with_number(name, first=first, last=last)
        seen = self._open(event for event, _, _ in rows)
        return [row for row in rows if row[0] in seen]

    def made_at(self, places: Collection[str], *, first: int, last: int) -> list[tuple[str, int]]:
        """Return (place, event), of known events whose place may be seen."""
        rows = self._only_known(super().made_at(places, first=first, last=last), 1)
        hidden = self._hidden({event for _, event in rows}, READ_POINT)
        return [row for row in rows if row[1] not in hidden]

    def details(self, events: Collection[int]) -> list[EventDetails]:
        """Return what a journey tells of events, without what is hidden."""
        ids, read_points, locations = (
            self._hidden(events, name) for name in (EVENT_ID, READ_POINT, BIZ_LOCATION)
        )
        return [
            one._replace(
                event_id=None if one.event in ids else one.event_id,
                read_point=None if one.event in read_points else one.read_point,
                biz_location=None if one.event in locations else one.biz_location,
            )
            for one in super().details(events)
        ]

    def told(self, events: Collection[int]) -> dict[int, Told]:
        """Return what events tell of place and step, without what is hidden."""
        read_points, locations = (self._hidden(events, name) for name in (READ_POINT, BIZ_LOCATION))
        return {
            event: one._replace(
                read_point=None if event in read_points else one.read_point,
                biz_location=None if event in locations else one.biz_location,
            )
            for event, one in super().told(events).items()
        }

    def references(self, events: Collection[int]) -> dict[int, tuple[str | None, RecordReference]]:
        """Return where events are recorded, and their ids if these may be seen."""
        ids = self._hidden(events, EVENT_ID)
        return {
            event: (None if event in ids else event_id, record)
            for event, (event_id, record) in super().references(events).items()
        }

    def written(self, events: Collection[int]) -> list[tuple[int, bytes | None, bytes | None]]:
        """Return the bytes of events whose parties may be seen."""
        hidden = set[int]().union(*(self._hidden(events, name) for name in LISTS))
        return [
            (event, None, None) if event in hidden else (event, payload, leaves)
            for event, payload, leaves in super().written(events)
        ]
