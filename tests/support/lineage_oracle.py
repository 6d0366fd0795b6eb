"""What lineage answers, worked out over all events in plain Python, moment by moment.

Written from docs/lineage.md alone: of the program it takes the question and the events as they
are given, and no rule. The numbers in comments are the sections of that document.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tests.support.lineage import World
from tests.support.lineage_contents import (
    NOTHING,
    Contents,
    Hold,
    joined,
    named,
    newly_in,
    with_contents,
)
from traceability.lineage.choice import Choice
from traceability.lineage.rules import Fact


class Moment(NamedTuple):
    """An event, what lay in what just before and just after it, and what was tied to what."""

    event: Fact
    counts: bool
    inside: Contents
    links: Contents
    inside_after: Contents
    links_after: Contents
    entered: Contents


class Sighting(NamedTuple):
    """Where a thing is or who holds it: since when, last told by which event, through what."""

    code: str
    basis: str
    since: int
    last_seen: int
    event: int
    through: frozenset[str | None]


class Fate(NamedTuple):
    """What an event says of the life of a thing: its end, its beginning, or how it is."""

    end: str | None
    made: bool
    state: str


class Place(NamedTuple):
    """What `where` says of a thing."""

    place: Sighting | None
    holder: Sighting | None
    state: str
    seen_after_its_end: bool = False
    only_its_lot: bool = False


class Share(NamedTuple):
    """What items of a lot have in common that are counted together."""

    holder: str | None
    place: str | None
    state: str
    only_its_lot: bool


UNSEEN = Place(None, None, "unknown")


class Oracle:
    """All that a question may know of a world, replayed in the order of event times (7)."""

    def __init__(self, world: World, choice: Choice, *, asker: tuple[bytes, str] | None) -> None:
        self.choice = choice
        self.party_codes = world.party_codes
        seen = [one for one in world.facts if asker is None or _may_see(one, *asker)]
        taken_back = {
            (one.event_id, one.participant)
            for one in world.facts
            if one.declares_error and one.event_id is not None
        }
        self.named = {one.number: set(named(one)) for one in seen}
        known = {code for codes in self.named.values() for code in codes}
        self.serials = {
            lot: [one for one in serials if asker is None or one in known]
            for lot, serials in world.minted.items()
        }
        self.lots: dict[str, set[str]] = {}
        for lot, serials in self.serials.items():
            for one in serials:
                self.lots.setdefault(one, set()).add(lot)
        self.now: Contents = NOTHING
        self.moments = list(self._replay(seen, taken_back))
        self.runs = list(self._runs())
        self.settled: dict[str, Place] = {}
        self.around_themselves: set[str] = set()
        told = [one.event for one in self.moments if one.counts]
        self.places = {place for one in told for place in (one.biz_location, one.read_point)}
        self._settle()

    def _replay(
        self, seen: list[Fact], taken_back: set[tuple[str | None, bytes]]
    ) -> Iterator[Moment]:
        """Go through the events in their order, and keep who is in what."""
        inside, tied = Hold("AggregationEvent"), Hold("AssociationEvent")
        now, bound = inside.contents(), tied.contents()
        links: Contents = {}
        past = [one for one in seen if self._is_past(one)]
        for event in sorted(past, key=lambda one: (one.time, one.number)):
            # 6: what was declared erroneous leaves lineage and stays in history.
            counts = not (event.declares_error or (event.event_id, event.participant) in taken_back)
            before, links_before, entered = now, links, NOTHING
            if counts and event.type in (inside.type, tied.type):
                bound_before = bound
                inside.pass_by(event)
                tied.pass_by(event)
                now, bound = inside.contents(), tied.contents()
                links = joined(now, bound)
                entered = joined(newly_in(before, now), newly_in(bound_before, bound))
            yield Moment(event, counts, before, links_before, now, links, entered)
        self.now = now

    def _is_past(self, event: Fact) -> bool:
        return self.choice.before is None or event.time < self.choice.before

    def follows(self, event: Fact) -> bool:
        """Tell whether the limits let an event be followed or told."""
        choice = self.choice
        if choice.earliest is not None and event.time < choice.earliest:
            return False
        if choice.biz_steps and event.biz_step not in choice.biz_steps:
            return False
        return not choice.places or bool({event.read_point, event.biz_location} & choice.places)

    # 1, 2, 3: what was made of what.

    def _runs(self) -> Iterator[tuple[set[str], set[str]]]:
        """Give inputs and outputs of each transformation."""
        runs: dict[object, tuple[set[str], set[str]]] = {}
        for moment in self.moments:
            event = moment.event
            if event.type != "TransformationEvent" or not moment.counts:
                continue
            if not self.follows(event):
                continue
            inputs, outputs = runs.setdefault(
                event.transformation_id or event.number, (set(), set())
            )
            inputs |= with_contents(named(event, "input"), moment.inside)
            outputs |= set(named(event, "output"))
        yield from runs.values()

    def stands_for(self, code: str) -> set[str]:
        """Return what a code that is asked for stands for (3)."""
        if "/8003/" in code or "/8004/" in code:
            return with_contents([code], self.now)
        found = {code}
        for moment in self.moments:
            if moment.inside_after is not moment.inside:
                found |= with_contents([code], moment.inside_after)
        return found

    def downstream(self, code: str) -> set[str]:
        """Return everything that a fault of a code reaches."""
        used = {one for inputs, outputs in self.runs if outputs for one in inputs}
        whole, in_part = self.stands_for(code), set[str]()
        while True:
            more = {
                output
                for inputs, outputs in self.runs
                if inputs & (whole | in_part)
                for output in outputs
            }
            more |= {one for lot in whole for one in self.serials.get(lot, ())}
            lots = {lot for one in whole for lot in self.lots.get(one, ()) if lot in used}
            if more <= whole and lots <= in_part:
                return whole | in_part
            whole |= more
            in_part |= lots

    def upstream(self, code: str) -> set[str]:
        """Return everything that a code was made of."""
        made = {one for _, outputs in self.runs for one in outputs}
        whole, in_part = self.stands_for(code), set[str]()
        while True:
            more = {
                source
                for inputs, outputs in self.runs
                if outputs & (whole | in_part)
                for source in inputs
            }
            more |= {one for lot in whole for one in self.serials.get(lot, ()) if one in made}
            lots = {lot for one in whole for lot in self.lots.get(one, ())}
            if more <= whole and lots <= in_part:
                return whole | in_part
            whole |= more
            in_part |= lots

    def boxes(self, codes: Iterable[str]) -> Counter[str]:
        """Return the containers that hold any of these now, with how many."""
        boxes = {box: with_contents(self.now[box], self.now) - {box} for box in self.now}
        wanted = set(codes)
        return Counter({box: len(held & wanted) for box, held in boxes.items() if held & wanted})

    # 4, 5, 6: what happened to a thing.

    def journey(self, code: str) -> set[tuple[int, str | None]]:
        """Return each event of a journey with what it was inherited from; own ones with None."""
        steps: set[tuple[int, str | None]] = set()
        for moment in self.moments:
            event = moment.event
            if not self.follows(event):
                continue
            if code in named(event):
                steps.add((event.number, None))
            for lot in self.lots.get(code, ()):
                if lot in named(event):
                    steps.add((event.number, lot))
            links = moment.links
            for container in named(event):
                if container == code or not _speaks_of_contents(event, container):
                    continue
                if code in with_contents([container], links):
                    steps.add((event.number, container))
        return steps

    # 9: where a thing is and who holds it.

    def where(self, code: str) -> Place:
        """Return where a thing is."""
        return self.settled.get(code) or self._of_its_lots(code)

    def _of_its_lots(self, code: str) -> Place:
        """Return what the events that name its lots tell of a serial that no event names."""
        places: dict[str, Sighting] = {}
        holders: dict[str, Sighting] = {}
        lives: list[Fate] = []
        for event in (one.event for one in self.moments if one.counts and self.follows(one.event)):
            lots = self.lots.get(code, set()) & self.named[event.number]
            if lots:
                self._tell(places, holders, code, event=event, through=frozenset(lots))
                lives.append(_fate(event, "", {}))
        if not lives:
            return UNSEEN
        return Place(places.get(code), holders.get(code), lives[-1].state, only_its_lot=True)

    def _tell(
        self,
        places: dict[str, Sighting],
        holders: dict[str, Sighting],
        code: str,
        *,
        event: Fact,
        through: frozenset[str | None],
    ) -> None:
        basis = "biz_location" if event.biz_location else "read_point"
        if place := event.biz_location or event.read_point:
            _see(places, code, (place, basis), event=event, through=through)
        _see(holders, code, (self._holder(event), ""), event=event, through=through)

    def _settle(self) -> None:
        places: dict[str, Sighting] = {}
        holders: dict[str, Sighting] = {}
        lives: dict[str, list[Fate]] = {}
        for moment in self.moments:
            if not moment.counts:
                continue
            self._note_loops(moment)
            event, told = moment.event, self.follows(moment.event)
            links = moment.links
            if moment.links_after is not links:
                links = joined(links, moment.links_after)
            for code in with_contents(named(event), links) if told else ():
                names = {one for one in named(event) if code in with_contents([one], links)}
                through = frozenset([None]) if code in names else frozenset(names)
                self._tell(places, holders, code, event=event, through=through)
                lives.setdefault(code, []).append(_fate(event, code, moment.inside))
            if not (told and (event.biz_location or event.read_point)):
                self._take_over(places, moment)
        for code in {*places, *lives}:
            fates = lives.get(code)
            state = _state(fates, code) if fates else ("unknown", False)
            self.settled[code] = Place(places.get(code), holders.get(code), *state)

    def _note_loops(self, moment: Moment) -> None:
        """Note what is inside itself, and what is in that."""
        if moment.links_after is moment.links:
            return
        for box, held in moment.links_after.items():
            if box in with_contents(held, moment.links_after):
                self.around_themselves |= with_contents([box], moment.links_after)

    def _take_over(self, places: dict[str, Sighting], moment: Moment) -> None:
        """Let what was packed or tied without a place be where its container was last seen."""
        links, time = moment.links_after, moment.event.time
        for parent, children in moment.entered.items():
            seen = places.get(parent)
            for code in with_contents(children, links) - {parent}:
                # What is inside itself is not told by itself where it is.
                if seen is None or seen.through == {code}:
                    continue
                told = [
                    one for one in self.named[seen.event] if code in with_contents([one], links)
                ]
                through = frozenset([*seen.through - {None}, parent, *told])
                old = places.get(code)
                since = old.since if old is not None and old.code == seen.code else time
                places[code] = seen._replace(through=through, since=since, last_seen=time)

    def _holder(self, event: Fact) -> str:
        for side in ("destination", "source"):
            if side == "source" and event.biz_step in _ARRIVALS:
                break
            for type in ("possessing_party", "owning_party"):
                for party in event.parties:
                    if (party.side, party.type) == (side, type):
                        return party.code
        return self.party_codes.get(event.participant, event.participant.hex())

    def shares(self, lot: str) -> Counter[Share]:
        """Return how many items of a lot are with whom, where and how."""
        return Counter(
            Share(
                one.holder and one.holder.code,
                one.place and one.place.code,
                one.state,
                one.only_its_lot,
            )
            for one in map(self.where, self.serials.get(lot, ()))
        )


_ARRIVALS = {"receiving", "arriving", "accepting", "unloading"}


def _may_see(event: Fact, participant: bytes, party: str) -> bool:
    return event.participant == participant or any(one.code == party for one in event.parties)


def _speaks_of_contents(event: Fact, container: str) -> bool:
    """Tell whether an event on a container is one on what is in it (4)."""
    roles = {one.role for one in event.objects if one.code == container}
    return roles != {"parent"} or not named(event, "child")


def _see(
    seen: dict[str, Sighting],
    code: str,
    found: tuple[str, str],
    *,
    event: Fact,
    through: frozenset[str | None],
) -> None:
    last = seen.get(code)
    since = last.since if last is not None and last.code == found[0] else event.time
    seen[code] = Sighting(*found, since, event.time, event.number, through)


def _fate(event: Fact, code: str, inside: Contents) -> Fate:
    """Return what an event says of the life of a thing that it speaks of."""
    end = None
    if event.type == "TransformationEvent":
        if code in with_contents(named(event, "input"), inside):
            end = "consumed"
    elif event.type == "ObjectEvent" and event.action == "DELETE" and code in named(event):
        end = "decommissioned"
    created = event.type == "ObjectEvent" and event.action == "ADD" and code in named(event)
    made = created or code in named(event, "output")
    on_its_way = event.biz_step == "shipping" or event.disposition == "in_transit"
    return Fate(None if made else end, made, "in_transit" if on_its_way else "present")


def _state(life: list[Fate], code: str) -> tuple[str, bool]:
    """Return the state that a life ended in, and whether it went on after its end."""
    ended = contradicted = False
    for fate in life:
        contradicted |= ended and fate.end is None and not fate.made
        ended = not fate.made and (ended or fate.end is not None)
    if not _is_single(code):
        return life[-1].state, False
    return life[-1].end or life[-1].state, contradicted


def _is_single(code: str) -> bool:
    """Tell whether a code stands for one thing: only that can have an end."""
    return any(key in code for key in ("/21/", "/00/", "/8003/", "/8004/"))
