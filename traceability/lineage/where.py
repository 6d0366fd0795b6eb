"""The questions `where` and `holders`: where something is now, and who holds it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from traceability.lineage.answers import Now
from traceability.lineage.containment import Key, follow, is_inside_itself
from traceability.lineage.findings import (
    AMOUNTS_MAY_OVERLAP,
    CONTAINMENT_CYCLE,
    IN_TWO_CONTAINERS,
    LOT_IN_PARTS,
    ONLY_ITS_LOT_WAS_SEEN,
    SEEN_AFTER_ITS_END,
    UNKNOWN_HOLDER,
    UNKNOWN_LOCATION,
    finding,
)
from traceability.lineage.limited_reading import reader_for
from traceability.lineage.locating import Locator
from traceability.lineage.place_queries import NOBODY, Named, PlaceReader
from traceability.lineage.place_results import Amount, Fixed, Holders, Inside, Share, Whereabouts
from traceability.lineage.results import Finding, Limits, ProofURL, proof_path
from traceability.lineage.tracing import find_node
from traceability.lineage.walking import Sources
from traceability.lineage.whereabouts import (
    CONSUMED,
    Part,
    Settled,
    emptied,
    loose,
    packed,
    share_of,
)
from traceability.lineage.whereabouts import Fixed as Told
from traceability.lineage.whereabouts import Share as ShareKey
from traceability.store.repositories import Repositories
from traceability.store.times import from_milliseconds

_AMOUNTS = ("lot", "class")


def where(
    repositories: Repositories,
    code: str,
    *,
    limits: Limits | None = None,
    proof_url: ProofURL = proof_path,
) -> Whereabouts:
    """Return where a thing is, who holds it, since when, and what it is in.

    Raises
    ------
    CodeNotTraced
        Nothing is known of the code.
    CodeSyntaxError, CodeLengthError, CodeCharacterError, CodeCheckDigitError
    """
    choice = (limits or Limits()).choice
    reader = reader_for(repositories, choice)
    sources = Sources(reader, choice)
    start = find_node(sources, code, repositories=repositories)
    locator = Locator(sources, reader)
    settled = next(found for _, found in locator.settled([start]))
    return _Question(sources, reader, proof_url).whereabouts(start, settled)


def holders(
    repositories: Repositories,
    code: str,
    *,
    limits: Limits | None = None,
    proof_url: ProofURL = proof_path,
) -> Holders:
    """Return who holds how many items of a lot, and what amounts of it, and where.

    Of a code that is no lot it is one item.

    Raises
    ------
    CodeNotTraced
        Nothing is known of the code.
    CodeSyntaxError, CodeLengthError, CodeCharacterError, CodeCheckDigitError
    """
    limits = limits or Limits()
    reader = reader_for(repositories, limits.choice)
    sources = Sources(reader, limits.choice)
    start = find_node(sources, code, repositories=repositories)
    return _Question(sources, reader, proof_url).holders(start, most=limits.max_items)


class _Count(NamedTuple):
    """How many things share an answer, and the newest event that says so."""

    items: int
    event: int | None
    until: Key | None

    def plus(self, other: _Count) -> _Count:
        newest = max((self, other), key=lambda one: (one.until or (-(2**63), 0), one.event or 0))
        return _Count(self.items + other.items, newest.event, newest.until)


class _Question:
    """One question: what it reads from, and how its events are told."""

    def __init__(self, sources: Sources, reader: PlaceReader, proof_url: ProofURL) -> None:
        self._sources = sources
        self._reader = reader
        self._proof_url = proof_url
        self._proofs: dict[int, tuple[str, str]] = {}

    def whereabouts(self, start: int, settled: Settled) -> Whereabouts:
        """Return what is settled of one thing, with what it is in."""
        boxes = self._boxes(start)
        events = [one.event for one in (settled.place, settled.holder) if one is not None]
        self._load([*events, *(event for _, _, _, event in boxes)])
        return Whereabouts(
            code=self._sources.codes[start],
            state=settled.state,
            location=self._fixed(settled.place),
            holder=self._fixed(settled.holder, is_party=True),
            inside=tuple(
                Inside(code, level, from_milliseconds(time), *self._proofs[event])
                for level, code, time, event in boxes
            ),
            findings=tuple(sorted(self._findings(start, settled))),
        )

    def _boxes(self, start: int) -> list[tuple[int, str, int, int]]:
        """Return (level, code, since when, event) of what something is in now."""
        codes, upwards = self._sources.codes, self._sources.holding.upwards
        found: dict[str, tuple[int, str, int, int]] = {}
        for placed in follow(start, step=lambda node: ((one.parent, one) for one in upwards[node])):
            if placed.window[1] is None:
                code, (time, _) = codes[placed.node], placed.window[0]
                found.setdefault(code, (placed.level, code, time, placed.stay.start[1]))
        return sorted(found.values())

    def _load(self, events: Collection[int]) -> None:
        for event, (event_id, record) in self._reader.references(set(events)).items():
            self._proofs[event] = (record.known_as(event_id), self._proof_url(record))

    def _fixed(self, told: Told | None, *, is_party: bool = False) -> Fixed | None:
        if told is None:
            return None
        return Fixed(
            told.code,
            told.basis,
            from_milliseconds(told.since[0]),
            from_milliseconds(told.until[0]),
            told.through,
            *self._proofs[told.event],
            *self._names(told.code if is_party else None),
        )

    def _findings(self, start: int, settled: Settled) -> Iterator[Finding]:
        code, upwards = self._sources.codes[start], self._sources.holding.upwards
        told = {
            UNKNOWN_LOCATION: settled.place is None,
            UNKNOWN_HOLDER: settled.holder is None,
            SEEN_AFTER_ITS_END: settled.seen_after_its_end,
            ONLY_ITS_LOT_WAS_SEEN: settled.only_its_lot,
            LOT_IN_PARTS: self._sources.codes.kinds[start] in _AMOUNTS,
            IN_TWO_CONTAINERS: self._sources.codes.kinds[start] not in _AMOUNTS
            and Now(self._sources.holding).is_apart(start),
            CONTAINMENT_CYCLE: is_inside_itself(
                start,
                step=lambda node: ((one.parent, one) for one in upwards[node] if one.end is None),
            ),
        }
        return (finding(name, code) for name, is_so in told.items() if is_so)

    def holders(self, start: int, *, most: int) -> Holders:
        """Return who holds a lot, its items counted in groups."""
        codes = self._sources.codes
        locator = Locator(self._sources, self._reader)
        nodes = self._things(start, most=most)
        counts: dict[ShareKey, _Count] = {}
        for together, settled in locator.settled(nodes[:most]):
            last = settled.holder
            one = _Count(len(together), last and last.event, last and last.until)
            key = share_of(settled)
            counts[key] = one if key not in counts else counts[key].plus(one)
        parts = self._parts(start, locator) if codes.kinds[start] in _AMOUNTS else []
        events = {one.event for one in counts.values()} | {one.event for one in parts}
        self._load({event for event in events if event is not None})
        return Holders(
            code=codes[start],
            items=sum(one.items for one in counts.values()),
            holders=tuple(sorted(map(self._share, counts.items()), key=_as_text)),
            quantities=tuple(sorted((self._amount(one) for one in parts), key=_as_text)),
            findings=tuple(sorted(self._doubts(start, counts, parts))),
            truncated=len(nodes) > most,
        )

    def _things(self, start: int, *, most: int) -> list[int]:
        """Return the serials of a lot; of another code, itself."""
        codes = self._sources.codes
        if codes.kinds[start] not in _AMOUNTS:
            return [start]
        members = self._sources.lots.members(codes[start], limit=most + 1)
        return list(dict.fromkeys(codes.intern([one.serial for one in members])))

    def _parts(self, start: int, locator: Locator) -> list[Part]:
        own, rows = locator.own(start), locator.rows_of(start)
        every = self._sources.holding.upwards[start]
        own += emptied(every, rows, name=self._sources.codes.__getitem__)
        found = list(loose(own, rows, locator.clues))
        stays = [one for one in every if one.end is None]
        around = {
            node: settled
            for together, settled in locator.settled({stay.parent for stay in stays})
            for node in together
        }
        codes = self._sources.codes
        found += [packed(around[one.parent], one, container=codes[one.parent]) for one in stays]
        return found

    def _share(self, counted: tuple[ShareKey, _Count]) -> Share:
        key, count = counted
        event_id, url = (None, None) if count.event is None else self._proofs[count.event]
        seen = None if count.until is None else from_milliseconds(count.until[0])
        return Share(
            key.holder,
            key.place,
            key.state,
            count.items,
            key.only_its_lot,
            seen,
            event_id,
            url,
            *self._names(key.holder),
        )

    def _amount(self, part: Part) -> Amount:
        quantity = None if part.quantity is None else format(part.quantity.normalize(), "f")
        seen = from_milliseconds(self._sources.events.key(part.event)[0])
        return Amount(
            part.holder,
            part.place,
            part.state,
            part.container,
            quantity,
            part.uom,
            seen,
            *self._proofs[part.event],
            *self._names(part.holder),
        )

    def _names(self, code: str | None) -> Named:
        return NOBODY if code is None else self._reader.named(code)

    def _doubts(
        self, start: int, counts: dict[ShareKey, _Count], parts: list[Part]
    ) -> Iterator[Finding]:
        code = self._sources.codes[start]
        ends: list[ShareKey | Part] = [*counts, *parts]
        told = {
            UNKNOWN_LOCATION: any(one.place is None for one in ends),
            UNKNOWN_HOLDER: any(one.holder is None for one in ends),
            ONLY_ITS_LOT_WAS_SEEN: any(one.only_its_lot for one in counts),
            AMOUNTS_MAY_OVERLAP: len([one for one in parts if one.state != CONSUMED]) > 1,
        }
        return (finding(name, code) for name, is_so in told.items() if is_so)


def _as_text(one: Share | Amount) -> tuple[str, ...]:
    """Return what orders the lines of an answer alike on every database."""
    return tuple("" if part is None else str(part) for part in one)
