"""The tree vectors in Python; Node and Solidity read the same file.

Source: tests/vectors/trees.json, by scripts/make_tree_vectors.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from traceability.merkle.proofs import (
    ConsistencyProofError,
    InclusionProofError,
    consistency_path,
    inclusion_path,
    nodes_of,
    verify_consistency,
    verify_inclusion,
)
from traceability.merkle.tree import leaf_hash, root_hash

FILE = Path(__file__).resolve().parents[1] / "vectors" / "trees.json"
VECTORS: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))


def binary(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def cases(table: str) -> Iterator[Any]:
    found = VECTORS[table]
    for index, name in enumerate(found["names"]):
        start, end = found["path_starts"][index : index + 2]
        row = {
            member: values[index]
            for member, values in found.items()
            if member not in ("names", "paths", "path_starts")
        }
        row["path"] = [binary(node) for node in found["paths"][start:end]]
        yield pytest.param(row, id=name)


LEAVES = [leaf_hash(binary(text)) for text in VECTORS["leaves"]]


@pytest.mark.parametrize("size", range(9))
def test_root(size: int) -> None:
    assert root_hash(LEAVES[:size]) == binary(VECTORS["roots"][size])


@pytest.mark.parametrize("case", list(cases("inclusion")))
def test_inclusion(case: dict[str, Any]) -> None:
    def verify() -> None:
        verify_inclusion(
            binary(case["leaf_hash"]),
            case["leaf_index"],
            tree_size=case["tree_size"],
            inclusion_path=case["path"],
            root_hash=binary(case["root_hash"]),
        )

    if case["valid"]:
        verify()
    else:
        with pytest.raises(InclusionProofError):
            verify()


@pytest.mark.parametrize("case", list(cases("consistency")))
def test_consistency(case: dict[str, Any]) -> None:
    def verify() -> None:
        verify_consistency(
            case["from_size"],
            binary(case["from_root"]),
            tree_size=case["tree_size"],
            root_hash=binary(case["root_hash"]),
            consistency_path=case["path"],
        )

    if case["valid"]:
        verify()
    else:
        with pytest.raises(ConsistencyProofError):
            verify()


def test_paths_made_here_are_those_of_the_file() -> None:
    node = nodes_of(LEAVES)
    for param in cases("inclusion"):
        if param.values[0]["valid"] and param.id.startswith("leaf") and param.id.endswith(" of 8"):
            index = param.values[0]["leaf_index"]
            assert inclusion_path(index, tree_size=8, node=node) == param.values[0]["path"]
    for param in cases("consistency"):
        if param.values[0]["valid"] and param.id.endswith(" to 8"):
            before = param.values[0]["from_size"]
            assert consistency_path(before, tree_size=8, node=node) == param.values[0]["path"]
