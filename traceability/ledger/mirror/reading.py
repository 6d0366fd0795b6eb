"""What `rebuild` takes from an entry: enough for its rows, no more.

The entries hash to a head that the log key signed, and capture checked each when it came; so most
are read for their numbers only. Keys and statuses, which decide over others, are read in full.
"""

from __future__ import annotations

import re
from binascii import a2b_base64
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

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


# Capture keeps canonical bytes, so that all batches, which are most entries, look like this.
_FRONT: Final = b'{"payload":"'
_BACK: Final = re.compile(
    rb'","payloadType":"application/vnd\.itemproof\.statement\+json","signatures":\['
    rb'\{"keyid":"[\w-]{43}","sig":"[\w+/]{86}=="\}(?:,\{"keyid":"[\w-]{43}","sig":"[\w+/]{86}=="\})*'
    rb"\]\}"
)
_ID, _NUMBER = rb"[\w-]{43}", rb"(?:0|[1-9][0-9]{0,15})"
_BATCH: Final = re.compile(
    # The last of 43 digits holds four bits of the digest, and two that are zero.
    rb'\{"batch_root":"([\w-]{42}[AEIMQUYcgkosw048])","claimed_time":"([0-9T:.-]{23}Z)",'
    rb'"key":"(%b)","log":"%b","participant":"([\w-]{22})","previous":"%b",'
    rb'"record_count":(%b),"seen":\{"root_hash":"%b","tree_size":%b\},"sequence":(%b),'
    rb'"suite":"itemproof-1","type":"batch"\}' % (_ID, _ID, _ID, _NUMBER, _ID, _NUMBER, _NUMBER)
)
_FROM_URL: Final = bytes.maketrans(b"-_", b"+/")


def read_entry(envelope: bytes, index: int) -> Told:
    """Read an entry.

    Raises
    ------
    MirrorDamaged
        It is no entry.
    """
    try:
        told = _read_batch(envelope)
        if told is not None:
            return told
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


def _read_batch(envelope: bytes) -> Told | None:
    """Read a batch as capture keeps it; None where this is anything else."""
    end = envelope.find(b'"', len(_FRONT))
    if not envelope.startswith(_FRONT) or _BACK.fullmatch(envelope, end) is None:
        return None
    found = _BATCH.fullmatch(a2b_base64(envelope[len(_FRONT) : end], strict_mode=True))
    if found is None:
        return None
    root, claimed, key, participant, count, sequence = found.groups()
    digest = a2b_base64(root.translate(_FROM_URL) + b"=", strict_mode=True)
    return Told(
        leaf_hash(envelope),
        envelope,
        "batch",
        _id(key.decode(), 32),
        int(sequence),
        to_milliseconds(datetime.fromisoformat(claimed.decode())),
        BatchTold(_id(participant.decode(), 16), int(count), digest),
        None,
    )


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
