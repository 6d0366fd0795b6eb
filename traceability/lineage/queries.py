"""All SQL of lineage: bulk reads, each a set of numbers or codes in and plain rows out.

Every statement is fixed text; sets travel as one parameter, a JSON array on SQLite and an array
on PostgreSQL. The joins say CROSS JOIN, which SQLite takes as the order to work in: left to
itself it builds Bloom filters over whole tables once statistics exist, 35 times slower.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from traceability.lineage.results import RecordReference
from traceability.lineage.stretches import Stretches, stretches

# So many numbers travel in one parameter: a megabyte of JSON at most.
CHUNK = 100_000

_PARAMETER = re.compile(r":([a-z]+)")

# The set that a statement begins with is the table `wanted`, its column `value`. SQLite must be
# told which index to take where most rows are empty: statistics would make it read all events.
# A stretch is a range: PostgreSQL must be kept from joining ranges by reading the whole table,
# so there the table and its conditions are a subquery of their own, from `{table` to `end}`.
_SQLITE = {
    "stretches": "json_each(:many) AS wanted",
    "first": "json_extract(wanted.value, '$[0]')",
    "last": "json_extract(wanted.value, '$[1]')",
    "table": "",
    "end": "",
    "numbers": "json_each(:many) AS wanted",
    "codes": "json_each(:many) AS wanted",
    "by_event_id": "INDEXED BY ix_events_event_id",
    "by_transformation_id": "INDEXED BY ix_events_transformation_id",
    "made_at": "INDEXED BY ix_events_made_at",
    "by_value": "INDEXED BY ix_event_attributes_name_value",
    "by_low": "INDEXED BY ix_event_attributes_name_low",
    "by_high": "INDEXED BY ix_event_attributes_name_high",
}
_POSTGRESQL = {
    "stretches": (
        "unnest(CAST(:firsts AS bigint[]), CAST(:lasts AS bigint[])) AS wanted(first, last)"
    ),
    "first": "wanted.first",
    "last": "wanted.last",
    "table": "LATERAL (SELECT * FROM",
    "end": "OFFSET 0) AS x",
    "numbers": "unnest(CAST(:many AS bigint[])) AS wanted(value)",
    "codes": "unnest(CAST(:many AS text[])) AS wanted(value)",
    "by_event_id": "",
    "by_transformation_id": "",
    "made_at": "",
    "by_value": "",
    "by_low": "",
    "by_high": "",
}

_BY_ROLE = """
SELECT x.epc, x.event FROM {numbers} CROSS JOIN event_epcs AS x
WHERE x.epc = wanted.value AND x.role = :role"""
_BY_ROLE_WITHIN = """
SELECT x.epc, x.event FROM {stretches} CROSS JOIN {table} event_epcs AS x
WHERE x.epc BETWEEN {first} AND {last} AND x.role = :role {end}"""
_QUANTITIES_BY_ROLE = """
SELECT x.epc, x.event, x.quantity, x.uom FROM {numbers} CROSS JOIN event_epcs AS x
WHERE x.epc = wanted.value AND x.role = :role ORDER BY x.event, x.epc, x.ordinal"""
_NAMED_IN = """
SELECT x.event, x.epc FROM {numbers} CROSS JOIN event_epcs AS x
WHERE x.event = wanted.value AND x.role = :role"""
_COUNTED_IN = """
SELECT wanted.value, (SELECT count(*) FROM event_epcs AS x
    WHERE x.event = wanted.value AND x.role = :role)
FROM {numbers}"""
_QUANTITIES_NAMED_IN = """
SELECT x.event, x.epc, x.quantity, x.uom FROM {numbers} CROSS JOIN event_epcs AS x
WHERE x.event = wanted.value AND x.role = :role ORDER BY x.event, x.epc, x.ordinal"""
_EMPTYINGS = """
SELECT x.epc, x.event FROM {numbers} CROSS JOIN event_epcs AS x CROSS JOIN events AS e
WHERE x.epc = wanted.value AND x.role = 2 AND e.event = x.event
AND e.action = 'DELETE' AND e.type = :type
AND NOT EXISTS (SELECT 1 FROM event_epcs AS c WHERE c.event = x.event AND c.role = 3)"""
_ROLES_OF = """
SELECT x.event, x.epc, x.role FROM {numbers} CROSS JOIN event_epcs AS x
WHERE x.epc = wanted.value AND x.role BETWEEN 1 AND 5"""
_ROLES_BETWEEN = """
SELECT x.event, x.role FROM event_epcs AS x CROSS JOIN events AS e
WHERE x.epc = :epc AND x.role BETWEEN 1 AND 5 AND e.event = x.event
AND e.event_time >= :first AND e.event_time <= :last"""

# A declaration counts for the events of its own participant only. The two participants are
# looked up by themselves: in a join, statistics would again build a filter over all batches.
_EVENTS = """
SELECT e.event, e.type, e.action, e.event_time, e.transformation_id, e.declares_error OR (
    e.event_id IS NOT NULL AND EXISTS (
        SELECT 1 FROM events AS d {by_event_id}
        WHERE d.event_id = e.event_id AND d.declares_error
        AND (SELECT b.participant FROM batches AS b WHERE b.batch = d.batch)
            = (SELECT b.participant FROM batches AS b WHERE b.batch = e.batch))) AS erroneous
