"""The SQL of whereabouts: what events tell of place, and the bytes that name their parties.

Statements as in `queries.py`: fixed text, a set in and plain rows out. A participant is looked
up by itself, since statistics would turn a join into a filter over all batches.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from traceability.codes.identifier import CANONICAL_BASE
from traceability.lineage.parties import party_code
from traceability.lineage.queries import Reader
from traceability.lineage.sightings import Told

_TOLD = """
SELECT e.event, e.type, e.action, e.biz_step, e.disposition, e.read_point, e.biz_location,
    (SELECT b.participant FROM batches AS b WHERE b.batch = e.batch)
FROM {numbers} CROSS JOIN events AS e WHERE e.event = wanted.value"""
_WRITTEN = """
SELECT e.event,
    (SELECT r.payload FROM records AS r
        WHERE r.batch = e.batch AND r.record_index = e.record_index),
    (SELECT p.leaves FROM partial_records AS p
        WHERE p.batch = e.batch AND p.record_index = e.record_index)
FROM {numbers} CROSS JOIN events AS e WHERE e.event = wanted.value"""
_PARTICIPANT = """
SELECT p.gln, p.name FROM participants AS p WHERE p.participant = :participant"""
_PARTICIPANT_OF_GLN = """
SELECT p.name FROM participants AS p WHERE p.gln = :gln"""

_PARTY = f"{CANONICAL_BASE}/417/"
_UNNAMED = "urn:itemproof:participant:"


class Named(NamedTuple):
    """A party's GLN and name, as far as they are registered."""

    gln: str | None
    name: str | None


NOBODY = Named(None, None)


class PlaceReader(Reader):
    """Bulk reads of what events tell of place."""

    def told(self, events: Collection[int]) -> dict[int, Told]:
        """Return what events tell of place, step and participant."""
        found: dict[int, Told] = {}
        for event, type, action, *told, participant in self._read(_TOLD, events):
            step, disposition, read_point, biz_location = told
            found[event] = Told(
                type, action, step, disposition, read_point, biz_location, bytes(participant or b"")
            )
        return found

    def written(self, events: Collection[int]) -> list[tuple[int, bytes | None, bytes | None]]:
        """Return (event, committed bytes, what is left of them after an erasure)."""
        return [
            (event, _bytes(payload), _bytes(leaves))
            for event, payload, leaves in self._read(_WRITTEN, events)
        ]

    def participant_code(self, participant: bytes) -> str:
        """Return the code of the party that a participant is: by its GLN, if it has one."""
        rows = self._execute(_PARTICIPANT, {"participant": participant})
        gln = rows[0][0] if rows else None
        return f"{_UNNAMED}{participant.hex()}" if gln is None else party_code(gln)

    def named(self, code: str) -> Named:
        """Return the GLN of a party's code, and under which name it is registered."""
        if code.startswith(_UNNAMED):
            participant = bytes.fromhex(code.removeprefix(_UNNAMED))
            rows = self._execute(_PARTICIPANT, {"participant": participant})
            return Named(None, rows[0][1] if rows else None)
        if not code.startswith(_PARTY):
            return NOBODY
        gln = code.removeprefix(_PARTY).partition("/")[0]
        rows = self._execute(_PARTICIPANT_OF_GLN, {"gln": gln})
        return Named(gln, rows[0][0] if rows else None)


def _bytes(value: bytes | memoryview | None) -> bytes | None:
    return None if value is None else bytes(value)
