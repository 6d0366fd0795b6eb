"""DSSE envelopes: exact bytes, signed by each key in the way of its scheme.

Source: https://github.com/secure-systems-lab/dsse (protocol.md, envelope.md). Key ids are the
base64url of KEY_ID; `payload` and `sig` are standard base64, padded, canonical.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from traceability.errors import InvalidInput, ProofRejected
from traceability.hashing.canonical import canonicalize, parse_canonical
from traceability.hashing.ed25519 import key_id
from traceability.hashing.encoding import b64_decode, b64_encode, b64u_decode, b64u_encode
from traceability.hashing.signatures import SecretKey, signed_message, verify
from traceability.strict_json import JSONValue

STATEMENT_TYPE = "application/vnd.itemproof.statement+json"
RECEIPT_TYPE = "application/vnd.itemproof.receipt+json"
# Entries are permanent: ids, digests, numbers and enumerated codes only.
MAX_ENTRY_BYTES = 4096
MAX_SIGNATURES = 4


class EnvelopeInvalid(InvalidInput):
    """The value is not a DSSE envelope in its one canonical form."""

    code = "ENVELOPE_INVALID"


class SignersInvalid(ProofRejected):
    """The envelope's signers are not exactly the required ones, in order."""

    code = "SIGNERS_INVALID"


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature and the 32-byte id of its key."""

    keyid: bytes
    sig: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """A signed payload; author first, then co-signers."""

    payload_type: str
    payload: bytes
    signatures: tuple[Signature, ...]

    def to_json(self) -> dict[str, JSONValue]:
        """Return the envelope's JSON."""
        return {
            "payload": b64_encode(self.payload),
            "payloadType": self.payload_type,
            "signatures": [
                {"keyid": b64u_encode(signature.keyid), "sig": b64_encode(signature.sig)}
                for signature in self.signatures
            ],
        }

    def to_bytes(self) -> bytes:
        """Return the envelope's JCS bytes: as an entry, a leaf of the log."""
        return canonicalize(self.to_json())


def sign_envelope(payload_type: str, payload: bytes, keys: Sequence[SecretKey]) -> Envelope:
    """Sign a payload with each key, author first."""
    signatures = tuple(
        Signature(key.key_id, key.sign(signed_message(key.alg, payload_type, payload)))
        for key in keys
    )
    return Envelope(payload_type, payload, signatures)


def verify_envelope(
    envelope: Envelope,
    public_keys: Sequence[tuple[str, bytes]],
    *,
    payload_type: str = STATEMENT_TYPE,
) -> None:
    """Demand signatures by exactly these keys, (alg, public key), in this order.

    Raises
    ------
    EnvelopeInvalid, SignersInvalid, SchemeUnknown, PublicKeyInvalid, SignatureInvalid
        A receipt is no statement, whoever signed it: the payload type comes first.
    """
    if envelope.payload_type != payload_type:
        raise EnvelopeInvalid(
            f"envelope holds something else: expected {payload_type}, "
            f"got {envelope.payload_type[:80]!r}"
        )
    wanted = [key_id(alg, public) for alg, public in public_keys]
    if [signature.keyid for signature in envelope.signatures] != wanted:
        raise SignersInvalid(
            "envelope has other signers than required: expected "
            f"{', '.join(key.hex()[:16] for key in wanted)}, got "
            f"{', '.join(found.keyid.hex()[:16] for found in envelope.signatures) or 'none'}"
        )
    for signature, (alg, public) in zip(envelope.signatures, public_keys, strict=True):
        verify(
            alg,
            public,
            payload_type=envelope.payload_type,
            payload=envelope.payload,
            signature=signature.sig,
        )


def parse_envelope(data: bytes) -> Envelope:
    """Read an entry: canonical bytes, not more than an entry may have."""
    return envelope_from_json(parse_canonical(data, max_bytes=MAX_ENTRY_BYTES))


def envelope_from_json(value: JSONValue) -> Envelope:
    """Read an envelope's JSON strictly."""
    match value:
        case {
            "payload": str(payload),
            "payloadType": str(payload_type),
            "signatures": list(signatures),
            **rest,
        } if not rest and 1 <= len(signatures) <= MAX_SIGNATURES:
            return Envelope(
                payload_type, b64_decode(payload), tuple(_signature(part) for part in signatures)
            )
    raise EnvelopeInvalid(
        "envelope is malformed: expected payload, payloadType and 1 to 4 signatures"
    )


def _signature(value: JSONValue) -> Signature:
    match value:
        case {"keyid": str(keyid), "sig": str(sig), **rest} if not rest:
            return Signature(b64u_decode(keyid, length=32), b64_decode(sig))
    raise EnvelopeInvalid("signature is malformed: expected keyid and sig")
