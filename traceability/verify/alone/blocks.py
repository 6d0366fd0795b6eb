"""A block's number and hash from what a block explorer shows: the answer to eth_getBlockByNumber.

Source: the Ethereum JSON-RPC specification. Whoever hands the file over says that the block is
final; nothing in it proves that.
"""

from __future__ import annotations

import re

from traceability.errors import MissingTrust
from traceability.strict_json import JSONValue, parse_json
from traceability.verify.trust import HEX_DIGEST

MAX_BLOCK_BYTES = 16 * 2**20
_NUMBER = re.compile(r"0x(0|[1-9a-f][0-9a-f]{0,12})")


class BlockFileInvalid(MissingTrust):
    """The file is no answer to eth_getBlockByNumber."""

    code = "BLOCK_FILE_INVALID"


def read_block(data: bytes) -> tuple[int, bytes]:
    """Return number and hash of the block; the whole answer or its `result` alone are read."""
    value: JSONValue = parse_json(data, max_bytes=MAX_BLOCK_BYTES)
    block = value.get("result", value) if isinstance(value, dict) else None
    number, found = (
        (block.get("number"), block.get("hash")) if isinstance(block, dict) else (None, None)
    )
    if not (isinstance(number, str) and _NUMBER.fullmatch(number)):
        raise BlockFileInvalid("block has no number: expected 0x and hex digits")
    if not (isinstance(found, str) and HEX_DIGEST.fullmatch(found)):
        raise BlockFileInvalid("block has no hash: expected 0x and 64 hex digits")
    return int(number, 16), bytes.fromhex(found[2:])
