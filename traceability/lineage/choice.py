"""Which events an answer may use: by time, step and place, and by what the asker may see.

`knows` decides what the ledger is for this question: what happened later, or may not be seen,
is not there. `picks` decides which of the known events are followed or told; what lay in what is
known whether it is picked or not.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from traceability.codes.uris import canonical_uri
from traceability.errors import InvalidInput
from traceability.events.cbv import BIZ_STEPS
from traceability.store.times import to_milliseconds


class LineageLimitInvalid(InvalidInput):
    """A limit of a question is malformed or contradicts another."""

    code = "LINEAGE_LIMIT_INVALID"


class Sight(Protocol):
    """What an asker may see of the ledger; whoever may see all has none."""

    def events(self, events: Collection[int]) -> set[int]:
        """Return those of the events that the asker may see."""

    def hidden(self, events: Collection[int]) -> Mapping[int, frozenset[str]]:
        """Return the members that the asker may not see of events that it may."""

    def batches(self, batches: Collection[int]) -> set[int]:
        """Return those of the batches of which the asker may list the items."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Limits on events.

    Parameters
    ----------
    earliest
        Of what is followed or told: from this event time on, in milliseconds.
    before
        What happened at this time or later is not known.
    biz_steps, places
        Of what is followed or told: one of these steps, at one of these read points or business
        locations; none for any.
    sight
        What the asker may see; none for everything.
    """

    earliest: int | None = None
    before: int | None = None
    biz_steps: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    sight: Sight | None = None

    @property
    def is_picking(self) -> bool:
        """Whether not every known event is picked."""
        return self.earliest is not None or bool(self.biz_steps or self.places)

    def knows(self, time: int) -> bool:
        """Tell whether an event of a time has happened yet."""
        return self.before is None or time < self.before

    def picks(
        self, time: int, biz_step: str | None, *, read_point: str | None, biz_location: str | None
    ) -> bool:
        """Tell whether a known event is followed or told."""
        return (
            (self.earliest is None or time >= self.earliest)
            and (not self.biz_steps or biz_step in self.biz_steps)
            and (not self.places or not self.places.isdisjoint((read_point, biz_location)))
        )


EVERYTHING = Choice()


def choice_of(
    *,
    earliest: str | None = None,
    before: str | None = None,
    biz_steps: Collection[str] = (),
    places: Collection[str] = (),
    sight: Sight | None = None,
) -> Choice:
    """Return the choice that a question's words mean.

    Raises
    ------
    LineageLimitInvalid
        A time without a zone, or an end before its beginning.
    UnknownWord, CodeSyntaxError, CodeLengthError, CodeCharacterError, CodeCheckDigitError
    """
    start, end = _time("from", earliest), _time("to", before)
    if start is not None and end is not None and end <= start:
        raise LineageLimitInvalid(
            f"time to ends before from begins: expected later than {earliest}, got {before}",
            pointer="/to",
            got=before,
        )
    steps = frozenset(BIZ_STEPS.name_of(step) for step in biz_steps)
    return Choice(start, end, steps, frozenset(map(canonical_uri, places)), sight)


def _time(name: str, text: str | None) -> int | None:
    if text is None:
        return None
    expected = "a time with its zone, such as 2026-01-31T08:00:00+08:00"
    try:
        # In a web address a plus sign that nobody escaped arrives as a blank.
        found = datetime.fromisoformat(text.replace(" ", "+"))
        if found.tzinfo is not None:
            return to_milliseconds(found)
    except (ValueError, OverflowError):
        pass
    raise LineageLimitInvalid(
        f"time {name} is malformed: expected {expected}, got {text[:40]!r}",
        pointer=f"/{name}",
        expected=expected,
        got=text[:40],
    )
