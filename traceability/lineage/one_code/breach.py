"""A breach of a one-code rule, as the submitter is told: both events, when, and whose."""

from __future__ import annotations

from dataclasses import dataclass

from traceability.events.faults import Fault
from traceability.hashing.encoding import format_time
from traceability.lineage.one_code.faults import OneCodeBreach
from traceability.store.times import from_milliseconds


@dataclass(frozen=True, slots=True)
class EventName:
    """How a breach names an event.

    Parameters
    ----------
    id
        Its eventID, its record URN, or its place in the document.
    time
        Event time in milliseconds.
    participant
        Who submitted it.
    name, gln
        That participant's name and GLN, where they are known.
    """

    id: str
    time: int
    participant: bytes
    name: str = ""
    gln: str | None = None

    def __str__(self) -> str:
        """Name the event in a message."""
        whose = [part for part in (self.name, self.gln) if part]
        time = format_time(from_milliseconds(self.time))
        return f"{self.id!r} ({', '.join([time, *whose])})"


@dataclass(frozen=True, slots=True)
class Breach:
    """One thing about which two events contradict each other.

    Parameters
    ----------
    kind
        The rule's class; `code` and `rule` are its code and its words.
    pointer
        Where the judged event names the thing.
    subject
        The thing's canonical URI.
    event, other
        The judged event, and the one that it contradicts.
    """

    kind: type[OneCodeBreach]
    pointer: str
    subject: str
    event: EventName
    other: EventName

    @property
    def code(self) -> str:
        """The rule's stable code."""
        return self.kind.code

    @property
    def rule(self) -> str:
        """What the rule demands."""
        return self.kind.rule

    @property
    def message(self) -> str:
        """One clause that names both events."""
        return f"{self.subject} {self.kind.breach}: {self.event} contradicts {self.other}"

    def to_fault(self) -> Fault:
        """Return the breach as a fault of its event."""
        return Fault(self.pointer, self.code, self.message, self.rule, str(self.other))
