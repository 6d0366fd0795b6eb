"""Several columns changed together, so that the rows fit each other and only the log does not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.attack.audited_erasures import Row
from tests.attack.edits import (
    Edit,
    Edits,
    Forgery,
    Rows,
    changed,
    with_entry,
    with_members,
    with_root,
    with_tree,
)
from tests.attack.false_keys import false_keys
from traceability.hashing.commitment import Field, RecordKind, commit_record
from traceability.hashing.partial import PartialRecord
from traceability.hashing.statement import log_id
from traceability.store.tables import POLICY_TYPE
from traceability.strict_json import JSONValue, parse_json

EVENT, DOCUMENT = int(RecordKind.EVENT), int(RecordKind.DOCUMENT)
BRIGHT = b"\x01" * 32


def forgeries(rows: Rows) -> Iterator[Forgery]:
    """Yield every forgery."""
    yield from _contents(rows)
    yield from _types(rows)
    yield from false_keys(rows)
    yield from _numbers(rows)
    yield from _log(rows)


# What records say, each time made to fit one step further up.


def _contents(rows: Rows) -> Iterator[Forgery]:
    event = _live(rows, EVENT)
    said = rows.at("events", event) or {}
    document = _live(rows, DOCUMENT)
    told = changed("events", said, biz_step="receiving")
    payload = with_members(event, bizStep="receiving")
    yield from _ladder(rows, "an event says another step", event, payload, told)
    payload = with_members(document, number=9)
    yield from _ladder(rows, "a document says another thing", document, payload)
    yield from _erased_in_part(rows)
    gone = rows.one("records", lambda row: _is_gone(rows, row) and row["kind"] == EVENT)
    yield from _climb(
        rows, "an event that is erased was another", (changed("records", gone, field_root=BRIGHT),)
    )
    item = rows.all("items")[-1]
    serial = item["serial"][:-1] + ("0" if item["serial"][-1] != "0" else "1")
    yield from _climb(rows, "an item has another serial", (changed("items", item, serial=serial),))
    left = rows.one("erased_items")
    yield from _climb(
        rows,
        "an item that is erased was another",
        (changed("erased_items", left, field_root=BRIGHT),),
    )


def _ladder(rows: Rows, says: str, row: Row, payload: bytes, *more: Edit) -> Iterator[Forgery]:
    content = changed("records", row, payload=payload)
    yield Forgery(says, "records.payload", (content, *more))
    yield from _climb(rows, says, (changed("records", row, **_recommitted(row, payload)), *more))


def _climb(rows: Rows, says: str, edits: Edits) -> Iterator[Forgery]:
    """Let the batch's root fit a change, then its entry, then tiles and heads."""
    table, row = edits[0].table, edits[0].after or {}
    batch = row["batch"]
    column = "serial" if table == "items" else "field_root"
    first = "items" if table in ("items", "erased_items") else "records"
    named = "items.serial" if first == "items" else f"records.{column}"
    yield Forgery(f"{says}; its hash fits", named, edits)
    edits = with_root(rows, edits, batch)
    yield Forgery(f"{says}; the batch's root fits", "batches.batch_root", edits)
    edits = with_entry(rows, edits, batch)
    yield Forgery(f"{says}; the entry fits", "entries.envelope", edits)
    edits = with_tree(rows, edits)
    yield Forgery(f"{says}; tiles and heads fit", "checkpoints.note", edits)


def _erased_in_part(rows: Rows) -> Iterator[Forgery]:
    left = rows.one(
        "partial_records", lambda one: _kind(rows, one) == DOCUMENT and _fields(one) > 1
    )
    row = rows.at("records", left) or {}
    record = PartialRecord.from_bytes(left["leaves"])
    at = max(record.fields)
    other = _with_leaf(record, at, record.fields[at]._replace(value="another"))
    says = "what is left of a document says another thing"
    leaves = changed("partial_records", left, leaves=other.to_bytes())
    yield Forgery(says, "partial_records.leaves", (leaves,))
    root = other.commitment(RecordKind(row["kind"])).field_root
    yield from _climb(rows, says, (changed("records", row, field_root=root), leaves))
    more = record.without(((at, at),)).to_bytes()
    yield Forgery(
        "more of a document is gone than was erased",
        "partial_records.leaves",
        (changed("partial_records", left, leaves=more),),
    )


