"""The audit: a sound ledger passes, and one changed value is named, whichever it is."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from tests.support.ledger import GTIN, add_participant, document, event
from traceability.ledger.audit.audit import AuditReport, audit
from traceability.ledger.audit.difference import NO_PROOF
from traceability.ledger.mint import Lot
from traceability.ledger.node import Node
from traceability.ledger.second_place import ServedHead
from traceability.store.faults import StoreFault


@pytest.fixture
def full(node: Node) -> Node:
    """Return a ledger with every kind of row that the log commits to."""
    participant = add_participant(node, gln="9521234567899")
    node.submission.submit(document(event(1), event(2)), participant=participant)
    node.mint(Lot(GTIN, "L1", 600, {"name": {"zh": "电缆"}}), participant=participant)
    node.sequencer.run(close=True)
    return node


def run_audit(node: Node) -> AuditReport:
    return audit(node.store, second_place=node.second_place)


def change(node: Node, statement: str) -> None:
    with node.store.unit_of_work() as work:
        assert work.connection.execute(text(statement)).rowcount == 1
        work.commit()


def test_a_sound_ledger_passes(full: Node) -> None:
    report = run_audit(full)
    assert report.differences == ()
    assert report.checked["records"] == 603


def flipped(node: Node, table: str, column: str, where: str) -> None:
    """Change the last byte of a stored value."""
    with node.store.unit_of_work() as work:
        query = f"select {column} from {table} where {where}"
        value = bytes(work.connection.execute(text(query)).scalar_one())
        changed = value[:-1] + bytes([value[-1] ^ 1])
        update = text(f"update {table} set {column} = :value where {where}")
        assert work.connection.execute(update, {"value": changed}).rowcount == 1
        work.commit()


@pytest.mark.parametrize(
    ("table", "column", "where", "named"),
    [
        ("records", "payload", "batch = 1 and record_index = 0", ("records", "1, 0")),
        ("records", "payload", "batch = 1 and record_index = 1", ("records", "1, 1")),
        ("records", "secret", "batch = 1 and record_index = 0", ("records", "1, 0")),
        ("records", "field_root", "batch = 1 and record_index = 0", ("records", "1, 0")),
        ("items", "salt", "record_index = 300", ("items", "2, 256–511")),
        ("entries", "envelope", "leaf_index = 3", ("entries", "4")),
        ("entries", "leaf_hash", "leaf_index = 3", ("entries", "4")),
        ("batches", "batch_root", "batch = 1", ("batches", "1")),
        ("batch_tiles", "hashes", "batch = 2", ("batch_tiles", None)),
        ("log_tiles", "hashes", "tile = 0", ("log_tiles", "0")),
        ("cards", "payload", "1 = 1", ("cards", None)),
        ("keys", "public_key", "1 = 1", ("keys", None)),
        ("checkpoints", "root_hash", "tree_size = 3", ("checkpoints", "3")),
    ],
)
def test_names_one_changed_byte(
    full: Node, table: str, column: str, where: str, named: tuple[str, str | None]
) -> None:
    flipped(full, table, column, where)
    found = {(difference.table, difference.key) for difference in run_audit(full).differences}
    assert any(name == named[0] and named[1] in (None, key) for name, key in found), found


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ("update events set biz_step = 'receiving' where event = 1", "events"),
        ("update events set event_time = event_time + 1 where event = 1", "events"),
        ("update events set event_id = 'urn:x:1' where event = 1", "events"),
        ("delete from event_epcs where event = 1", "event_epcs"),
        ("update keys set roles = 'auditor'", "keys"),
        ("update participants set name = 'other'", "participants"),
        ("update items set serial = '~' where record_index = 600", "items"),
        ("delete from items where record_index = 600", "items"),
        (
            "update checkpoints set ends_with_state = not ends_with_state where tree_size = 3",
            "checkpoints",
        ),
        ("update entries set sequence = 99 where leaf_index = 3", "entries"),
    ],
)
def test_names_one_changed_column(full: Node, statement: str, table: str) -> None:
    change(full, statement)
    assert table in {difference.table for difference in run_audit(full).differences}


NOWHERE = "insert into events select 99, 1, 77" + "".join(
    f", {column}"
    for column in (
        "type", "action", "event_time", "biz_step", "disposition", "read_point", "biz_location",
        "transformation_id", "event_id", "declares_error", "content_mac",
    )
) + " from events where event = 1"  # fmt: skip


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        (
            ("insert into records select batch, 77, kind, field_count, field_root, media_type, "
            "payload, secret from records where batch = 1 and record_index = 0"),
            "records",
        ),
        (NOWHERE, "events"),
        (
            ("insert into event_epcs select 99, role, epc, ordinal, quantity, uom "
            "from event_epcs where event = 1"),
            "event_epcs",
        ),
        ("insert into items select batch, 9999, serial, salt from items where record_index = 600",
         "items"),
        ("insert into item_runs select 1, gtin, lot, 1, 5 from item_runs", "item_runs"),
        (("insert into batches select 99, 1, participant, 1, batch_root, submitted "
         "from batches where batch = 1"), "batches"),
        ("insert into batch_tiles select batch, 999, hashes from batch_tiles", "batch_tiles"),
        ("insert into batch_tiles select 99, tile, hashes from batch_tiles", "batch_tiles"),
        ("insert into log_tiles select 999, hashes from log_tiles where tile = 0", "log_tiles"),
        (("insert into checkpoints select 99999999, root_hash, note, ends_with_state, signed "
         "from checkpoints where tree_size = 3"), "checkpoints"),
    ],
)  # fmt: skip
def test_names_an_invented_row(full: Node, statement: str, table: str) -> None:
    assert run_audit(full).ok
    change(full, statement)
    assert table in {difference.table for difference in run_audit(full).differences}


@pytest.mark.parametrize(
    ("statement", "table", "missing"),
    [
        (("insert into batches select 99, 9999, participant, 1, batch_root, submitted "
          "from batches where batch = 1"), "batches", "a batch entry"),
        (("insert into records select 99, 0, kind, field_count, field_root, media_type, payload, "
          "secret from records where batch = 1 and record_index = 0"),
         "records", "a place in its batch"),
        ("insert into item_runs select 99, gtin, lot, 0, 5 from item_runs", "item_runs",
         "a place in its batch"),
    ],
)  # fmt: skip
def test_a_row_that_refers_to_none_is_refused_or_named(
    full: Node, statement: str, table: str, missing: str
) -> None:
    if full.store.engine.dialect.name == "sqlite":
        with pytest.raises(StoreFault, match="FOREIGN KEY"):
            change(full, statement)
        assert run_audit(full).ok
        return
    # PostgreSQL holds no references (migration 0007).
    change(full, statement)
    found = {(one.table, one.column, one.expected) for one in run_audit(full).differences}
    assert (table, "", missing) in found


def test_names_an_invented_object_of_a_real_event(full: Node) -> None:
    change(full, "insert into epcs (uri) values ('https://id.gs1.org/01/09521234567899/10/EVIL')")
    change(
        full,
        "insert into event_epcs select 1, 4, epc, 0, null, null from epcs where uri like '%EVIL'",
    )
    assert "event_epcs" in {difference.table for difference in run_audit(full).differences}


def test_names_an_invented_participant(full: Node) -> None:
    with full.store.unit_of_work() as work:
        statement = text("insert into participants values (:id, null, 'nobody')")
        work.connection.execute(statement, {"id": b"n" * 16})
        work.commit()
    assert {found.table for found in run_audit(full).differences} == {"participants"}


def test_names_a_log_cut_short(full: Node) -> None:
    full.second_place.append(ServedHead(99, bytes(32)))
    assert {found.table for found in run_audit(full).differences} == {"checkpoints"}


def keep_anchor(node: Node, from_size: int, tree_size: int, state: str = "included") -> None:
    """Keep an anchor as if the chain had it; nothing else of the chain is there."""
    raw = "x'01'" if node.store.engine.dialect.name == "sqlite" else r"'\x01'::bytea"
    change(
        node,
        "insert into anchors (tx_hash, raw, nonce, from_size, tree_size, root_hash, state, "
        f"signed_at) select root_hash, {raw}, 0, {from_size}, tree_size, root_hash, '{state}', 0 "
        f"from checkpoints where tree_size = {tree_size}",
    )


@pytest.mark.parametrize("same", [True, False])
def test_compares_with_the_contracts_head(full: Node, same: bool) -> None:
    with full.store.reading() as repositories:
        head = repositories.tree.latest_checkpoint()
    assert head is not None
    keep_anchor(full, 1, head.tree_size)
    root = head.root_hash if same else bytes(32)
    report = audit(
        full.store, second_place=full.second_place, chain_head=lambda: (head.tree_size, root)
    )
    named = {(found.table, found.column) for found in report.differences}
    assert (("checkpoints", "root_hash") not in named) is same


def asked(node: Node) -> set[tuple[str, str, str]]:
    """Return table, column and what was expected of kept heads and anchors."""
    with node.store.reading() as repositories:
        head = repositories.tree.latest_checkpoint()
    assert head is not None
    report = audit(
        node.store,
        second_place=node.second_place,
        chain_head=lambda: (head.tree_size, head.root_hash),
    )
    rest = (one for one in report.differences if one.column != "raw")
    return {(one.table, one.column, one.expected) for one in rest}


def sizes(node: Node) -> list[int]:
    with node.store.reading() as repositories:
        return [row.tree_size for row in repositories.tree.checkpoints_between(2, 2**40)]


def test_names_the_anchor_of_the_contracts_head_where_none_is_kept(full: Node) -> None:
    last = sizes(full)[-1]
    expected = ("anchors", "tree_size", f"the contract's head of {last}")
    assert asked(full) == {expected}
    keep_anchor(full, 1, last)
    assert asked(full) == set()


def test_a_final_anchor_without_evidence_is_not_checked_and_differs_from_nothing(
    full: Node,
) -> None:
    with full.store.reading() as repositories:
        head = repositories.tree.latest_checkpoint()
    assert head is not None
    keep_anchor(full, 1, head.tree_size, "final")
    raw = "x''" if full.store.engine.dialect.name == "sqlite" else "''::bytea"

    def told(column: str) -> tuple[list[tuple[str, str, str]], set[str]]:
        report = audit(
            full.store,
            second_place=full.second_place,
            chain_head=lambda: (head.tree_size, head.root_hash),
        )
        assert not report.ok
        found = {one.found for one in report.differences if one.column == column}
        return [(one.table, one.column, one.reason) for one in report.unchecked], found

    unproven = ("anchors", "evidence", NO_PROOF)
    assert told("evidence") == ([unproven], set())
    change(full, f"update anchors set raw = {raw}")
    # Learnt elsewhere, it has no bytes: then nothing at all says that it was.
    assert told("raw") == ([("anchors", "raw, evidence", NO_PROOF), unproven], set())
    change(full, "update anchors set estimated_gas = 1")
    assert told("raw")[1] == {"nothing"}
    change(full, "update anchors set evidence_block_number = 1, estimated_gas = null")
    assert told("evidence")[1] == {"nothing"}


def test_names_an_older_anchor_that_a_newer_one_follows(full: Node) -> None:
    *_, older, last = sizes(full)
    keep_anchor(full, older, last)
    assert {place[:2] for place in asked(full)} == {("anchors", "tree_size")}
    keep_anchor(full, 1, older)
    assert asked(full) == set()


def test_names_the_signed_head_of_an_anchor(full: Node) -> None:
    *_, older, last = sizes(full)
    keep_anchor(full, 1, older)
    keep_anchor(full, older, last)
    change(full, f"delete from checkpoints where tree_size = {older}")
    expected = ("checkpoints", "tree_size", "the signed head of an anchor")
    assert asked(full) == {expected}


def test_names_the_logs_own_head_and_counts_what_is_kept(full: Node) -> None:
    report = run_audit(full)
    assert report.checked["checkpoints"] == len(sizes(full)) + 1
    assert report.checked["anchors"] == 0
    last = sizes(full)[-1]
    change(full, f"delete from checkpoints where tree_size = {last}")
    report = run_audit(full)
    (found,) = report.differences
    assert (found.table, found.expected) == ("checkpoints", "the log's signed head")
