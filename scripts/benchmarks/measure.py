"""What a benchmark yields, and how a piece of work is timed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

# A claim of speed needs more than one run; the best is the least disturbed by others.
REPEATS = 3
SHORT_WORK = 3.0  # seconds that short work is repeated for


@dataclass(frozen=True, slots=True)
class Row:
    """One figure; `floor` is what the same machine needs for the unavoidable part, or a peer."""

    name: str
    value: float
    unit: str
    budget: float | None = None
    floor: float | None = None
    at_most: bool = True

    @property
    def met(self) -> bool | None:
        """Tell whether the budget holds; None where there is none."""
        if self.budget is None:
            return None
        return self.value <= self.budget if self.at_most else self.value >= self.budget

    def to_json(self) -> dict[str, object]:
        """Return the row as `bench-results.json` has it."""
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "budget": self.budget,
            "floor": self.floor,
            "met": self.met,
        }

    def line(self) -> str:
        """Return the row as the table has it."""
        sign = "≤" if self.at_most else "≥"
        budget = "" if self.budget is None else f"{sign} {self.budget:,.6g}"
        floor = "" if self.floor is None else f"{self.floor:,.6g}"
        met = {True: "yes", False: "NO", None: ""}[self.met]
        return f"{self.name:44} {self.value:>14,.6g} {self.unit:12} {budget:>12} {floor:>12}  {met}"


class Measure(Protocol):
    """Runs a part; `quick` means a tenth of the sizes."""

    def __call__(self, *, quick: bool) -> Iterator[Row]:
        """Yield rows as they are measured."""


@dataclass(frozen=True, slots=True)
class Part:
    """A group of rows that share their preparation."""

    names: tuple[str, ...]
    measure: Measure


def seconds(work: Callable[[], object], *, repeats: int = REPEATS) -> float:
    """Return the shortest time of several runs; what takes little time is run more often."""
    times: list[float] = []
    while len(times) < repeats or (repeats > 1 and sum(times) < SHORT_WORK):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)


def percentile(times: list[float], share: float) -> float:
    """Return the time that this share of the runs did not exceed."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
