"""What a recall that is told as it goes must remember: a bit for each code, and what leads on."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field


class Met:
    """The codes that were told: a bit for each number of the store, and those without one."""

    def __init__(self) -> None:
        self._bits = bytearray()
        self._unnamed: set[str] = set()

    def numbers(self, nodes: Iterable[int]) -> list[int]:
        """Return those of the numbers that were told."""
        bits, end = self._bits, 8 * len(self._bits)
        return [node for node in nodes if node < end and bits[node >> 3] & 1 << (node & 7)]

    def others(self, nodes: Iterable[int]) -> list[int]:
        """Return those of the numbers that were not."""
        bits, end = self._bits, 8 * len(self._bits)
        return [node for node in nodes if node >= end or not bits[node >> 3] & 1 << (node & 7)]

    def add(self, nodes: Collection[int]) -> None:
        """Note numbers."""
        missing = (max(nodes, default=0) >> 3) + 1 - len(self._bits)
        if missing > 0:
            self._bits.extend(bytes(missing))
        bits = self._bits
        for node in nodes:
            bits[node >> 3] |= 1 << (node & 7)

    def has_code(self, code: str) -> bool:
        """Tell whether a code without a number was told."""
        return code in self._unnamed

    def add_codes(self, codes: Iterable[str]) -> None:
        """Note codes without a number."""
        self._unnamed.update(codes)


@dataclass
class Frontier:
    """What leads on from a level: numbers; lots whose serials come next; codes without a number."""

    nodes: array[int] = field(default_factory=lambda: array("q"))
    lots: list[str] = field(default_factory=list)
    unnamed: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Tell whether anything leads on."""
        return bool(self.nodes or self.lots or self.unnamed)

    def parts(self, size: int) -> Iterator[Frontier]:
        """Yield the frontier in parts."""
        longest = max(len(self.nodes), len(self.lots), len(self.unnamed))
        for at in range(0, longest, size):
            part = slice(at, at + size)
            yield Frontier(self.nodes[part], self.lots[part], self.unnamed[part])
