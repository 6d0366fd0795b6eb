"""The audit names a change of any committed column; and the judge of that is no pushover."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, insert

from tests.attack.columns import (
    ATTACKS,
    ROW,
    Found,
    Mutation,
    Tally,
    is_named,
    mutations,
    run,
    table_of,
    untouched_columns,
)
from tests.attack.rows import each_of
from tests.attack.table import SMALL, Attack
from traceability.ledger.audit.difference import Difference
from traceability.store.tables import metadata


@each_of(ATTACKS)
def test_every_trial_is_survived(attack: Attack, tmp_path: Path) -> None:
    outcome = attack.run(SMALL, tmp_path)
    assert outcome.is_survived, outcome.evidence


def told(table: str, column: str) -> list[Difference]:
    return [Difference(table, "1", column, "x", "y")]


def changed(table: str, place: str) -> Mutation:
    return Mutation(table, place, "changed", (), ())


@pytest.mark.parametrize(
    ("place", "table", "column"),
    [("gln", "participants", "gln"), ("gln", "participants", ""), (ROW, "participants", "name")],
)
def test_a_change_counts_as_named_by_its_column(place: str, table: str, column: str) -> None:
    assert is_named(changed("participants", place), told(table, column))


@pytest.mark.parametrize(
    ("place", "table", "column"),
    [("gln", "participants", "name"), ("gln", "keys", "gln"), (ROW, "keys", "participant")],
)
def test_a_change_does_not_count_as_named_by_another(place: str, table: str, column: str) -> None:
    assert not is_named(changed("participants", place), told(table, column))


@pytest.mark.parametrize(
    ("tally", "is_untouched"),
    [(Tally(), True), (Tally(refused=3), True), (Tally(made=1, named=1, refused=3), False)],
)
def test_a_column_is_untouched_unless_a_change_took_place(
    tally: Tally, *, is_untouched: bool
) -> None:
    found = Found()
    found.tallies["records", "kind"] = tally
    assert ("records.kind" in untouched_columns(found)) is is_untouched


def test_a_column_of_which_all_was_refused_is_said_to_be_so() -> None:
    found = Found()
    found.tallies["records", "kind"] = Tally(refused=3)
    found.tallies["records", "batch"] = Tally(made=1, named=1, refused=2)
    rows = {row[:2]: row[3:] for row in table_of([found])}
    assert rows["records", "kind"] == ("0 + all 3 refused", "0")
    assert rows["records", "batch"] == ("1 + 2 refused", "1")


def test_where_the_database_refuses_a_value_another_that_it_takes_is_at_hand() -> None:
    table = metadata.tables["records"]
    engine = create_engine("sqlite://")
    row = dict.fromkeys(table.columns.keys()) | {"batch": 1, "field_count": 1, "field_root": b"r"}
    with engine.begin() as connection:
        metadata.create_all(connection)
        for index, kind in enumerate((1, 3)):
            connection.execute(insert(table).values(row | {"record_index": index, "kind": kind}))
    with engine.connect() as connection:
        found = list(mutations(connection, table, thorough=False))
    first = next(one for one in found if one.place == "kind")
    assert not run(engine, first.do)
    assert any(run(engine, other.do) and run(engine, other.undo) for other in first.instead)
    engine.dispose()
