"""Signing one batch: what the node says of the key, and the statement that follows from it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from traceability.client import faults
from traceability.client.drafts import BatchDraft
from traceability.client.sending import Signed
from traceability.hashing.canonical import canonicalize
from traceability.hashing.encoding import b64u_decode
from traceability.hashing.envelope import STATEMENT_TYPE, sign_envelope
from traceability.hashing.signatures import SecretKey
from traceability.hashing.statement import BatchStatement, Header, Seen, sound_payload
from traceability.merkle.checkpoint import Checkpoint
from traceability.strict_json import JSONValue


class Standing(NamedTuple):
    """Where a key's chain stands by the node's word, whose key it is, and since when."""

    participant: bytes
    sequence: int
    previous: bytes
    registered_at: int


def standing_of(value: dict[str, JSONValue]) -> Standing:
    """Read the answer of `GET /api/keys/{key_id}`.

    Raises
    ------
    KeyNotUsable, NodeUnavailable
    """
    if value.get("live") is not True:
        raise faults.KeyNotUsable("key is revoked: sign with another one")
    if value.get("registered_at") is None:
        raise faults.KeyNotUsable("key's registration is not in the log yet: try again")
    return Standing(
        bytes.fromhex(str(value.get("participant"))),
        _number(value, "next_sequence"),
        _digest(value, "previous"),
        _number(value, "registered_at"),
    )


def signed_batch(
    draft: BatchDraft,
    key: SecretKey,
    *,
    log: bytes,
    standing: Standing,
    head: Checkpoint,
    now: datetime,
) -> Signed:
    """Sign a batch as the key's next statement, which has seen a head.

    Raises
    ------
    NodeUnavailable
        The head does not cover the key's registration.
    """
    if head.tree_size <= standing.registered_at:
        raise faults.NodeUnavailable("node shows no head over the key's registration yet")
    now = now.astimezone(UTC)
    now = now.replace(microsecond=now.microsecond // 1000 * 1000)
    statement = BatchStatement(
        header=Header(log, key.key_id, standing.sequence, standing.previous, now),
        participant=standing.participant,
        seen=Seen(head.tree_size, head.root_hash),
        record_count=draft.record_count,
        batch_root=draft.batch_root,
    )
    envelope = sign_envelope(STATEMENT_TYPE, sound_payload(statement), [key])
    body = canonicalize({"envelope": envelope.to_json(), **draft.to_json()})
    return Signed(body, envelope, statement)


def _number(found: dict[str, JSONValue], name: str) -> int:
    value = found.get(name)
    if not isinstance(value, int) or value < 0:
        raise faults.NodeUnavailable(f"node does not say {name!r} of the key")
    return value


def _digest(found: dict[str, JSONValue], name: str) -> bytes:
    value = found.get(name)
    if not isinstance(value, str):
        raise faults.NodeUnavailable(f"node does not say {name!r} of the key")
    return b64u_decode(value, length=32)
