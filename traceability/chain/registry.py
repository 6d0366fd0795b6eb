"""The registry's calls and answers as bytes, from the compiled ABI.

Sources: `abi/AnchorRegistry.json`, written by scripts/compile_contracts.py; the Solidity ABI
specification for selectors, arguments and custom errors.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError

from traceability.chain.faults import AnchorRejected, ContractMismatch, HeadMoved
from traceability.chain.values import Head
from traceability.hashing.keccak import keccak256

SELECTOR_BYTES = 4
MAX_REASON_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Artifact:
    """The compiled registry."""

    abi: tuple[Mapping[str, Any], ...]
    bytecode: bytes
    code_hash: bytes


@cache
def artifact() -> Artifact:
    """Return the compiled registry that this program was made for."""
    file = resources.files("traceability.chain") / "abi" / "AnchorRegistry.json"
    value = json.loads(file.read_text(encoding="utf-8"))
    return Artifact(
        abi=tuple(value["abi"]),
        bytecode=bytes.fromhex(value["bytecode"].removeprefix("0x")),
        code_hash=bytes.fromhex(value["code_hash"].removeprefix("0x")),
    )


def encode_call(function: str, *arguments: Any) -> bytes:
    """Return the calldata of a call."""
    entry = _entries("function")[function]
    types = [_type(item) for item in entry["inputs"]]
    return _selector(entry) + encode(types, arguments)


def decode_call(function: str, data: bytes) -> tuple[Any, ...]:
    """Return the arguments of calldata that `encode_call` has made.

    Raises
    ------
    ContractMismatch
        The calldata is of another function.
    """
    entry = _entries("function")[function]
    if data[:SELECTOR_BYTES] != _selector(entry):
        raise ContractMismatch(f"calldata is of another function: expected {function}")
    return tuple(decode([_type(item) for item in entry["inputs"]], data[SELECTOR_BYTES:]))


def decode_head(data: bytes) -> Head:
    """Read the answer of `head`."""
    output = _entries("function")["head"]["outputs"][0]
    try:
        (fields,) = decode([_type(output)], data)
    except DecodingError as cause:
        raise ContractMismatch("contract has no such head: another contract is there") from cause
    return Head(*fields)


def event_topic(event: str) -> bytes:
    """Return the first topic of an event's logs."""
    return keccak256(_signature(_entries("event")[event]).encode())


def decode_anchored(data: bytes) -> tuple[bytes, int, int]:
    """Read root hash, earlier size and earlier block from CheckpointAnchored's data."""
    root_hash, from_size, previous_block = decode(["bytes32", "uint64", "uint64"], data)
    return root_hash, from_size, previous_block


def refusal(data: bytes, message: str = "") -> AnchorRejected:
    """Return the error that a revert's data stand for; `message` is the node's own word."""
    for name, entry in _entries("error").items():
        if data[:SELECTOR_BYTES] == _selector(entry):
            return _named_refusal(name, entry, data[SELECTOR_BYTES:])
    word = message[:MAX_REASON_CHARACTERS] or "no reason given"
    return AnchorRejected(f"contract refused the anchor: {word}")


def _named_refusal(name: str, entry: Mapping[str, Any], data: bytes) -> AnchorRejected:
    try:
        values = decode([_type(item) for item in entry["inputs"]], data)
    except DecodingError:
        return AnchorRejected(f"contract refused the anchor: {name}")
    if name == "HeadMoved":
        return HeadMoved(values[0], values[1])
    told = ", ".join(
        f"{item['name']} {_short(value)}"
        for item, value in zip(entry["inputs"], values, strict=True)
    )
    return AnchorRejected(f"contract refused the anchor: {name}({told})")


def _short(value: object) -> str:
    return value.hex()[:16] if isinstance(value, bytes) else str(value)


@cache
def _entries(kind: str) -> Mapping[str, Mapping[str, Any]]:
    return {item["name"]: item for item in artifact().abi if item["type"] == kind}


def _selector(entry: Mapping[str, Any]) -> bytes:
    return keccak256(_signature(entry).encode())[:SELECTOR_BYTES]


def _signature(entry: Mapping[str, Any]) -> str:
    return f"{entry['name']}({','.join(_type(item) for item in entry['inputs'])})"


def _type(item: Mapping[str, Any]) -> str:
    if not item["type"].startswith("tuple"):
        return str(item["type"])
    inner = ",".join(_type(member) for member in item["components"])
    return f"({inner}){item['type'].removeprefix('tuple')}"
