"""The audit names a change of any committed column; and the judge of that is no pushover."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.attack.columns import ATTACKS, ROW, Found, Mutation, is_named, untouched_columns
from tests.attack.rows import each_of
from tests.attack.table import SMALL, Attack
from traceability.ledger.audit.difference import Difference


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


def test_a_column_that_was_never_changed_is_lost() -> None:
    assert "participants.gln" in untouched_columns(Found())
