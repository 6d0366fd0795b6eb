"""Canonical bytes, commitments and statements hold for whatever is put in."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import rfc8785
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.support.vectors.commitment_cases import split
from traceability.errors import ItemProofError
from traceability.hashing.canonical import canonicalize, parse_canonical
from traceability.hashing.commitment import (
    Commitment,
    RecordKind,
    commit,
    commit_record,
    salted_fields,
    split_record,
)
from traceability.hashing.ed25519 import SignatureInvalid, SigningKey, verify_strict
from traceability.hashing.encoding import (
    b64_decode,
    b64_encode,
    b64u_decode,
    b64u_encode,
    format_time,
    parse_time,
)
from traceability.hashing.envelope import STATEMENT_TYPE, parse_envelope, sign_envelope
from traceability.hashing.statement import (
    ALL_RECORDS,
    ERASURE_BASES,
    STATUS_KINDS,
    STATUS_REASONS,
    BatchStatement,
    Erasure,
    Header,
    Seen,
    StatusStatement,
    parse_statement,
)
from traceability.merkle.tree import leaf_hash
from traceability.strict_json import JSONNumberError, parse_json
from traceability.verify.field_rules import check_complete, check_partial

SAFE = 2**53 - 1
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
numbers = st.integers(-SAFE, SAFE) | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | texts
values = st.recursive(
    scalars,
    lambda parts: st.lists(parts, max_size=4) | st.dictionaries(texts, parts, max_size=4),
    max_leaves=12,
)
digests = st.binary(min_size=32, max_size=32)
times = st.datetimes(timezones=st.just(UTC)).map(
    lambda time: time.replace(microsecond=time.microsecond // 1000 * 1000)
)
counts = st.integers(0, SAFE)
KEY = SigningKey.from_seed(bytes(32))


def same(left: Any, right: Any) -> bool:
    """Compare values as canonical JSON does: 26.0 is 26, true is not 1."""
    return rfc8785.dumps(left) == rfc8785.dumps(right)


class TestCanonicalJSON:
    @given(values)
    def test_agrees_with_the_reference(self, value: Any) -> None:
        assert canonicalize(value) == rfc8785.dumps(value)

    @given(values)
    def test_reads_back_what_was_written(self, value: Any) -> None:
        data = canonicalize(value)
        assert same(parse_canonical(data), value)
        assert canonicalize(parse_json(data)) == data

    @given(values, st.integers(0, 3))
    def test_lax_forms_give_the_same_value(self, value: Any, indent: int) -> None:
        assume(not has_minus_zero(value))
        text = json.dumps(value, indent=indent, ensure_ascii=indent % 2 == 0)
        assert same(parse_json(text), value)

    @given(values, st.data())
    def test_a_changed_byte_is_another_value_or_is_refused(self, value: Any, data: Any) -> None:
        canonical = canonicalize(value)
        at = data.draw(st.integers(0, len(canonical) - 1))
        changed = bytearray(canonical)
        changed[at] ^= data.draw(st.integers(1, 255))
        try:
            found = parse_canonical(bytes(changed))
        except ItemProofError:
            return
        assert canonicalize(found) == changed != canonical

    @given(st.binary(max_size=40) | st.text(max_size=40))
    def test_only_errors_of_ours_leave(self, data: bytes | str) -> None:
        try:
            found = parse_json(data)
        except ItemProofError:
            return
        assert found == json.loads(data)

    @given(st.from_regex(r"\A-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,4})?\Z"))
    def test_a_number_is_carried_exactly_or_refused(self, text: str) -> None:
        try:
            found = parse_json(text)
        except JSONNumberError:
            return
        assert isinstance(found, int | float)
        assert Decimal(canonicalize(found).decode()) == Decimal(text)


def has_minus_zero(value: Any) -> bool:
    if isinstance(value, float):
        return value == 0 and math.copysign(1, value) < 0
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(map(has_minus_zero, parts))


class TestEncodings:
    @given(st.binary(max_size=70))
    def test_base64_comes_back(self, data: bytes) -> None:
        assert b64u_decode(b64u_encode(data), length=len(data)) == data
        assert b64_decode(b64_encode(data), length=len(data)) == data

    @given(st.text("ABCab+/-_=01\n", max_size=12))
    def test_what_is_decoded_is_encoded_the_same(self, text: str) -> None:
        for decode, encode in ((b64u_decode, b64u_encode), (b64_decode, b64_encode)):
            try:
                data = decode(text)
            except ItemProofError:
                continue
            assert encode(data) == text

    @given(times)
    def test_times_come_back(self, time: datetime) -> None:
        assert parse_time(format_time(time)) == time


names = st.sampled_from(["epcList", "readPoint", "ilmd", "example:a", "ex:b", "note"]) | texts
members = st.dictionaries(names, values, max_size=6)
RESERVED = {"kind", "declared_error", "recordTime", "type", "action", "eventTime"}
RESERVED |= {"eventTimeZoneOffset", "bizStep", "disposition", "@context"}


def event_of(more: dict[str, Any]) -> dict[str, Any]:
    own = {name: value for name, value in more.items() if name not in RESERVED}
    return {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "ObjectEvent",
        "eventTime": "2026-01-02T03:04:05Z",
        "eventTimeZoneOffset": "+00:00",
        **own,
    }


class TestCommitments:
    @given(members, st.binary(min_size=32, max_size=32))
    def test_whatever_is_committed_may_be_disclosed(
        self, more: dict[str, Any], secret: bytes
    ) -> None:
        event = event_of(more)
        fields = salted_fields(RecordKind.EVENT, event, secret)
        check_complete(RecordKind.EVENT, fields)
        check_partial(RecordKind.EVENT, list(enumerate(fields)), field_count=len(fields))
        assert commit_record(RecordKind.EVENT, event, secret) == commit(RecordKind.EVENT, fields)

    @given(members)
    def test_splits_as_the_plain_reading_does(self, more: dict[str, Any]) -> None:
        event = event_of(more)
        found = split_record(RecordKind.EVENT, event)
        plain = split("event", event, None)
        assert sorted(rfc8785.dumps([list(path), value]) for path, value in found) == sorted(
            rfc8785.dumps([path, value]) for path, value in plain
        )

    @given(members)
    def test_fields_put_together_give_the_event_again(self, more: dict[str, Any]) -> None:
        event = event_of(more)
        joined: dict[str, Any] = {}
        lists: dict[str, dict[int, Any]] = {}
        for path, value in split_record(RecordKind.EVENT, event):
            match path:
                case ():
                    assert isinstance(value, dict)
                    joined |= {k: v for k, v in value.items() if k in event}
                case (str(name),):
                    joined[name] = value
                case (str(name), int(at)):
                    lists.setdefault(name, {})[at] = value
                case (str(name), str(member)):
                    joined.setdefault(name, {})[member] = value
        joined |= {name: [at[n] for n in range(len(at))] for name, at in lists.items()}
        assert same(joined, event)

    @given(members, st.data())
    def test_any_flipped_bit_of_a_record_leaf_is_another_leaf(
        self, more: dict[str, Any], data: Any
    ) -> None:
        commitment = commit_record(RecordKind.EVENT, event_of(more), bytes(32))
        leaf = bytearray(commitment.leaf_data())
        at = data.draw(st.integers(0, 8 * len(leaf) - 1))
        leaf[at // 8] ^= 1 << at % 8
        assert leaf_hash(bytes(leaf)) != commitment.leaf_hash()

    @given(st.sampled_from(RecordKind), st.integers(1, 65_536), digests)
    def test_record_leaves_take_54_bytes(self, kind: RecordKind, count: int, root: bytes) -> None:
        data = Commitment(kind, count, root).leaf_data()
        assert (len(data), data[16], int.from_bytes(data[18:22], "big")) == (54, kind, count)


headers = st.builds(Header, digests, digests, counts, digests, times)
batches = st.builds(
    BatchStatement,
    headers,
    st.binary(min_size=16, max_size=16),
    st.builds(Seen, st.integers(1, SAFE), digests),
    st.integers(1, SAFE),
    digests,
)


@st.composite
def ranges(draw: st.DrawFn) -> tuple[tuple[int, int], ...]:
    found, start = [], 0
    for gap, length in draw(st.lists(st.tuples(counts16, counts16), min_size=1, max_size=5)):
        first = start + gap
        found.append((first, first + length))
        start = first + length + 2
    return tuple(found)


counts16 = st.integers(0, 2**16)
erasures = st.builds(
    Erasure, st.binary(min_size=16, max_size=16), st.sampled_from(ERASURE_BASES), st.none()
)
reasons = st.sampled_from(STATUS_REASONS)
statuses = st.builds(
    StatusStatement,
    headers,
    digests,
    st.just(ALL_RECORDS) | ranges(),
    st.sampled_from([kind for kind in STATUS_KINDS if kind != "erased"]),
    reasons,
) | st.builds(
    StatusStatement,
    headers,
    digests,
    st.just(ALL_RECORDS) | ranges(),
    st.just("erased"),
    reasons,
    erasure=erasures,
)


class TestStatements:
    @given(batches | statuses)
    def test_come_back_from_their_payload(self, statement: BatchStatement) -> None:
        assert parse_statement(statement.to_payload()) == statement

    @given(batches | statuses, st.data())
    def test_a_changed_byte_is_another_statement_or_is_refused(
        self, statement: BatchStatement, data: Any
    ) -> None:
        payload = bytearray(statement.to_payload())
        at = data.draw(st.integers(0, len(payload) - 1))
        payload[at] ^= data.draw(st.integers(1, 255))
        try:
            found = parse_statement(bytes(payload))
        except ItemProofError:
            return
        assert found != statement
        assert found.to_payload() == payload

    @given(st.binary(max_size=200))
    def test_envelopes_come_back(self, payload: bytes) -> None:
        envelope = sign_envelope(STATEMENT_TYPE, payload, [KEY])
        assert parse_envelope(envelope.to_bytes()) == envelope

    @given(st.binary(max_size=100), st.integers(0, 511))
    def test_any_flipped_bit_fails_a_signature(self, message: bytes, bit: int) -> None:
        signature = bytearray(KEY.sign(message))
        verify_strict(KEY.public_key, bytes(signature), message)
        signature[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SignatureInvalid):
            verify_strict(KEY.public_key, bytes(signature), message)
