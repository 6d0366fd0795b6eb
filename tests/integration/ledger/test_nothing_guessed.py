"""Brute force against what is given out: every value of a hidden field, and whole events.

What is hidden here has few possible values, so that somebody who sees the leaf's hash, or any
hash over it, could try them all, were it not for the salt.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.ledger import GTIN, add_participant, document, event
from traceability.hashing.canonical import canonicalize
from traceability.hashing.commitment import Field, RecordKind, salted_fields
from traceability.hashing.encoding import b64u_decode, b64u_encode
from traceability.hashing.event_hash import event_hash
from traceability.ledger.lookup import find_record
from traceability.ledger.node import Node
from traceability.ledger.partners import PUBLIC
from traceability.merkle.tree import leaf_hash, node_hash
from traceability.strict_json import parse_json

CODE = f"https://id.gs1.org/01/{GTIN}/21/S0"
HIDDEN = 42
CLASS = f"https://id.gs1.org/01/{GTIN}/10/L1"
GUESSES = range(1, 200)


def guess(quantity: int) -> dict[str, Any]:
    """Return what a quantity list would hold."""
    return {"epcClass": CLASS, "quantity": quantity}


def secret_event(quantity: int, **more: Any) -> dict[str, Any]:
    return event(quantityList=[guess(quantity)], **more)


@pytest.fixture
def given_out(sqlite_node: Node) -> tuple[Node, bytes]:
    """Return a ledger with the event, and everything that anybody may read of it."""
    owner = add_participant(sqlite_node)
    ni = event_hash(with_context(secret_event(HIDDEN))).uri
    result = sqlite_node.submission.submit(
        document(secret_event(HIDDEN, eventID=ni)), participant=owner
    )
    assert result.status == "ACCEPTED"
    sqlite_node.sequencer.run(close=True)
    return sqlite_node, everything_public(sqlite_node)


def with_context(value: dict[str, Any]) -> dict[str, Any]:
    return value | {"@context": document()["@context"]}


def everything_public(node: Node) -> bytes:
    """Return the public bundle, every entry, tile, head and state, joined."""
    parts = [node.prove(CODE, audience="public", asker=PUBLIC).to_bytes()]
    with node.store.reading() as repositories:
        size = repositories.entries.count_sequenced()
        parts += [bytes(one) for one in repositories.entries.envelopes(0, size)]
        head = repositories.tree.latest_checkpoint()
        assert head is not None
        parts += [head.text.encode(), head.root_hash]
        for level in range(2):
            parts += repositories.tree.read_log_tiles([level << 48]).values()
    return b"".join(parts)


def forms(digest: bytes) -> list[bytes]:
    """Return the ways in which a digest could stand in what is given out."""
    plain = [digest, digest.hex().encode(), b64u_encode(digest).encode()]
    return [*plain, digest[:16], b64u_encode(digest[:15]).encode()]


def unsalted_digests(quantity: int) -> Iterator[bytes]:
    """Yield every hash that somebody without the salt can make of a guess."""
    value = guess(quantity)
    texts = [canonicalize(value), json.dumps(value).encode(), canonicalize([value])]
    for index in range(2):
        for salt in ("", b64u_encode(bytes(16))):
            texts.append(canonicalize([["quantityList", index], salt, value]))
    for text in texts:
        yield hashlib.sha256(text).digest()
        yield leaf_hash(text)
    yield ni_digest(quantity)


def ni_digest(quantity: int) -> bytes:
    ni = event_hash(with_context(secret_event(quantity))).uri
    return bytes.fromhex(ni.removeprefix("ni:///sha-256;").partition("?")[0])


def found_in(data: bytes, digests: Iterator[bytes]) -> bool:
    return any(form in data for digest in digests for form in forms(digest))


def salt_of(node: Node) -> bytes:
    """Return the salt of the hidden field, which only the ledger and auditors have."""
    with node.store.reading() as repositories:
        address = find_record(repositories, CODE).address
        row = repositories.batches.record(address.batch, address.record_index)
    assert row is not None
    assert row.payload is not None
    assert row.secret is not None
    fields = salted_fields(RecordKind.EVENT, parse_json(row.payload), row.secret)
    return next(one.salt for one in fields if one.path == ("quantityList", 0))


def hashes_in(bundle: dict[str, Any]) -> set[bytes]:
    """Return every hash on the shown fields' paths."""
    shown = bundle["record"]["fields"]["partial"]
    return {b64u_decode(part) for one in shown for part in one["path"]}


class TestLowEntropyField:
    def test_finds_nothing_in_what_is_shown_and_public(self, given_out: tuple[Node, bytes]) -> None:
        _, data = given_out
        assert not any(found_in(data, unsalted_digests(quantity)) for quantity in GUESSES)
        assert b'"quantity"' not in data

    def test_would_find_it_if_the_salt_were_known(self, given_out: tuple[Node, bytes]) -> None:
        """The hidden leaf is there: it is a sibling on a path, or under one."""
        node, _ = given_out
        bundle = json.loads(node.prove(CODE, audience="public", asker=PUBLIC).to_bytes())
        known, salt = hashes_in(bundle), salt_of(node)
        leaves = {
            quantity: leaf_hash(Field(("quantityList", 0), salt, guess(quantity)).leaf_data())
            for quantity in GUESSES
        }
        # eventID stands before quantityList; with its hash too the pair's parent can be tried.
        other = auditor_leaves(node)
        tried = {
            quantity
            for quantity, leaf in leaves.items()
            if leaf in known or any(node_hash(*pair) in known for one in other
                                    for pair in ((leaf, one), (one, leaf)))
        }  # fmt: skip
        assert tried == {HIDDEN}


def auditor_leaves(node: Node) -> list[bytes]:
    fields = node.prove(CODE, audience="auditor").record.fields.fields
    return [leaf_hash(field.leaf_data()) for field in fields]


class TestEventHash:
    def test_recovers_the_event_where_it_is_shown(self, given_out: tuple[Node, bytes]) -> None:
        node, _ = given_out
        data = node.prove(CODE, audience="auditor").to_bytes()
        found = [quantity for quantity in GUESSES if ni_digest(quantity).hex().encode() in data]
        assert found == [HIDDEN]

    @pytest.mark.parametrize("audience", ["public", "partner"])
    def test_is_in_no_other_bundle(self, given_out: tuple[Node, bytes], audience: Any) -> None:
        node, public = given_out
        data = node.prove(CODE, audience=audience).to_bytes() + public
        assert not found_in(data, (ni_digest(quantity) for quantity in GUESSES))
        assert b"ni:" not in data.lower()


def test_one_item_of_ten_thousand_takes_twelve_kibibytes_at_most(sqlite_node: Node) -> None:
    owner = add_participant(sqlite_node)
    epcs = [f"https://id.gs1.org/01/{GTIN}/21/S{number}" for number in range(10_000)]
    result = sqlite_node.submission.submit(document(event(epcList=epcs)), participant=owner)
    assert result.status == "ACCEPTED"
    sqlite_node.sequencer.run(close=True)
    bundle = sqlite_node.prove(epcs[7777], audience="public", asker=PUBLIC).to_bytes()
    sys.stdout.write(f"one item of an event of {len(epcs)} EPCs: {len(bundle)} bytes\n")
    assert epcs[7777].encode() in bundle
    assert epcs[7778].encode() not in bundle
    assert len(bundle) <= 12 * 1024
