"""What a participant may see of lineage: its own records, and those that it is a partner of.

An event counts for a partner where its owner's disclosure policy shows partners the things that
it names; other members that the policy hides are left out of what is told of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from traceability.hashing.commitment import RecordKind
from traceability.ledger.disclosure_policy import DEFAULT_POLICY, Policy, Shown
from traceability.ledger.partners import Asker, parties_of
from traceability.ledger.policies import policy_in_force
from traceability.lineage.choice import Sight
from traceability.lineage.codes import unknown
from traceability.lineage.limited_reading import ALL_ELSE, BIZ_LOCATION, EVENT_ID, LISTS, READ_POINT
from traceability.lineage.place_queries import PlaceReader
from traceability.store.repositories import Repositories
from traceability.strict_json import parse_json

# What an event of a type names its things by: without these there is no lineage to tell.
_THINGS = {
    "ObjectEvent": ("epcList", "quantityList"),
    "AggregationEvent": ("parentID", "childEPCs", "childQuantityList"),
    "AssociationEvent": ("parentID", "childEPCs", "childQuantityList"),
    "TransactionEvent": ("parentID", "epcList", "quantityList"),
    "TransformationEvent": (
        "inputEPCList",
        "inputQuantityList",
        "outputEPCList",
        "outputQuantityList",
        "transformationID",
    ),
}
_HIDEABLE = (EVENT_ID, READ_POINT, BIZ_LOCATION, *sorted(LISTS))
# Without one of these in its bytes, an event names no partner, and need not be read.
_MARKS = (b"sourceList", b"destinationList", b"bizTransactionList")
# So many events' bytes are in memory together.
_WRITTEN_TOGETHER = 500


def sight_of(repositories: Repositories, asker: Asker) -> Sight | None:
    """Return what an asker may see; none for whoever may see everything."""
    return None if asker.sees_all else PartnerSight(repositories, asker.participant)


class PartnerSight:
    """What one participant may see; what was decided once is kept."""

    def __init__(self, repositories: Repositories, participant: bytes | None) -> None:
        self._repositories = repositories
        self._reader = PlaceReader(repositories.connection)
        self._participant = participant
        row = None if participant is None else repositories.participants.get(participant)
        self._gln = None if row is None else row.gln
        self._policies: dict[bytes, Policy] = {}
        self._seen: dict[int, bool] = {}
        self._hidden: dict[int, frozenset[str]] = {}
        self._batches: dict[int, bool] = {}

    def events(self, events: Collection[int]) -> set[int]:
        """Return those of the events that the participant may see."""
        missing = unknown(events, self._seen)
        if missing:
            doubtful = self._judge(missing)
            for event in self._naming(doubtful):
                self._seen[event] = True
        return {event for event in events if self._seen[event]}

    def _judge(self, events: set[int]) -> list[int]:
        """Decide what owner and policy decide; return the events that must be read."""
        doubtful: list[int] = []
        for event, told in self._reader.told(events).items():
            is_own = told.participant == self._participant
            policy = self._policy(told.participant)
            shown = policy.rule(RecordKind.EVENT, {"type": told.type}).partner
            self._seen[event] = is_own or (
                self._gln in policy.partners and _tells(shown, told.type)
            )
            hidden = [] if is_own else [name for name in _HIDEABLE if not shown.has(name)]
            is_open = is_own or shown.everything
            self._hidden[event] = frozenset(hidden if is_open else [*hidden, ALL_ELSE])
            if not self._seen[event] and self._gln is not None and _tells(shown, told.type):
                doubtful.append(event)
        return sorted(doubtful)

    def _naming(self, events: list[int]) -> set[int]:
        """Return the events that name the participant as a party."""
        found: set[int] = set()
        for start in range(0, len(events), _WRITTEN_TOGETHER):
            chunk = events[start : start + _WRITTEN_TOGETHER]
            for event, payload, _ in self._reader.written(chunk):
                is_marked = payload is not None and any(mark in payload for mark in _MARKS)
                if payload and is_marked and self._gln in parties_of(parse_json(payload)):
                    found.add(event)
        return found

    def hidden(self, events: Collection[int]) -> Mapping[int, frozenset[str]]:
        """Return the members that the participant may not see of events that it may."""
        self.events(events)
        return {event: self._hidden[event] for event in events}

    def batches(self, batches: Collection[int]) -> set[int]:
        """Return those of the batches of which the participant may list the items."""
        for batch in unknown(batches, self._batches):
            row = self._repositories.batches.get(batch)
            owner = b"" if row is None else row.participant
            is_partner = self._gln is not None and self._gln in self._policy(owner).partners
            self._batches[batch] = owner == self._participant or is_partner
        return {batch for batch in batches if self._batches[batch]}

    def _policy(self, participant: bytes) -> Policy:
        if not participant:
            return DEFAULT_POLICY
        if participant not in self._policies:
            self._policies[participant] = policy_in_force(self._repositories, participant)
        return self._policies[participant]


def _tells(shown: Shown, type: str) -> bool:
    return all(shown.has(name) for name in _THINGS.get(type, ()))
