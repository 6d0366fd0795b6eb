"""Making the report of a recall from the store, on one snapshot of it.

(1) Walk forward and backward. (2) Find the last event of everything reached. (3) Draw up the
accounts of lots that go by quantity. (4) Write a line for each thing and each amount. (5) Count,
and balance the material.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Final, NamedTuple

from traceability.lineage.answers import Answer
from traceability.lineage.balance.tolerance import Tolerance
from traceability.lineage.downstream import Downstream
from traceability.lineage.limited_reading import reader_for
from traceability.lineage.queries import EventDetails
from traceability.lineage.recalls.accounts import Drawn, draw_up
from traceability.lineage.recalls.amounts import Account
from traceability.lineage.recalls.counting import figures_of, parts_of, steps_of
from traceability.lineage.recalls.holders import Holders
from traceability.lineage.recalls.material import material_of
from traceability.lineage.recalls.report import MORE_THAN_MADE, Line, LogHead, Report, Step, Target
from traceability.lineage.recalls.sightings import CHUNK, Seen, Sighting, Sightings
from traceability.lineage.recalls.states import (
    DELIVERED,
    IN_STOCK,
    IN_TRANSIT,
    REMOVED,
    UNACCOUNTED,
    USED,
    state_of,
)
from traceability.lineage.results import (
    Finding,
    Limits,
    ProofURL,
    RecordReference,
    Trace,
    proof_path,
)
from traceability.lineage.rules import UPSTREAM as UP
from traceability.lineage.tracing import collection_paused, find_node
from traceability.lineage.upstream import Upstream
from traceability.lineage.walking import Sources
from traceability.store.repositories import Repositories

# What a recall counts: single things, and amounts of lots and of kinds.
SINGLE: Final = "item"
BULK: Final = ("lot", "class", "other")
AMOUNT_UNKNOWN: Final = "AMOUNT_UNKNOWN"
MESSAGES: Final = {
    AMOUNT_UNKNOWN: "an event names this without an amount: how much there is cannot be told",
    MORE_THAN_MADE: "more of this was used or sent than was made",
}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and when; `kind` says whether it is an exercise.

    Parameters
    ----------
    tolerance
        How much material may be missing.
    """

    code: str
    kind: str
    target: Target
    asked: datetime
    tolerance: Tolerance
    log: LogHead


class _Said(NamedTuple):
    """What an event says of everything that it is the last to tell of."""

    place: str | None
    since: int | None
    biz_step: str | None
    event_id: str | None
    record: str
    proof_url: str


_UNSAID: Final = _Said(None, None, None, None, "", "")
_HELD_BY_NOBODY: Final = (USED, REMOVED, UNACCOUNTED)


@dataclass
class _Facts:
    """What is read once for a report."""

    sources: Sources
    proof_url: ProofURL
    details: dict[int, EventDetails] = field(default_factory=dict)
    _said: dict[int, _Said] = field(default_factory=dict)
    hashes: dict[int, bytes] = field(default_factory=dict)
    signers: dict[int, bytes] = field(default_factory=dict)

    def load(self, events: Collection[int]) -> dict[int, EventDetails]:
        """Read what is told of events, and who signed them."""
        missing = [event for event in events if event not in self.details]
        if not missing:
            return self.details
        self.details |= {one.event: one for one in self.sources.reader.details(missing)}
        self.load_batches({self.details[event].batch for event in missing})
        return self.details

    def load_batches(self, batches: Iterable[int]) -> None:
        """Read entry and signer of batches."""
        missing = {batch for batch in batches if batch not in self.signers}
        self.hashes |= self.sources.reader.entry_hashes(missing)
        self.signers |= self.sources.reader.participants(missing)

    def said(self, event: int) -> _Said:
        """Return what an event that is loaded says of many things, worked out once."""
        found = self._said.get(event)
        if found is None:
            told = self.details[event]
            record = self.record(told.batch, told.record_index)
            found = self._said[event] = _Said(
                place=told.biz_location or told.read_point,
                since=told.event_time,
                biz_step=told.biz_step,
                event_id=record.known_as(told.event_id),
                record=record.name,
                proof_url=self.proof_url(record),
            )
        return found

    def record(self, batch: int, index: int) -> RecordReference:
        """Return a record that is loaded."""
        return RecordReference(batch, index, self.hashes[batch])


