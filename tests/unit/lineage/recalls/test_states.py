"""What an event leaves a recalled thing in."""

from __future__ import annotations

import pytest

from traceability.lineage.recalls.states import SHIPPED, STATES, state_of


def state(**told: object) -> str:
    plain = {"is_input": False, "is_deletion": False, "is_with_maker": False}
    return state_of(**{**plain, "biz_step": None, "disposition": None, **told})  # type: ignore[arg-type]  # as written


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"is_with_maker": True}, "in_stock"),
        ({}, "delivered"),
        ({"biz_step": "shipping"}, "in_transit"),
        ({"biz_step": "arriving", "disposition": "in_transit"}, "in_transit"),
        ({"biz_step": "receiving", "disposition": "in_progress"}, "delivered"),
        ({"biz_step": "retail_selling"}, "sold"),
        ({"disposition": "dispensed"}, "sold"),
        ({"is_input": True, "is_with_maker": True}, "used"),
        ({"is_deletion": True}, "removed"),
        ({"biz_step": "destroying"}, "removed"),
        ({"disposition": "disposed"}, "removed"),
        ({"disposition": "stolen"}, "unaccounted"),
        ({"disposition": "unknown", "is_with_maker": True}, "unaccounted"),
    ],
)
def test_the_last_event_decides(told: dict[str, object], expected: str) -> None:
    assert state(**told) == expected


def test_what_is_lost_is_lost_wherever_it_was_going() -> None:
    assert state(disposition="stolen", biz_step="shipping", is_deletion=True) == "unaccounted"


def test_shipped_is_what_left_its_maker() -> None:
    assert set(SHIPPED) < set(STATES)
    assert "in_stock" not in SHIPPED
