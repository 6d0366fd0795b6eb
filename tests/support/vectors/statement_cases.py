"""Statements and receipts: one good payload of every type, and each way to break it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from tests.support.vectors.plain import b64u, h, jcs, seeded

MISSING = object()
INVALID, CANONICAL = "STATEMENT_INVALID", "NOT_CANONICAL"
DIGEST, OTHER = b64u(seeded("digest")), b64u(seeded("other digest"))
PARTICIPANT = b64u(seeded("participant", 16))
KEY = {"alg": "ed25519", "public_key": b64u(seeded("key"))}
HEADER = {
    "suite": "itemproof-1",
    "log": DIGEST,
    "key": OTHER,
    "sequence": 7,
    "previous": b64u(bytes(32)),
    "claimed_time": "2026-01-02T03:04:05.678Z",
}
GENESIS = {
    "suite": "itemproof-1",
    "type": "genesis",
    "chain_id": 31337,
    "contract": "0x" + "0a" * 20,
    "opener": "0x" + "f0" * 20,
    "log_key": KEY,
    "registrar_key": {**KEY, "public_key": b64u(seeded("registrar"))},
}
REGISTER = {
    **HEADER,
    "type": "key",
    "action": "register",
    **KEY,
    "participant": PARTICIPANT,
    "custody": "self",
    "scopes": {"roles": ["producer", "supplier"], "prefixes": ["0614141", "952123"]},
    "card": DIGEST,
}
WALLET = {
    **REGISTER,
    "alg": "secp256k1-eip712",
    "public_key": b64u(b"\x02" + seeded("wallet key")),
}
REVOKE = {**HEADER, "type": "key", "action": "revoke", "target": DIGEST, "until_reason": "rotated"}
BATCH = {
    **HEADER,
    "type": "batch",
    "participant": PARTICIPANT,
    "seen": {"tree_size": 3, "root_hash": OTHER},
    "record_count": 1000000,
    "batch_root": DIGEST,
}
STATUS = {
    **HEADER,
    "type": "status",
    "entry": DIGEST,
    "records": [[0, 0], [2, 9]],
    "kind": "recalled",
    "reason": "safety",
}
ERASURE = {"requester": PARTICIPANT, "basis": "consent_withdrawn"}
ERASED = {**STATUS, "kind": "erased", "reason": "personal_data", "erasure": ERASURE}
SOME_FIELDS = {**ERASED, "records": [[4, 4]], "erasure": {**ERASURE, "fields": [[1, 1], [3, 9]]}}
SCORE = {
    **HEADER,
    "type": "score",
    "policy": DIGEST,
    "input_size": 12,
    "statistics": OTHER,
    "code_version": "0.1.0+abc",
}
STATE = {
    **HEADER,
    "type": "state",
    "index": 9,
    "previous_state": DIGEST,
    "keys_size": 2,
    "keys_root": OTHER,
    "status_size": 0,
    "status_root": b64u(h(b"")),
}
RECEIPT = {
    "suite": "itemproof-1",
    "log": DIGEST,
    "entry_leaf_hash": OTHER,
    "leaf_index": 5,
    "received": "2026-01-02T03:04:05.678Z",
    "anchored_by": "2026-01-02T04:04:05.678Z",
}
SUCCEEDS = {"log": DIGEST, "tree_size": 9, "root_hash": OTHER}
GOOD: tuple[tuple[str, dict[str, Any]], ...] = (
    ("genesis", GENESIS),
    ("genesis that succeeds a log", {**GENESIS, "succeeds": SUCCEEDS}),
    ("genesis on the largest chain id", {**GENESIS, "chain_id": 2**53 - 1}),
    ("key registered", REGISTER),
    ("key registered in operator's custody, without prefixes",
     {**REGISTER, "custody": "operator", "scopes": {"roles": ["carrier"], "prefixes": []}}),
    ("key of a wallet registered", WALLET),
    ("key revoked", REVOKE),
    ("key revoked, suspect from an entry", {**REVOKE, "suspect_from": 0}),
    ("batch", BATCH),
    ("batch at the largest sequence", {**BATCH, "sequence": 2**53 - 1}),
    ("status of ranges", STATUS),
    ("status of all records", {**STATUS, "records": -1}),
    ("status with a replacement",
     {**STATUS, "kind": "corrected", "reason": "incorrect_data",
      "replacement": {"entry": OTHER, "record": 4}}),
    ("status lifted", {**STATUS, "kind": "recall_lifted", "reason": "resolved"}),
    ("status erased", ERASED),
    ("status erased, all records", {**ERASED, "records": -1}),
    ("status erased, some fields of one record", SOME_FIELDS),
    ("score", SCORE),
    ("state", STATE),
)  # fmt: skip
# Base, pointer of the member changed, values that it may not have.
CHANGES: tuple[tuple[dict[str, Any], str, tuple[Any, ...]], ...] = (
    (BATCH, "/suite", (MISSING, "itemproof-2", 1)),
    (BATCH, "/type", (MISSING, "receipt", None)),
    (BATCH, "/log", (MISSING, "", DIGEST + "=", DIGEST[:-1], DIGEST[:-1] + "_", 5)),
    (BATCH, "/key", (MISSING, b64u(bytes(31)), None)),
    (BATCH, "/sequence", (MISSING, -1, 2**53, 1.5, "7", True, None)),
    (BATCH, "/previous", (MISSING, None, b64u(bytes(33)))),
    (BATCH, "/claimed_time",
     (MISSING, "2026-01-02T03:04:05Z", "2026-01-02T03:04:05.678+00:00", "2026-02-30T00:00:00.000Z",
      "2026-01-02T24:00:00.000Z", "2026-01-02T23:59:60.000Z", "2026-01-02 03:04:05.678Z",
      "2026-01-02T03:04:05.678z", "2026-01-02T03:04:05.6789Z", 0)),
    (BATCH, "/participant", (MISSING, DIGEST, b64u(bytes(15)))),
    (BATCH, "/seen", (MISSING, None, [])),
    (BATCH, "/seen/tree_size", (MISSING, 0, -1)),
    (BATCH, "/seen/root_hash", (MISSING, "")),
    (BATCH, "/seen/more", (1,)),
    (BATCH, "/record_count", (MISSING, 0, 2**53)),
    (BATCH, "/batch_root", (MISSING, "")),
    (BATCH, "/more", (None,)),
    (GENESIS, "/chain_id", (MISSING, 0, 2**53, "1")),
    (GENESIS, "/contract",
     (MISSING, "0x" + "0A" * 20, "0a" * 20, "0x" + "0a" * 19, "0X" + "0a" * 20)),
    (GENESIS, "/opener", (MISSING, "0x" + "0g" * 20)),
    (GENESIS, "/log_key", (MISSING, None)),
    (GENESIS, "/log_key/alg", (MISSING, "rsa", "Ed25519", "secp256k1-eip712")),
    (GENESIS, "/log_key/public_key", (MISSING, b64u(bytes(31)))),
    (GENESIS, "/log_key/more", (1,)),
    (GENESIS, "/registrar_key",
     (MISSING, {"alg": WALLET["alg"], "public_key": WALLET["public_key"]})),
    (GENESIS, "/succeeds", (None, {})),
    (GENESIS, "/sequence", (0,)),
    (REGISTER, "/action", (MISSING, "rotate")),
    (REGISTER, "/alg", ("p256", "secp256k1-eip712", "secp256k1", None)),
    (REGISTER, "/public_key", (MISSING, WALLET["public_key"], b64u(bytes(31)))),
    (WALLET, "/alg", ("ed25519", "SECP256K1-EIP712", MISSING)),
    (WALLET, "/public_key", (MISSING, b64u(bytes(32)), b64u(bytes(65)), None)),
    (REGISTER, "/custody", (MISSING, "other")),
    (REGISTER, "/scopes", (MISSING, [])),
    (REGISTER, "/scopes/roles",
     (MISSING, [], ["supplier", "producer"], ["supplier", "supplier"], ["king"], "supplier", [1])),
    (REGISTER, "/scopes/prefixes",
     (MISSING, [""], ["1234567890123"], ["12a"], ["2", "1"], ["1", "1"], [12], "1")),
    (REGISTER, "/scopes/more", (1,)),
    (REGISTER, "/card", (MISSING, "")),
    (REGISTER, "/target", (DIGEST,)),
    (REVOKE, "/target", (MISSING, "")),
    (REVOKE, "/until_reason", (MISSING, "tired")),
    (REVOKE, "/suspect_from", (-1, None, "0")),
    (REVOKE, "/alg", ("ed25519",)),
    (STATUS, "/entry", (MISSING, 3)),
    (STATUS, "/records",
     (MISSING, -2, 0, [], [[1, 0]], [[-1, 0]], [[0, 1], [1, 2]], [[0, 1], [2, 3]],
      [[5, 6], [0, 1]], [[0]], [[0, 1, 2]], [[0, 2**32]], [[0, "1"]], [0, 1], [[False, True]])),
    (STATUS, "/kind", (MISSING, "current")),
    (STATUS, "/reason", (MISSING, "", "because Li Lei said so")),
    (STATUS, "/replacement", (None, {"entry": DIGEST}, {"record": 1})),
    (STATUS, "/erasure", (ERASURE, None)),
    (ERASED, "/erasure", (MISSING, None, [], {})),
    (ERASED, "/erasure/requester",
     (MISSING, "", DIGEST, b64u(bytes(15)), "Li Lei", 5)),
    (ERASED, "/erasure/basis", (MISSING, "", "because", None)),
    (ERASED, "/erasure/fields", ([[1, 1]], None)),
    (ERASED, "/erasure/more", (1,)),
    (ERASED, "/kind", ("corrected", "recalled", "recall_lifted")),
    (SOME_FIELDS, "/records", (-1, [[4, 5]], [[4, 4], [6, 6]])),
    (SOME_FIELDS, "/erasure/fields",
     ([], [[0, 1]], [[2, 1]], [[1, 2], [2, 3]], [[1, 2], [3, 3]], [[5, 6], [1, 2]], [[1]], -1,
      [[1, 2**32]], [[1, "2"]], [1, 2], [[True, True]])),
    (SCORE, "/policy", (MISSING,)),
    (SCORE, "/input_size", (MISSING, 0)),
    (SCORE, "/statistics", (MISSING, {})),
    (SCORE, "/code_version", (MISSING, "", "0.1 beta", "1" * 41)),
    (STATE, "/index", (MISSING, 0)),
    (STATE, "/previous_state", (MISSING,)),
    (STATE, "/keys_size", (MISSING, -1)),
    (STATE, "/keys_root", (MISSING,)),
    (STATE, "/status_size", (MISSING, 1.5)),
    (STATE, "/status_root", (MISSING,)),
)  # fmt: skip
RECEIPT_CHANGES: tuple[tuple[dict[str, Any], str, tuple[Any, ...]], ...] = (
    (RECEIPT, "/suite", (MISSING, "itemproof-2")),
    (RECEIPT, "/log", (MISSING, "")),
    (RECEIPT, "/entry_leaf_hash", (MISSING, b64u(bytes(31)))),
    (RECEIPT, "/leaf_index", (MISSING, -1, "5")),
    (RECEIPT, "/received", (MISSING, "2026-01-02T03:04:05Z")),
    (RECEIPT, "/anchored_by", (MISSING, "2026-13-02T03:04:05.678Z")),
    (RECEIPT, "/more", (1,)),
)


def content() -> dict[str, Any]:
    text = jcs(BATCH).decode()
    return {
        "source": "docs/formats.md, sections 'statement', 'entry and log' and 'receipt'",
        "good": [
            {"name": name, "type": value["type"], "payload": jcs(value).decode()}
            for name, value in GOOD
        ],
        "refused": [
            *changed(CHANGES),
            {"name": "white space", "payload": text + "\n", "code": CANONICAL},
            {"name": "members in another order", "payload": '{"type":"batch","suite":""}',
             "code": CANONICAL},
            {"name": "a number in another form", "payload": text.replace(":7,", ":7.0,"),
             "code": CANONICAL},
            {"name": "a duplicate member", "payload": text[:-1] + ',"type":"batch"}',
             "code": "JSON_DUPLICATE_KEY"},
            {"name": "not an object", "payload": "[]", "code": INVALID},
        ],
        "receipts": [{"name": "receipt", "payload": jcs(RECEIPT).decode()}],
        "refused_receipts": list(changed(RECEIPT_CHANGES)),
        "log_ids": list(_log_ids()),
    }  # fmt: skip


def changed(
    changes: tuple[tuple[dict[str, Any], str, tuple[Any, ...]], ...],
) -> Iterator[dict[str, Any]]:
    """Yield payloads that differ from a good one in one member."""
    for base, pointer, values in changes:
        for value in values:
            payload = copy.deepcopy(base)
            *parents, name = pointer.split("/")[1:]
            inner = payload
            for parent in parents:
                inner = inner[parent]
            if value is MISSING:
                del inner[name]
            else:
                inner[name] = value
            what = "missing" if value is MISSING else jcs(value).decode()
            kind = base.get("type", "receipt")
            yield {
                "name": f"{kind} with {pointer} {what}",
                "payload": jcs(payload).decode(),
                "code": INVALID,
            }


def _log_ids() -> Iterator[dict[str, Any]]:
    for chain_id in (1, 31337, 2**53 - 1):
        contract, opener, genesis = seeded("contract", 20), seeded("opener", 20), seeded("genesis")
        packed = b"itemproof/log/1\n" + chain_id.to_bytes(32, "big") + contract + opener + genesis
        yield {
            "chain_id": chain_id,
            "contract": "0x" + contract.hex(),
            "opener": "0x" + opener.hex(),
            "genesis_leaf_hash": genesis.hex(),
            "log_id": h(packed).hex(),
        }
