"""The audit of what a database is made of: whatever hides a record, or shows another, is named."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, text

from tests.support.ledger import GTIN, add_participant, document, event
from traceability.ledger.audit.audit import audit
from traceability.ledger.audit.difference import Difference
from traceability.ledger.mint import Lot
from traceability.ledger.node import Node
from traceability.store.schema_postgresql import FILE, postgresql_objects, to_json
from traceability.store.schema_sqlite import normalized
from traceability.store.tables import metadata


@pytest.fixture
def full(node: Node) -> Node:
    """Return a ledger with every kind of row that the log commits to."""
    return filled(node)


def filled(node: Node) -> Node:
    participant = add_participant(node, gln="9521234567899")
    node.submission.submit(document(event(1), event(2)), participant=participant)
    node.mint(Lot(GTIN, "L1", 600, {"name": {"zh": "电缆"}}), participant=participant)
    node.sequencer.run(close=True)
    return node


def differences(node: Node, *, jobs: int = 1) -> tuple[Difference, ...]:
    return audit(node.store, second_place=node.second_place, jobs=jobs).differences


def change(node: Node, *statements: str) -> None:
    with node.store.unit_of_work() as work:
        for statement in statements:
            work.connection.execute(text(statement))
        work.commit()
    node.store.engine.dispose()


def is_sqlite(node: Node) -> bool:
    return node.store.engine.dialect.name == "sqlite"


def without_keys(node: Node, table: str) -> None:
    """Let a table take the same row twice."""
    if is_sqlite(node):
        rename = f"alter table keep rename to {table}"
        change(node, f"create table keep as select * from {table}", f"drop table {table}", rename)
        return
    keys = "select conname from pg_constraint where conrelid = to_regclass(:name) and contype "
    with node.store.unit_of_work() as work:
        found = work.connection.execute(text(keys + "in ('p', 'u')"), {"name": table})
        names = [row[0] for row in found]
    change(node, *(f"alter table {table} drop constraint {name}" for name in names))


def copied(table: str, **changed: str) -> str:
    """Return the statement that puts a copy of a row beside it, with some columns changed."""
    columns = [column.name for column in metadata.tables[table].columns]
    values = ", ".join(changed.get(column, column) for column in columns)
    key = ", ".join(column.name for column in metadata.tables[table].primary_key.columns)
    return f"insert into {table} select {values} from {table} order by {key} limit 1"


def test_names_a_forged_event_beside_the_true_one(full: Node) -> None:
    """A reader that keeps one row for a key would compare the other one, or neither."""
    without_keys(full, "events")
    change(full, copied("events", event="-5", biz_step="'shipping'"))
    doubled = Difference("events", "1, 0", "batch, record_index", "one row", "2 rows")
    assert doubled in differences(full)


def test_a_second_event_is_refused_while_its_constraint_is_there(full: Node) -> None:
    with pytest.raises(Exception, match=r"(?i)unique"):
        change(full, copied("events", event="-5"))
    assert differences(full) == ()


def test_names_a_code_with_two_numbers(full: Node) -> None:
    without_keys(full, "epcs")
    change(full, copied("epcs", epc="999"))
    columns = {one.column for one in differences(full) if one.found == "2 rows"}
    assert columns == {"uri"}


@pytest.mark.parametrize(
    "table",
    ["batch_tiles", "event_epcs", "item_runs", "items", "keys", "log_tiles", "records"],
)
def test_names_a_row_that_is_there_twice(full: Node, table: str) -> None:
    without_keys(full, table)
    assert "2 rows" not in {one.found for one in differences(full)}
    change(full, copied(table))
    assert (table, "2 rows") in {(one.table, one.found) for one in differences(full)}


HIDING = "create index ix_item_runs_gtin_lot on item_runs (gtin, lot) where "


def test_names_an_index_that_leaves_rows_out(full: Node) -> None:
    change(full, "drop index ix_item_runs_gtin_lot", f"{HIDING} lot = 'none'")
    (found,) = differences(full)
    assert (found.table, found.key, found.column) == ("item_runs", "ix_item_runs_gtin_lot", "index")
    assert "none" in found.found
    assert "none" not in found.expected


@pytest.mark.parametrize("jobs", [1, 2])
def test_names_an_index_whose_definition_was_put_right_again(sqlite_node: Node, jobs: int) -> None:
    full = filled(sqlite_node)
    name = "ix_item_runs_gtin_lot"
    with full.store.unit_of_work() as work:
        asked = text("select sql from sqlite_master where name = :name")
        definition = work.connection.scalar(asked, {"name": name})
        work.connection.execute(text(f"drop index {name}"))
        work.connection.execute(text(f"{HIDING} 0"))
        work.connection.execute(text("pragma writable_schema = 1"))
        restore = text("update sqlite_master set sql = :sql where name = :name")
        work.connection.execute(restore, {"sql": definition, "name": name})
        work.commit()
    full.store.engine.dispose()
    lacks = f"row 1 missing from index {name}"
    expected = Difference("item_runs", name, "index", "every row, once", lacks)
    assert differences(full, jobs=jobs) == (expected,)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("drop index ix_events_biz_step", ("events", "ix_events_biz_step", "index")),
        ("alter table events add column more text", ("events", None, None)),
        ("create view mine as select * from events", ("events", "mine", "view")),
        ("create unique index mine on events (event_time)", ("events", "mine", "index")),
    ],
)
def test_names_what_was_changed(
    full: Node, statement: str, expected: tuple[str, str | None, str | None]
) -> None:
    change(full, statement)
    (found,) = differences(full)
    places = (found.table, found.key, found.column)
    assert [place for place, one in zip(places, expected, strict=True) if one] == [
        one for one in expected if one
    ]


def test_rows_that_stop_a_reader_are_named_before_it_stops(full: Node) -> None:
    without_keys(full, "participants")
    change(full, copied("participants"))
    found = differences(full)
    assert "2 rows" in {one.found for one in found}
    assert found[-1].found == "store holds two rows where its keys allow one"


def test_one_more_index_and_a_table_of_somebody_elses_are_no_fault(full: Node) -> None:
    change(
        full,
        "create index faster on events (disposition, event_time)",
        "create table notes (note text)",
        "create view of_notes as select note from notes",
    )
    assert differences(full) == ()


def test_names_a_trigger(full: Node) -> None:
    on = "create trigger mine before delete on records"
    if is_sqlite(full):
        change(full, f"{on} begin select raise(ignore); end")
    else:
        change(
            full,
            "create function nothing() returns trigger language plpgsql as "
            "'begin return null; end'",
            f"{on} for each row execute function nothing()",
        )
    assert [(one.table, one.key, one.column) for one in differences(full)] == [
        ("records", "mine", "trigger")
    ]


def test_a_table_that_is_gone_is_named_with_what_was_on_it(full: Node) -> None:
    change(full, "drop table item_runs")
    found = differences(full)
    assert ("ix_item_runs_gtin_lot", "none") in {(one.key, one.found) for one in found}
    assert found[-1] == Difference("item_runs", "", "", "a table", "nothing")


def test_what_cannot_be_read_any_more_is_named_with_what_was_changed(full: Node) -> None:
    change(full, "alter table events rename column biz_step to step")
    found = differences(full)
    assert found[0].table == "events"
    assert found[-1].expected == "a schema that can be read: the rest is open"


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("alter table events drop constraint uq_events_batch_record_index",
         {("uq_events_batch_record_index", "constraint"),
          ("uq_events_batch_record_index", "index")}),
        ("update pg_index set indisvalid = false where indexrelid = 'ix_events_biz_step'::regclass",
         {("ix_events_biz_step", "index")}),
        ("create rule mine as on delete to events do instead nothing", {("mine", "rule")}),
        ("alter table events enable row level security", {("events", "table")}),
        ("create policy mine on events using (event < 2)", {("mine", "policy")}),
        ("create table more () inherits (events)", {("more", "inheritance")}),
        ("alter table events set unlogged", {("events", "table")}),
        ("alter table events alter column biz_step set default 'x'", {("biz_step", "column")}),
    ],
)  # fmt: skip
def test_names_what_was_changed_on_postgresql(
    postgresql_node: Node, statement: str, expected: set[tuple[str, str]]
) -> None:
    full = filled(postgresql_node)
    change(full, statement)
    assert {(one.key, one.column) for one in differences(full)} == expected


def test_names_an_index_that_rows_were_kept_out_of_on_postgresql(postgresql_node: Node) -> None:
    """The catalogue says nothing of it any more: only what the index holds does."""
    full = filled(postgresql_node)
    assert differences(full) == ()
    index = "indexrelid = 'ix_item_runs_gtin_lot'::regclass"
    change(full, f"update pg_index set indisready = false where {index}")
    change(full, "insert into item_runs values (99, '09521234567899', 'L9', 1, 1)")
    change(full, f"update pg_index set indisready = true where {index}")
    lacks = Difference(
        "item_runs", "ix_item_runs_gtin_lot", "index", "every row, once", "1 of 2 rows"
    )
    assert lacks in differences(full)


def test_how_an_index_is_laid_out_is_no_fault_on_postgresql(postgresql_node: Node) -> None:
    change(postgresql_node, "alter index ix_events_biz_step set (fillfactor = 70)")
    assert differences(postgresql_node) == ()


def test_the_file_of_definitions_is_what_the_migrations_make(postgresql_node: Node) -> None:
    """Where this fails, run `scripts/make_postgresql_schema.py`."""
    with postgresql_node.store.reading() as repositories:
        assert made(repositories.connection) == FILE.read_text(encoding="utf-8")


def made(connection: Connection) -> str:
    return to_json(postgresql_objects(connection, sorted(metadata.tables)))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ('CREATE TABLE "t" (a,\n\tb)', "CREATE TABLE t(a, b)", True),
        ("CHECK (a = 'x  y')", "CHECK (a='x  y')", True),
        ("CHECK (a = 'x  y')", "CHECK (a = 'x y')", False),
        ("UNIQUE (a)", "-- UNIQUE (a)", False),
        ("WHERE a", "WHERE A", False),
    ],
)
def test_definitions_are_compared_without_spaces(one: str, other: str, *, same: bool) -> None:
    assert (normalized(one) == normalized(other)) is same
