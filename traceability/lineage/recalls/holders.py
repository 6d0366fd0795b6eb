"""Who holds what is recalled, numbered as the lines of a report name them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from traceability.lineage.parties import DESTINATION, parties_of
from traceability.lineage.place_queries import PlaceReader
from traceability.lineage.recalls.report import Holder, Line, Party
from traceability.store.repositories import Repositories

# Who gets goods that are on their way, the first that an event names.
TAKING: Final = ("possessing_party", "owning_party")


@dataclass
class Holders:
    """The parties met so far, in the order in which lines name them.

    `places` reads the bytes of events.
    """

    repositories: Repositories
    places: PlaceReader
    parties: list[Party] = field(default_factory=list)
    _numbers: dict[bytes, int] = field(default_factory=dict)
    _codes: dict[str, int] = field(default_factory=dict)
    _taking: dict[int, str | None] = field(default_factory=dict)

    def number(self, participant: bytes) -> int:
        """Return the number of a participant of the ledger."""
        if participant not in self._numbers:
            self._numbers[participant] = len(self.parties)
            row = self.repositories.participants.get(participant)
            name, gln = ("", None) if row is None else (row.name, row.gln)
            self.parties.append(Party(name, gln, participant.hex(), None))
        return self._numbers[participant]

    def on_the_way(self, event: int, sender: bytes) -> int:
        """Return the number of whom an event hands goods to; of who sent them, if none is named."""
        if event not in self._taking:
            ((_, payload, leaves),) = self.places.written([event]) or ((event, None, None),)
            named = {(one.side, one.type): one.code for one in parties_of(payload, leaves)}
            found = (named.get((DESTINATION, type)) for type in TAKING)
            self._taking[event] = next((one for one in found if one), None)
        code = self._taking[event]
        return self.number(sender) if code is None else self._party(code)

    def _party(self, code: str) -> int:
        known = self.places.named(code)
        row = None if known.gln is None else self.repositories.participants.by_gln(known.gln)
        if row is not None:
            return self.number(row.participant)
        if code not in self._codes:
            self._codes[code] = len(self.parties)
            self.parties.append(Party(known.name or "", known.gln, None, code))
        return self._codes[code]

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
