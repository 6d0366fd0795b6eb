"""Which public key belongs to a secret one, by alg; a file whose two do not fit is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import SECP256K1, derive_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from traceability.hashing.ed25519 import ALG as ED25519
from traceability.hashing.ed25519 import SigningKey
from traceability.hashing.secp256k1 import ALG as WALLET
from traceability.hashing.secp256k1 import WalletKey
from traceability.key_files.faults import KeyFileInvalid
from traceability.key_files.form import SECRET, Secret

SECP256K1_ALG: Final = "secp256k1"
KEY_BYTES: Final = 32


def _ed25519(data: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(data).public_key().public_bytes_raw()


def _secp256k1(data: bytes, form: PublicFormat = PublicFormat.UncompressedPoint) -> bytes:
    if len(data) != KEY_BYTES:
        raise ValueError
    public = derive_private_key(int.from_bytes(data, "big"), SECP256K1()).public_key()
    found = public.public_bytes(Encoding.X962, form)
    return found[1:] if form is PublicFormat.UncompressedPoint else found


# Another scheme whose keys are kept in files is added here, and nowhere else.
PUBLIC_KEYS: Mapping[str, Callable[[bytes], bytes]] = {
    ED25519: _ed25519,
    SECP256K1_ALG: _secp256k1,
    WALLET: lambda data: _secp256k1(data, PublicFormat.CompressedPoint),
    SECRET: lambda _data: b"",
}


def secret_of(alg: str, data: bytes) -> Secret:
    """Return a secret with the public key that belongs to it.

    Raises
    ------
    KeyFileInvalid
        The alg is unknown, or the bytes are no key of it.
    """
    derive = PUBLIC_KEYS.get(alg)
    if derive is None:
        known = ", ".join(sorted(PUBLIC_KEYS))
        raise KeyFileInvalid(f"key file's alg is unknown: expected one of {known}, got {alg!r}")
    try:
        return Secret(alg, derive(data), data)
    except ValueError as error:
        raise KeyFileInvalid(f"key file holds no key of its alg: {alg}") from error


def check_secret(secret: Secret) -> None:
    """Refuse a secret whose public key is not the one that its file names."""
    if secret_of(secret.alg, secret.data).public_key != secret.public_key:
        raise KeyFileInvalid("key file holds another key than it names")


def signing_key_of(secret: Secret) -> SigningKey:
    """Return the Ed25519 key that a file holds."""
    if secret.alg != ED25519:
        raise KeyFileInvalid(
            f"key file holds another kind of key: expected {ED25519}, got {secret.alg}"
        )
    return SigningKey.from_seed(secret.data)


def secret_key_of(secret: Secret) -> SigningKey | WalletKey:
    """Return a participant's own key, of whatever scheme."""
    if secret.alg == WALLET:
        return WalletKey.from_seed(secret.data)
    return signing_key_of(secret)


def secret_of_signing_key(key: SigningKey | WalletKey) -> Secret:
    """Return what a file keeps of a signing key."""
    return Secret(key.alg, key.public_key, key.to_seed())
