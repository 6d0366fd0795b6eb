"""What an anchor is expected to cost, and what the publisher has to pay with. Amounts in wei."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from traceability.hashing.encoding import format_time, parse_time

# What an anchor of a middling log uses, until one has been made.
GUESSED_GAS = 55_000
# With less than this many anchors' worth, somebody should fund the account.
LOW_ANCHORS = 10


@dataclass(frozen=True, slots=True)
class Estimate:
    """The gas of an anchor and the price of a unit of it, as expected before it is sent."""

    gas: int
    price: int

    @property
    def cost(self) -> int:
        """The expected cost."""
        return self.gas * self.price


@dataclass(frozen=True, slots=True)
class Purse:
    """What the publisher has, and what an anchor costs it now.

    Parameters
    ----------
    at
        When the chain was asked.
    """

    at: datetime
    address: str
    balance: int
    estimate: Estimate

    @property
    def anchors_left(self) -> int | None:
        """How many anchors the balance pays for at this price; None where they cost nothing."""
        return self.balance // self.estimate.cost if self.estimate.cost else None

    @property
    def is_low(self) -> bool:
        """Whether it is time to fund the account."""
        left = self.anchors_left
        return left is not None and left < LOW_ANCHORS

    def to_bytes(self) -> bytes:
        """Return the form in which it is kept."""
        value = {
            "address": self.address,
            "at": format_time(self.at),
            "balance": self.balance,
            "gas": self.estimate.gas,
            "price": self.estimate.price,
        }
        return json.dumps(value, sort_keys=True).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Purse:
        """Read what `to_bytes` wrote."""
        value = json.loads(data)
        return cls(
            parse_time(value["at"]),
            value["address"],
            value["balance"],
            Estimate(value["gas"], value["price"]),
        )
