"""An audit takes a second process where that saves time, and only there."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from traceability.ledger.audit.worth import worthwhile_jobs
from traceability.store.repositories import Repositories


def jobs(*, items: int, records: int, entries: int) -> int:
    return worthwhile_jobs(_counting(lambda: items, lambda: records, lambda: entries), processors=4)


def _counting(items: Any, records: Any, entries: Any) -> Repositories:
    counted = SimpleNamespace(
        items=SimpleNamespace(count=items),
        batches=SimpleNamespace(count_records=records),
        entries=SimpleNamespace(count_sequenced=entries),
    )
    return cast("Repositories", counted)


@pytest.mark.parametrize(
    ("items", "events", "entries", "expected"),
    [
        (0, 0, 1, 1),
        (100_000, 1, 5, 1),
        (1_000_000, 10, 15, 4),
        (0, 2_000, 5, 1),
        (0, 20_000, 25, 4),
        (0, 5_000, 5_000, 4),
    ],
)
def test_as_many_as_the_work_is_worth(items: int, events: int, entries: int, expected: int) -> None:
    assert jobs(items=items, records=items + events, entries=entries) == expected


def test_one_where_a_count_cannot_be_read() -> None:
    def damaged() -> int:
        raise ValueError("invalid literal for int()")

    assert worthwhile_jobs(_counting(lambda: 1, damaged, lambda: 1), processors=4) == 1
