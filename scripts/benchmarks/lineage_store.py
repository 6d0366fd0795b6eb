"""Writing a made-up supply chain straight into the tables of a new database, and as EPCIS.

What lineage reads is written: events, what they name, items, batches and their entries. Records'
payloads, salts and signatures are not: lineage never reads them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from scripts.benchmarks.lineage_graph import (
    ROWS_PER_ITEM,
    Block,
    Draw,
    Happening,
    Shape,
    SupplyGraph,
)
from traceability.store.engine import open_engine
from traceability.store.portable import Loading, PortableTable, loading, portable_tables
from traceability.store.repositories.events import ROLES
from traceability.store.revision import newest_revision

EVENTS_PER_BATCH = 500
PARTICIPANT = b"p" * 16
_COLUMNS = {
    "entries": ("arrival", "leaf_index", "leaf_hash", "type", "envelope", "received"),
    "batches": ("batch", "arrival", "participant", "record_count", "batch_root", "submitted"),
    "epcs": ("epc", "uri"),
    "events": (
        "event",
        "batch",
        "record_index",
        "type",
        "action",
        "event_time",
        "biz_step",
        "read_point",
        "biz_location",
        "declares_error",
        "content_mac",
    ),
    "event_epcs": ("event", "role", "epc", "ordinal", "quantity", "uom"),
    "item_runs": ("batch", "gtin", "lot", "first_index", "quantity"),
    "items": ("batch", "record_index", "serial", "salt"),
}
# Lists of EPCIS, of things and of amounts.
_LISTS = {
    "epc": ("epcList", "quantityList"),
    "child": ("childEPCs", "childQuantityList"),
    "input": ("inputEPCList", "inputQuantityList"),
    "output": ("outputEPCList", "outputQuantityList"),
}
_CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"


def fill(
    database_url: str, rows: int, shape: Shape | None = None, *, draw: Draw | None = None
) -> int:
    """Write a graph of about so many event–object rows; return how many they are."""
    written = 0
    graph = SupplyGraph(shape or Shape(), draw)
    with loading(database_url, newest_revision()) as into:
        writer = Writer(into)
        for block in graph.blocks(round(rows / ROWS_PER_ITEM)):
            writer.write(block)
            written += block.rows
    _settle(database_url)
    return written


class Writer:
    """Writes blocks, and the batches and entries that they need."""

    def __init__(self, into: Loading) -> None:
        self._into = into
        self._tables = {
            table.name: PortableTable(table.name, columns, ())
            for table in portable_tables()
            if (columns := _COLUMNS.get(table.name))
        }
        self._batches = 0
        self._event = 0
        self._events_in_batch = EVENTS_PER_BATCH
        self._event_batch = 0

    def _add(self, name: str, rows: Sequence[tuple[Any, ...]]) -> None:
        self._into.add(self._tables[name], rows)

    def write(self, block: Block) -> None:
        """Write the rows of a block."""
        for gtin, lot, serials in block.minted:
            batch = self._batch(len(serials) + 1)
            self._add("item_runs", [(batch, gtin, lot, 1, len(serials))])
            salt = b"s" * 16
            self._add("items", [(batch, at, one, salt) for at, one in enumerate(serials, 1)])
        self._add("epcs", list(enumerate(block.codes, block.first_code)))
        events: list[tuple[Any, ...]] = []
        named: list[tuple[Any, ...]] = []
        for happened in block.happenings:
            events.append(self._event_row(happened))
            named += named_rows(self._event, happened)
        self._add("events", events)
        self._add("event_epcs", named)

    def _event_row(self, happened: Happening) -> tuple[Any, ...]:
        self._event += 1
        if self._events_in_batch == EVENTS_PER_BATCH:
            self._event_batch = self._batch(EVENTS_PER_BATCH)
            self._events_in_batch = 0
        self._events_in_batch += 1
        type, action, time, step, place, _ = happened
        mac = sha256(self._event.to_bytes(8, "big")).digest()
        where = (self._event_batch, self._events_in_batch - 1)
        return (self._event, *where, type, action, time, step, place, place, False, mac)

    def _batch(self, records: int) -> int:
        self._batches += 1
        batch = self._batches
        leaf = sha256(b"entry" + batch.to_bytes(8, "big")).digest()
        self._add("entries", [(batch, batch - 1, leaf, "batch", b"", 0)])
        self._add("batches", [(batch, batch, PARTICIPANT, records, leaf, 0)])
        return batch


def named_rows(event: int, happened: Happening) -> Iterator[tuple[Any, ...]]:
    """Yield an event's rows of `event_epcs`."""
    for role, code, quantity, uom in happened.objects:
        yield (event, ROLES[role], code, 0, quantity, uom)


def _settle(database_url: str) -> None:
    """Let PostgreSQL learn what is there, as it would have by itself after a while."""
    engine = open_engine(database_url)
    try:
        if engine.dialect.name == "postgresql":
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("VACUUM (ANALYZE)")
    finally:
        engine.dispose()


def to_epcis(happenings: Sequence[Happening], codes: Sequence[str]) -> dict[str, Any]:
    """Return events as an EPCIS document; the first of the codes has the number 1."""
    return {
        "@context": [_CONTEXT],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-05-01T09:00:00.000Z",
        "epcisBody": {"eventList": [_event(one, codes) for one in happenings]},
    }


def _event(happened: Happening, codes: Sequence[str]) -> dict[str, Any]:
    time = datetime.fromtimestamp(happened.time / 1000, UTC)
    event: dict[str, Any] = {
        "type": happened.type,
        "eventTime": time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "eventTimeZoneOffset": "+08:00",
        "bizStep": happened.biz_step,
        "readPoint": {"id": happened.place},
        "bizLocation": {"id": happened.place},
    }
    if happened.action is not None:
        event["action"] = happened.action
    for role, code, quantity, uom in happened.objects:
        if role == "parent":
            event["parentID"] = codes[code - 1]
        elif quantity is None:
            event.setdefault(_LISTS[role][0], []).append(codes[code - 1])
        else:
            amount = {"epcClass": codes[code - 1], "quantity": int(quantity), "uom": uom}
            event.setdefault(_LISTS[role][1], []).append(amount)
    return event