def make_report(
    repositories: Repositories,
    question: Question,
    *,
    clock: Callable[[], datetime],
    limits: Limits | None = None,
    proof_url: ProofURL = proof_path,
) -> Report:
    """Return the report of a recall.

    Parameters
    ----------
    clock
        Asked when the work begins and when it ends.

    Raises
    ------
    CodeNotTraced
        Nothing is known of the code.
    CodeSyntaxError, CodeLengthError, CodeCharacterError, CodeCheckDigitError
    """
    begun, limits = clock(), limits or Limits()
    holders = Holders(repositories, reader_for(repositories, limits.choice))
    walked = _walk(repositories, question.code, limits=limits, proof_url=proof_url)
    making = _Making(_Facts(walked.sources, proof_url), holders, walked.lot_of, walked.nodes)
    # What this reads is let go of before there are lines.
    material = material_of(
        walked.sources, walked.events, tolerance=question.tolerance, proof_url=proof_url
    )
    with collection_paused():
        lines = sorted(making.lines(), key=lambda line: (line.lot or line.code, line.code))
    finished = clock()
    return Report(
        kind=question.kind,
        code=walked.code,
        log=question.log,
        asked=question.asked,
        finished=finished,
        ledger_seconds=(finished - begun).total_seconds(),
        target=question.target,
        figures=tuple(figures_of(lines)),
        holders=holders.counted(lines),
        parts=tuple(parts_of(lines)),
        lines=lines,
        forward=walked.forward,
        backward=walked.backward,
        balance=material,
        findings=tuple(sorted(walked.findings | making.findings)),
        truncated=walked.truncated,
    )


class _Walked(NamedTuple):
    """What both walks from a code found, but the edges of single pieces, and their lots."""

    sources: Sources
    nodes: Collection[int]
    events: Collection[int]
    code: str
    forward: tuple[Step, ...]
    backward: tuple[Step, ...]
    findings: frozenset[Finding]
    truncated: bool
    lot_of: dict[str, str]


def _walk(repositories: Repositories, code: str, *, limits: Limits, proof_url: ProofURL) -> _Walked:
    sources = Sources(reader_for(repositories, limits.choice), limits.choice)
    start = find_node(sources, code, repositories=repositories)
    walk = Downstream(sources, limits)
    with collection_paused():
        walk.run(start)
        found = Answer(sources, start, walks=[walk]).recall(proof_url=proof_url)
        back = _backward(sources, start, limits=limits, proof_url=proof_url)
        lot_of = {one.serial: one.lot for one in sources.lots.of([*_serials(found, back)])}
        return _Walked(
            sources=sources,
            nodes=walk.depths,
            events=walk.events,
            code=found.code,
            forward=tuple(steps_of(found.edges, lot_of)),
            backward=tuple(steps_of(back.edges, lot_of)),
            findings=frozenset({*found.findings, *back.findings}),
            truncated=found.truncated or back.truncated,
            lot_of=lot_of,
        )


def _backward(sources: Sources, start: int, *, limits: Limits, proof_url: ProofURL) -> Trace:
    walk = Upstream(sources, limits)
    walk.run(start)
    return Answer(sources, start, walks=[walk]).trace(UP, proof_url=proof_url)


def _serials(*traces: Trace) -> Iterator[str]:
    for found in traces:
        yield from (item.code for item in found.items if item.kind == SINGLE)


