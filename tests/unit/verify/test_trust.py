"""The trust file: read strictly, written back the same, and never guessed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.cases import anchored
from tests.support.forge import seeded
from traceability.hashing.encoding import b64u_encode
from traceability.verify.trust import (
    Trust,
    TrustFileInvalid,
    TrustFileMissing,
    load_trust,
    parse_trust,
)

TRUST = replace(
    anchored()[0].forge.trust(), endpoints=("https://rpc.example",), block_number="foreign"
)


def changed(**members: Any) -> bytes:
    value = TRUST.to_json() | members
    return json.dumps({k: v for k, v in value.items() if v is not ...}, indent=2).encode()


class TestParseTrust:
    def test_reads_what_it_writes(self) -> None:
        assert parse_trust(json.dumps(TRUST.to_json()).encode()) == TRUST

    def test_optional_members_may_be_absent(self) -> None:
        data = changed(block_hashes=..., endpoints=..., block_number=...)
        assert parse_trust(data) == replace(
            TRUST, block_hashes={}, endpoints=(), block_number="native"
        )

    def test_what_says_nothing_is_not_written(self) -> None:
        plain = Trust(TRUST.chain_id, TRUST.contract, TRUST.code_hash, TRUST.log, TRUST.log_key,
                      TRUST.origin)  # fmt: skip
        assert list(plain.to_json()) == [
            "chain_id", "contract", "code_hash", "log", "log_key", "origin",
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("members", "fault"),
        [
            ({"log": ...}, "lacks a member"),
            ({"logs": 1}, "unknown member"),
            ({"chain_id": "1"}, "no whole number"),
            ({"chain_id": 2**53}, "no whole number"),
            ({"contract": "0x" + "AB" * 20}, "wrong form"),
            ({"contract": "0x" + "ab" * 19}, "wrong form"),
            ({"code_hash": "ab" * 32}, "wrong form"),
            ({"log": b64u_encode(bytes(31))}, "length"),
            ({"log": b64u_encode(seeded("other"))}, "another log"),
            ({"origin": "no origin"}, "wrong form"),
            ({"log_key": {"alg": "ed25519"}}, "lacks a member"),
            ({"log_key": {"alg": "p256", "public_key": b64u_encode(bytes(32))}}, "wrong form"),
            ({"log_key": {"alg": "ed25519", "public_key": b64u_encode(b"\x01" + bytes(31))}},
             "large order"),
            ({"block_hashes": {"01": "0x" + "ab" * 32}}, "wrong form"),
            ({"block_hashes": {"1": "ab"}}, "wrong form"),
            ({"block_hashes": []}, "no object"),
            ({"endpoints": "http://x"}, "no array"),
            ({"endpoints": ["x"] * 17}, "too long"),
            ({"block_number": "odd"}, "neither native nor foreign"),
        ],
    )  # fmt: skip
    def test_refuses_other_forms(self, members: dict[str, Any], fault: str) -> None:
        with pytest.raises(TrustFileInvalid, match=fault):
            parse_trust(changed(**members))

    def test_refuses_a_member_twice(self) -> None:
        data = changed().replace(b'"chain_id"', b'"chain_id": 1, "chain_id"', 1)
        with pytest.raises(TrustFileInvalid, match="refused"):
            parse_trust(data)


class TestLoadTrust:
    def test_reads_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "trust.json").write_bytes(changed())
        assert load_trust(tmp_path / "trust.json") == TRUST

    def test_a_missing_file_is_missing_trust(self, tmp_path: Path) -> None:
        with pytest.raises(TrustFileMissing, match="cannot be read"):
            load_trust(tmp_path / "trust.json")
