"""The question `across`: what else has a cause of a fault. It reads what the answer is made of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from traceability.lineage.across.causes import PLACE, RAW_LOT, Asked, Range, Window
from traceability.lineage.across.results import Across, Tied
from traceability.lineage.across.rules import (
    TOUCHED,
    Question,
    Sharing,
    divide,
    is_making,
    shown,
)
from traceability.lineage.codes import named
from traceability.lineage.downstream import Downstream
from traceability.lineage.limited_reading import reader_for
from traceability.lineage.results import Finding, Limits, ProofURL, proof_path
from traceability.lineage.tracing import collection_paused, find_node
from traceability.lineage.upstream import Upstream
from traceability.lineage.walking import Sources
from traceability.store.repositories import Repositories
from traceability.store.repositories.events import ROLES

CAUSE_NOT_STATED = "CAUSE_NOT_STATED"


def across(
    repositories: Repositories,
    code: str,
    asked: Asked,
    *,
    limits: Limits | None = None,
    proof_url: ProofURL = proof_path,
) -> Across:
    """Return everything that shares a cause with a code or with what it was made from.

    Parameters
    ----------
    asked
        As `causes.read_asked` reads it.
    limits
        `max_depth` says from how many steps upstream causes are taken; `max_items` how many
        ties an answer has.

    Raises
    ------
    CodeNotTraced
        Nothing is known of the code.
    CodeSyntaxError, CodeLengthError, CodeCharacterError, CodeCheckDigitError
    """
    limits = limits or Limits()
    sources = Sources(reader_for(repositories, limits.choice), limits.choice)
    start = find_node(sources, code, repositories=repositories)
    walk = Upstream(sources, limits)
    with collection_paused():
        walk.run(start)
        search = _Search(sources, set(walk.depths), asked.window)
        questions = search.questions(asked, raw=_raw_lots(walk))
        own_code = sources.codes[start]
        divided = [
            divide(one, own_code, codes=search.codes, times=search.times, window=asked.window)
            for _, one in questions
        ]
    missing = {name for (name, _), (own, _) in zip(questions, divided, strict=True) if not own}
    message = "neither the code nor anything that it was made from states this"
    shared = _tied(sources, set().union(*(others for _, others in divided)), search, proof_url)
    return Across(
        code=own_code,
        causes=_tied(sources, set().union(*(own for own, _ in divided)), search, proof_url),
        shared=shared[: limits.max_items],
        findings=tuple(Finding(CAUSE_NOT_STATED, name, message) for name in sorted(missing)),
        truncated=walk.truncated or len(shared) > limits.max_items,
    )


def _raw_lots(walk: Upstream) -> set[int]:
    """Return the nodes that nothing was made into."""
    return walk.depths.keys() - {near for near, _ in walk.edges}


class _Search:
    """Reads what events tie to causes; `codes` has the fault's own, `times` each event's."""

    def __init__(self, sources: Sources, nodes: set[int], window: Window) -> None:
        self._sources = sources
        self._reader = sources.reader
        self._window = window
        self._nodes = nodes
        self.codes = {sources.codes[node] for node in nodes}
        self.times: dict[int, int] = {}

    def questions(self, asked: Asked, *, raw: set[int]) -> list[tuple[str, Question]]:
        """Return what could be shared of each thing that is asked for, by its name."""
        own = self._events_of(self._nodes) if set(asked.keys) - {RAW_LOT} else set()
        found = []
        for key in asked.keys:
            if key == RAW_LOT:
                candidates = list(self._of_raw_lots(raw))
            else:
                tied = self._at_places(own) if key == PLACE else self._with_values(key, own)
                candidates = [(one.value, one) for one in self._touched(key, tied)]
            found.append((key, Question(candidates, needs_own=True)))
        for wanted in asked.ranges:
            tied = self._in_range(wanted)
            candidates = [(wanted.name, one) for one in self._touched(wanted.name, tied)]
            found.append((wanted.name, Question(candidates, needs_own=False)))
        return found

    def _events_of(self, nodes: set[int]) -> set[int]:
        """Return the events in lineage that touch nodes."""
        known = named(nodes)
        rows = (row for role in TOUCHED for row in self._reader.by_role(known, ROLES[role]))
        return self._counting({event for _, event in rows})

    def _counting(self, events: Iterable[int]) -> set[int]:
        wanted, known = set(events), self._sources.events
        known.load(wanted)
        return {event for event in wanted if not known[event].erroneous}

    def _with_values(self, key: str, own: Collection[int]) -> list[tuple[int, str]]:
        values = {value for _, value, _ in self._reader.attributes(own, key)}
        rows = self._reader.with_value(key, values)
        return [(event, value) for value, event in rows]

    def _at_places(self, own: Collection[int]) -> list[tuple[int, str]]:
        making = [one for one in self._reader.details(own) if is_making(one.type, one.action)]
        places = {one.read_point for one in making if one.read_point is not None}
        spans = [self._window.about(one.event_time) for one in making]
        if not spans:
            return []
        first, last = min(start for start, _ in spans), max(end for _, end in spans)
        # The fault's own, too, where they lie outside: it is told what it has.
        rows = [(one.event, one.read_point) for one in making if one.read_point is not None]
        made = self._reader.made_at(places, first=first, last=last)
        return [*rows, *((event, place) for place, event in made)]

    def _in_range(self, wanted: Range) -> list[tuple[int, str]]:
        found: dict[tuple[int, str], None] = {}
        for first, last in wanted.indexed():
            for event, value, uom in self._reader.with_number(
                wanted.attribute, first=first, last=last
            ):
                if wanted.has(value, uom):
                    found[event, shown(value, uom)] = None
        return list(found)

    def _touched(self, key: str, tied: Collection[tuple[int, str]]) -> Iterator[Sharing]:
        """Yield what events touch, with the value that each says."""
        counting = self._counting({event for event, _ in tied})
        named_in: dict[int, list[int]] = {}
        for role in TOUCHED:
            for event, node in self._reader.named_in(counting, ROLES[role]):
                named_in.setdefault(event, []).append(node)
        self._note(counting, (node for nodes in named_in.values() for node in nodes))
        for event, value in tied:
            for node in named_in.get(event, ()):
                yield Sharing(self._sources.codes[node], key, value, event)

    def _of_raw_lots(self, raw: set[int]) -> Iterator[tuple[str, Sharing]]:
        walk = Downstream(self._sources, Limits())
        walk.step(raw, set())
        far = (node for nodes in walk.edges.values() for node in nodes)
        self._note({event for _, event in walk.edges}, far)
        codes = self._sources.codes
        for (lot, event), made in walk.edges.items():
            for node in made:
                yield codes[lot], Sharing(codes[node], RAW_LOT, codes[lot], event)

    def _note(self, events: Iterable[int], nodes: Iterable[int]) -> None:
        self._sources.codes.load(set(nodes))
        for event in events:
            self.times[event] = self._sources.events[event].time


def _tied(
    sources: Sources, ties: Collection[Sharing], search: _Search, proof_url: ProofURL
) -> tuple[Tied, ...]:
    """Return ties in an order that every database gives alike, each with its proof."""
    references = sources.reader.references({one.event for one in ties})
    found = []
    for one in ties:
        event_id, record = references[one.event]
        name, time = record.known_as(event_id), search.times[one.event]
        found.append(Tied(one.key, one.value, one.code, name, proof_url(record), time))
    return tuple(sorted(found))
