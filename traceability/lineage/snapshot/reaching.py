"""The walk downstream over a snapshot, one step for all codes at a time.

It goes the steps of `downstream.py`. What follows from a code is read from the arrays, or, where
the snapshot does not hold it or something came since, asked of the store by that walk itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat

import numpy as np

from traceability.lineage.answers import ITEM
from traceability.lineage.codes import Codes, named
from traceability.lineage.downstream import Downstream
from traceability.lineage.results import Item, Limits
from traceability.lineage.snapshot.arrays import KINDS, LOT, Flags, Numbers, Snapshot
from traceability.lineage.walking import Sources

# Above so many in a thousand of all codes a flag for each finds doubles sooner than sorting.
_MANY = 1 / 1000


class TooManyReached(Exception):
    """More is reached than the question's limits allow: the store says where to stop."""


@dataclass(frozen=True, slots=True)
class Level:
    """What is reached in so many steps: numbers of the snapshot, and others by their codes."""

    depth: int
    numbers: Numbers
    others: tuple[tuple[str, str], ...]

    def __len__(self) -> int:
        """Return how many codes there are."""
        return int(self.numbers.size) + len(self.others)


@dataclass(frozen=True, slots=True)
class Recalled:
    """The codes that a recall reaches, the nearest first."""

    snapshot: Snapshot
    levels: tuple[Level, ...]

    def __len__(self) -> int:
        """Return how many codes there are."""
        return sum(map(len, self.levels))

    def codes(self) -> list[str]:
        """Return the codes, each once."""
        found: list[str] = []
        for level in self.levels:
            found += self.snapshot.texts.of(level.numbers)
            found += [code for code, _ in level.others]
        return found

    def kinds(self) -> dict[str, int]:
        """Return how many codes there are of each kind."""
        counts = dict.fromkeys(KINDS, 0)
        for level in self.levels:
            sizes = np.bincount(self.snapshot.texts.kinds[level.numbers], minlength=len(KINDS))
            for kind, size in zip(KINDS, sizes.tolist(), strict=True):
                counts[kind] += size
            for _, kind in level.others:
                counts[kind] += 1
        return {kind: size for kind, size in counts.items() if size}

    def items(self) -> Iterator[Item]:
        """Yield the codes as a recall's rows tell them."""
        texts = self.snapshot.texts
        for level in self.levels:
            kinds = map(KINDS.__getitem__, texts.kinds[level.numbers].tolist())
            yield from map(ITEM, zip(texts.of(level.numbers), kinds, repeat(level.depth)))
            for code, kind in level.others:
                yield ITEM((code, kind, level.depth))


def reach(
    snapshot: Snapshot, touched: Flags, sources: Sources, *, start: int, most: int
) -> Recalled:
    """Return everything that a fault of a code reaches.

    Parameters
    ----------
    touched
        Codes of the snapshot from which something else may follow now.
    sources
        The store, in a view that has all of the snapshot.
    most
        The most codes that may be told.

    Raises
    ------
    TooManyReached
    """
    return _Reaching(snapshot, touched, sources, most).recalled(start)


class _Found:
    """Codes of which each is noted once: a flag for each of the snapshot, and others."""

    def __init__(self, size: int) -> None:
        self.flags: Flags = np.zeros(size, dtype=np.bool_)
        self.others: set[int] = set()

    def new(self, numbers: Numbers, others: set[int]) -> tuple[Numbers, set[int]]:
        """Note codes; return those that were not noted, each once, ascending."""
        numbers = numbers[~self.flags[numbers]]
        if numbers.size > _MANY * self.flags.size:
            fresh = np.zeros_like(self.flags)
            fresh[numbers] = True
            numbers = np.flatnonzero(fresh)
        else:
            numbers = np.unique(numbers)
        self.flags[numbers] = True
        others = others - self.others
        self.others |= others
        return numbers, others


_Part = tuple[Numbers, set[int]]


class _Reaching:
    """One walk."""

    def __init__(self, snapshot: Snapshot, touched: Flags, sources: Sources, most: int) -> None:
        self._snapshot = snapshot
        self._ask = snapshot.unheld | touched
        self._sources = sources
        self._walk = Downstream(sources, Limits(max_items=most))
        self._full, self._partial, self._met = (_Found(snapshot.size) for _ in range(3))
        self._done = np.zeros(snapshot.transformations, dtype=np.bool_)
        self._left = most
        self._levels: list[Level] = []

    def recalled(self, start: int) -> Recalled:
        """Walk until nothing new is reached."""
        full, partial = self._take(self._split({start}), self._split(set()), depth=0)
        inside = self._split(self._walk.contents_of(start))
        more, _ = self._take(inside, partial, depth=1)
        full = np.concatenate([full[0], more[0]]), full[1] | more[1]
        depth = 0
        while any(len(some) for some in (*full, *partial)):
            depth += 1
            full, partial = self._take(*self._step(full, partial), depth=depth)
        return Recalled(self._snapshot, tuple(level for level in self._levels if len(level)))

    def _split(self, nodes: set[int]) -> _Part:
        """Return those that the snapshot knows, and the others."""
        size, known = self._snapshot.size, self._snapshot.texts.known
        inside = np.fromiter((one for one in nodes if 0 < one < size), dtype=np.int64)
        inside = inside[known[inside]]
        return inside, nodes - set(inside.tolist())

    def _take(self, full: _Part, partial: _Part, *, depth: int) -> tuple[_Part, _Part]:
        """Note what is new, as `Walk._take` does, and return it."""
        full = self._full.new(*full)
        numbers, others = partial
        partial = self._partial.new(numbers[~self._full.flags[numbers]], others - self._full.others)
        numbers, others = self._met.new(np.concatenate([full[0], partial[0]]), full[1] | partial[1])
        self._left -= int(numbers.size) + len(others)
        if self._left < 0:
            raise TooManyReached
        self._levels.append(Level(depth, numbers, self._named(others)))
        return full, partial

    def _named(self, others: set[int]) -> tuple[tuple[str, str], ...]:
        codes: Codes = self._sources.codes
        codes.load(named(others))
        return tuple(sorted((codes[one], codes.kinds[one]) for one in others))

    def _step(self, full: _Part, partial: _Part) -> tuple[_Part, _Part]:
        """Return what is one step on: codes in full, and lots in part."""
        held_full, asked_full = self._held(full)
        held_partial, asked_partial = self._held(partial)
        near = np.concatenate([held_full, held_partial])
        made, members, lots = self._from_arrays(near, held_full)
        found, in_part = self._from_store(asked_full, asked_partial)
        out, other = self._split(found)
        some_lots, other_lots = self._split(in_part)
        return (
            (np.concatenate([made, members, out]), other),
            (np.concatenate([lots, some_lots]), other_lots),
        )

    def _held(self, part: _Part) -> tuple[Numbers, set[int]]:
        """Return of what the arrays tell what follows, and for what the store is asked."""
        numbers, others = part
        ask = self._ask[numbers]
        return numbers[~ask], others.union(numbers[ask].tolist())

    def _from_arrays(self, near: Numbers, full: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        snapshot = self._snapshot
        using = np.unique(snapshot.uses.beside(near))
        using = using[~self._done[using]]
        self._done[using] = True
        lots = full[snapshot.texts.kinds[full] == LOT]
        made, members = snapshot.outputs.beside(using), snapshot.members.beside(lots)
        return made, members, snapshot.lots_used.beside(near)

    def _from_store(self, full: set[int], partial: set[int]) -> tuple[set[int], set[int]]:
        if not (full or partial):
            return set(), set()
        self._sources.codes.load(named(full | partial))
        return self._walk.step(full, partial)
