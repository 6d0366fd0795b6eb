"""A batch is read by its one form; whatever has another is read as any other entry."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from datetime import UTC, datetime
from typing import Any

import pytest

from traceability.hashing.ed25519 import SigningKey
from traceability.hashing.envelope import STATEMENT_TYPE, sign_envelope
from traceability.hashing.statement import BatchStatement, Header, Seen
from traceability.ledger.mirror import reading
from traceability.ledger.mirror.faults import MirrorDamaged
from traceability.ledger.mirror.reading import Told, read_entry

KEY = SigningKey.from_seed(bytes(range(32)))
HEADER = Header(bytes(32), KEY.key_id, 4, bytes(32), datetime(2026, 5, 1, 8, tzinfo=UTC))


def batch_entry() -> bytes:
    """Return an entry as capture keeps it."""
    statement = BatchStatement(HEADER, bytes(16), Seen(1, bytes(32)), 1, bytes(range(32)))
    return sign_envelope(STATEMENT_TYPE, statement.to_payload(), [KEY]).to_bytes()


def changed(envelope: bytes, **members: Any) -> bytes:
    """Return an entry whose statement has other members; what is None is left out."""
    outer = json.loads(envelope)
    inner = {**json.loads(b64decode(outer["payload"])), **members}
    kept = {name: value for name, value in inner.items() if value is not None}
    payload = json.dumps(kept, separators=(",", ":"), sort_keys=True).encode()
    outer["payload"] = b64encode(payload).decode()
    return json.dumps(outer, separators=(",", ":"), sort_keys=True).encode()


def read_generally(envelope: bytes, monkeypatch: pytest.MonkeyPatch) -> Told:
    with monkeypatch.context() as patch:
        patch.setattr(reading, "_read_batch", lambda _: None)
        return read_entry(envelope, 0)


@pytest.mark.parametrize("record_count", [1, 500, 2**32 - 1])
def test_a_batch_is_read_alike_by_its_form_and_generally(
    record_count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    envelope = changed(batch_entry(), record_count=record_count)
    told = read_entry(envelope, 0)
    assert reading._read_batch(envelope) == told == read_generally(envelope, monkeypatch)
    assert told.batch is not None
    assert told.batch.record_count == record_count


@pytest.mark.parametrize(
    "members",
    [{"another": 1}, {"previous": None}, {"suite": "itemproof-2"}, {"sequence": 10**16}],
)
def test_what_has_another_form_is_read_generally(
    members: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    envelope = changed(batch_entry(), **members)
    assert reading._read_batch(envelope) is None
    assert read_entry(envelope, 0) == read_generally(envelope, monkeypatch)


@pytest.mark.parametrize(
    "members",
    [
        {"record_count": None},
        {"batch_root": "A" * 42 + "B"},
        {"batch_root": "A" * 44},
        {"claimed_time": "2026-13-01T08:00:00.000Z"},
        {"participant": "A"},
    ],
)
def test_refuses_a_batch_that_lacks_or_bends_what_is_needed(members: dict[str, Any]) -> None:
    with pytest.raises(MirrorDamaged, match="entry 7 of the mirror is none"):
        read_entry(changed(batch_entry(), **members), 7)


@pytest.mark.parametrize("envelope", [b"", b"{}", b'{"payload":"', b'{"payload":"!"}', b"[1]"])
def test_refuses_what_is_no_entry(envelope: bytes) -> None:
    with pytest.raises(MirrorDamaged, match="entry 3 of the mirror is none"):
        read_entry(envelope, 3)