FROM {numbers} CROSS JOIN events AS e WHERE e.event = wanted.value"""
_DISPUTED = """
SELECT e.event FROM {numbers} CROSS JOIN events AS e
WHERE e.event = wanted.value AND NOT e.declares_error AND e.event_id IS NOT NULL AND EXISTS (
    SELECT 1 FROM events AS d {by_event_id}
    WHERE d.event_id = e.event_id AND d.declares_error
    AND (SELECT b.participant FROM batches AS b WHERE b.batch = d.batch)
        <> (SELECT b.participant FROM batches AS b WHERE b.batch = e.batch))"""
_SAME_TRANSFORMATION = """
SELECT e.event FROM {codes} CROSS JOIN events AS e {by_transformation_id}
WHERE e.transformation_id = wanted.value AND e.type = 'TransformationEvent'"""
_ATTRIBUTES = """
SELECT a.event, a.value, a.uom FROM {numbers} CROSS JOIN event_attributes AS a
WHERE a.event = wanted.value AND a.name = :name ORDER BY a.event, a.ordinal"""
_WITH_VALUE = """
SELECT a.value, a.event FROM {codes} CROSS JOIN event_attributes AS a {by_value}
WHERE a.name = :name AND a.value = wanted.value"""
_WITH_LOW_BETWEEN = """
SELECT a.event, a.value, a.uom FROM event_attributes AS a {by_low}
WHERE a.name = :name AND a.low >= :first AND a.low <= :last"""
_STRADDLING = """
SELECT a.event, a.value, a.uom FROM event_attributes AS a {by_high}
WHERE a.name = :name AND a.low < a.high AND a.low < :first AND a.high >= :first"""
_MADE_AT = """
SELECT e.read_point, e.event FROM {codes} CROSS JOIN events AS e {made_at}
WHERE e.read_point = wanted.value AND (e.type = 'TransformationEvent' OR e.action = 'ADD')
AND e.event_time >= :first AND e.event_time <= :last"""
_DETAILS = """
SELECT e.event, e.type, e.action, e.event_time, e.biz_step, e.disposition, e.read_point,
    e.biz_location, e.event_id, e.batch, e.record_index
FROM {numbers} CROSS JOIN events AS e WHERE e.event = wanted.value"""
_REFERENCES = """
SELECT e.event, e.event_id, e.batch, e.record_index
FROM {numbers} CROSS JOIN events AS e WHERE e.event = wanted.value"""
_FIRST_EVENTS = """
SELECT wanted.value, (SELECT e.event FROM event_epcs AS x CROSS JOIN events AS e
    WHERE x.epc = wanted.value AND e.event = x.event ORDER BY e.event_time, e.event LIMIT 1)
