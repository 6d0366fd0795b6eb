"""An envelope is signed by exactly the keys that are demanded, in their order."""

from __future__ import annotations

import pytest

from traceability.hashing.ed25519 import SigningKey
from traceability.hashing.envelope import (
    MAX_ENTRY_BYTES,
    RECEIPT_TYPE,
    STATEMENT_TYPE,
    EnvelopeInvalid,
    SignersInvalid,
    envelope_from_json,
    parse_envelope,
    sign_envelope,
    verify_envelope,
)
from traceability.strict_json import JSONTooLargeError

AUTHOR, COSIGNER = SigningKey.from_seed(b"a" * 32), SigningKey.from_seed(b"c" * 32)
AUTHORS = [(key.alg, key.public_key) for key in (AUTHOR, COSIGNER)]


class TestSigning:
    def test_reads_back_what_was_signed(self) -> None:
        envelope = sign_envelope(STATEMENT_TYPE, b"{}", [AUTHOR, COSIGNER])
        assert parse_envelope(envelope.to_bytes()) == envelope
        assert envelope_from_json(envelope.to_json()) == envelope
        verify_envelope(envelope, AUTHORS)

    def test_the_same_payload_gives_the_same_bytes(self) -> None:
        first, second = (sign_envelope(STATEMENT_TYPE, b"{}", [AUTHOR]) for _ in range(2))
        assert first.to_bytes() == second.to_bytes()


class TestVerifying:
    def test_refuses_other_signers_and_names_them(self) -> None:
        envelope = sign_envelope(STATEMENT_TYPE, b"{}", [COSIGNER])
        message = f"expected {AUTHOR.key_id.hex()[:16]}, got {COSIGNER.key_id.hex()[:16]}"
        with pytest.raises(SignersInvalid, match=message):
            verify_envelope(envelope, AUTHORS[:1])

    def test_refuses_a_scheme_it_does_not_know(self) -> None:
        envelope = sign_envelope(STATEMENT_TYPE, b"{}", [AUTHOR])
        with pytest.raises(SignersInvalid):
            verify_envelope(envelope, [("p256", AUTHOR.public_key)])

    def test_a_receipt_is_no_statement(self) -> None:
        receipt = sign_envelope(RECEIPT_TYPE, b"{}", [AUTHOR])
        verify_envelope(receipt, AUTHORS[:1], payload_type=RECEIPT_TYPE)
        with pytest.raises(EnvelopeInvalid, match="envelope holds something else"):
            verify_envelope(receipt, AUTHORS[:1])


def test_reads_an_entry_of_the_largest_size_and_none_larger() -> None:
    fixed = len(sign_envelope(STATEMENT_TYPE, b"", [AUTHOR]).to_bytes())
    room = (MAX_ENTRY_BYTES - fixed) // 4 * 3
    largest = sign_envelope(STATEMENT_TYPE, b"x" * room, [AUTHOR]).to_bytes()
    assert MAX_ENTRY_BYTES - 4 < len(largest) <= MAX_ENTRY_BYTES
    parse_envelope(largest)
    with pytest.raises(JSONTooLargeError):
        parse_envelope(sign_envelope(STATEMENT_TYPE, b"x" * (room + 4), [AUTHOR]).to_bytes())
