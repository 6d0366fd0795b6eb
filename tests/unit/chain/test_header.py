from __future__ import annotations

import pytest

from traceability.chain.header import rebuild_header
from traceability.hashing.keccak import keccak256
from traceability.verify.evidence import decode_rlp, parse_header

# Ethereum mainnet's first block, whose hash is common knowledge.
GENESIS_HASH = "d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3"
GENESIS: dict[str, object] = {
    "parentHash": "0x" + "00" * 32,
    "sha3Uncles": "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347",
    "miner": "0x" + "00" * 20,
    "stateRoot": "0xd7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544",
    "transactionsRoot": "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421",
    "receiptsRoot": "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421",
    "logsBloom": "0x" + "00" * 256,
    "difficulty": "0x400000000",
    "number": "0x0",
    "gasLimit": "0x1388",
    "gasUsed": "0x0",
    "timestamp": "0x0",
    "extraData": "0x11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa",
    "mixHash": "0x" + "00" * 32,
    "nonce": "0x0000000000000042",
}
APPENDED = {
    "baseFeePerGas": "0x7",
    "withdrawalsRoot": "0x" + "01" * 32,
    "blobGasUsed": "0x0",
    "excessBlobGas": "0x0",
    "parentBeaconBlockRoot": "0x" + "02" * 32,
    "requestsHash": "0x" + "03" * 32,
}


def test_rebuilds_a_header_of_fifteen_fields() -> None:
    header = rebuild_header(GENESIS)
    assert header is not None
    assert keccak256(header).hex() == GENESIS_HASH


@pytest.mark.parametrize("count", range(7))
def test_appends_the_fields_that_later_rules_added(count: int) -> None:
    added = dict(list(APPENDED.items())[:count])
    header = rebuild_header({**GENESIS, **added, "totalDifficulty": "0x1", "hash": "0x"})
    assert header is not None
    fields = decode_rlp(header)
    assert len(fields) == 15 + count
    assert parse_header(header).number == 0


def test_stops_at_the_first_field_that_is_missing() -> None:
    header = rebuild_header({**GENESIS, "withdrawalsRoot": APPENDED["withdrawalsRoot"]})
    assert header == rebuild_header(GENESIS)


@pytest.mark.parametrize("value", [None, 5, "", "1388", "0xzz"])
def test_gives_up_on_a_field_that_is_no_hex(value: object) -> None:
    assert rebuild_header({**GENESIS, "gasLimit": value}) is None
