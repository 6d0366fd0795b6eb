"""Serials looked for in lots, of which the serials ascend: by where they should stand.

Serials that were drawn at random lie evenly in their lot: the one that is asked for stands about
as far into the lot as it is large, give or take the root of the lot's size. Looking there and a
root to both sides finds it, or its gap, in three or four rounds; the middle is looked at too, so
that serials in clusters take no more rounds than halving. Other serials are sought evenly.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import isqrt

from traceability.codes.serials import SERIAL_LENGTH
from traceability.lineage.queries import Reader, Run, place

# Without an idea where to look, each query looks at so many places: a few queries are enough.
PIVOTS = 15
_DRAWN = re.compile(rf"[0-9A-HJKMNP-TV-Z]{{{SERIAL_LENGTH}}}")
# Crockford's digits as Python reads base 32; both ascend.
_DIGITS = str.maketrans("0123456789ABCDEFGHJKMNPQRSTVWXYZ", "0123456789abcdefghijklmnopqrstuv")
_END = 32**SERIAL_LENGTH
FEW = 4


def _value(serial: str) -> int | None:
    """Return how large a serial is that was drawn at random, if it looks like one."""
    return int(serial.translate(_DIGITS), 32) if _DRAWN.fullmatch(serial) else None


class Search:
    """One serial looked for in one run, whose serials ascend."""

    __slots__ = ("_above", "_below", "_value", "asked", "high", "low", "run", "serial")

    def __init__(self, run: Run, serial: str, value: int | None) -> None:
        self.run, self.serial = run, serial
        self.low, self.high = run.first_index, run.first_index + run.quantity
        self._value, self._below, self._above = value, 0, _END
        self.asked: list[int] = []

    def ask(self) -> list[int]:
        """Return the places to look at next, and note their record indexes, ascending."""
        width = self.high - self.low
        if width <= FEW:
            self.asked = list(range(self.low, self.high))
        elif self._value is None:
            parts = range(1, PIVOTS + 1)
            self.asked = sorted({self.low + width * part // (PIVOTS + 1) for part in parts})
        else:
            self.asked = self._guess(self._value, width)
        return [place(self.run.batch, index) for index in self.asked]

    def _guess(self, value: int, width: int) -> list[int]:
        share = width * (value - self._below) // max(1, self._above - self._below)
        guess, margin = self.low + share, isqrt(width)
        near = {guess - margin, guess, guess + margin}
        inside = {index for index in near if self.low <= index < self.high}
        return sorted(inside | {self.low + width // 2})

    def narrow(self, serials: dict[int, str]) -> int | None:
        """Take in what stands at the places; return where the serial is, once it is seen."""
        for index in self.asked:
            found = serials.get(place(self.run.batch, index))
            if found == self.serial:
                return index
            if found is None or found > self.serial:
                self.high, self._above = index, self._bound(found, self._above)
                return None
            self.low, self._below = index + 1, self._bound(found, self._below)
        return None

    def _bound(self, found: str | None, known: int) -> int:
        """Return how large a neighbour is; nothing is guessed among serials of another form."""
        if self._value is None or found is None:
            return known
        value = _value(found)
        if value is None:
            self._value = None
            return known
        return value


def search(reader: Reader, wanted: list[tuple[Run, list[str]]]) -> Iterator[tuple[Run, str, int]]:
    """Yield (run, serial, record index): a few queries for all, whatever the number of runs."""
    values = {serial: _value(serial) for _, serials in wanted for serial in serials}
    searches = [Search(run, one, values[one]) for run, serials in wanted for one in serials]
    while searches:
        serials = reader.items_at({at for one in searches for at in one.ask()})
        later = []
        for one in searches:
            index = one.narrow(serials)
            if index is not None:
                yield one.run, one.serial, index
            elif one.low < one.high:
                later.append(one)
        searches = later
