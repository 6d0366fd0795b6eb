"""Events for the one-code rules: a few words each, kept in a store as capture would."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

from tests.support.lineage import ELSEWHERE, HERE, add_batch
from traceability.store.repositories import Repositories
from traceability.store.repositories.events import EventFacts, NewEvent, ObjectRow

__all__ = ["ELSEWHERE", "HERE", "Told", "keep", "pointers", "tell"]


class Told(NamedTuple):
    """An event as capture hands it over, and whose it is."""

    pointer: str
    event: EventFacts
    objects: tuple[ObjectRow, ...]
    participant: bytes


def tell(
    type: str,
    time: int,
    action: str | None = None,
    *,
    step: str | None = None,
    together: str | None = None,
    event_id: str | None = None,
    declares_error: bool = False,
    participant: bytes = HERE,
    pointer: str = "/0",
    **roles: Sequence[str | tuple[str, str | None]],
) -> Told:
    """Return an event; `type` without the word Event, objects by role, with a quantity or not."""
    objects = tuple(
        (role, code, quantity, None)
        for role, named in roles.items()
        for code, quantity in ((one, None) if isinstance(one, str) else one for one in named)
    )
    facts = EventFacts(
        f"{type}Event", action, time, step, None, None, None, together, event_id, declares_error,
        b"m" * 32,
    )  # fmt: skip
    return Told(pointer, facts, objects, participant)


def pointers(events: Sequence[Told]) -> list[Told]:
    """Return the events with their places in one document."""
    return [one._replace(pointer=f"/{index}") for index, one in enumerate(events)]


_indexes = itertools.count(1)


def keep(repositories: Repositories, events: Sequence[Told]) -> list[int]:
    """Keep events, in the order of their arrival; return their numbers."""
    batches = {
        one: add_batch(repositories, one, count=len(events))
        for one in sorted({event.participant for event in events})
    }
    rows = [
        NewEvent(batches[one.participant], next(_indexes), one.event, one.objects) for one in events
    ]
    return repositories.events.add(rows)
