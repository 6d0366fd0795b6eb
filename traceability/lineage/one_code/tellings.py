"""What events say of one thing, in the words that the one-code rules are written in.

Source: EPCIS 2.0 (ISO/IEC 19987:2024), section 7.4 (what the actions of each event type mean);
CBV 2.0, section 7.1 (business steps).
"""

from __future__ import annotations

from typing import NamedTuple

# Roles as in the store: 1 epc, 2 parent, 3 child, 4 input, 5 output; a set of them as bits.
EPC, PARENT, CHILD, INPUT, OUTPUT = (1 << role for role in range(1, 6))

SHIPPING_STEPS = ("shipping", "departing")
RECEIVING_STEPS = ("receiving", "accepting")

# What an event says of a thing, beside naming it; none where it is only seen.
COMMISSIONED, DECOMMISSIONED, CONSUMED, MADE = 1, 2, 4, 8
PUT_IN, SEEN_IN, TAKEN_OUT = 16, 32, 64
SHIPPED, RECEIVED = 128, 256
LIFE = COMMISSIONED | DECOMMISSIONED | CONSUMED | MADE

_OBJECT_ACTIONS = {"ADD": COMMISSIONED, "DELETE": DECOMMISSIONED}
_CHILD_ACTIONS = {"ADD": PUT_IN, "OBSERVE": SEEN_IN, "DELETE": TAKEN_OUT}


class Happening(NamedTuple):
    """One event, as far as the rules read it.

    Parameters
    ----------
    time
        Event time in milliseconds.
    number
        The store's number, or a higher one for an event that is being judged.
    parents
        What it names as containers.
    has_children
        Whether it names anything, or any amount, as a child.
    """

    time: int
    number: int
    type: str
    action: str | None
    biz_step: str | None
    participant: bytes
    transformation_id: str | None = None
    event_id: str | None = None
    parents: tuple[int, ...] = ()
    has_children: bool = False

    @property
    def key(self) -> tuple[int, int]:
        """Where the event stands among those that could be named in a breach."""
        return self.time, self.number

    @property
    def transformation(self) -> str | int:
        """Events with one transformation id are one transformation."""
        return self.transformation_id or self.number


class Telling(NamedTuple):
    """What one event says of one thing."""

    event: Happening
    says: int

    @property
    def time(self) -> int:
        """The event's time."""
        return self.event.time


def telling(event: Happening, roles: int) -> Telling:
    """Read what an event says of a thing that it names in some roles."""
    says = 0
    if event.type == "ObjectEvent":
        says = _OBJECT_ACTIONS.get(event.action or "", 0)
    elif event.type == "TransformationEvent":
        says = (CONSUMED if roles & INPUT else 0) | (MADE if roles & OUTPUT else 0)
    elif event.type == "AggregationEvent" and roles & CHILD:
        says = _CHILD_ACTIONS.get(event.action or "", 0)
    if event.biz_step in SHIPPING_STEPS:
        says |= SHIPPED
    elif event.biz_step in RECEIVING_STEPS and not says & (COMMISSIONED | MADE):
        says |= RECEIVED
    return Telling(event, says)
