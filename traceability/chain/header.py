"""A block header's bytes, rebuilt from the fields that `eth_getBlockByNumber` answers.

Source: Ethereum yellow paper, section 4.3, and the EIPs that appended fields: 1559 (base fee),
4895 (withdrawals), 4844 (blobs), 4788 (beacon root), 7685 (requests). A rebuilt header is worth
nothing until its Keccak-256 is the block's hash: the caller compares.
"""

from __future__ import annotations

from collections.abc import Mapping

# Name, and whether it is a number; order is that of the RLP list.
REQUIRED: tuple[tuple[str, bool], ...] = (
    ("parentHash", False),
    ("sha3Uncles", False),
    ("miner", False),
    ("stateRoot", False),
    ("transactionsRoot", False),
    ("receiptsRoot", False),
    ("logsBloom", False),
    ("difficulty", True),
    ("number", True),
    ("gasLimit", True),
    ("gasUsed", True),
    ("timestamp", True),
    ("extraData", False),
    ("mixHash", False),
    ("nonce", False),
)
APPENDED: tuple[tuple[str, bool], ...] = (
    ("baseFeePerGas", True),
    ("withdrawalsRoot", False),
    ("blobGasUsed", True),
    ("excessBlobGas", True),
    ("parentBeaconBlockRoot", False),
    ("requestsHash", False),
)
MAX_SHORT_LENGTH = 55
STRING_PREFIX, LIST_PREFIX = 0x80, 0xC0


def rebuild_header(block: Mapping[str, object]) -> bytes | None:
    """Return the RLP of a header with these fields, or None if one is missing or no hex."""
    parts = []
    for name, is_number in (*REQUIRED, *APPENDED):
        value = block.get(name)
        if value is None and (name, is_number) in APPENDED:
            break
        data = _field(value, is_number=is_number)
        if data is None:
            return None
        parts.append(_encode_string(data))
    body = b"".join(parts)
    return _prefix(len(body), LIST_PREFIX) + body


def _field(value: object, *, is_number: bool) -> bytes | None:
    if not isinstance(value, str) or not value.startswith("0x"):
        return None
    try:
        if not is_number:
            return bytes.fromhex(value[2:])
        number = int(value, 16)
    except ValueError:
        return None
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _encode_string(data: bytes) -> bytes:
    if len(data) == 1 and data[0] < STRING_PREFIX:
        return data
    return _prefix(len(data), STRING_PREFIX) + data


def _prefix(length: int, offset: int) -> bytes:
    if length <= MAX_SHORT_LENGTH:
        return bytes([offset + length])
    digits = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([offset + MAX_SHORT_LENGTH + len(digits)]) + digits
