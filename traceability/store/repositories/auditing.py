"""What the audit reads, by ranges and in the driver's own words: it reads every row there is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any, NamedTuple

from sqlalchemy import Connection

from traceability.store.faults import translate_driver
from traceability.store.repositories.batches import BatchRow, RecordRow
from traceability.store.repositories.entries import EntryRow
from traceability.store.repositories.items import ItemRun
from traceability.store.tables import batches, entries, events, item_runs, records

# Rows of a table that is read whole, at a time.
FETCHED = 2_000
# Items of a GTIN that share a serial and are named; a table that was rewritten whole needs no
# longer list.
MOST_ROWS = 1_000


class AuditedBatch(NamedTuple):
    """A batch with its entry; None where there is no such entry."""

    row: BatchRow
    leaf_index: int | None
    envelope: bytes | None


class AuditedEvent(NamedTuple):
    """An event's row: its number, its record, and its other columns by name."""

    event: int
    batch: int
    record_index: int
    columns: dict[str, Any]


class AuditedObject(NamedTuple):
    """An object of an event; `uri` is None where the code has no row."""

    role: int
    uri: str | None
    ordinal: int
    quantity: str | None
    uom: str | None


class Range(NamedTuple):
    """Records of a batch, or every record of several batches."""

    first_batch: int
    last_batch: int
    first: int = 0
    last: int = 2**62

    def where(self, table: str) -> tuple[str, tuple[int, ...]]:
        """Return the condition on a table's batch and record index, and its values."""
        condition = f"{table}.batch >= ? AND {table}.batch <= ?"
        values: tuple[int, ...] = (self.first_batch, self.last_batch)
        if self.first_batch == self.last_batch:
            condition += f" AND {table}.record_index >= ? AND {table}.record_index < ?"
            values += (self.first, self.last)
        return condition, values


def _columns(table: Any, prefix: str = "") -> str:
    return ", ".join(f"{prefix}{column.name}" for column in table.columns)


_EVENT_NAMES = tuple(column.name for column in events.columns)
_EVENT_FACTS = _EVENT_NAMES[3:]


