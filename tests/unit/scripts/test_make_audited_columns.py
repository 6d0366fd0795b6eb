"""The table of audited columns is that of the schema, and every change in it was named."""

from __future__ import annotations

import pytest

from scripts import make_audited_columns
from tests.attack.columns import Found, Tally
from tests.attack.combined import Judged
from traceability.ledger.audit.columns import COMMITTED

TEXT = make_audited_columns.written()


def test_the_table_is_fresh_and_shows_that_all_were_named() -> None:
    assert make_audited_columns.text_faults(TEXT) == []


@pytest.mark.parametrize(
    ("what", "other", "fault"),
    [
        ("| meta | value |", "| meta | worth |", "stale"),
        ("100 %", "99 %", "lack figures"),
        ("## Not committed", "## Others", "stale"),
        ("| yes | yes |", "| yes | no |", "forgery"),
    ],
)
def test_a_table_that_says_something_else_is_found(what: str, other: str, fault: str) -> None:
    faults = make_audited_columns.text_faults(TEXT.replace(what, other))
    assert fault in " ".join(faults)


def test_a_run_in_which_a_column_was_never_changed_is_at_fault() -> None:
    runs = [changed_everywhere(), changed_everywhere()]
    assert make_audited_columns.lost(runs, []) == []
    runs[1].tallies["records", "kind"] = Tally(refused=3)
    assert make_audited_columns.lost(runs, []) == ["postgresql: records.kind was never changed"]


def test_a_run_in_which_something_was_not_named_is_at_fault() -> None:
    runs = [changed_everywhere(), changed_everywhere()]
    runs[0].missed.append("records.kind changed: named nothing")
    forged = [[Judged("a card is hidden", "cards.payload", is_named=False, told="nothing")]]
    assert make_audited_columns.lost(runs, forged) == [
        "sqlite: records.kind changed: named nothing",
        "a card is hidden: not cards.payload, but nothing",
    ]


def changed_everywhere() -> Found:
    found = Found()
    for table, columns in COMMITTED.items():
        for name in columns:
            found.tallies[table, name] = Tally(made=1, named=1)
    return found
