"""Answers of the store beside those of the oracle."""

from __future__ import annotations

from collections.abc import Set
from typing import NamedTuple

from tests.support.chains import PARTNER
from tests.support.fleets import Member
from tests.support.lineage import ELSEWHERE, World
from tests.support.lineage_oracle import Oracle, Place, Sighting


class Told(NamedTuple):
    """A place or a holder as the store tells it."""

    code: str
    basis: str
    since: int
    last_seen: int
    event: int
    through: str | None


def oracle_of(world: World, asked: Member) -> Oracle:
    """Return an oracle that knows what a question may know of a world."""
    return Oracle(world, asked.choice, asker=(ELSEWHERE, PARTNER) if asked.is_partner else None)


def named_as(code: str) -> str:
    """Return the code that the store gives to a participant."""
    return code if ":" in code else f"urn:itemproof:participant:{code}"


def assert_journey(oracle: Oracle, code: str, steps: Set[tuple[int, str | None]]) -> None:
    """Demand the same events, own ones as such, the others from something that the thing was in."""
    meant = oracle.journey(code)
    assert steps <= meant
    assert {event for event, _ in steps} == {event for event, _ in meant}
    own = {event for event, container in meant if container is None}
    assert {event for event, container in steps if container is None} == own


def assert_place(
    oracle: Oracle, code: str, *, place: Told | None, holder: Told | None, rest: tuple[object, ...]
) -> None:
    """Demand place, holder, state and findings.

    Where something inside itself is cannot be said: any place that an event tells will do.
    """
    meant: Place = oracle.where(code)
    assert rest == (meant.state, meant.seen_after_its_end, meant.only_its_lot)
    _assert_told(holder, meant.holder)
    if code in oracle.around_themselves:
        assert place is None or place.code in oracle.places
        return
    _assert_told(place, meant.place)
    if place is not None and meant.place is not None:
        assert place.basis == meant.place.basis


def _assert_told(told: Told | None, meant: Sighting | None) -> None:
    assert (told is None) == (meant is None)
    if told is not None and meant is not None:
        assert told.code == named_as(meant.code)
        assert (told.since, told.last_seen, told.event) == meant[2:5]
        assert told.through in meant.through
