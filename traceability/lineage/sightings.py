"""Events that tell where a thing is, themselves or through what it was in, and their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from traceability.lineage.containment import Key
from traceability.lineage.parties import Party


class Told(NamedTuple):
    """What one event tells of place and step, and who recorded it."""

    type: str
    action: str | None
    biz_step: str | None
    disposition: str | None
    read_point: str | None
    biz_location: str | None
    participant: bytes

    @property
    def place(self) -> str | None:
        """Where the goods are after the event; if that is not told, where it happened."""
        return self.biz_location or self.read_point


class Sighting(NamedTuple):
    """An event that tells of a thing, itself or through what it was in.

    Parameters
    ----------
    counts_from
        From when it tells of the thing: of an event on a container before the thing was put in,
        that is when it was put in.
    key, event
        The event, and where it stands in time.
    through
        The container or lot that the event names instead of the thing.
    roles
        How the event names the one or the other.
    is_before
        The event was before the thing was put in: it tells of the place only.
    is_tied
        The thing was not in what the event names, but tied to it or to what was in it.
    """

    counts_from: Key
    key: Key
    event: int
    through: str | None
    roles: frozenset[str]
    is_before: bool = False
    is_tied: bool = False


class Clues(NamedTuple):
    """How to learn more of an event, asked only for those that matter."""

    told: Callable[[int], Told]
    parties: Callable[[int], Sequence[Party]]
    participant_code: Callable[[bytes], str]


def order_of(one: Sighting) -> tuple[Key, Key, bool, str]:
    """Return where a sighting stands; of one event the thing's own naming comes last."""
    return one.counts_from, one.key, one.through is None, one.through or ""
