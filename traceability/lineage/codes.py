"""Codes as numbers: the store's own, and negative ones for serials that no event has named."""

from __future__ import annotations

from collections.abc import Collection, Container, Hashable, Iterable, Set
from typing import TypeVar

from traceability.lineage.queries import Reader
from traceability.lineage.rules import kind_before

Key = TypeVar("Key", bound=Hashable)


def unknown(keys: Iterable[Key], known: Container[Key]) -> set[Key]:
    """Return the keys that are not known, in time that does not grow with what is known.

    Subtracting a dictionary's `keys()` from a set would walk through the whole dictionary.
    """
    return {key for key in keys if key not in known}


def named(numbers: Set[int]) -> Set[int]:
    """Return the numbers that the store has given: mostly that is all of them."""
    if not numbers or min(numbers) > 0:
        return numbers
    return {number for number in numbers if number > 0}


class Codes:
    """Numbers for the codes of one question, and back.

    `by_number` and `kinds` have the code and its kind, as `rules.kind_of` tells it, of every
    number that is loaded; `starts` has what the codes begin with, up to their last part, and
    `kinds_met` the kinds that are among them.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.by_number: dict[int, str] = {}
        self._number_of: dict[str, int] = {}
        self._unnamed = 0
        self.kinds: dict[int, str] = {}
        self.starts: set[str] = set()
        self.kinds_met: set[str] = set()

    def _keep(self, codes: dict[int, str]) -> None:
        self.by_number |= codes
        starts = [code.rpartition("/")[0] for code in codes.values()]
        self.starts.update(starts)
        kinds = set(map(kind_before, set(starts)))
        self.kinds_met |= kinds
        if len(kinds) == 1:
            self.kinds |= dict.fromkeys(codes, *kinds)
        else:
            self.kinds.update(zip(codes, map(kind_before, starts), strict=True))

    def of_kind(self, kind: str, numbers: Iterable[int]) -> list[int]:
        """Return those of the numbers, which are loaded, that have a kind."""
        if kind not in self.kinds_met:
            return []
        return [number for number in numbers if self.kinds[number] == kind]

    def load(self, numbers: Set[int]) -> None:
        """Read the codes of numbers that the store has given."""
        if not self.by_number.keys() >= numbers:
            self._keep(self._reader.codes(unknown(numbers, self.by_number)))

    def known(self, codes: Collection[str]) -> dict[str, int]:
        """Return the numbers of those codes that an event has named."""
        missing = unknown(codes, self._number_of)
        if missing:
            found = self._reader.numbers(missing)
            self._number_of |= found
            self._keep({number: code for code, number in found.items()})
        return {
            code: number
            for code in codes
            if (number := self._number_of.get(code)) is not None and number > 0
        }

    def intern(self, codes: Collection[str]) -> list[int]:
        """Return a number for every code."""
        self.known(codes)
        return [self._number_of.get(code) or self._add(code) for code in codes]

    def _add(self, code: str) -> int:
        self._unnamed -= 1
        self._keep({self._unnamed: code})
        self._number_of[code] = self._unnamed
        return self._unnamed

    def __getitem__(self, number: int) -> str:
        """Return the code of a number that is loaded."""
        return self.by_number[number]