class AuditRepository:
    """SQL over every table that the log commits to."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._is_postgresql = connection.dialect.name == "postgresql"

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query with `?` for its values."""
        return list(self.each(query, values))

    def each(self, query: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query with `?` for its values."""
        driver = self._connection.dialect.dbapi
        opened = self._connection.connection.driver_connection
        if opened is None or driver is None:
            raise AssertionError("an open connection has a driver")
        try:
            if self._is_postgresql:
                # Bytes arrive as they are, not as hexadecimal text.
                cursor = opened.cursor(binary=True)
                query = query.replace("%", "%%").replace("?", "%s")
            else:
                cursor = opened.cursor()
            with closing(cursor):
                cursor.execute(query, values)
                while rows := cursor.fetchmany(FETCHED):
                    yield from rows
        except driver.Error as error:
            raise translate_driver(error, driver) from error

    def batch_sizes(self, after: int, *, limit: int) -> list[tuple[int, int, int]]:
        """Return the next batches after a number: number, and how many records and items."""
        query = (
            "SELECT b.batch, b.record_count, coalesce(i.quantity, 0) FROM batches b "
            "LEFT JOIN item_runs i ON i.batch = b.batch WHERE b.batch > ? ORDER BY b.batch LIMIT ?"
        )
        return [(row[0], row[1], row[2]) for row in self.rows(query, (after, limit))]

    def batches(self, first: int, last: int) -> list[AuditedBatch]:
        """Return the batches numbered `first` … `last`, with their entries."""
        found = self.rows(
            f"SELECT {_columns(batches, 'b.')}, e.leaf_index, e.envelope "  # noqa: S608 # names are ours
            "FROM batches b LEFT JOIN entries e ON e.arrival = b.arrival "
            "WHERE b.batch >= ? AND b.batch <= ? ORDER BY b.batch",
            (first, last),
        )
        return [AuditedBatch(BatchRow(*row[:-2]), row[-2], row[-1]) for row in found]

    def arrivals_of_batches(self, first: int, last: int) -> set[int]:
        """Return which entries `first` … `last` − 1 of the log have a batch, by arrival."""
        query = (
            "SELECT b.arrival FROM entries e JOIN batches b ON b.arrival = e.arrival "
            "WHERE e.leaf_index >= ? AND e.leaf_index < ?"
        )
        return {arrival for (arrival,) in self.rows(query, (first, last))}

    def records(self, asked: Range) -> Iterator[RecordRow]:
        """Yield the records of a range in order."""
        condition, values = asked.where("records")
        query = f"SELECT {_columns(records)} FROM records WHERE {condition} ORDER BY batch, record_index"  # noqa: E501, S608 # names are ours
        for row in self.each(query, values):
            yield RecordRow(*row)

    def runs(self, first: int, last: int) -> dict[int, ItemRun]:
        """Return the runs of items of batches `first` … `last`."""
        query = f"SELECT {_columns(item_runs)} FROM item_runs WHERE batch >= ? AND batch <= ?"  # noqa: S608 # names are ours
        return {row[0]: ItemRun(*row) for row in self.rows(query, (first, last))}

    def items(self, asked: Range) -> list[tuple[int, str, bytes]]:
        """Return batch, serial and salt of the items of a range, in order."""
        condition, values = asked.where("items")
        query = (
            f"SELECT batch, serial, salt FROM items WHERE {condition} ORDER BY batch, record_index"  # noqa: S608 # names are ours
        )
        return self.rows(query, values)

    def item_indexes(self, batch: int, first: int, last: int) -> list[int]:
        """Return which items of a batch, from `first` to before `last`, have a row."""
        query = (
            "SELECT record_index FROM items WHERE batch = ? AND record_index >= ? "
            "AND record_index < ? ORDER BY record_index"
        )
        return [index for (index,) in self.rows(query, (batch, first, last))]

    def erased_items(self, asked: Range) -> dict[int, dict[int, bytes]]:
        """Return the field roots of the erased items of a range, by batch and index."""
        condition, values = asked.where("erased_items")
        query = f"SELECT batch, record_index, field_root FROM erased_items WHERE {condition}"  # noqa: S608 # names are ours
        found: dict[int, dict[int, bytes]] = {}
        for batch, index, root in self.rows(query, values):
            found.setdefault(batch, {})[index] = root
        return found

    def has_items(self, batch: int) -> bool:
        """Tell whether any item of a batch is left."""
        return bool(self.rows("SELECT 1 FROM items WHERE batch = ? LIMIT 1", (batch,)))

    def has_erased_code(self, code_hash: bytes, batch: int, record_index: int) -> bool:
        """Tell whether a code's hash is kept at a place."""
        query = "SELECT 1 FROM erased_codes WHERE code_hash = ? AND batch = ? AND record_index = ?"
        return bool(self.rows(query, (code_hash, batch, record_index)))

    def partials(self, asked: Range) -> dict[tuple[int, int], bytes]:
        """Return what is left of the partly erased records of a range."""
        condition, values = asked.where("partial_records")
        query = f"SELECT batch, record_index, leaves FROM partial_records WHERE {condition}"  # noqa: S608 # names are ours
        return {(row[0], row[1]): row[2] for row in self.rows(query, values)}

    def has_erasures(self) -> bool:
        """Tell whether anything is erased; of most ledgers nothing is."""
        return bool(self.rows("SELECT 1 FROM statuses WHERE kind = 'erased' LIMIT 1"))

    def erasures(self, asked: Range) -> list[tuple[int, bytes, bytes]]:
        """Return batch, its entry's hash, and each entry that erases something of a range."""
        query = (
            "SELECT DISTINCT b.batch, o.leaf_hash, e.envelope FROM batches b "
            "JOIN entries o ON o.arrival = b.arrival "
            "JOIN statuses s ON s.entry_hash = o.leaf_hash AND s.kind = 'erased' "
            "JOIN entries e ON e.arrival = s.arrival WHERE b.batch >= ? AND b.batch <= ?"
        )
        return [
            (row[0], row[1], row[2])
            for row in self.rows(query, (asked.first_batch, asked.last_batch))
        ]

    def kinds(self, asked: Range) -> list[tuple[int, int]]:
        """Return which kinds of record the batches of a range have, by batch."""
        condition, values = asked.where("records")
        query = f"SELECT DISTINCT batch, kind FROM records WHERE {condition}"  # noqa: S608 # names are ours
        return [(row[0], row[1]) for row in self.rows(query, values)]

    def commissioned(self, asked: Range) -> list[tuple[int, str]]:
        """Return the codes that events of a range commission, by batch."""
        condition, values = asked.where("events")
        query = (
            "SELECT DISTINCT events.batch, epcs.uri FROM events "  # noqa: S608 # names are ours
            "JOIN event_epcs ON event_epcs.event = events.event "
            "JOIN epcs ON epcs.epc = event_epcs.epc "
            f"WHERE events.biz_step = 'commissioning' AND events.action = 'ADD' AND {condition}"
        )
        return [(row[0], row[1]) for row in self.rows(query, values)]

    def events(self, asked: Range) -> dict[tuple[int, int], AuditedEvent]:
        """Return the events of a range, by batch and record index."""
        condition, values = asked.where("events")
        query = f"SELECT {_columns(events)} FROM events WHERE {condition}"  # noqa: S608 # names are ours
        found = {}
        for event, batch, index, *facts in self.each(query, values):
            columns = dict(zip(_EVENT_FACTS, facts, strict=True))
            found[batch, index] = AuditedEvent(event, batch, index, columns)
        return found

    def objects(self, asked: Range) -> dict[int, list[AuditedObject]]:
        """Return what the events of a range name, by event."""
        condition, values = asked.where("events")
        query = (
            "SELECT o.event, o.role, c.uri, o.ordinal, o.quantity, o.uom "  # noqa: S608 # names are ours
            "FROM events JOIN event_epcs o ON o.event = events.event "
            f"LEFT JOIN epcs c ON c.epc = o.epc WHERE {condition}"
        )
        found: dict[int, list[AuditedObject]] = {}
        for event, *rest in self.each(query, values):
            found.setdefault(event, []).append(AuditedObject(*rest))
        return found

    def attributes(self, asked: Range) -> dict[int, list[tuple[Any, ...]]]:
        """Return what the events of a range say of how things were made, by event, in order."""
        condition, values = asked.where("events")
        query = (
            "SELECT a.event, a.ordinal, a.name, a.value, a.uom, a.low, a.high "  # noqa: S608 # names are ours
            f"FROM events JOIN event_attributes a ON a.event = events.event WHERE {condition} "
            "ORDER BY a.event, a.ordinal"
        )
        found: dict[int, list[tuple[Any, ...]]] = {}
        for event, *rest in self.each(query, values):
            found.setdefault(event, []).append(tuple(rest))
        return found

    def batch_tiles(self, first: int, last: int) -> dict[int, dict[int, bytes]]:
        """Return the stored tiles of batches `first` … `last`."""
        query = "SELECT batch, tile, hashes FROM batch_tiles WHERE batch >= ? AND batch <= ?"
        found: dict[int, dict[int, bytes]] = {}
        for batch, tile, hashes in self.each(query, (first, last)):
            found.setdefault(batch, {})[tile] = hashes
        return found

    def serials_after(self, batch: int, index: int, *, limit: int) -> list[tuple[int, str]]:
        """Return index and serial of a batch's next items behind an index."""
        query = (
            "SELECT record_index, serial FROM items WHERE batch = ? AND record_index > ? "
            "ORDER BY record_index LIMIT ?"
        )
        return [(row[0], row[1]) for row in self.rows(query, (batch, index, limit))]

    def serial_before(self, batch: int, index: int) -> str | None:
        """Return the serial of the last item of a batch before an index."""
        query = (
            "SELECT serial FROM items WHERE batch = ? AND record_index < ? "
            "ORDER BY record_index DESC LIMIT 1"
        )
        found = self.rows(query, (batch, index))
        return found[0][0] if found else None

    def serials_issued_twice(self, gtin: str) -> list[tuple[str, int, int]]:
        """Return serial, batch and index of the items of a GTIN that share a serial."""
        items = "items i JOIN item_runs r ON r.batch = i.batch WHERE r.gtin = ?"
        query = (
            f"SELECT i.serial, i.batch, i.record_index FROM {items} AND i.serial IN "  # noqa: S608 # names are ours
            f"(SELECT i.serial FROM {items} GROUP BY i.serial HAVING count(*) > 1) "
            "ORDER BY i.serial, i.batch, i.record_index LIMIT ?"
        )
        return [(row[0], row[1], row[2]) for row in self.rows(query, (gtin, gtin, MOST_ROWS))]

    def envelopes_of_type(self, *types: str) -> Iterator[tuple[int, bytes]]:
        """Yield leaf index and bytes of the entries that their rows say to be of these types."""
        marks = ", ".join("?" * len(types))
        query = (
            "SELECT leaf_index, envelope FROM entries "  # noqa: S608 # marks only
            f"WHERE leaf_index IS NOT NULL AND type IN ({marks}) ORDER BY leaf_index"
        )
        yield from self.each(query, types)

    def gtins_of_several_runs(self) -> list[str]:
        """Return the GTINs of which more than one batch has items."""
        query = "SELECT gtin FROM item_runs GROUP BY gtin HAVING count(*) > 1 ORDER BY gtin"
        return [gtin for (gtin,) in self.rows(query)]

    def log_tile_keys(self) -> Iterator[int]:
        """Yield the key of every tile of the log."""
        for (tile,) in self.each("SELECT tile FROM log_tiles"):
            yield tile

    def anchored_sizes(self) -> set[int]:
        """Return the sizes of the log that its anchors speak of."""
        return {size for (size,) in self.rows("SELECT DISTINCT tree_size FROM anchors")}

    def anchors_of(self, tree_size: int) -> list[tuple[int, str, bool]]:
        """Return number and state of the anchors of a size, and whether evidence is kept."""
        query = (
            "SELECT attempt, state, evidence IS NOT NULL FROM anchors "
            "WHERE tree_size = ? ORDER BY attempt"
        )
        return [(row[0], row[1], bool(row[2])) for row in self.rows(query, (tree_size,))]

    def anchored_without_heads(self) -> list[int]:
        """Return the sizes of anchors whose signed head is not stored."""
        query = (
            "SELECT DISTINCT a.tree_size FROM anchors a "
            "LEFT JOIN checkpoints c ON c.tree_size = a.tree_size "
            "WHERE c.tree_size IS NULL AND a.state IN ('included', 'final') ORDER BY 1"
        )
        return [size for (size,) in self.rows(query)]

    def anchors_after_none(self) -> list[tuple[int, int]]:
        """Return anchors that go on from a head of which no anchor is stored, with its size.

        Of those that were learnt from a mirror nothing is asked: it lists only what was proven.
        """
        query = (
            "SELECT a.attempt, a.from_size FROM anchors a WHERE a.from_size > 1 "
            "AND a.state IN ('included', 'final') AND length(a.raw) > 0 "
            "AND NOT EXISTS (SELECT 1 FROM anchors b WHERE b.tree_size = a.from_size) "
            "ORDER BY a.attempt"
        )
        return [(row[0], row[1]) for row in self.rows(query)]

    def count_kept(self) -> tuple[int, int]:
        """Return how many signed heads, and anchors with their evidence, are stored."""
        heads = "SELECT count(*) FROM checkpoints"
        proven = "SELECT count(*) FROM anchors WHERE evidence IS NOT NULL"
        return int(self.rows(heads)[0][0]), int(self.rows(proven)[0][0])

    def declaring_events(self) -> Iterator[tuple[int, int]]:
        """Yield batch and record index of every event that declares an error, in order."""
        after, query = (
            -1,
            (
                "SELECT event, batch, record_index FROM events "
                "WHERE declares_error AND event > ? ORDER BY event LIMIT ?"
            ),
        )
        while rows := self.rows(query, (after, FETCHED)):
            for after, batch, index in rows:  # noqa: B007 # where the next page begins
                yield batch, index

    def count_erased_corrected(self, participant: bytes) -> int:
        """Return how many events of a participant were corrected, and erased at some time."""
        query = (
            "SELECT DISTINCT c.entry_hash, c.record_index FROM statuses c "
            "JOIN statuses e ON e.entry_hash = c.entry_hash "
            "AND e.kind = 'erased' AND (e.record_index = c.record_index OR e.record_index = -1) "
            "JOIN entries o ON o.leaf_hash = c.entry_hash JOIN batches b ON b.arrival = o.arrival "
            "WHERE c.kind = 'corrected' AND b.participant = ?"
        )
        return len(self.rows(query, (participant,)))

    def unplaced(self, after: int, *, limit: int) -> list[EntryRow]:
        """Return entries that have no place in the log yet, by arrival, after a number."""
        query = (
            f"SELECT {_columns(entries)} FROM entries "  # noqa: S608 # names are ours
            "WHERE leaf_index IS NULL AND arrival > ? ORDER BY arrival LIMIT ?"
        )
        return [EntryRow(*row) for row in self.rows(query, (after, limit))]

    def unplaced_statuses(self, size: int) -> set[tuple[bytes, int, str, int]]:
        """Return statuses that no entry below `size` sets: batch entry, record, kind, arrival."""
        query = (
            "SELECT entry_hash, record_index, kind, arrival FROM statuses "
            "WHERE entry_index IS NULL OR entry_index < 0 OR entry_index >= ?"
        )
        return {(row[0], row[1], row[2], row[3]) for row in self.rows(query, (size,))}

    def chains(self) -> Iterator[tuple[bytes, int, bytes]]:
        """Yield every key's chain: its id, the next number, the hash before it."""
        for row in self.each("SELECT key_id, next_sequence, previous FROM key_chains"):
            yield row[0], row[1], row[2]

    def conflicts(self) -> Iterator[tuple[int, bytes, int, bytes]]:
        """Yield every conflicting statement: its number, key, sequence, and bytes."""
        query = "SELECT conflict, key_id, sequence, envelope FROM conflicting_entries"
        for row in self.each(query):
            yield row[0], row[1], row[2], row[3]
