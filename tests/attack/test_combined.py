"""The audit names columns that are changed together; and the judge of that is no pushover."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.attack.combined import ATTACKS, is_named
from tests.attack.edits import Forgery
from tests.attack.rows import each_of
from tests.attack.table import SMALL, Attack
from traceability.ledger.audit.difference import Difference

FORGERY = Forgery("two firms exchange their numbers", "participants.gln", ())


@each_of(ATTACKS)
def test_every_trial_is_survived(attack: Attack, tmp_path: Path) -> None:
    outcome = attack.run(SMALL, tmp_path)
    assert outcome.is_survived, outcome.evidence


@pytest.mark.parametrize("column", ["gln", "name, gln"])
def test_a_forgery_counts_as_named_by_its_column(column: str) -> None:
    assert is_named(FORGERY, [Difference("participants", "1", column, "x", "y")])


@pytest.mark.parametrize(
    ("table", "column"), [("participants", "name"), ("participants", ""), ("keys", "gln")]
)
def test_a_forgery_does_not_count_as_named_by_another(table: str, column: str) -> None:
    assert not is_named(FORGERY, [Difference(table, "1", column, "x", "y")])
    assert not is_named(FORGERY, [])
