"""Erasures that no entry says, and content that comes back although an entry says it is gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.attack.audited_erasures import Row
from tests.attack.edits import Edit, Edits, Forgery, Rows, changed, is_at
from traceability.codes.uris import item_prefix
from traceability.hashing.commitment import (
    Field,
    RecordKind,
    commit,
    item_header,
    salted_fields,
)
from traceability.hashing.partial import PartialRecord
from traceability.strict_json import parse_json

# Tables of which an erasure takes a row, or into which it puts one, by batch and record index.
PLACED = ("records", "partial_records", "items", "erased_items", "events")


def false_erasures(rows: Rows) -> Iterator[Forgery]:
    """Yield every forgery of this kind."""
    yield from _brought_back(rows)
    yield from _hidden(rows)
    yield from _statuses(rows)


def _brought_back(rows: Rows) -> Iterator[Forgery]:
    """Put back what a backup has; then remove the status that said that it is gone."""
    gone = [row for row in rows.former["records"] if _was_erased(rows, row)]
    sorts: dict[tuple[int, str | None, bool], Row] = {}
    for row in gone:
        is_part = rows.at("partial_records", row) is not None
        sorts.setdefault((row["kind"], row["media_type"], is_part), row)
    for (kind, media_type, is_part), row in sorts.items():
        what = media_type or RecordKind(kind).name.lower()
        how = "in part" if is_part else "whole"
        says = f"{what} that was erased {how} is back"
        yield from _said_and_unsaid(rows, says, "records.payload", [row])
    items = [row for row in rows.former["items"] if rows.at("items", row) is None]
    item = next(row for row in items if rows.at("erased_items", row))
    yield from _said_and_unsaid(rows, "an item that was erased is back", "items.serial", [item])
    card = next(row for row in rows.former["cards"] if row["payload"] and not _card(rows, row))
    firm = next(
        row for row in rows.former["participants"] if row["participant"] == card["participant"]
    )
    nameless = rows.one("participants", lambda row: row["participant"] == card["participant"])
    back = (
        Edit("cards", rows.one("cards", lambda row: row["card"] == card["card"]), card),
        Edit("participants", nameless, firm),
    )
    yield Forgery("a card that was erased is back", "cards.payload", back)


def _said_and_unsaid(rows: Rows, says: str, named: str, places: Sequence[Row]) -> Iterator[Forgery]:
    edits = tuple(edit for place in places for edit in _restored(rows, place))
    yield Forgery(says, named, edits)
    unsaid = tuple(edit for place in places for edit in _status_removed(rows, place))
    yield Forgery(f"{says}, and no status says otherwise", "statuses.kind", (*edits, *unsaid))


def _restored(rows: Rows, place: Row) -> Iterator[Edit]:
    """Put every row of a place back as it was, and the objects that its event named."""
    for table in PLACED:
        was = [row for row in rows.former[table] if is_at(row, place)]
        now = rows.at(table, place)
        if was and was[0] != now:
            yield Edit(table, now, was[0])
        elif now is not None and not was:
            yield Edit(table, now, None)
    for event in [row for row in rows.former["events"] if is_at(row, place)]:
        yield from _objects(rows, event["event"])


def _objects(rows: Rows, event: int) -> Iterator[Edit]:
    """Put the objects of an event back, and the codes that nothing names any more."""
    known = {row["uri"]: row["epc"] for row in rows.all("epcs")}
    names = {row["epc"]: row["uri"] for row in rows.former["epcs"]}
    free = rows.unused("epcs", "epc")
    for row in rows.all("event_epcs", lambda row: row["event"] == event):
        yield Edit("event_epcs", row, None)
    for row in [one for one in rows.former["event_epcs"] if one["event"] == event]:
        uri = names[row["epc"]]
        if uri not in known:
            known[uri], free = free, free + 1
            yield Edit("epcs", None, {"epc": known[uri], "uri": uri})
        yield Edit("event_epcs", None, row | {"epc": known[uri]})


def _status_removed(rows: Rows, place: Row) -> Iterator[Edit]:
    entry = rows.entry_of(place)["leaf_hash"]
    for row in rows.all("statuses", lambda row: row["entry_hash"] == entry):
        if row["kind"] == "erased" and row["record_index"] in (-1, place["record_index"]):
            yield Edit("statuses", row, None)


def _hidden(rows: Rows) -> Iterator[Forgery]:
    """Take content away, as an erasure would."""
    event = rows.one("records", lambda row: row["kind"] == RecordKind.EVENT and row["payload"])
    edits = _event_gone(rows, event)
    yield from _invented(rows, "an event is hidden", "records.payload", event, edits)
    document = rows.one(
        "records", lambda row: row["kind"] == RecordKind.DOCUMENT and row["payload"]
    )
    for part, kept in (("all but the header", 0), ("a field", None)):
        edits = tuple(_fields_gone(document, kept))
        says = f"{part} of a document is hidden"
        yield from _invented(rows, says, "records.payload", document, edits)
    item = rows.all("items")[-1]
    edits = _item_gone(rows, item)
    yield from _invented(rows, "an item is hidden", "erased_items.field_root", item, edits)
    card = rows.one("cards", lambda row: row["payload"] is not None)
    firm = rows.one("participants", lambda row: row["participant"] == card["participant"])
    nameless = changed("participants", firm, gln=None, name=card["participant"].hex())
    yield Forgery(
        "a card is hidden",
        "cards.payload",
        (changed("cards", card, payload=None, secret=None), nameless),
    )


def _invented(rows: Rows, says: str, named: str, place: Row, edits: Edits) -> Iterator[Forgery]:
    """Hide a record; then invent the row that says so, by an entry that says another thing."""
    yield Forgery(says, named, edits)
    entry = rows.entry_of(place)["leaf_hash"]
    model = rows.one("statuses", lambda row: row["kind"] == "erased" and row["entry_hash"] != entry)
    index = place["record_index"]
    status = Edit("statuses", None, model | {"entry_hash": entry, "record_index": index})
    yield Forgery(f"{says}, by an invented status", "statuses.kind", (*edits, status))


def _event_gone(rows: Rows, row: Row) -> Edits:
    event = rows.at("events", row) or {}
    objects = rows.all("event_epcs", lambda one: one["event"] == event["event"])
    return (
        changed("records", row, payload=None, secret=None),
        Edit("events", event, None),
        *[Edit("event_epcs", one, None) for one in objects],
    )


def _fields_gone(row: Row, kept: int | None) -> Iterator[Edit]:
    """Leave the leaf at `kept` alone of a document, or None: all but the last."""
    fields = salted_fields(
        RecordKind(row["kind"]),
        parse_json(row["payload"]),
        row["secret"],
        media_type=row["media_type"],
    )
    last = len(fields) - 1
    ranges = ((last, last),) if kept is None else ((kept + 1, last),)
    leaves = PartialRecord.of(fields).without(ranges).to_bytes()
    place = {name: row[name] for name in ("batch", "record_index")}
    yield changed("records", row, payload=None, secret=None)
    yield Edit("partial_records", None, {**place, "leaves": leaves})


def _item_gone(rows: Rows, row: Row) -> Edits:
    run = rows.one("item_runs", lambda one: one["batch"] == row["batch"])
    header = item_header(item_prefix(run["gtin"], run["lot"]) + row["serial"])
    root = commit(RecordKind.ITEM, [Field((), row["salt"], header)]).field_root
    place = {name: row[name] for name in ("batch", "record_index")}
    return (Edit("items", row, None), Edit("erased_items", None, {**place, "field_root": root}))


def _statuses(rows: Rows) -> Iterator[Forgery]:
    """Let statuses say another thing than their entries."""
    recalled = rows.one("statuses", lambda row: row["kind"] == "recalled")
    other = rows.one(
        "statuses",
        lambda row: row["kind"] == "erased" and row["arrival"] != recalled["arrival"],
    )
    of_recall = rows.all("statuses", lambda row: row["arrival"] == recalled["arrival"])
    for says, edits in (
        ("a recall is withdrawn", [Edit("statuses", row, None) for row in of_recall]),
        (
            "a recall is of another record",
            [changed("statuses", recalled, entry_hash=other["entry_hash"], record_index=2)],
        ),
        (
            "a status is by another entry",
            [
                changed(
                    "statuses",
                    recalled,
                    arrival=other["arrival"],
                    entry_index=other["entry_index"],
                )
            ],
        ),
    ):
        yield Forgery(says, "statuses.kind", tuple(edits))


def _was_erased(rows: Rows, row: Row) -> bool:
    now = rows.at("records", row)
    return row["payload"] is not None and now is not None and now["payload"] is None


def _card(rows: Rows, card: Row) -> object:
    return rows.one("cards", lambda row: row["card"] == card["card"])["payload"]
