"""Deliveries: what never came is late, and no data is no perfection."""

from datetime import date
from fractions import Fraction

from analytics.delivery import OnTime, Order, on_time_delivery

TODAY = date(2026, 3, 31)


def judged(*orders: Order) -> OnTime:
    return on_time_delivery(orders, as_of=TODAY, confidence=Fraction("0.95"))


def test_what_never_came_counts() -> None:
    found = judged(
        Order(date(2026, 3, 1), date(2026, 3, 1)),
        Order(date(2026, 3, 1), date(2026, 3, 2)),
        Order(date(2026, 3, 1), None),
    )
    assert (found.due, found.on_time, found.late, found.missing) == (3, 1, 1, 1)
    assert found.rate == Fraction(1, 3)
    assert found.interval is not None
    assert found.interval.low < found.rate < found.interval.high


def test_what_is_not_due_yet_does_not_count() -> None:
    found = judged(Order(date(2026, 4, 1), None), Order(TODAY, TODAY))
    assert (found.due, found.pending, found.rate) == (1, 1, 1)


def test_a_later_delivery_is_not_known_yet() -> None:
    assert judged(Order(date(2026, 3, 1), date(2026, 4, 9))).missing == 1


def test_no_data_has_no_rate() -> None:
    assert (judged().rate, judged().interval) == (None, None)
