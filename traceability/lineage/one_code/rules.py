"""What two events about one thing cannot both say, as pure functions; docs/one-code-rules.md.

Only the order of event times counts, never that of arrival. Two events of one millisecond are in
no order, and an event that nobody has recorded is no breach: in doubt the rules are silent.

Source: EPCIS 2.0 (ISO/IEC 19987:2024), section 7.4; CBV 2.0, section 7.1.2 (decommissioning: the
object may be commissioned again, with a new identifier only).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from traceability.lineage.one_code.faults import (
    CommissionedTwice,
    InputTwice,
    InTwoContainers,
    OneCodeBreach,
    ReceivedBeforeShipped,
    UsedAfterDecommissioning,
    UsedBeforeCommissioning,
)
from traceability.lineage.one_code.tellings import (
    COMMISSIONED,
    CONSUMED,
    DECOMMISSIONED,
    MADE,
    PUT_IN,
    RECEIVED,
    SEEN_IN,
    SHIPPED,
    Happening,
    Telling,
)


class Contradiction(NamedTuple):
    """The rule that two events break, and the event that was there before."""

    rule: type[OneCodeBreach]
    other: Happening


class Containment(Protocol):
    """Where things were, as `containers.py` knows it."""

    def packed_elsewhere(self, new: Telling, others: Sequence[Telling]) -> Iterable[Happening]:
        """Return the events by which the thing is in another container at the same time."""

    def shipped_inside(self, tellings: Sequence[Telling], time: int) -> bool:
        """Tell whether the thing was, until a time, in something when that was shipped."""


def contradictions(
    new: Telling, others: Sequence[Telling], *, containment: Containment, is_used_up: bool
) -> list[Contradiction]:
    """Return the rules that an event about a thing breaks, each with one event against it.

    Of two events that contradict each other, the one with the higher number is in breach.

    Parameters
    ----------
    new
        The event that is judged.
    others
        What the other events that count say of the same thing.
    is_used_up
        Whether the thing is gone once it was an input: containers and assets are not.
    """
    if not others:
        return []
    life, number = _Life(new, others), new.event.number
    found: list[tuple[type[OneCodeBreach], Iterable[Happening]]] = [
        (CommissionedTwice, life.other_origins()),
        (UsedBeforeCommissioning, life.before_its_beginning()),
        (UsedAfterDecommissioning, life.after_its_end()),
        (ReceivedBeforeShipped, life.received_before_shipped(containment.shipped_inside)),
    ]
    if new.says & (PUT_IN | SEEN_IN):
        found.append((InTwoContainers, containment.packed_elsewhere(new, others)))
    if is_used_up and life.consumed:
        found.append((InputTwice, life.other_uses()))
    return [
        Contradiction(rule, min(against)[2])
        for rule, events in found
        if (against := [(one.time, one.number, one) for one in events if one.number < number])
    ]


class _Life:
    """One thing's events, and the one among them that is judged."""

    def __init__(self, new: Telling, others: Sequence[Telling]) -> None:
        self.new = new
        self.others = others
        self.all = [*others, new]
        said = 0
        for one in self.all:
            said |= one.says
        self.said = said
        self.made, self.consumed = _transformed(self.all) if said & (MADE | CONSUMED) else ([], [])
        self.commissioned = self._saying(COMMISSIONED)
        self.origins = [*self.commissioned, *self.made]

    def _saying(self, what: int) -> list[Telling]:
        """Return the events that say something; mostly none does, and they need not be asked."""
        return [one for one in self.all if one.says & what] if self.said & what else []

    def other_origins(self) -> Iterator[Happening]:
        """Yield the events by which the thing began already.

        One participant may say both that it made a thing and that it commissioned it.
        """
        event = self.new.event
        made = self.new in self.made
        if not made and not self.new.says & COMMISSIONED:
            return
        for one in self.commissioned:
            if one is not self.new and (not made or one.event.participant != event.participant):
                yield one.event
        for one in self.made:
            if one.event.transformation != event.transformation and (
                made or one.event.participant != event.participant
            ):
                yield one.event

    def before_its_beginning(self) -> Iterator[Happening]:
        """Yield the beginning of which the event is too early, or what was too early for it."""
        if not self.origins:
            return
        first = min(one.time for one in self.origins)
        if self.new.time < first:
            yield from (one.event for one in self.origins)
        elif self.new.time == first and self.new in self.origins:
            yield from (one.event for one in self.others if one.time < first)

    def after_its_end(self) -> Iterator[Happening]:
        """Yield the end that the event comes after, or what comes after it."""
        ends = self._saying(DECOMMISSIONED)
        if not ends:
            return
        last = min(one.time for one in ends)
        if self.new.time > last:
            yield from (one.event for one in ends if one.time < self.new.time)
        elif self.new.time == last and self.new.says & DECOMMISSIONED:
            yield from (one.event for one in self.others if one.time > last)

    def other_uses(self) -> Iterator[Happening]:
        """Yield the other transformations that used the thing up."""
        if self.new in self.consumed:
            own = self.new.event.transformation
            yield from (one.event for one in self.consumed if one.event.transformation != own)

    def received_before_shipped(
        self, shipped_inside: Callable[[Sequence[Telling], int], bool]
    ) -> Iterator[Happening]:
        """Yield what was shipped too late for the receiver, or received too early.

        Only who commissioned or made the thing is known to have had it first: its shipping is
        too late for a receiving before which nobody had shipped the thing, or what it was in.
        """
        if not self.new.says & (SHIPPED | RECEIVED):
            return
        makers = {one.event.participant for one in self.origins}
        shipped = self._saying(SHIPPED)
        first = min((one.time for one in shipped), default=None)
        if first is None or not makers:
            return
        late = [one for one in shipped if one.event.participant in makers]
        if self.new.says & RECEIVED:
            is_early = self.new.time < first and not shipped_inside(self.all, self.new.time)
            yield from (one.event for one in late if is_early)
        elif self.new in late:
            early = [one for one in self.others if one.says & RECEIVED and one.time < first]
            yield from (one.event for one in early if not shipped_inside(self.all, one.time))


def _transformed(tellings: Sequence[Telling]) -> tuple[list[Telling], list[Telling]]:
    """Return where the thing is made, and where it is used up.

    What is input and output of one transformation is still there, and the same.
    """
    roles: dict[str | int, int] = {}
    for one in tellings:
        if one.says & (MADE | CONSUMED):
            unit = one.event.transformation
            roles[unit] = roles.get(unit, 0) | one.says & (MADE | CONSUMED)
    by_role: dict[int, list[Telling]] = {MADE: [], CONSUMED: [], MADE | CONSUMED: []}
    for one in tellings:
        if one.says & (MADE | CONSUMED):
            by_role[roles[one.event.transformation]].append(one)
    return by_role[MADE], by_role[CONSUMED]
