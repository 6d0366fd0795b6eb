"""The encrypted key file `itemproof-key-1`, without I/O.

JCS of `{format, alg, key_id, public_key, kdf, cipher, ciphertext}`, then a newline; binary in
base64url. The secret is encrypted by AES-256-GCM under scrypt(passphrase, salt), and everything
but the ciphertext is additional data: no member can be exchanged for another file's. Files of
one folder share a salt, so that one scrypt opens all; each has a random nonce of 96 bits. NIST
allows 2^32 of those under one key; a folder holds a file for each key of a node, far fewer.

References
----------
RFC 7914 (scrypt); NIST SP 800-38D, section 8.3 (GCM with random nonces).
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from traceability.errors import ItemProofError
from traceability.hashing.canonical import canonicalize, parse_canonical
from traceability.hashing.ed25519 import key_id as key_id_of
from traceability.hashing.encoding import b64u_decode, b64u_encode
from traceability.hashing.members import Members
from traceability.key_files.faults import KeyFileInvalid
from traceability.strict_json import JSONValue

FORMAT = "itemproof-key-1"
SECRET = "secret"  # noqa: S105 # an alg: bytes that are no key pair
KDF, CIPHER = "scrypt", "aes-256-gcm"
WRAPPING_BYTES, SALT_BYTES, NONCE_BYTES, TAG_BYTES = 32, 32, 12, 16
MAX_FILE_BYTES, MAX_SECRET_BYTES = 2**15, 2**14
# What a hostile file may ask for: scrypt takes 128·n·r bytes, p times as long.
MAX_SCRYPT_BYTES, MAX_SCRYPT_R, MAX_SCRYPT_P = 2**28, 32, 4
_ALG = re.compile(r"[a-z0-9][a-z0-9-]{0,31}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cost:
    """What scrypt costs: 128·n·r bytes of memory."""

    n: int
    r: int = 8
    p: int = 1


@dataclass(frozen=True, slots=True)
class Kdf:
    """How a passphrase becomes the key that encrypts."""

    cost: Cost
    salt: bytes

    def derive(self, passphrase: str) -> bytes:
        """Return the key of a passphrase."""
        cost = self.cost
        kdf = Scrypt(salt=self.salt, length=WRAPPING_BYTES, n=cost.n, r=cost.r, p=cost.p)
        return kdf.derive(passphrase.encode())

    def to_json(self) -> dict[str, JSONValue]:
        """Return the member `kdf`."""
        cost = self.cost
        sizes: dict[str, JSONValue] = {"name": KDF, "n": cost.n, "r": cost.r, "p": cost.p}
        return sizes | {"salt": b64u_encode(self.salt)}


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret key and its public one, or bytes that have none (`secret`)."""

    alg: str
    public_key: bytes
    data: bytes = field(repr=False)

    @property
    def key_id(self) -> bytes:
        """KEY_ID, or nothing where there is no public key."""
        return b"" if self.alg == SECRET else key_id_of(self.alg, self.public_key)


@dataclass(frozen=True, slots=True)
class SealedKey:
    """A key file as it stands."""

    alg: str
    public_key: bytes
    kdf: Kdf
    nonce: bytes
    ciphertext: bytes

    @property
    def key_id(self) -> bytes:
        """KEY_ID, or nothing where there is no public key."""
        return Secret(self.alg, self.public_key, b"").key_id

    def to_bytes(self) -> bytes:
        """Return the file."""
        return canonicalize(self._members() | {"ciphertext": b64u_encode(self.ciphertext)}) + b"\n"

    def additional_data(self) -> bytes:
        """Return what the cipher authenticates beside the secret."""
        return canonicalize(self._members())

    def _members(self) -> dict[str, JSONValue]:
        return {
            "format": FORMAT,
            "alg": self.alg,
            "key_id": b64u_encode(self.key_id),
            "public_key": b64u_encode(self.public_key),
            "kdf": self.kdf.to_json(),
            "cipher": {"name": CIPHER, "nonce": b64u_encode(self.nonce)},
        }


def seal(secret: Secret, wrapping: bytes, *, kdf: Kdf) -> SealedKey:
    """Encrypt a secret with the key that `kdf` made of a passphrase."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    empty = SealedKey(secret.alg, secret.public_key, kdf, nonce, b"")
    ciphertext = AESGCM(wrapping).encrypt(nonce, secret.data, empty.additional_data())
    return SealedKey(secret.alg, secret.public_key, kdf, nonce, ciphertext)


def unseal(sealed: SealedKey, wrapping: bytes) -> Secret | None:
    """Return the secret; None: another passphrase, or the file is not as it was written."""
    try:
        data = AESGCM(wrapping).decrypt(sealed.nonce, sealed.ciphertext, sealed.additional_data())
    except InvalidTag:
        return None
    return Secret(sealed.alg, sealed.public_key, data)


def is_sealed(data: bytes) -> bool:
    """Tell whether a file means to be of this form, and not a plain key."""
    return data.startswith(b"{")


def parse_sealed(data: bytes) -> SealedKey:
    """Read a key file strictly, within limits.

    Raises
    ------
    KeyFileInvalid
    """
    try:
        value = parse_canonical(data.removesuffix(b"\n"), max_bytes=MAX_FILE_BYTES, max_depth=3)
        return _sealed(Members(value))
    except KeyFileInvalid:
        raise
    except ItemProofError as error:
        raise KeyFileInvalid(f"key file is malformed: {error.fault}") from error


def _sealed(members: Members) -> SealedKey:
    members.one_of("format", (FORMAT,))
    alg = members.text("alg", _ALG)
    key_id, public_key = _data(members, "key_id"), _data(members, "public_key")
    kdf = _kdf(members.members("kdf"))
    cipher = members.members("cipher")
    cipher.one_of("name", (CIPHER,))
    nonce = cipher.data("nonce", NONCE_BYTES)
    cipher.end()
    ciphertext = _data(members, "ciphertext")
    members.end()
    _demand(
        TAG_BYTES < len(ciphertext) <= MAX_SECRET_BYTES + TAG_BYTES,
        f"secret has an impossible length: expected 1 to {MAX_SECRET_BYTES} bytes",
    )
    sealed = SealedKey(alg, public_key, kdf, nonce, ciphertext)
    _demand((alg == SECRET) == (not public_key), "public key is missing, or of a secret without")
    _demand(sealed.key_id == key_id, "key id is not that of the public key")
    return sealed


def _kdf(members: Members) -> Kdf:
    members.one_of("name", (KDF,))
    cost = Cost(members.number("n"), members.number("r"), members.number("p"))
    salt = members.data("salt", SALT_BYTES)
    members.end()
    _demand(
        cost.n > 1
        and not cost.n & (cost.n - 1)
        and 1 <= cost.r <= MAX_SCRYPT_R
        and 1 <= cost.p <= MAX_SCRYPT_P
        and 128 * cost.n * cost.r <= MAX_SCRYPT_BYTES,
        f"scrypt is out of bounds: expected a power of two and at most {MAX_SCRYPT_BYTES} bytes, "
        f"got n={cost.n}, r={cost.r}, p={cost.p}",
    )
    return Kdf(cost, salt)


def _data(members: Members, name: str) -> bytes:
    value = members.take(name)
    if not isinstance(value, str):
        raise members.fault(name, "is not base64url text")
    return b64u_decode(value)


def _demand(holds: bool, fault: str) -> None:  # a condition and its words
    if not holds:
        raise KeyFileInvalid(f"key file is malformed: {fault}")
