"""What a transaction offers for its gas: EIP-1559 fees, a legacy gas price, or nothing.

Sources: EIP-1559; EIP-2718 for the form of signed bytes. Amounts are in wei.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from traceability.verify.evidence import decode_rlp

# Nodes replace a transaction only for a tenth more; an eighth clears that after rounding.
BUMP_NUMERATOR, BUMP_DENOMINATOR = 9, 8
# What the base fee may grow in six full blocks before the transaction has to wait.
BASE_FEE_HEADROOM = 2
# EIP-2718: signed bytes of a legacy transaction begin as an RLP list, others with their type.
LEGACY_PREFIX = 0xC0
LEGACY_PRICE, TYPED_TIP, TYPED_PRICE = 1, 2, 3


class FeeMode(StrEnum):
    """How a chain is paid."""

    EIP1559 = "eip1559"
    LEGACY = "legacy"
    FREE = "free"


@dataclass(frozen=True, slots=True)
class Fee:
    """The most to pay for a unit of gas; `tip` is None for a legacy transaction.

    `base_fee` is the market's, where it is known: what is above it and the tip is not paid.
    """

    price: int
    tip: int | None = None
    base_fee: int | None = field(default=None, compare=False)

    @property
    def expected(self) -> int:
        """What a unit of gas costs if the market stays as it is."""
        if self.tip is None or self.base_fee is None:
            return self.price
        return min(self.price, self.base_fee + self.tip)

    @classmethod
    def for_market(cls, *, base_fee: int, tip: int) -> Fee:
        """Return a fee that stays payable while the base fee doubles."""
        return cls(BASE_FEE_HEADROOM * base_fee + tip, tip, base_fee)

    def replacing(self, previous: Fee) -> Fee:
        """Return the least fee, at least this one, for which nodes drop `previous`."""
        tip = self.tip
        if tip is not None:
            tip = max(tip, _bumped(previous.tip or 0))
        return Fee(max(self.price, _bumped(previous.price), tip or 0), tip, self.base_fee)

    def to_transaction(self) -> dict[str, int]:
        """Return the fee's members of a transaction."""
        if self.tip is None:
            return {"gasPrice": self.price}
        return {"type": 2, "maxFeePerGas": self.price, "maxPriorityFeePerGas": self.tip}


def fee_of(raw: bytes) -> Fee:
    """Return what signed bytes of our own offer."""
    if raw[0] >= LEGACY_PREFIX:
        return Fee(_amount(raw, LEGACY_PRICE))
    return Fee(_amount(raw[1:], TYPED_PRICE), _amount(raw[1:], TYPED_TIP))


def _amount(data: bytes, index: int) -> int:
    field = decode_rlp(data)[index]
    return int.from_bytes(field, "big") if isinstance(field, bytes) else 0


def _bumped(amount: int) -> int:
    return -(-amount * BUMP_NUMERATOR // BUMP_DENOMINATOR)
