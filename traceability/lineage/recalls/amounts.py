"""Where the amount of a lot is that goes by quantity: a small ledger of its events, pure.

What is made is with whoever made it. Shipping takes it on its way, receiving takes it over: first
what is on its way, then what another holds, and what nobody was known to hold was made elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Literal, NamedTuple

Kind = Literal["made", "used", "removed", "sent", "received", "lost"]
# The step after which an amount is on its way, and the one after which it has come. Others tell
# of the same journey again: departing, arriving, accepting.
SENDING: Final = "shipping"
RECEIVING: Final = "receiving"
NONE = Decimal(0)


class Movement(NamedTuple):
    """What one event does with an amount of a lot; movements come in the order of time."""

    kind: Kind
    party: bytes
    amount: Decimal
    event: int


class Place(NamedTuple):
    """Who holds an amount, whether it is still on its way from there, and what was said last."""

    party: bytes
    is_moving: bool
    amount: Decimal
    event: int


@dataclass
class Account:
    """One lot in one unit: what was made of it, and where that is.

    `short` is what was used, sent or removed beyond what anybody was known to hold; `last` has
    the last event of each kind.
    """

    made: Decimal = NONE
    used: Decimal = NONE
    removed: Decimal = NONE
    lost: Decimal = NONE
    short: Decimal = NONE
    last: dict[Kind, int] = field(default_factory=dict)
    _held: dict[tuple[bytes, bool], tuple[Decimal, int]] = field(default_factory=dict)

    def places(self) -> list[Place]:
        """Return who holds what is left, in a fixed order."""
        return [
            Place(*key, amount, event)
            for key, (amount, event) in sorted(self._held.items())
            if amount > 0
        ]

    def take(self, movements: Iterable[Movement]) -> Account:
        """Enter movements, earliest first."""
        for one in movements:
            self._enter(one)
        return self

    def _enter(self, one: Movement) -> None:
        self.last[one.kind] = one.event
        match one.kind:
            case "made":
                self.made += one.amount
                self._put((one.party, False), one.amount, one.event)
            case "sent":
                self.short += self._draw(one.amount, [(one.party, False), *self._others(one.party)])
                self._put((one.party, True), one.amount, one.event)
            case "received":
                self._receive(one)
            case _:
                self.short += self._draw(one.amount, [(one.party, False), *self._others(one.party)])
                setattr(self, one.kind, getattr(self, one.kind) + one.amount)

    def _receive(self, one: Movement) -> None:
        moving = [key for key in self._held if key[1]]
        missing = self._draw(one.amount, [*moving, *self._others(one.party)])
        # It came from where nothing is recorded.
        self.made += missing
        self._put((one.party, False), one.amount, one.event)

    def _others(self, party: bytes) -> list[tuple[bytes, bool]]:
        return [key for key in sorted(self._held) if key[0] != party]

    def _put(self, key: tuple[bytes, bool], amount: Decimal, event: int) -> None:
        held, _ = self._held.get(key, (NONE, 0))
        self._held[key] = (held + amount, event)

    def _draw(self, amount: Decimal, keys: Iterable[tuple[bytes, bool]]) -> Decimal:
        """Take an amount from some, in order; return what they did not have."""
        for key in keys:
            held, event = self._held.get(key, (NONE, 0))
            taken = min(held, amount)
            if taken > 0:
                self._held[key] = (held - taken, event)
                amount -= taken
        return amount
