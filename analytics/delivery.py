"""On-time delivery: what was promised and never came counts as late.

Source: ISO 22400-2:2014 has no such measure; the rule here is the plain one of purchasing:
orders due, by the date first promised.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from analytics.intervals import Interval, wilson


@dataclass(frozen=True, slots=True)
class Order:
    """An order line; `promised` is the first promise, `delivered` None while nothing came."""

    promised: date
    delivered: date | None


@dataclass(frozen=True, slots=True)
class OnTime:
    """Orders due by a day.

    Parameters
    ----------
    due
        Orders promised by then; those not yet due are `pending` and do not count.
    on_time, late, missing
        Delivered by the promise, after it, and not at all.
    rate
        On time over due; None if nothing was due.
    interval
        Wilson's, of the rate.
    """

    due: int
    on_time: int
    late: int
    missing: int
    pending: int
    rate: Fraction | None
    interval: Interval | None


def on_time_delivery(orders: Sequence[Order], *, as_of: date, confidence: Fraction) -> OnTime:
    """Count orders as they stood at the end of a day."""
    due = [order for order in orders if order.promised <= as_of]
    here = [order for order in due if order.delivered is not None and order.delivered <= as_of]
    punctual = sum(order.delivered is not None and order.delivered <= order.promised
                   for order in here)  # fmt: skip
    return OnTime(
        due=len(due),
        on_time=punctual,
        late=len(here) - punctual,
        missing=len(due) - len(here),
        pending=len(orders) - len(due),
        rate=Fraction(punctual, len(due)) if due else None,
        interval=wilson(punctual, len(due), confidence=confidence) if due else None,
    )
