"""The events of an answer: those that the asker may see, and what is kept from it and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from ledger_api.exports.naming import Named, names_of
from traceability.hashing.commitment import Field, RecordKind, split_record
from traceability.hashing.encoding import format_time
from traceability.hashing.salts import SALT_BYTES
from traceability.ledger.audiences import policy_of
from traceability.ledger.bundles import RecordAddress
from traceability.ledger.disclosure import selection
from traceability.ledger.partners import Asker, NotAPartner, require_partner
from traceability.lineage.histories import Happening, happenings
from traceability.lineage.results import RecordReference, proof_path
from traceability.store.times import from_milliseconds

if TYPE_CHECKING:
    from traceability.ledger.disclosure_policy import Policy
    from traceability.store.repositories import Repositories
    from traceability.store.repositories.recorded import RecordedEvent

ERASED, WITHHELD = "erased", "withheld"
_NO_SALT = bytes(SALT_BYTES)
_EVENT_ID = ("eventID",)


class Shown(NamedTuple):
    """An event as it was committed, with its record time, and what it is about."""

    event: dict[str, Any]
    happening: Happening
    proof_path: str


class Missing(NamedTuple):
    """An event that is not shown: `why` is erased or withheld."""

    record: str
    why: str
    proof_path: str


@dataclass(frozen=True, slots=True)
class Gathered:
    """The events of an answer in the order of their times."""

    shown: tuple[Shown, ...] = ()
    missing: tuple[Missing, ...] = ()
    names: tuple[Named, ...] = ()


NOTHING = Gathered()


def gather(repositories: Repositories, found: dict[str, Any], *, asker: Asker) -> Gathered:
    """Return the events of an answer: of a journey its steps, else all that name its codes."""
    told = happenings(repositories, found["items"])
    if "steps" in found:
        steps = {step["record"] for step in found["steps"]}
        told = [one for one in told if one.record.name in steps]
    reader = _Reader(repositories, asker)
    shown: list[Shown] = []
    missing: list[Missing] = []
    for happening, event in reader.read(told):
        record = happening.record
        path = proof_path(record)
        if isinstance(event, str):
            missing.append(Missing(record.name, event, path))
        else:
            shown.append(Shown(event, happening, path))
    return Gathered(tuple(shown), tuple(missing), tuple(names_of(repositories, shown, asker=asker)))


class _Reader:
    """Reads events for an asker; what decides about a batch is asked once."""

    def __init__(self, repositories: Repositories, asker: Asker) -> None:
        self._repositories = repositories
        self._asker = asker
        self._policies: dict[int, Policy] = {}
        self._own: dict[int, bool] = {}

    def read(self, told: Sequence[Happening]) -> Iterator[tuple[Happening, dict[str, Any] | str]]:
        """Yield each event as the asker sees it, or why it does not."""
        places: dict[int, list[int]] = {}
        for one in told:
            places.setdefault(one.record.batch, []).append(one.record.record_index)
        rows = {
            (batch, index): row
            for batch, indexes in places.items()
            for index, row in self._repositories.recorded.within(batch, indexes).items()
        }
        for one in told:
            row = rows.get((one.record.batch, one.record.record_index))
            yield one, ERASED if row is None else self._seen(row, one.record)

    def _seen(self, row: RecordedEvent, record: RecordReference) -> dict[str, Any] | str:
        event: dict[str, Any] = orjson.loads(row.payload)
        hidden = () if self._sees_all(row.batch) else self._hidden(row, event)
        if hidden is None or any(path != _EVENT_ID for path in hidden):
            return WITHHELD
        if hidden:
            # An `ni:` id is a hash of the whole event: the record's name stands in its place.
            del event["eventID"]
        event.setdefault("eventID", record.name)
        return event | {"recordTime": format_time(from_milliseconds(row.received))}

    def _sees_all(self, batch: int) -> bool:
        if self._asker.sees_all:
            return True
        if batch not in self._own:
            found = self._repositories.batches.get(batch)
            owner = None if found is None else found.participant
            self._own[batch] = owner is not None and owner == self._asker.participant
        return self._own[batch]

    def _hidden(self, row: RecordedEvent, event: dict[str, Any]) -> tuple[Any, ...] | None:
        """Return the paths that partners do not see; none at all where this is no partner."""
        policy = self._policies.get(row.batch) or policy_of(self._repositories, row.batch)
        self._policies[row.batch] = policy
        address = RecordAddress(row.batch, row.record_index)
        try:
            require_partner(self._repositories, address, self._asker, policy=policy)
        except NotAPartner:
            return None
        parts = split_record(RecordKind.EVENT, event)
        fields = [Field(path, _NO_SALT, value) for path, value in parts]
        chosen = selection("partner", policy=policy)(RecordKind.EVENT, fields)
        if chosen is None:
            return ()
        return tuple(one.path for place, one in enumerate(fields) if place not in set(chosen))
