"""What a signed anchor transaction says, read from its bytes.

Sources: EIP-155 and the yellow paper, appendix B, for legacy transactions; EIP-1559 for type 2.
"""

from __future__ import annotations

from typing import NamedTuple

from eth_abi.exceptions import DecodingError

from traceability.chain.faults import ContractMismatch
from traceability.chain.registry import decode_call
from traceability.hashing.keccak import keccak256
from traceability.verify.evidence import RLP, RLPInvalid, decode_rlp

# Type 2 begins with its number; a legacy transaction is a list, whose first byte is 0xc0 or more.
DYNAMIC_FEE = 2
LEGACY_FIELDS, DYNAMIC_FIELDS = 9, 12
LEGACY_NONCE, LEGACY_TO = 0, 3
DYNAMIC_NONCE, DYNAMIC_TO = 1, 5


class AnchorTransaction(NamedTuple):
    """A signed transaction that anchors a head; `to` is the contract's address, 20 bytes."""

    tx_hash: bytes
    nonce: int
    to: bytes
    log_id: bytes
    from_size: int
    tree_size: int
    root_hash: bytes


def read_anchor_transaction(raw: bytes) -> AnchorTransaction:
    """Read a signed transaction.

    Raises
    ------
    RLPInvalid
        The bytes are no transaction of a kind that this program signs.
    ContractMismatch
        It calls something else than `anchor`.
    """
    if raw[:1] == bytes((DYNAMIC_FEE,)):
        fields = _fields(raw[1:], DYNAMIC_FIELDS)
        nonce, to = fields[DYNAMIC_NONCE], fields[DYNAMIC_TO]
        data = fields[DYNAMIC_TO + 2]
    else:
        fields = _fields(raw, LEGACY_FIELDS)
        nonce, to, data = fields[LEGACY_NONCE], fields[LEGACY_TO], fields[LEGACY_TO + 2]
    if not (isinstance(nonce, bytes) and isinstance(to, bytes) and isinstance(data, bytes)):
        raise RLPInvalid("transaction has a list where it should have bytes")
    try:
        log_id, from_size, tree_size, root_hash, _ = decode_call("anchor", data)
    except DecodingError as error:
        raise ContractMismatch("transaction is no call of anchor") from error
    number = int.from_bytes(nonce, "big")
    return AnchorTransaction(keccak256(raw), number, to, log_id, from_size, tree_size, root_hash)


def _fields(data: bytes, count: int) -> list[RLP]:
    found = decode_rlp(data)
    if not isinstance(found, list) or len(found) != count:
        raise RLPInvalid(f"transaction is not a list of {count} fields")
    return found
