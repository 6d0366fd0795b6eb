"""The events of an answer: those that the asker may see, and what is kept from it and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from tempfile import TemporaryFile
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


class Kept:
    """Events that wait in a file without a name, so that many of them take little memory."""

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115 # closed by `close`
        self._end = 0

    def close(self) -> None:
        """Let go of all events."""
        self._file.close()

    def put(self, event: dict[str, Any]) -> slice:
        """Keep an event; return where it is."""
        payload = orjson.dumps(event)
        self._file.seek(self._end)
        self._file.write(payload)
        place = slice(self._end, self._end + len(payload))
        self._end = place.stop
        return place

    def get(self, place: slice) -> dict[str, Any]:
        """Return an event again."""
        self._file.seek(place.start)
        found: dict[str, Any] = orjson.loads(self._file.read(place.stop - place.start))
        return found


class Shown(NamedTuple):
    """An event as it was committed, with its record time, and what it is about."""

    kept: Kept
    place: slice
    happening: Happening
    proof_path: str

    @property
    def event(self) -> dict[str, Any]:
        """The event, read anew each time."""
        return self.kept.get(self.place)


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


def gather(
    repositories: Repositories, found: dict[str, Any], *, asker: Asker, kept: Kept
) -> Gathered:
    """Return the events of an answer: of a journey its steps, else all that name its codes.

    They can be read until `kept` is closed.
    """
    told = happenings(repositories, found["items"])
    if "steps" in found:
        steps = {step["record"] for step in found["steps"]}
        told = [one for one in told if one.record.name in steps]
    reader = _Reader(repositories, asker, kept)
    seen = reader.read(told)
    shown: list[Shown] = []
    missing: list[Missing] = []
    for happening in told:
        record = happening.record
        path = proof_path(record)
        found_at = seen.get((record.batch, record.record_index), ERASED)
        if isinstance(found_at, str):
            missing.append(Missing(record.name, found_at, path))
        else:
            shown.append(Shown(kept, found_at, happening, path))
    return Gathered(tuple(shown), tuple(missing), tuple(names_of(repositories, shown, asker=asker)))


class _Reader:
    """Reads events for an asker; what decides about a batch is asked once."""

    def __init__(self, repositories: Repositories, asker: Asker, kept: Kept) -> None:
        self._repositories = repositories
        self._asker = asker
        self._policies: dict[int, Policy] = {}
        self._own: dict[int, bool] = {}
        self._kept = kept

    def read(self, told: Sequence[Happening]) -> dict[tuple[int, int], slice | str]:
        """Return where each event is kept as the asker sees it, or why it does not.

        Batch by batch: no more than one of them is in memory. Those that were erased are absent.
        """
        records: dict[int, dict[int, RecordReference]] = {}
        for one in told:
            records.setdefault(one.record.batch, {})[one.record.record_index] = one.record
        found: dict[tuple[int, int], slice | str] = {}
        for batch, by_index in records.items():
            for index, row in self._repositories.recorded.within(batch, by_index).items():
                event = self._seen(row, by_index[index])
                found[batch, index] = event if isinstance(event, str) else self._kept.put(event)
        return found

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
