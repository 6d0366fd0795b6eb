"""Codes as numbers: the store's own, and negative ones for serials that no event has named."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from traceability.lineage.queries import Reader


class Codes:
    """Numbers for the codes of one question, and back."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._code_of: dict[int, str] = {}
        self._number_of: dict[str, int] = {}
        self._unnamed = 0

    def load(self, numbers: Iterable[int]) -> None:
        """Read the codes of numbers that the store has given."""
        missing = set(numbers) - self._code_of.keys()
        if missing:
            found = self._reader.codes(missing)
            self._code_of |= found
            self._number_of |= {code: number for number, code in found.items()}

    def known(self, codes: Collection[str]) -> dict[str, int]:
        """Return the numbers of those codes that an event has named."""
        missing = set(codes) - self._number_of.keys()
        if missing:
            found = self._reader.numbers(missing)
            self._number_of |= found
            self._code_of |= {number: code for code, number in found.items()}
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
        self._code_of[self._unnamed] = code
        self._number_of[code] = self._unnamed
        return self._unnamed

    def __getitem__(self, number: int) -> str:
        """Return the code of a number that is loaded."""
        return self._code_of[number]
