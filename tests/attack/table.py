"""What an attack yields, and the table that `make attack` prints."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Setting:
    """How thoroughly to attack: `scale` 1 is the smallest that shows anything, 100 is all."""

    name: str
    scale: int


SMALL = Setting("small", 1)
FULL = Setting("full", 100)


class Outcome(NamedTuple):
    """How many trials were made and survived, and what shows it; of lost ones, what was lost."""

    trials: int
    survived: int
    evidence: str

    @property
    def is_survived(self) -> bool:
        """Tell whether there were trials and every one was survived."""
        return 0 < self.trials == self.survived


@dataclass(frozen=True, slots=True)
class Attack:
    """One row of the table; `run` uses only the folder that it is given."""

    name: str
    run: Callable[[Setting, Path], Outcome]


def heading() -> str:
    """Return the first line of the table."""
    return f"{'attack':58} {'trials':>7} {'survived':>9}  evidence"


def line(attack: Attack, outcome: Outcome) -> str:
    """Return an attack's line of the table."""
    return f"{attack.name:58} {outcome.trials:>7} {outcome.survived:>9}  {outcome.evidence}"


def to_json(rows: list[tuple[Attack, Outcome]]) -> str:
    """Return the table as `attack-results.json` has it."""
    found = [{"attack": attack.name, **outcome._asdict()} for attack, outcome in rows]
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"
