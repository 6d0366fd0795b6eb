"""What the store knows of some things and their events, in a handful of bulk reads.

The statements follow the conventions of `lineage/queries.py`.
"""

from __future__ import annotations

from collections.abc import Collection

from traceability.lineage.one_code.tellings import RECEIVING_STEPS, SHIPPING_STEPS, Happening
from traceability.lineage.queries import Reader

# An event and a role in one number, to hand over half as many values.
ROLE_BITS = 3
_STEPS = ", ".join(f"'{step}'" for step in (*SHIPPING_STEPS, *RECEIVING_STEPS))

# Mere sightings are left out: of an asset there may be thousands, and no rule asks for them
# unless the asset's life begins or ends.
_TOLD = f"""
SELECT x.epc, (x.event << 3) + x.role FROM {{numbers}}
CROSS JOIN event_epcs AS x CROSS JOIN events AS e
WHERE x.epc = wanted.value AND x.role BETWEEN 1 AND 5 AND e.event = x.event AND (
    x.role >= 3 OR (x.role = 1 AND e.type = 'ObjectEvent' AND e.action <> 'OBSERVE')
    OR e.biz_step IN ({_STEPS}))"""  # noqa: S608 # the steps are constants
_NAMED = """
SELECT x.epc, (x.event << 3) + x.role FROM {numbers} CROSS JOIN event_epcs AS x
WHERE x.epc = wanted.value AND x.role BETWEEN 1 AND 5"""
_EMPTIED = """
SELECT x.epc, x.event FROM {numbers} CROSS JOIN event_epcs AS x CROSS JOIN events AS e
WHERE x.epc = wanted.value AND x.role IN (1, 2, 4) AND e.event = x.event AND (
    x.role = 4 OR (x.role = 1 AND e.type = 'ObjectEvent' AND e.action = 'DELETE')
    OR (x.role = 2 AND e.type = 'AggregationEvent' AND e.action = 'DELETE'
        AND NOT EXISTS (SELECT 1 FROM event_epcs AS c WHERE c.event = x.event AND c.role = 3)))"""
_HAPPENED = """
SELECT e.event, e.type, e.action, e.event_time, e.biz_step, e.transformation_id, e.event_id,
    e.batch, e.declares_error OR (
    e.event_id IS NOT NULL AND EXISTS (
        SELECT 1 FROM events AS d {by_event_id}
        WHERE d.event_id = e.event_id AND d.declares_error
        AND (SELECT b.participant FROM batches AS b WHERE b.batch = d.batch)
            = (SELECT b.participant FROM batches AS b WHERE b.batch = e.batch))) AS erroneous
FROM {numbers} CROSS JOIN events AS e WHERE e.event = wanted.value"""
_PARTICIPANTS = """
SELECT b.batch, b.participant FROM {numbers} CROSS JOIN batches AS b
WHERE b.batch = wanted.value"""
# What is packed into itself is in nothing.
_PARENTS = """
SELECT x.event, x.epc FROM {numbers} CROSS JOIN event_epcs AS x
WHERE x.event = wanted.value AND x.role = 2 AND NOT EXISTS (
    SELECT 1 FROM event_epcs AS c WHERE c.event = x.event AND c.role = 3 AND c.epc = x.epc)"""
_DECLARED = """
SELECT d.event_id FROM {codes} CROSS JOIN events AS d {by_event_id}
WHERE d.event_id = wanted.value AND d.declares_error
AND (SELECT b.participant FROM batches AS b WHERE b.batch = d.batch) = :participant"""


class OneCodeReader(Reader):
    """Bulk reads for the one-code rules, in the order of the tables: that is half of the time."""

    def told(self, epcs: Collection[int], *, all_of_it: bool) -> list[tuple[int, int]]:
        """Return (code, event and role) of what can break a rule, or of every naming."""
        return self._read(_NAMED if all_of_it else _TOLD, sorted(epcs))

    def emptied(self, epcs: Collection[int]) -> list[tuple[int, int]]:
        """Return (code, event) where an event ends all stays in a container."""
        return self._read(_EMPTIED, epcs)

    def declared(self, event_ids: Collection[str], *, participant: bytes) -> set[str]:
        """Return the event ids that a participant has declared erroneous."""
        return {name for (name,) in self._read(_DECLARED, event_ids, participant=participant)}

    def happenings(self, events: Collection[int]) -> dict[int, Happening]:
        """Return the events that count; error declarations and declared events do not."""
        rows = [row for row in self._read(_HAPPENED, sorted(events)) if not row[8]]
        whose = {
            batch: bytes(participant)
            for batch, participant in self._read(_PARTICIPANTS, {row[7] for row in rows})
        }
        packings = [row[0] for row in rows if row[1] == "AggregationEvent"]
        parents: dict[int, tuple[int, ...]] = {}
        for event, parent in self._read(_PARENTS, packings):
            parents[event] = (*parents.get(event, ()), parent)
        return {
            number: Happening(
                time, number, kind, action, step, whose[batch], run, name, parents.get(number, ())
            )
            for number, kind, action, time, step, run, name, batch, _ in rows
        }