def _types(rows: Rows) -> Iterator[Forgery]:
    document = _live(rows, DOCUMENT)
    yield Forgery(
        "a document is made a policy",
        "records.field_root",
        (
            changed(
                "records",
                document,
                media_type=POLICY_TYPE,
                **_recommitted(document, document["payload"], POLICY_TYPE),
            ),
        ),
    )
    gone = rows.one("records", lambda row: _is_gone(rows, row) and row["kind"] == EVENT)
    to_policy = changed("records", gone, kind=DOCUMENT, media_type=POLICY_TYPE)
    yield Forgery("an erased event is made a policy", "records.kind", (to_policy,))
    erased = [
        ("a document erased whole is made a policy", "application/json", POLICY_TYPE),
        ("a policy erased whole is made another document", POLICY_TYPE, "application/json"),
        ("a lot's document erased in part is made a policy", "lot+json", POLICY_TYPE),
    ]
    for says, old, new in erased:
        yield from _retyped(rows, says, old, new)


def _retyped(rows: Rows, says: str, old: str, new: str) -> Iterator[Forgery]:
    """Give an erased document another type: its header too, then its hash."""
    row = rows.one(
        "records", lambda row: not row["payload"] and (row["media_type"] or "").endswith(old)
    )
    left = rows.at("partial_records", row) or {}
    record = PartialRecord.from_bytes(left["leaves"])
    header: JSONValue = {"kind": "document", "media_type": new}
    other = _with_leaf(record, 0, record.fields[0]._replace(value=header))
    leaves = changed("partial_records", left, leaves=other.to_bytes())
    root = other.commitment(RecordKind.DOCUMENT).field_root
    yield Forgery(says, "records.media_type", (changed("records", row, media_type=new),))
    typed = changed("records", row, media_type=new)
    yield Forgery(f"{says}; its header fits", "partial_records.leaves", (typed, leaves))
    hashed = changed("records", row, media_type=new, field_root=root)
    # Beside items the root tells no more than that one of both is another.
    yield Forgery(f"{says}; its hash fits", "records.field_root", (hashed, leaves))


def _numbers(rows: Rows) -> Iterator[Forgery]:
    """Exchange what says where a row belongs."""
    run = rows.one("item_runs", lambda row: row["quantity"] > 1)
    shifted = changed(
        "item_runs", run, first_index=run["first_index"] + 1, quantity=run["quantity"] - 1
    )
    yield Forgery("a lot begins one item later", "items.", (shifted,))
    first, second = rows.all("items")[:2]
    yield Forgery(
        "two items exchange serial and salt",
        "items.serial",
        _exchanged("items", first, second, "serial", "salt"),
    )
    yield from _lots(rows)
    one, two = [row for row in rows.all("batches") if rows.all("events", _of_batch(row))][:2]
    columns = ("arrival", "participant", "record_count", "batch_root")
    yield Forgery(
        "two batches exchange their entries",
        "records.record_index",
        _exchanged("batches", one, two, *columns),
    )
    event, another = rows.all("events")[:2]
    yield Forgery(
        "two events exchange their records",
        "events.event_time",
        _exchanged("events", event, another, "batch", "record_index"),
    )
    weighed = rows.one("event_epcs", lambda row: row["quantity"] is not None)
    yield Forgery(
        "an object weighs another quantity",
        "event_epcs.epc",
        (changed("event_epcs", weighed, quantity="7", uom="LBR"),),
    )


