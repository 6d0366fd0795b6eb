"""What a snapshot holds: arrays of the numbers of codes and transformations, and the codes' texts.

Nothing here reads the store. A code is its number in the store; a transformation, which may be
several events with one id, has a number of its own, from 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]

KINDS: Final = ("other", "lot", "class", "item", "container", "asset")
LOT: Final = KINDS.index("lot")
# Texts are held in pieces of so many numbers: one odd character widens its own piece only.
_PIECE_BITS: Final = 16
# No URI has such a character, and PostgreSQL no text.
_BETWEEN: Final = "\0"


class Adjacency:
    """For each of some keys the values beside it: shape (pairs,), keys ascending.

    `has` tells of every number below `size` whether it is a key.
    """

    def __init__(self, keys: Numbers, values: Numbers, *, size: int) -> None:
        order = np.lexsort((values, keys))
        keys, values = keys[order], values[order]
        if keys.size:
            fresh = np.ones(keys.size, dtype=np.bool_)
            fresh[1:] = (keys[1:] != keys[:-1]) | (values[1:] != values[:-1])
            keys, values = keys[fresh], values[fresh]
        self._keys, firsts = np.unique(keys, return_index=True)
        self._firsts = np.append(firsts, keys.size).astype(np.int64)
        self._values = values
        self.has: Flags = np.zeros(size, dtype=np.bool_)
        self.has[self._keys] = True

    def beside(self, asked: Numbers) -> Numbers:
        """Return the values of all keys asked for, those of one key together."""
        at = np.searchsorted(self._keys, asked[self.has[asked]])
        firsts = self._firsts[at]
        counts = self._firsts[at + 1] - firsts
        shifts = np.repeat(firsts - (np.cumsum(counts) - counts), counts)
        return self._values[shifts + np.arange(shifts.size)]

    def pairs(self) -> int:
        """Return how many pairs there are."""
        return int(self._values.size)

    def nbytes(self) -> int:
        """Return the memory that the arrays take."""
        arrays = (self._keys, self._firsts, self._values, self.has)
        return sum(int(one.nbytes) for one in arrays)


class Texts:
    """The codes behind numbers, and their kinds; `known` tells which numbers have one."""

    def __init__(self, size: int) -> None:
        self.known: Flags = np.zeros(size, dtype=np.bool_)
        self.kinds: NDArray[np.uint8] = np.zeros(size, dtype=np.uint8)
        self._firsts: NDArray[np.uint32] = np.zeros(size, dtype=np.uint32)
        self._lengths: NDArray[np.uint32] = np.zeros(size, dtype=np.uint32)
        self._pieces: list[str] = [""] * ((size >> _PIECE_BITS) + 1)

    def add(self, numbers: Sequence[int], codes: Sequence[str], kinds: Sequence[int]) -> None:
        """Take in codes, their numbers ascending."""
        at = np.asarray(numbers, dtype=np.int64)
        self.known[at] = True
        self.kinds[at] = kinds
        pieces = at >> _PIECE_BITS
        bounds = [0, *(np.flatnonzero(np.diff(pieces)) + 1).tolist(), at.size]
        for first, last in pairwise(bounds if at.size else ()):
            self._add_piece(int(pieces[first]), at[first:last], codes[first:last])

    def _add_piece(self, piece: int, at: Numbers, codes: Sequence[str]) -> None:
        lengths = np.fromiter(map(len, codes), dtype=np.uint32, count=len(codes))
        before = len(self._pieces[piece])
        self._lengths[at] = lengths
        self._firsts[at] = before + np.cumsum(lengths + 1) - (lengths + 1)
        self._pieces[piece] += _BETWEEN.join(codes) + _BETWEEN

    def of(self, numbers: Numbers) -> list[str]:
        """Return the codes of numbers, which ascend and are known."""
        if not numbers.size:
            return []
        # Codes that were first named together mostly stand together: they are cut out at once.
        pieces = numbers >> _PIECE_BITS
        breaks = np.flatnonzero((np.diff(numbers) != 1) | (np.diff(pieces) != 0))
        firsts = numbers[np.append(0, breaks + 1)]
        lasts = numbers[np.append(breaks, numbers.size - 1)]
        starts = self._firsts[firsts].astype(np.int64)
        ends = self._firsts[lasts].astype(np.int64) + self._lengths[lasts]
        found: list[str] = []
        runs = zip((firsts >> _PIECE_BITS).tolist(), starts.tolist(), ends.tolist(), strict=True)
        for piece, start, end in runs:
            found += self._pieces[piece][start:end].split(_BETWEEN)
        return found

    def nbytes(self) -> int:
        """Return the memory that codes and arrays take, a byte for each plain character."""
        arrays = (self.known, self.kinds, self._firsts, self._lengths)
        return sum(int(one.nbytes) for one in arrays) + sum(map(len, self._pieces))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The lineage downstream as it was at a moment.

    Parameters
    ----------
    size
        Above every number of a code here.
    uses
        From a code to the transformations that used it, itself or in a container, and that made
        something.
    outputs
        From a transformation to what it made.
    members
        From a lot to its serials, where all of them have numbers.
    lots_used
        From a serial to those of its lots that a transformation used.
    unheld
        Codes of which not everything is here, so that the store has to be asked.
    erasures
        What the store says of its erasures; after another one nothing here may be told.
    """

    size: int
    texts: Texts
    transformations: int
    uses: Adjacency
    outputs: Adjacency
    members: Adjacency
    lots_used: Adjacency
    unheld: Flags
    erasures: bytes

    def nbytes(self) -> int:
        """Return the memory that all of it takes."""
        parts = (self.texts, self.uses, self.outputs, self.members, self.lots_used)
        return sum(part.nbytes() for part in parts) + int(self.unheld.nbytes)
