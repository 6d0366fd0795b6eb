"""JSON-RPC's hex forms, read strictly: an endpoint may answer anything.

Source: Ethereum JSON-RPC specification, "quantities" and "unformatted data".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from traceability.chain.faults import ChainUnavailable

QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,64}")
DATA = re.compile(r"0x(?:[0-9a-fA-F]{2})*")
HASH_BYTES, ADDRESS_BYTES = 32, 20


def hex_quantity(number: int) -> str:
    """Write a number as a quantity."""
    return hex(number)


def hex_data(data: bytes) -> str:
    """Write bytes as unformatted data."""
    return "0x" + data.hex()


def read_quantity(value: object, name: str) -> int:
    """Read a quantity; leading zeros are let through, as some nodes send them."""
    if not isinstance(value, str) or not QUANTITY.fullmatch(value):
        raise ChainUnavailable(f"endpoint answers no number: {name}")
    return int(value, 16)


def read_data(value: object, name: str, *, length: int | None = None) -> bytes:
    """Read bytes, of this length if one is given."""
    if not isinstance(value, str) or not DATA.fullmatch(value):
        raise ChainUnavailable(f"endpoint answers no bytes: {name}")
    data = bytes.fromhex(value[2:])
    if length is not None and len(data) != length:
        raise ChainUnavailable(
            f"endpoint answers bytes of another length: {name}, expected {length}, got {len(data)}"
        )
    return data


def read_hash(value: object, name: str) -> bytes:
    """Read a digest of 32 bytes."""
    return read_data(value, name, length=HASH_BYTES)


def read_address(value: object, name: str) -> str:
    """Read an address, as `0x` and lower case."""
    return hex_data(read_data(value, name, length=ADDRESS_BYTES))


def read_object(value: object, name: str) -> Mapping[str, Any]:
    """Read a JSON object."""
    if not isinstance(value, dict):
        raise ChainUnavailable(f"endpoint answers no object: {name}")
    return value


def read_list(value: object, name: str) -> list[Any]:
    """Read a JSON array."""
    if not isinstance(value, list):
        raise ChainUnavailable(f"endpoint answers no list: {name}")
    return value