def _lots(rows: Rows) -> Iterator[Forgery]:
    """Let a lot of which nothing is left be one whose hash is kept, too."""
    lots = rows.all("item_runs")
    hidden = next(row for row in lots if not rows.all("items", _of_batch(row)))
    code = rows.one(
        "erased_codes", lambda row: row["record_index"] == -1 and not _of_batch(hidden)(row)
    )
    own = rows.one("erased_codes", lambda row: row["record_index"] == -1 and _of_batch(hidden)(row))
    shown = next(row for row in lots if row["batch"] == code["batch"])
    yield Forgery(
        "a lot that is erased whole was another, whose hash is kept for it",
        "item_runs.lot",
        (
            changed("item_runs", hidden, gtin=shown["gtin"], lot=shown["lot"]),
            changed("erased_codes", own, code_hash=code["code_hash"]),
        ),
    )


def _log(rows: Rows) -> Iterator[Forgery]:
    entries = sorted(rows.all("entries"), key=lambda row: row["leaf_index"])
    places = _exchanged("entries", entries[-2], entries[-3], "leaf_index")
    yield Forgery(
        "two entries exchange their places; tiles and heads fit",
        "checkpoints.note",
        with_tree(rows, places),
    )
    signed = next(row for row in entries if row["type"] == "batch")
    yield Forgery(
        "an entry is another key's next",
        "entries.key_id",
        (changed("entries", signed, key_id=BRIGHT, sequence=77),),
    )
    heads = rows.all("checkpoints")
    yield Forgery(
        "a head is an older one",
        "checkpoints.note",
        (
            changed(
                "checkpoints", heads[-1], root_hash=heads[0]["root_hash"], note=heads[0]["note"]
            ),
        ),
    )
    one, two = rows.all("anchors")[:2]
    for what, columns in (
        ("transactions", ("tx_hash", "raw", "nonce", "from_size")),
        ("proofs", ("evidence", "evidence_block_number", "evidence_block_hash", "block_number")),
        ("heads", ("tree_size", "root_hash", "from_size")),
    ):
        yield Forgery(
            f"two anchors exchange their {what}",
            "anchors.evidence" if what == "proofs" else "anchors.tree_size",
            _exchanged("anchors", one, two, *columns),
        )
    yield from _names(rows)


def _names(rows: Rows) -> Iterator[Forgery]:
    names = {row["name"]: row for row in rows.all("meta")}
    contract = "0x" + "12" * 20
    log = log_id(
        chain_id=int(names["chain_id"]["value"]),
        contract=contract,
        opener=names["opener"]["value"].decode(),
        genesis_leaf_hash=names["genesis"]["value"],
    )
    yield Forgery(
        "the ledger is another contract's log",
        "meta.value",
        (
            changed("meta", names["contract"], value=contract.encode()),
            changed("meta", names["log"], value=log),
        ),
    )


# Small parts of the above.


def _live(rows: Rows, kind: int) -> Row:
    return rows.one("records", lambda row: row["kind"] == kind and row["payload"] is not None)


def _is_gone(rows: Rows, row: Row) -> bool:
    return row["payload"] is None and rows.at("partial_records", row) is None


def _of_batch(of: Row) -> Any:
    return lambda row: row["batch"] == of["batch"]


def _kind(rows: Rows, place: Row) -> int:
    return int((rows.at("records", place) or {})["kind"])


def _fields(left: Row) -> int:
    return len(PartialRecord.from_bytes(left["leaves"]).fields)


def _with_leaf(record: PartialRecord, at: int, leaf: Field) -> PartialRecord:
    leaves = list(record.leaves)
    leaves[at] = leaf
    return PartialRecord(tuple(leaves))


def _recommitted(row: Row, payload: bytes, media_type: str | None = None) -> Row:
    kind = RecordKind(row["kind"])
    value, named = parse_json(payload), media_type or row["media_type"]
    found = commit_record(kind, value, row["secret"], media_type=named)
    return {
        "payload": payload,
        "field_count": found.field_count,
        "field_root": found.field_root,
    }


def _exchanged(table: str, one: Row, other: Row, *columns: str) -> Edits:
    return (
        changed(table, one, **{name: other[name] for name in columns}),
        changed(table, other, **{name: one[name] for name in columns}),
    )
