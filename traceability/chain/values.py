"""What the chain client takes and returns; digests are bytes, addresses `0x` and lower case."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from traceability.errors import InvalidInput

DEPTH = re.compile(r"depth:([1-9][0-9]{0,5})")


class FinalityInvalid(InvalidInput):
    """A finality rule that is neither `tag` nor `depth:N`."""

    code = "FINALITY_INVALID"


@dataclass(frozen=True, slots=True)
class Finality:
    """When a block counts as final: by the chain's own tag, or so many blocks deep."""

    depth: int | None = None

    @classmethod
    def parse(cls, text: str) -> Finality:
        """Read `tag` or `depth:N`, N from 1 to 999999."""
        found = DEPTH.fullmatch(text)
        if text != "tag" and found is None:
            raise FinalityInvalid(f"finality unknown: expected tag or depth:N, got {text[:40]!r}")
        return cls(None if found is None else int(found[1]))


TAG: Final = Finality()


@dataclass(frozen=True, slots=True)
class Head:
    """A log as the contract holds it; `tree_size` 0 means that it was never opened."""

    root_hash: bytes
    tree_size: int
    block_number: int
    timestamp: int
    previous_block: int
    publisher: str
    chain_id: int
    is_sealed: bool
    owner: str
    pending_owner: str
    successor: bytes


@dataclass(frozen=True, slots=True)
class Block:
    """A block's identity; `timestamp` in seconds since 1970."""

    number: int
    hash: bytes
    timestamp: int


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """Signed bytes, ready to send as often as needed."""

    raw: bytes
    tx_hash: bytes
    nonce: int


@dataclass(frozen=True, slots=True)
class TransactionReceipt:
    """What became of a transaction that a block includes; `gas_price` in wei, if it is told."""

    tx_hash: bytes
    succeeded: bool
    block_number: int
    block_hash: bytes
    gas_used: int
    contract: str | None
    # Not every node tells it, and what it was is not worth a quarrel.
    gas_price: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class OpenedLog:
    """A log that the contract knows, and the block of its newest head."""

    log_id: bytes
    block_number: int
    tx_hash: bytes | None


@dataclass(frozen=True, slots=True)
class FoundAnchor:
    """The transaction that stored a head, found by its event."""

    receipt: TransactionReceipt
    nonce: int
    from_size: int


@dataclass(frozen=True, slots=True)
class AnchorCall:
    """Arguments of the contract's `anchor`."""

    log_id: bytes
    from_size: int
    tree_size: int
    root_hash: bytes
    proof: tuple[bytes, ...]
