"""No column is forgotten: each is committed, or there is a reason why nothing commits to it."""

from __future__ import annotations

from traceability.ledger.audit.columns import COMMITTED, OPERATIONAL
from traceability.store.tables import metadata


def test_every_column_is_in_exactly_one_class() -> None:
    for table in metadata.sorted_tables:
        committed = set(COMMITTED.get(table.name, ()))
        operational = set(OPERATIONAL.get(table.name, ()))
        assert committed | operational == {column.name for column in table.columns}, table.name
        assert not committed & operational, table.name


def test_no_class_names_a_column_that_is_not() -> None:
    known = {table.name: set(table.columns.keys()) for table in metadata.sorted_tables}
    for name, columns in [*COMMITTED.items(), *OPERATIONAL.items()]:
        assert set(columns) <= known[name]


def test_a_change_is_named_as_a_committed_column() -> None:
    columns = {f"{table}.{name}" for table, found in COMMITTED.items() for name in found}
    others = {place for found in COMMITTED.values() for one in found.values() for place in one.also}
    # A name without a column is of rows that lack.
    assert others - columns == {"events.event", "erased_items.", "corrections."}
    assert all(one.by for found in COMMITTED.values() for one in found.values())
