"""The trust file: what a verifier believes before it reads a bundle.

Source: `docs/formats.md`, section 8. None of it ever comes from a bundle.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from traceability.errors import ItemProofError, MissingTrust
from traceability.hashing.ed25519 import check_public_key
from traceability.hashing.encoding import b64u_encode
from traceability.hashing.statement import PublicKey
from traceability.strict_json import JSONValue, parse_json
from traceability.verify import shapes

BlockNumbers = Literal["native", "foreign"]

# A trust file has under a kilobyte; pinned block hashes may add some.
MAX_TRUST_BYTES = 1_048_576
MAX_BLOCK_HASHES = 10_000
MAX_ENDPOINTS = 16
ADDRESS = re.compile(r"0x[0-9a-f]{40}")
HEX_DIGEST = re.compile(r"0x[0-9a-f]{64}")
DECIMAL = re.compile(r"0|[1-9][0-9]{0,15}")
ORIGIN = re.compile(r"[^\s/+]+/log/([0-9a-f]{64})")


class TrustFileMissing(MissingTrust):
    """There is no trust file where the caller pointed."""

    code = "TRUST_FILE_MISSING"


class TrustFileInvalid(MissingTrust):
    """The trust file is malformed, so nothing can be checked against it."""

    code = "TRUST_FILE_INVALID"


@dataclass(frozen=True, slots=True)
class Trust:
    """The chain, contract and log that the caller trusts; digests are 32 bytes.

    `block_hashes` pins canonical blocks by number. `block_number` is `foreign` where
    the contract sees another chain's block numbers, as on Arbitrum.
    """

    chain_id: int
    contract: str
    code_hash: bytes
    log: bytes
    log_key: PublicKey
    origin: str
    block_hashes: Mapping[int, bytes] = field(default_factory=dict)
    endpoints: tuple[str, ...] = ()
    block_number: BlockNumbers = "native"

    def to_json(self) -> dict[str, JSONValue]:
        """Return the members of the trust file; optional ones that say nothing are absent."""
        value: dict[str, JSONValue] = {
            "chain_id": self.chain_id,
            "contract": self.contract,
            "code_hash": "0x" + self.code_hash.hex(),
            "log": b64u_encode(self.log),
            "log_key": {
                "alg": self.log_key.alg,
                "public_key": b64u_encode(self.log_key.public_key),
            },
            "origin": self.origin,
        }
        if self.block_hashes:
            value["block_hashes"] = {
                str(number): "0x" + found.hex() for number, found in self.block_hashes.items()
            }
        if self.endpoints:
            value["endpoints"] = list(self.endpoints)
        if self.block_number != "native":
            value["block_number"] = self.block_number
        return value


def load_trust(path: Path) -> Trust:
    """Read the trust file; one that is absent or malformed is `MissingTrust`."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise TrustFileMissing(f"trust file cannot be read: {str(path)!r}") from error
    try:
        return parse_trust(data)
    except TrustFileInvalid as error:
        raise TrustFileInvalid(f"{error}: {str(path)!r}", pointer=error.pointer) from error


def parse_trust(data: bytes) -> Trust:
    """Return what a trust file says; unknown members are refused, white space is not."""
    try:
        return _read(parse_json(data, max_bytes=MAX_TRUST_BYTES))
    except TrustFileInvalid:
        raise
    except ItemProofError as error:
        raise TrustFileInvalid(f"trust file is refused: {error}", pointer=error.pointer) from error


def _read(value: JSONValue) -> Trust:
    found = shapes.members(
        value,
        "",
        required=("chain_id", "contract", "code_hash", "log", "log_key", "origin"),
        optional=("block_hashes", "endpoints", "block_number"),
    )
    log = shapes.binary(found["log"], "/log", length=shapes.HASH_BYTES)
    return Trust(
        chain_id=shapes.integer(found["chain_id"], "/chain_id"),
        contract=_matching(found["contract"], "/contract", ADDRESS),
        code_hash=_hex_digest(found["code_hash"], "/code_hash"),
        log=log,
        log_key=_public_key(found["log_key"]),
        origin=_origin(found["origin"], log),
        block_hashes=_block_hashes(found.get("block_hashes", {})),
        endpoints=_endpoints(found.get("endpoints", [])),
        block_number=_block_number(found.get("block_number", "native")),
    )


def _matching(value: JSONValue, at: str, pattern: re.Pattern[str]) -> str:
    found = shapes.text(value, at)
    if not pattern.fullmatch(found):
        raise TrustFileInvalid(f"value at {at!r} has the wrong form", pointer=at, got=found[:80])
    return found


def _hex_digest(value: JSONValue, at: str) -> bytes:
    return bytes.fromhex(_matching(value, at, HEX_DIGEST).removeprefix("0x"))


def _public_key(value: JSONValue) -> PublicKey:
    found = shapes.members(value, "/log_key", required=("alg", "public_key"))
    alg = _matching(found["alg"], "/log_key/alg", re.compile("ed25519"))
    raw = shapes.binary(found["public_key"], "/log_key/public_key", length=shapes.HASH_BYTES)
    check_public_key(raw)
    return PublicKey(alg, raw)


def _origin(value: JSONValue, log: bytes) -> str:
    origin = _matching(value, "/origin", ORIGIN)
    if not origin.endswith(log.hex()):
        raise TrustFileInvalid("origin names another log than /log", pointer="/origin")
    return origin


def _block_hashes(value: JSONValue) -> dict[int, bytes]:
    if not isinstance(value, dict) or len(value) > MAX_BLOCK_HASHES:
        raise TrustFileInvalid(
            "block_hashes is no object of at most 10000", pointer="/block_hashes"
        )
    hashes = {}
    for number, block_hash in value.items():
        at = f"/block_hashes/{number[:20]}"
        hashes[int(_matching(number, at, DECIMAL))] = _hex_digest(block_hash, at)
    return hashes


def _endpoints(value: JSONValue) -> tuple[str, ...]:
    found = shapes.items(value, "/endpoints", most=MAX_ENDPOINTS)
    return tuple(shapes.text(url, f"/endpoints/{i}") for i, url in enumerate(found))


def _block_number(value: JSONValue) -> BlockNumbers:
    if value == "native":
        return "native"
    if value == "foreign":
        return "foreign"
    raise TrustFileInvalid("block_number is neither native nor foreign", pointer="/block_number")
