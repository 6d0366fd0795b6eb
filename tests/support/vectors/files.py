"""The small vectors: what each format accepts and refuses, one module for each part.

`FILES` names the files of tests/vectors and the functions that make their contents; the values
expected are stated here or computed by plain code apart from what they test.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.vectors import (
    checkpoint_cases,
    commitment_cases,
    ed25519_cases,
    envelope_cases,
    json_cases,
    state_tree_cases,
    statement_cases,
    wallet_cases,
)

FILES: dict[str, Callable[[], dict[str, Any]]] = {
    "checkpoints.json": checkpoint_cases.content,
    "commitments.json": commitment_cases.content,
    "dsse.json": envelope_cases.content,
    "ed25519.json": ed25519_cases.content,
    "jcs.json": json_cases.jcs_content,
    "json.json": json_cases.json_content,
    "secp256k1.json": wallet_cases.content,
    "state_trees.json": state_tree_cases.content,
    "statements.json": statement_cases.content,
}
