"""What `rebuild` takes from an entry: enough for its rows, no more.

The entries hash to a head that the log key signed, and capture checked each when it came; so most
are read for their numbers only. Keys and statuses, which decide over others, are read in full.
"""

from __future__ import annotations

from binascii import a2b_base64
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from traceability.errors import ItemProofError
from traceability.hashing.encoding import b64u_decode
from traceability.hashing.envelope import parse_envelope
from traceability.hashing.statement import (
    KeyRegister,
    KeyRevoke,
    Statement,
    StatusStatement,
    parse_statement,
)
from traceability.ledger.mirror.faults import MirrorDamaged
from traceability.merkle.tree import leaf_hash
from traceability.store.times import to_milliseconds


class BatchTold(NamedTuple):
    """What a batch entry says of its records."""

    participant: bytes
    record_count: int
    batch_root: bytes


class Told(NamedTuple):
    """What an entry says; `statement` only for keys and statuses."""

    leaf_hash: bytes
    envelope: bytes
    type: str
    key_id: bytes | None
    sequence: int | None
    claimed: int | None
    batch: BatchTold | None
    statement: KeyRegister | KeyRevoke | StatusStatement | None


def read_entry(envelope: bytes, index: int) -> Told:
    """Read an entry.

    Raises
    ------
    MirrorDamaged
        It is no entry.
    """
    try:
        value: Mapping[str, Any] = orjson.loads(
            a2b_base64(orjson.loads(envelope)["payload"], strict_mode=True)
        )
        kind = value["type"]
        if kind == "genesis":
            return Told(leaf_hash(envelope), envelope, kind, None, None, None, None, None)
        return Told(
            leaf_hash(envelope),
            envelope,
            kind,
            _id(value["key"], 32),
            int(value["sequence"]),
            to_milliseconds(datetime.fromisoformat(value["claimed_time"])),
            _batch(value) if kind == "batch" else None,
            _statement(envelope) if kind in ("key", "status") else None,
        )
    except (ValueError, KeyError, TypeError, ItemProofError) as error:
        raise MirrorDamaged(
            f"entry {index} of the mirror is none: {type(error).__name__}"
        ) from error


@lru_cache(maxsize=4096)
def _id(text: str, length: int) -> bytes:
    """Decode the id of a key or a participant; a log has few of them, and names them often."""
    return b64u_decode(text, length=length)


def _batch(value: Mapping[str, Any]) -> BatchTold:
    return BatchTold(
        _id(value["participant"], 16),
        int(value["record_count"]),
        b64u_decode(value["batch_root"], length=32),
    )


def _statement(envelope: bytes) -> KeyRegister | KeyRevoke | StatusStatement:
    statement: Statement = parse_statement(parse_envelope(envelope).payload)
    if not isinstance(statement, KeyRegister | KeyRevoke | StatusStatement):
        raise MirrorDamaged("statement is of another type than its entry")
    return statement