@dataclass
class _Making:
    """The lines of one report, while they are written."""

    facts: _Facts
    holders: Holders
    lot_of: dict[str, str]
    nodes: Collection[int]
    findings: set[Finding] = field(default_factory=set)

    def lines(self) -> Iterator[Line]:
        """Yield a line for each thing, and for each place of an amount."""
        codes = self.facts.sources.codes
        single = [node for node in self.nodes if codes.kinds[node] == SINGLE]
        bulk = [node for node in self.nodes if codes.kinds[node] in BULK]
        sightings = Sightings(self.facts.sources)
        sightings.load([*single, *bulk])
        yield from self._single(single, sightings)
        yield from self._bulk(bulk, sightings)

    def _single(self, nodes: Sequence[int], sightings: Sightings) -> Iterator[Line]:
        codes = self.facts.sources.codes
        items = self.facts.sources.lots.of([codes[node] for node in nodes])
        minted = {one.serial: one for one in items}
        self.facts.load_batches({one.batch for one in items})
        for node, seen in self._loaded(sightings.of(nodes)):
            one = minted.get(codes[node])
            maker = None if one is None else self.facts.signers[one.batch]
            record = None if one is None else self.facts.record(one.batch, one.record_index)
            yield self._seen(node, seen, maker=maker, record=record)

    def _loaded(self, found: Iterable[tuple[int, Seen]]) -> Iterator[tuple[int, Seen]]:
        """Yield what is known of things, once the events that say so have been read together."""
        waiting = iter(found)
        while some := list(islice(waiting, CHUNK)):
            asked = {one.last.event for _, one in some if one.last is not None}
            self.facts.load(asked | {one.made for _, one in some if one.made is not None})
            yield from some

    def _seen(
        self, node: int, seen: Seen, *, maker: bytes | None, record: RecordReference | None
    ) -> Line:
        """Return the line of one thing by its last event; without one nobody knows where it is."""
        if seen.last is None:
            return self._line(node, UNACCOUNTED, record=record)
        if maker is None and seen.made is not None:
            maker = self.facts.signers[self.facts.details[seen.made].batch]
        state = self._state(seen.last, maker)
        return self._line(node, state, event=seen.last.event, container=seen.container)

    def _state(self, last: Sighting, maker: bytes | None) -> str:
        told = self.facts.details[last.event]
        return state_of(
            is_input=last.is_input,
            is_deletion=told.type == "ObjectEvent" and told.action == "DELETE",
            biz_step=told.biz_step,
            disposition=told.disposition,
            is_with_maker=self.facts.signers[told.batch] == maker,
        )

    def _bulk(self, nodes: Sequence[int], sightings: Sightings) -> Iterator[Line]:
        drawn = draw_up(
            self.facts.sources,
            nodes,
            sightings=sightings,
            details=self.facts.load,
            signer=lambda batch: self.facts.signers[batch],
        )
        self._note(drawn)
        counted = {node for node, _ in drawn.accounts}
        for place, account in drawn.accounts.items():
            yield from self._amounts(place, account, maker=drawn.makers.get(place))
        whole = [node for node in nodes if node not in counted and not self._has_items(node)]
        for node, seen in self._loaded(sightings.of(whole)):
            yield self._seen(node, seen, maker=None, record=None)

    def _has_items(self, node: int) -> bool:
        """Tell whether a lot is told by its serials, each of which has a line of its own."""
        return self.facts.sources.lots.has(self.facts.sources.codes[node])

    def _note(self, drawn: Drawn) -> None:
        codes = self.facts.sources.codes
        short = {node for (node, _), one in drawn.accounts.items() if one.made and one.short}
        for name, nodes in ((AMOUNT_UNKNOWN, drawn.untold), (MORE_THAN_MADE, short)):
            self.findings |= {Finding(name, codes[node], MESSAGES[name]) for node in nodes}

    def _amounts(
        self, place: tuple[int, str], account: Account, *, maker: bytes | None
    ) -> Iterator[Line]:
        node, unit = place
        ended = ((USED, account.used, "used"), (REMOVED, account.removed, "removed"),
                 (UNACCOUNTED, account.lost, "lost"))  # fmt: skip
        for state, amount, kind in ended:
            if amount:
                event = account.last[kind]  # type: ignore[index]  # one of its kinds, as written above
                yield self._line(node, state, event=event, quantity=amount, unit=unit)
        for one in account.places():
            held = IN_STOCK if one.party == maker else DELIVERED
            state = IN_TRANSIT if one.is_moving else held
            yield self._line(node, state, event=one.event, quantity=one.amount, unit=unit)

    def _holder(self, event: int, state: str) -> int:
        """Return who has something: whom it goes to while it is on its way, else who says so."""
        told = self.facts.details[event]
        signer = self.facts.signers[told.batch]
        if state == IN_TRANSIT:
            return self.holders.on_the_way(told.event, signer)
        return self.holders.number(signer)

    def _line(
        self,
        node: int,
        state: str,
        *,
        event: int | None = None,
        record: RecordReference | None = None,
        container: int | None = None,
        quantity: Decimal | None = None,
        unit: str | None = None,
    ) -> Line:
        """Return a line; the record that says it is the event's, or else the item's own."""
        codes, code = self.facts.sources.codes, self.facts.sources.codes[node]
        if event is not None:
            said = self.facts.said(event)
        elif record is not None:
            said = _UNSAID._replace(record=record.name, proof_url=self.facts.proof_url(record))
        else:
            said = _UNSAID
        return Line(
            code=code,
            kind=codes.kinds[node],
            lot=self.lot_of.get(code),
            state=state,
            holder=-1 if event is None or state in _HELD_BY_NOBODY else self._holder(event, state),
            place=said.place,
            container=None if container is None else codes[container],
            quantity=quantity,
            unit=unit,
            since=said.since,
            biz_step=said.biz_step,
            event_id=said.event_id,
            record=said.record,
            proof_url=said.proof_url,
        )
