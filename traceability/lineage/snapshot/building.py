"""Building a snapshot: one pass over what the store holds, by the rules of the walk downstream.

What is not a plain row of input or output is worked out by the walk itself (`downstream.py`):
what lay in containers that were used, and which events count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple, TypeVar

import numpy as np

from traceability.lineage.downstream import Downstream
from traceability.lineage.kinds import kind_before
from traceability.lineage.membership import Lots, lot_code
from traceability.lineage.queries import CHUNK
from traceability.lineage.results import Limits
from traceability.lineage.snapshot.arrays import (
    KINDS,
    LOT,
    Adjacency,
    Flags,
    Numbers,
    Snapshot,
    Texts,
)
from traceability.lineage.snapshot.reading import SnapshotReader
from traceability.lineage.walking import Sources
from traceability.store.repositories import Repositories
from traceability.store.repositories.erasing import ERASURES
from traceability.store.repositories.events import ROLES

T = TypeVar("T")

# Containers, or things in them, that are worked out together.
PORTION = 10_000
_KIND_NUMBERS = {kind: number for number, kind in enumerate(KINDS)}
Step = Callable[[], None]


def erasures(repositories: Repositories) -> bytes:
    """Return what changes with each erasure."""
    return repositories.meta.get(ERASURES) or b""


def build(repositories: Repositories, *, between: Step = lambda: None) -> Snapshot:
    """Return the lineage of everything that the view of the store has.

    `between` is called now and then, and may raise to give up.
    """
    return _Building(repositories, between).snapshot()


class _Made(NamedTuple):
    """The transformation events that count, ascending, and which transformation each is of."""

    events: Numbers
    groups: Numbers
    total: int

    def of(self, events: Numbers, beside: Numbers) -> tuple[Numbers, Numbers]:
        """Return (what stands beside, transformation) of those events that count."""
        if not self.events.size:
            return beside[:0], beside[:0]
        at = np.minimum(np.searchsorted(self.events, events), self.events.size - 1)
        counts = self.events[at] == events
        return beside[counts], self.groups[at[counts]]


class _Building:
    """A snapshot in the making."""

    def __init__(self, repositories: Repositories, between: Step) -> None:
        self._reader = SnapshotReader(repositories.connection)
        self._erasures = erasures(repositories)
        self._between = between
        self._size = self._reader.last_code() + 1
        self._lots: dict[str, int] = {}

    def snapshot(self) -> Snapshot:
        """Read everything."""
        texts = self._texts()
        made = self._made()
        codes, events = self._reader.every_named(ROLES["output"])
        produced, producers = made.of(events, codes)
        outputs = Adjacency(producers, produced, size=made.total)
        uses = self._uses(made, outputs)
        members, lots_used, unheld = self._memberships(uses)
        unheld |= ~texts.known
        return Snapshot(
            self._size, texts, made.total, uses, outputs, members, lots_used, unheld, self._erasures
        )

    def _texts(self) -> Texts:
        texts = Texts(self._size)
        for rows in self._reader.every_code():
            numbers, codes = zip(*rows, strict=True)
            kinds = [_KIND_NUMBERS[kind_before(one.rpartition("/")[0])] for one in codes]
            texts.add(numbers, codes, kinds)
            lots = (at for at, kind in enumerate(kinds) if kind == LOT)
            self._lots |= {codes[at]: numbers[at] for at in lots}
            self._between()
        return texts

    def _made(self) -> _Made:
        """Return the transformations that count, events with one id together."""
        counting: list[int] = []
        groups: list[int] = []
        together: dict[str, int] = {}
        count = 0
        for some in _portions(self._reader.transformations().tolist(), CHUNK):
            facts = self._reader.events(some)
            for event in some:
                if facts[event].erroneous:
                    continue
                name = facts[event].transformation_id
                group = count if name is None else together.setdefault(name, count)
                count += group == count
                counting.append(event)
                groups.append(group)
            self._between()
        return _Made(np.asarray(counting, np.int64), np.asarray(groups, np.int64), count)

    def _uses(self, made: _Made, outputs: Adjacency) -> Adjacency:
        """Return the uses of codes that made something; a use without an output does not count."""
        codes, events = self._reader.every_named(ROLES["input"])
        within = self._uses_within(codes)
        codes = np.concatenate([codes, within[0]])
        events = np.concatenate([events, within[1]])
        used, users = made.of(events, codes)
        fruitful = outputs.has[users]
        return Adjacency(used[fruitful], users[fruitful], size=self._size)

    def _uses_within(self, inputs: Numbers) -> tuple[Numbers, Numbers]:
        """Return (code, event) of what lay in containers that were inputs."""
        parents, _ = self._reader.every_named(ROLES["parent"])
        found: set[tuple[int, int]] = set()
        for some in _portions(np.intersect1d(parents, inputs).tolist(), PORTION):
            sources = Sources(self._reader)
            sources.holding.descend(some)
            inside = {child for held in sources.holding.downwards.values() for child, _ in held}
            for things in _portions(sorted(inside), PORTION):
                found |= Downstream(Sources(self._reader), Limits()).uses(set(things))
                self._between()
        pairs = np.asarray(sorted(found), dtype=np.int64).reshape(-1, 2)
        return pairs[:, 0], pairs[:, 1]

    def _memberships(self, uses: Adjacency) -> tuple[Adjacency, Adjacency, Flags]:
        """Return the serials of lots, the lots of serials that were used, and what is missing."""
        minted = self._minted()
        members: list[tuple[int, int]] = []
        in_used: list[tuple[int, int]] = []
        unheld = np.zeros(self._size, dtype=np.bool_)
        for lot, number in minted.items():
            serials, is_whole = self._members(lot, whole=bool(uses.has[number]))
            unheld[number] = not is_whole
            if is_whole:
                members += [(number, serial) for serial in serials]
            if uses.has[number]:
                in_used += [(serial, number) for serial in serials]
            self._between()
        return self._adjacency(members), self._adjacency(in_used), unheld

    def _minted(self) -> dict[str, int]:
        """Return the lots in which items were minted, of those that events name."""
        # The GTIN is the last part but two.
        gtins = sorted({lot.split("/")[-3] for lot in self._lots})
        found: dict[str, int] = {}
        for some in _portions(gtins, CHUNK):
            lots = map(lot_code, Lots(self._reader).runs_of(some))
            found |= {lot: self._lots[lot] for lot in lots if lot in self._lots}
        return found

    def _members(self, lot: str, *, whole: bool) -> tuple[list[int], bool]:
        """Return the serials of a lot that have numbers, and whether all have.

        Unless the lot is wanted `whole`, nothing is read after the first that has none.
        """
        found: list[int] = []
        is_whole = True
        for members in Lots(self._reader).members_in_parts(lot, size=PORTION):
            serials = {one.serial for one in members}
            numbers = self._reader.numbers(serials)
            found += numbers.values()
            is_whole &= len(numbers) == len(serials)
            if not (is_whole or whole):
                break
        return found, is_whole

    def _adjacency(self, pairs: list[tuple[int, int]]) -> Adjacency:
        rows = np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
        return Adjacency(rows[:, 0], rows[:, 1], size=self._size)


def _portions(many: Iterable[T], size: int) -> Iterator[Sequence[T]]:
    rest = iter(many)
    while some := list(islice(rest, size)):
        yield some
