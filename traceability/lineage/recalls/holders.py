"""Who holds what is recalled, numbered as the lines of a report name them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from traceability.lineage.recalls.report import Holder, Line, Party
from traceability.store.repositories import Repositories


@dataclass
class Holders:
    """The parties met so far, in the order in which lines name them."""

    repositories: Repositories
    parties: list[Party] = field(default_factory=list)
    _numbers: dict[bytes, int] = field(default_factory=dict)

    def number(self, participant: bytes) -> int:
        """Return the number of a participant of the ledger."""
        if participant not in self._numbers:
            self._numbers[participant] = len(self.parties)
            row = self.repositories.participants.get(participant)
            name, gln = ("", None) if row is None else (row.name, row.gln)
            self.parties.append(Party(name, gln, participant.hex(), None))
        return self._numbers[participant]

    def counted(self, lines: Sequence[Line]) -> tuple[Holder, ...]:
        """Return the parties with the places and states of their lines."""
        places: list[set[str]] = [set() for _ in self.parties]
        states: list[Counter[str]] = [Counter() for _ in self.parties]
        for line in lines:
            if line.holder >= 0:
                states[line.holder][line.state] += 1
                places[line.holder] |= {line.place} if line.place else set()
        found = zip(self.parties, places, states, strict=True)
        return tuple(
            Holder(party, tuple(sorted(at)), dict(sorted(count.items())))
            for party, at, count in found
        )
