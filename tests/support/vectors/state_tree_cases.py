"""Key and status trees: order, roots, paths, and leaves that are refused."""

from __future__ import annotations

from typing import Any

from tests.support.vectors.plain import b64u, jcs, leaf, mth, path_of, seeded

KEYS = [seeded(f"key {number}") for number in range(5)]
ENTRIES = [seeded(f"entry {number}") for number in range(2)]
# Raw order and the order of base64url differ: `-` and `_` come after the digits here.
TRAPS = [b"\x00" * 32, b"\xf8" + b"\x00" * 31, b"\xfc" + b"\x00" * 31, b"\xd0" + b"\x00" * 31]


def content() -> dict[str, Any]:
    return {
        "source": "docs/formats.md, section 'entry and log'",
        "trees": [
            {"name": "no keys", **_tree([])},
            {"name": "keys by their raw bytes", **_tree(_key_leaves([*KEYS, *TRAPS]))},
            {"name": "one status", **_tree(_status_leaves()[:1])},
            {"name": "statuses by entry, record as a number, kind, entry index",
             **_tree(_status_leaves())},
        ],
        "refused": list(_refused()),
    }  # fmt: skip


def _key_leaves(keys: list[bytes]) -> list[list[Any]]:
    leaves = []
    for number, key in enumerate(sorted(keys)):
        until = None if number % 2 else number + 20
        suspect = number + 5 if number % 4 == 0 else None
        leaves.append(["key", b64u(key), number + 1, until, suspect])
    return leaves


def _status_leaves() -> list[list[Any]]:
    rows = [
        (entry, record, kind, index)
        for entry in ENTRIES
        for record, kind, index in (
            (-1, "recalled", 30),
            (2, "recall_lifted", 40),
            (2, "recalled", 9),
            (2, "recalled", 31),
            (10, "corrected", 12),
            (10, "erased", 11),
        )
    ]
    rows.sort(key=lambda row: (row[0], row[1], row[2].encode(), row[3]))
    return [["status", b64u(entry), record, kind, index] for entry, record, kind, index in rows]


def _tree(leaves: list[list[Any]]) -> dict[str, Any]:
    hashes = [leaf(jcs(value)) for value in leaves]
    return {
        "leaves": leaves,
        "leaf_hashes": [value.hex() for value in hashes],
        "size": len(leaves),
        "root_hash": mth(hashes).hex(),
        "paths": [
            [value.hex() for value in path_of(index, hashes)] for index in range(len(leaves))
        ],
    }


def _refused() -> list[dict[str, Any]]:
    key, entry = b64u(KEYS[0]), b64u(ENTRIES[0])
    leaf_code, encoding = "STATE_LEAF_INVALID", "ENCODING_INVALID"
    cases: list[tuple[str, list[Any], str]] = [
        ("a key leaf too short", ["key", key, 1, None], leaf_code),
        ("a key leaf too long", ["key", key, 1, None, None, None], leaf_code),
        ("a key leaf of another label", ["keys", key, 1, None, None], leaf_code),
        ("a key id of 31 bytes", ["key", b64u(bytes(31)), 1, None, None], encoding),
        ("a key id with padding", ["key", key + "=", 1, None, None], encoding),
        ("a key registered before the log", ["key", key, -1, None, None], leaf_code),
        ("a key registered at no number", ["key", key, None, None, None], leaf_code),
        ("a key registered at true", ["key", key, True, None, None], leaf_code),
        ("a key until a fraction", ["key", key, 1, 1.5, None], leaf_code),
        ("a key until 2^53", ["key", key, 1, 2**53, None], leaf_code),
        ("a key suspect from text", ["key", key, 1, 2, "1"], leaf_code),
        ("a status leaf too short", ["status", entry, 1, "recalled"], leaf_code),
        ("a status of another kind", ["status", entry, 1, "current", 5], leaf_code),
        ("a status of record -2", ["status", entry, -2, "recalled", 5], leaf_code),
        ("a status of record 1.5", ["status", entry, 1.5, "recalled", 5], leaf_code),
        ("a status at entry -1", ["status", entry, 1, "recalled", -1], leaf_code),
        ("a status of an entry of 33 bytes", ["status", b64u(bytes(33)), 1, "recalled", 5],
         encoding),
    ]  # fmt: skip
    return [{"name": name, "leaf": value, "code": code} for name, value, code in cases]
