"""What is recorded of earlier events, by eventID and by content: repeats and contradictions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from traceability.store.repositories import Repositories
from traceability.store.repositories.events import EventFacts, StoredEvent
from traceability.store.seen import Seen

# The names that a ledger gives to records; no other event may have one for an id.
RESERVED = "urn:itemproof:record:"
# A record's batch and its index there.
Place = tuple[int, int]


class KnownEvents:
    """The recorded events that share an eventID or the content with some others.

    The content is known by its keyed hash, so that nobody outside can look for an event; and only
    a participant's own events are known to it, so that nobody can ask for another's by sending it.
    Without a ledger (`repositories` None) only what is added is known.
    """

    def __init__(
        self,
        repositories: Repositories | None,
        events: Sequence[EventFacts],
        *,
        participant: bytes | None = None,
        remembered: RememberedEvents | None = None,
    ) -> None:
        self._remembered = remembered
        self._by_id: dict[str, list[bool]] = {}
        self._by_content: dict[tuple[str | None, bytes, bool], Place | None] = {}
        if repositories is None:
            return
        ids = {event.event_id for event in events if event.event_id}
        rows = repositories.events.by_event_id(ids)
        rows += repositories.events.by_content({event.content_mac for event in events})
        for row in _own(repositories, rows, participant):
            place = (row.batch, row.record_index)
            self._add(row.event_id, row.content_mac, row.declares_error, place)

    def add(self, event: EventFacts) -> None:
        """Remember one more event, which is about to be kept."""
        self._add(event.event_id, event.content_mac, event.declares_error)
        if self._remembered is not None:
            self._remembered.add(event)

    def _add(
        self, event_id: str | None, mac: bytes, declares_error: bool, place: Place | None = None
    ) -> None:
        self._by_content.setdefault((event_id, mac, declares_error), place)
        if event_id is not None:
            self._by_id.setdefault(event_id, []).append(declares_error)

    def has(self, event: EventFacts) -> bool:
        """Tell whether the same event is there: same id, content and error declaration.

        An event that came without an id is the same under the name that its record has.
        """
        if _key(event) in self._by_content:
            return True
        return self._remembered is not None and self._remembered.has(event)

    def place(self, event: EventFacts) -> Place | None:
        """Return where the same event is recorded; none if it only stands in this document."""
        return self._by_content.get(_key(event))

    def contradicts(self, event: EventFacts) -> bool:
        """Tell whether another event has the same id; an error declaration may reuse it."""
        if event.event_id is None or event.declares_error:
            return False
        if any(not declared for declared in self._by_id.get(event.event_id, ())):
            return True
        return self._remembered is not None and self._remembered.has_id(event.event_id)


class RememberedEvents:
    """The sound events of a long document that stand before a piece of it."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen

    def add(self, event: EventFacts) -> None:
        """Remember one more event."""
        self._seen.add(_digest("content", *_key(event)))
        if event.event_id is not None and not event.declares_error:
            self._seen.add(_digest("id", event.event_id))

    def has(self, event: EventFacts) -> bool:
        """Tell whether the same event is there."""
        return _digest("content", *_key(event)) in self._seen

    def has_id(self, event_id: str) -> bool:
        """Tell whether an event that declares no error has this id."""
        return _digest("id", event_id) in self._seen


def _digest(*parts: object) -> bytes:
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).digest()


def is_reserved(event: EventFacts) -> bool:
    """Tell whether an event has the name of a record for an id."""
    return event.event_id is not None and event.event_id.startswith(RESERVED)


def _key(event: EventFacts) -> tuple[str | None, bytes, bool]:
    event_id = None if is_reserved(event) else event.event_id
    return (event_id, event.content_mac, event.declares_error)


def _own(
    repositories: Repositories, rows: Sequence[StoredEvent], participant: bytes | None
) -> Iterator[StoredEvent]:
    """Yield the events of a participant, or all where none is named."""
    of_batch: dict[int, bytes | None] = {}
    for row in rows:
        if row.batch not in of_batch:
            batch = repositories.batches.get(row.batch)
            of_batch[row.batch] = None if batch is None else batch.participant
        if participant in (None, of_batch[row.batch]):
            yield row
