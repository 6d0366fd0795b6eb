"""The signature schemes by their names, `alg`: what each signs of a payload, and how it is checked.

Source: docs/formats.md, section "statement". Ed25519 signs DSSE's PAE; a wallet signs EIP-712
typed data, since it signs nothing else that it can show.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from traceability.errors import ProofRejected
from traceability.hashing import ed25519, secp256k1


class SchemeUnknown(ProofRejected):
    """The signature scheme is none that this version knows."""

    code = "SCHEME_UNKNOWN"


class SecretKey(Protocol):
    """A key of any scheme that can sign."""

    @property
    def alg(self) -> str:
        """Name of its scheme."""

    @property
    def public_key(self) -> bytes:
        """Its raw public key."""

    @property
    def key_id(self) -> bytes:
        """KEY_ID, 32 bytes."""

    def sign(self, message: bytes, /) -> bytes:
        """Sign what `signed_message` returns for its scheme."""


@dataclass(frozen=True, slots=True)
class _Scheme:
    key_bytes: int
    message: Callable[[str, bytes], bytes]
    check_public_key: Callable[[bytes], None]
    verify: Callable[[bytes, bytes, bytes], None]


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return DSSE's pre-authentication encoding."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


_SCHEMES: Mapping[str, _Scheme] = {
    ed25519.ALG: _Scheme(ed25519.KEY_BYTES, pae, ed25519.check_public_key, ed25519.verify_strict),
    secp256k1.ALG: _Scheme(
        secp256k1.KEY_BYTES,
        secp256k1.typed_data_hash,
        secp256k1.check_public_key,
        secp256k1.verify_strict,
    ),
}
# Of participants' keys; those of a log and its registrar are Ed25519 only.
ALGS = tuple(_SCHEMES)
KEY_BYTES: Mapping[str, int] = {alg: scheme.key_bytes for alg, scheme in _SCHEMES.items()}


def signed_message(alg: str, payload_type: str, payload: bytes) -> bytes:
    """Return what a key of this scheme signs.

    Raises
    ------
    SchemeUnknown, SignatureInvalid
        The scheme cannot sign such a payload.
    """
    return _scheme(alg).message(payload_type, payload)


def check_public_key(alg: str, public_key: bytes) -> None:
    """Refuse a public key that is not in its one form, or weak.

    Raises
    ------
    SchemeUnknown, PublicKeyInvalid
    """
    _scheme(alg).check_public_key(public_key)


def verify(
    alg: str, public_key: bytes, *, payload_type: str, payload: bytes, signature: bytes
) -> None:
    """Check a signature over a payload.

    Raises
    ------
    SchemeUnknown, PublicKeyInvalid, SignatureInvalid
    """
    scheme = _scheme(alg)
    scheme.verify(public_key, signature, scheme.message(payload_type, payload))


def _scheme(alg: str) -> _Scheme:
    try:
        return _SCHEMES[alg]
    except KeyError:
        raise SchemeUnknown(
            f"signature scheme is unknown: expected {' or '.join(ALGS)}, got {alg[:40]!r}"
        ) from None
