"""A value that nothing can read is named, with its table, key and column; the rest is checked."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from tests.support.ledger import GTIN, add_participant, document, event
from traceability.ledger.audit.audit import AuditReport, audit
from traceability.ledger.audit.unreadable import naming_unreadable, unreadable
from traceability.ledger.mint import Lot
from traceability.ledger.node import Node
from traceability.store.faults import StoreUnavailable
from traceability.store.repositories.storage import misfits_of

BAD = "cast(x'ff41' as text)"


def fill(node: Node) -> Node:
    participant = add_participant(node, gln="9521234567899")
    node.submission.submit(document(event(1), event(2)), participant=participant)
    node.mint(Lot(GTIN, "L1", 20, {"name": {"zh": "电缆"}}), participant=participant)
    node.sequencer.run(close=True)
    return node


def run_audit(node: Node, jobs: int = 1) -> AuditReport:
    return audit(node.store, second_place=node.second_place, jobs=jobs)


def change(node: Node, statement: str) -> None:
    with node.store.unit_of_work() as work:
        work.connection.execute(text(statement))
        work.commit()


def named(report: AuditReport) -> set[tuple[str, str]]:
    return {(found.table, found.column) for found in report.differences}


@pytest.mark.parametrize(
    ("table", "column", "where"),
    [
        ("events", "biz_step", "event = 1"),
        ("events", "event_id", "event = 2"),
        ("participants", "name", "1 = 1"),
        ("keys", "roles", "1 = 1"),
        ("entries", "type", "leaf_index = 3"),
        ("items", "serial", "record_index = 7"),
        ("item_runs", "lot", "1 = 1"),
        ("epcs", "uri", "epc = 1"),
        ("checkpoints", "note", "tree_size = (select max(tree_size) from checkpoints)"),
    ],
)
def test_names_text_that_is_not_utf_8(
    sqlite_node: Node, table: str, column: str, where: str
) -> None:
    fill(sqlite_node)
    change(sqlite_node, f"update {table} set {column} = {BAD} where {where}")
    assert (table, column) in named(run_audit(sqlite_node))


def test_names_text_that_is_not_utf_8_in_another_process(sqlite_node: Node) -> None:
    fill(sqlite_node)
    change(sqlite_node, f"update events set biz_step = {BAD} where event = 1")
    (found,) = run_audit(sqlite_node, jobs=2).differences
    assert (found.table, found.key, found.column) == ("events", "1", "biz_step")


def test_text_of_any_language_is_text(sqlite_node: Node) -> None:
    fill(sqlite_node)
    change(sqlite_node, "update participants set name = '电缆厂 ½ 😀'")
    assert unreadable(sqlite_node.store) == []


@pytest.mark.parametrize(
    ("statement", "table", "column"),
    [
        (
            "update batches set record_count = 9223372036854775807 where batch = 2",
            "batches",
            "record_count",
        ),
        ("update item_runs set quantity = 9223372036854775807", "item_runs", "quantity"),
        (
            "update entries set leaf_index = 9223372036854775807 where leaf_index = 3",
            "entries",
            "leaf_index",
        ),
        (
            "update entries set leaf_index = 4503599627370496 where leaf_index = 3",
            "entries",
            "leaf_index",
        ),
        ("update batches set record_count = -5 where batch = 2", "batches", "record_count"),
        ("update item_runs set first_index = -7", "item_runs", "first_index, quantity"),
    ],
)
def test_names_a_number_that_no_column_means(
    node: Node, statement: str, table: str, column: str
) -> None:
    fill(node)
    change(node, statement)
    assert (table, column) in named(run_audit(node))


OTHER = "update records set field_count = 77 where batch = 2 and record_index = 0"


def test_goes_on_behind_a_number_that_no_column_means(node: Node) -> None:
    fill(node)
    change(node, "update events set event_time = 9223372036854775807 where event = 1")
    change(node, "update batches set record_count = 9223372036854775807 where batch = 1")
    change(node, OTHER)
    report = run_audit(node)
    expected = {("events", "event_time"), ("batches", "record_count"), ("records", "field_count")}
    assert expected <= named(report)
    assert report.checked["records"] == 23


@pytest.mark.parametrize(
    ("statement", "table", "column"),
    [
        ("update records set payload = 'x' where batch = 1 and record_index = 0",
         "records", "payload"),
        ("update items set salt = 5 where record_index = 7", "items", "salt"),
        ("update entries set envelope = 'x' where leaf_index = 2", "entries", "envelope"),
        ("update keys set public_key = 'x'", "keys", "public_key"),
        ("update batches set record_count = 'x' where batch = 1", "batches", "record_count"),
        ("update checkpoints set note = 1 where tree_size = 3", "checkpoints", "note"),
    ],
)  # fmt: skip
def test_goes_on_behind_a_value_of_another_type(
    sqlite_node: Node, statement: str, table: str, column: str
) -> None:
    fill(sqlite_node)
    change(sqlite_node, statement)
    change(sqlite_node, "update participants set name = 'another'")
    # In another process, too.
    report = run_audit(sqlite_node, jobs=2 if table == "records" else 1)
    assert {(table, column), ("participants", "name")} <= named(report)
    assert "entries" in report.checked
    assert not report.ok


def test_a_large_price_is_no_number_too_large(node: Node) -> None:
    with node.store.reading() as repositories:
        assert list(misfits_of(repositories.connection, "anchors")) == []
    change(
        node,
        "insert into anchors (tx_hash, raw, nonce, from_size, tree_size, root_hash, state, "
        "signed_at, gas_price) select leaf_hash, leaf_hash, 0, 0, 1, leaf_hash, 'signed', 0, "
        "9007199254740993 from entries where leaf_index = 0",
    )
    with node.store.reading() as repositories:
        assert list(misfits_of(repositories.connection, "anchors")) == []


@pytest.mark.parametrize("table", ["erased_codes", "corrections", "event_epcs"])
def test_names_a_table_that_is_gone(node: Node, table: str) -> None:
    fill(node)
    change(node, f"drop table {table}")
    assert table in {found.table for found in run_audit(node).differences}
    assert table in {found.table for found in unreadable(node.store)}


def test_a_store_that_does_not_answer_is_no_difference(node: Node) -> None:
    def refusing() -> object:
        raise StoreUnavailable("store cannot be used now")
        yield

    with node.store.reading() as repositories, pytest.raises(StoreUnavailable, match="used now"):
        list(naming_unreadable(refusing(), repositories))  # type: ignore[arg-type] # yields nothing
