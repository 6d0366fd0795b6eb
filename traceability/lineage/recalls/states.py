"""What became of a recalled thing, by the last event that tells of it.

Source: CBV 2.0 (ISO/IEC 19988:2024), sections 7.1 (business steps) and 7.2 (dispositions).
"""

from __future__ import annotations

from typing import Final

IN_STOCK: Final = "in_stock"
DELIVERED: Final = "delivered"
IN_TRANSIT: Final = "in_transit"
SOLD: Final = "sold"
USED: Final = "used"
REMOVED: Final = "removed"
UNACCOUNTED: Final = "unaccounted"
STATES: Final = (IN_STOCK, DELIVERED, IN_TRANSIT, SOLD, USED, REMOVED, UNACCOUNTED)
# Out of the hands of whoever made it.
SHIPPED: Final = (DELIVERED, IN_TRANSIT, SOLD)

_GONE_STEPS = {"decommissioning", "destroying"}
_GONE = {"destroyed", "disposed"}
_SOLD_STEPS = {"dispensing", "retail_selling"}
_SOLD = {"dispensed", "retail_sold"}
_MOVING_STEPS = {"consigning", "departing", "shipping", "transporting"}
_MOVING = {"in_transit"}
_LOST = {"stolen", "unknown"}


def state_of(
    *,
    is_input: bool,
    is_deletion: bool,
    biz_step: str | None,
    disposition: str | None,
    is_with_maker: bool,
) -> str:
    """Return the state that an event leaves a thing in.

    Parameters
    ----------
    is_input
        The event uses the thing, or the container that it is in, to make something else.
    is_deletion
        The event is an ObjectEvent with action DELETE.
    is_with_maker
        Whoever signed the event made the thing.
    """
    if is_input:
        return USED
    if disposition in _LOST:
        return UNACCOUNTED
    if is_deletion or biz_step in _GONE_STEPS or disposition in _GONE:
        return REMOVED
    if biz_step in _SOLD_STEPS or disposition in _SOLD:
        return SOLD
    if biz_step in _MOVING_STEPS or disposition in _MOVING:
        return IN_TRANSIT
    return IN_STOCK if is_with_maker else DELIVERED