FROM {numbers}"""
_ENTRY_HASHES = """
SELECT b.batch, n.leaf_hash
FROM {numbers} CROSS JOIN batches AS b CROSS JOIN entries AS n
WHERE b.batch = wanted.value AND n.arrival = b.arrival"""
_PARTICIPANTS = """
SELECT b.batch, b.participant FROM {numbers} CROSS JOIN batches AS b WHERE b.batch = wanted.value"""
_CODES = """
SELECT c.epc, c.uri FROM {numbers} CROSS JOIN epcs AS c WHERE c.epc = wanted.value"""
_CODES_WITHIN = """
SELECT x.epc, x.uri FROM {stretches} CROSS JOIN {table} epcs AS x
WHERE x.epc BETWEEN {first} AND {last} {end}"""
_NUMBERS = """
SELECT c.uri, c.epc FROM {codes} CROSS JOIN epcs AS c WHERE c.uri = wanted.value"""
_RUNS = """
SELECT r.gtin, r.lot, r.batch, r.first_index, r.quantity
FROM {codes} CROSS JOIN item_runs AS r WHERE r.gtin = wanted.value
ORDER BY r.gtin, r.lot, r.batch"""
# A place is batch × 2³² + record index: one number for the two columns of the primary key.
_ITEMS_AT = """
SELECT wanted.value, i.serial FROM {numbers} CROSS JOIN items AS i
WHERE i.batch = wanted.value >> 32 AND i.record_index = wanted.value & 4294967295"""
_ITEMS_BETWEEN = """
SELECT i.record_index, i.serial FROM items AS i
WHERE i.batch = :batch AND i.record_index >= :first AND i.record_index < :last
ORDER BY i.record_index"""


class EventFacts(NamedTuple):
    """What decides whether and when an event counts."""

    type: str
    action: str | None
    time: int
    transformation_id: str | None
    erroneous: bool


class EventDetails(NamedTuple):
    """What a journey tells of an event."""

    event: int
    type: str
    action: str | None
    event_time: int
    biz_step: str | None
    disposition: str | None
    read_point: str | None
    biz_location: str | None
    event_id: str | None
    batch: int
    record_index: int


class Run(NamedTuple):
    """Items of one lot in one batch, their serials ascending."""

    gtin: str
    lot: str
    batch: int
    first_index: int
    quantity: int


class Reader:
    """Bulk reads on one connection; nothing is written, no temporary table made."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._driver_error = connection.dialect.loaded_dbapi.Error
        self._is_postgresql = connection.dialect.name == "postgresql"

    def may_list(self, _batch: int) -> bool:
        """Tell whether the items of a batch may be listed; `limited_reading.py` may say no."""
        return True

    def may_know(self, codes: Collection[str]) -> set[str]:
        """Return those of the codes of which the asker may know."""
        return set(codes)

    def by_role(self, epcs: Collection[int], role: int) -> list[tuple[int, int]]:
        """Return (code, event) where an event names one of the codes in a role."""
        return self._read_stretches(_BY_ROLE_WITHIN, epcs, scattered=_BY_ROLE, role=role)

    def quantities_by_role(
        self, epcs: Collection[int], role: int
    ) -> list[tuple[int, int, str | None, str | None]]:
        """Return (code, event, quantity, unit), for codes that stand for an amount."""
        return self._read(_QUANTITIES_BY_ROLE, epcs, role=role)

    def named_in(self, events: Collection[int], role: int) -> list[tuple[int, int]]:
        """Return (event, code) for the codes that events name in a role."""
        return self._read(_NAMED_IN, events, role=role)

    def counted_in(self, events: Collection[int], role: int) -> dict[int, int]:
        """Return how many codes events name in a role."""
        return dict(self._read(_COUNTED_IN, events, role=role))

    def quantities_named_in(
        self, events: Collection[int], role: int
    ) -> list[tuple[int, int, str | None, str | None]]:
        """Return (event, code, quantity, unit) for the codes that events name in a role."""
        return self._read(_QUANTITIES_NAMED_IN, events, role=role)

    def emptyings(self, epcs: Collection[int], *, type: str) -> list[tuple[int, int]]:
        """Return (code, event) where an event takes everything out of a parent."""
        return self._read(_EMPTYINGS, epcs, type=type)

    def roles_of(self, epcs: Collection[int]) -> list[tuple[int, int, int]]:
        """Return (event, code, role) wherever events name the codes."""
        return self._read(_ROLES_OF, epcs)

    def roles_between(self, epc: int, *, first: int, last: int) -> list[tuple[int, int]]:
        """Return (event, role) where events of a time, both ends included, name a code."""
        return self._execute(_ROLES_BETWEEN, {"epc": epc, "first": first, "last": last})

    def events(self, events: Collection[int]) -> dict[int, EventFacts]:
        """Return the facts of events by their numbers."""
        rows = self._read(_EVENTS, events)
        return {
            event: EventFacts(kind, action, time, transformation_id, bool(erroneous))
            for event, kind, action, time, transformation_id, erroneous in rows
        }

    def disputed(self, events: Collection[int]) -> set[int]:
        """Return the events that another participant has declared erroneous, without effect."""
        return {event for (event,) in self._read(_DISPUTED, events)}

    def same_transformation(self, transformation_ids: Collection[str]) -> set[int]:
        """Return the transformation events with one of the ids."""
        return {event for (event,) in self._read(_SAME_TRANSFORMATION, transformation_ids)}

    def attributes(self, events: Collection[int], name: str) -> list[tuple[int, str, str | None]]:
        """Return (event, value, unit) of what events say under a name, in their order."""
        return self._read(_ATTRIBUTES, events, name=name)

    def with_value(self, name: str, values: Collection[str]) -> list[tuple[str, int]]:
        """Return (value, event) of the events that say one of the values under a name."""
        return self._read(_WITH_VALUE, values, name=name)

    def with_number(self, name: str, *, first: int, last: int) -> list[tuple[int, str, str | None]]:
        """Return (event, value, unit) of events whose number, or part of it, lies in a range."""
        bounds = {"name": name, "first": first, "last": last}
        within = self._execute(_WITH_LOW_BETWEEN, bounds)
        straddling = self._execute(_STRADDLING, {"name": name, "first": first})
        return [*within, *straddling]

    def made_at(self, places: Collection[str], *, first: int, last: int) -> list[tuple[str, int]]:
        """Return (place, event) of what was made or brought into being at places in a time."""
        return self._read(_MADE_AT, places, first=first, last=last)

    def details(self, events: Collection[int]) -> list[EventDetails]:
        """Return what a journey tells of events."""
        return [EventDetails(*row) for row in self._read(_DETAILS, events)]

    def references(self, events: Collection[int]) -> dict[int, tuple[str | None, RecordReference]]:
        """Return each event's claimed id and where it is recorded."""
        rows = self._read(_REFERENCES, events)
        hashes = self.entry_hashes({batch for _, _, batch, _ in rows})
        return {
            event: (event_id, RecordReference(batch, index, hashes[batch]))
            for event, event_id, batch, index in rows
        }

    def first_events(self, epcs: Collection[int]) -> dict[int, int]:
        """Return the earliest event that names each code."""
        return {epc: event for epc, event in self._read(_FIRST_EVENTS, epcs) if event is not None}

    def entry_hashes(self, batches: Collection[int]) -> dict[int, bytes]:
        """Return the leaf hash of each batch's entry."""
        return {batch: bytes(leaf_hash) for batch, leaf_hash in self._read(_ENTRY_HASHES, batches)}

    def participants(self, batches: Collection[int]) -> dict[int, bytes]:
        """Return who signed each batch."""
        return {batch: bytes(one) for batch, one in self._read(_PARTICIPANTS, batches)}

    def codes(self, epcs: Collection[int]) -> dict[int, str]:
        """Return the codes behind numbers."""
        return dict(self._read_stretches(_CODES_WITHIN, epcs, scattered=_CODES))

    def numbers(self, codes: Collection[str]) -> dict[str, int]:
        """Return the numbers of those codes that any event has named."""
        return dict(self._read(_NUMBERS, codes))

    def runs(self, gtins: Collection[str]) -> list[Run]:
        """Return what was minted of some GTINs."""
        return [Run(*row) for row in self._read(_RUNS, gtins)]

    def items_at(self, places: Collection[int]) -> dict[int, str]:
        """Return the serials at places, as `place` makes them."""
        return dict(self._read(_ITEMS_AT, places))

    def items_of(self, run: Run, *, limit: int) -> list[tuple[int, str]]:
        """Return (record index, serial) of a run, or of its first `limit` items."""
        last = run.first_index + min(limit, run.quantity)
        parameters = {"batch": run.batch, "first": run.first_index, "last": last}
        return self._execute(_ITEMS_BETWEEN, parameters)

    def _read(self, statement: str, many: Collection[Any], **others: Any) -> list[Any]:
        found: list[Any] = []
        for chunk in _chunks(many):
            parameter = chunk if self._is_postgresql else orjson.dumps(chunk).decode()
            found += self._execute(statement, {"many": parameter, **others})
        return found

    def _read_stretches(
        self, statement: str, numbers: Collection[int], *, scattered: str, **others: Any
    ) -> list[Any]:
        """Read by stretches; numbers that make none, one by one with the other statement."""
        found: list[Any] = []
        for chunk in _chunks(numbers):
            within = stretches(chunk)
            if within is None:
                found += self._read(scattered, chunk, **others)
            else:
                found += self._execute(statement, {**self._as_parameters(within), **others})
        return found

    def _as_parameters(self, within: Stretches) -> dict[str, Any]:
        if self._is_postgresql:
            return within._asdict()
        return {"many": orjson.dumps(list(zip(*within, strict=True))).decode()}

    def _execute(self, statement: str, parameters: dict[str, Any]) -> list[Any]:
        written = prepared(statement, is_postgresql=self._is_postgresql)
        result = self._connection.exec_driver_sql(written, parameters)
        try:
            # The driver's plain tuples: the wrapper around each row would double the time.
            return list(result.cursor.fetchall())
        except self._driver_error as error:
            raise DBAPIError.instance(written, None, error, self._driver_error) from error
        finally:
            result.close()


def place(batch: int, record_index: int) -> int:
    """Return the one number of a record's place."""
    return batch << 32 | record_index


@cache
def prepared(statement: str, *, is_postgresql: bool) -> str:
    """Write a statement as the driver takes it; every name in it is from this file."""
    if is_postgresql:
        return _PARAMETER.sub(r"%(\1)s", statement.format(**_POSTGRESQL))
    return statement.format(**_SQLITE)


def _chunks(many: Collection[Any]) -> Iterator[Sequence[Any]]:
    rest = iter(many)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk
