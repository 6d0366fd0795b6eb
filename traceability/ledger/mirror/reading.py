"""What `rebuild` takes from an entry: enough for its rows, no more.

The entries hash to a head that the log key signed, and capture checked each when it came; so most
are read for their numbers only. Keys and statuses, which decide over others, are read in full.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
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
            base64.b64decode(orjson.loads(envelope)["payload"], validate=True)
        )
        kind = value["type"]
        if kind == "genesis":
            return Told(leaf_hash(envelope), envelope, kind, None, None, None, None, None)
        return Told(
            leaf_hash(envelope),
            envelope,
            kind,
            b64u_decode(value["key"], length=32),
            int(value["sequence"]),
            to_milliseconds(datetime.fromisoformat(value["claimed_time"])),
            _batch(value) if kind == "batch" else None,
            _statement(envelope) if kind in ("key", "status") else None,
        )
    except (ValueError, KeyError, TypeError, ItemProofError) as error:
        raise MirrorDamaged(
            f"entry {index} of the mirror is none: {type(error).__name__}"
        ) from error


def _batch(value: Mapping[str, Any]) -> BatchTold:
    return BatchTold(
        b64u_decode(value["participant"], length=16),
        int(value["record_count"]),
        b64u_decode(value["batch_root"], length=32),
    )


def _statement(envelope: bytes) -> KeyRegister | KeyRevoke | StatusStatement:
    statement: Statement = parse_statement(parse_envelope(envelope).payload)
    if not isinstance(statement, KeyRegister | KeyRevoke | StatusStatement):
        raise MirrorDamaged("statement is of another type than its entry")
    return statement
