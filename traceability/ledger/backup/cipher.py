r"""The outer layer of a backup: a passphrase, and AES-256-GCM in chunks that end with a mark.

Form, all lengths big-endian:

    "itemproof-backup-1\n"
    JCS of {"chunk", "kdf": {"name": "scrypt", "n", "r", "p", "salt"}, "key"} "\n"
    SHA-256 of the two lines, 64 hex digits, "\n"
    chunks: 4 bytes length ‖ ciphertext ‖ 16 bytes tag

`key` is a random key, encrypted by AES-256-GCM under scrypt(passphrase, salt), with the nonce 0
(that key encrypts nothing else) and the header without `key` as additional data. The chunks are
STREAM: nonce = 11 bytes counter ‖ 1 byte, 1 for the last chunk and 0 for every other; additional
data = the SHA-256 of the header. A chunk that is lost, repeated, moved, or of another backup
fails, and so does a file that ends early. The third line is no secret: it tells a damaged header
from a wrong passphrase.

References
----------
RFC 7914 (scrypt); NIST SP 800-38D (GCM); Hoang, Reyhanitabar, Rogaway, Vizár: Online
Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance, CRYPTO 2015 (STREAM).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from traceability.errors import ItemProofError
from traceability.hashing.canonical import canonicalize, parse_canonical
from traceability.hashing.encoding import b64u_decode, b64u_encode
from traceability.ledger.backup.faults import (
    BackupChanged,
    BackupTruncated,
    NoBackup,
    PassphraseTooShort,
    PassphraseWrong,
)
from traceability.strict_json import JSONValue

MAGIC = b"itemproof-backup-1\n"
MAX_HEADER_BYTES = 1024
CHUNK_BYTES = 2**20
KEY_BYTES, SALT_BYTES, TAG_BYTES, NONCE_BYTES = 32, 32, 16, 12
# 128 MiB and about half a second for each guess.
SCRYPT_N, SCRYPT_R, SCRYPT_P = 2**17, 8, 1
# What a hostile header may ask for.
MAX_SCRYPT_N = 2**20
MIN_PASSPHRASE_CHARACTERS = 8


@dataclass(frozen=True, slots=True)
class Preamble:
    """The header as it stands in the file."""

    data: bytes
    wrapping: bytes
    n: int
    salt: bytes
    wrapped_key: bytes

    @property
    def digest(self) -> bytes:
        """Return what names this backup and binds its chunks to the header."""
        return sha256(self.data).digest()


def _header(n: int, salt: bytes) -> dict[str, JSONValue]:
    kdf: dict[str, JSONValue] = {"name": "scrypt", "n": n, "p": SCRYPT_P, "r": SCRYPT_R}
    kdf["salt"] = b64u_encode(salt)
    return {"chunk": CHUNK_BYTES, "kdf": kdf}


def _wrapping_cipher(passphrase: str, n: int, salt: bytes) -> AESGCM:
    kdf = Scrypt(salt=salt, length=KEY_BYTES, n=n, r=SCRYPT_R, p=SCRYPT_P)
    return AESGCM(kdf.derive(passphrase.encode()))


def _nonce(counter: int, *, last: bool) -> bytes:
    return counter.to_bytes(NONCE_BYTES - 1, "big") + bytes([last])


class EncryptingWriter:
    """Encrypts what is written to it into a file; nothing can be read before `finish`."""

    def __init__(self, file: IO[bytes], passphrase: str) -> None:
        if len(passphrase) < MIN_PASSPHRASE_CHARACTERS:
            raise PassphraseTooShort(
                "passphrase is too short",
                expected=f"{MIN_PASSPHRASE_CHARACTERS} characters",
                got=str(len(passphrase)),
            )
        salt, key = secrets.token_bytes(SALT_BYTES), secrets.token_bytes(KEY_BYTES)
        header = _header(SCRYPT_N, salt)
        wrapping = _wrapping_cipher(passphrase, SCRYPT_N, salt)
        wrapped = wrapping.encrypt(bytes(NONCE_BYTES), key, canonicalize(header))
        data = MAGIC + canonicalize(header | {"key": b64u_encode(wrapped)}) + b"\n"
        self._digest = sha256(data).digest()
        self._cipher = AESGCM(key)
        self._file = file
        self._buffer = bytearray()
        self._counter = 0
        file.write(data + self._digest.hex().encode() + b"\n")

    def write(self, data: bytes) -> None:
        """Add to the plain text."""
        self._buffer += data
        # The last chunk is written by `finish`, and is never empty but in an empty backup.
        while len(self._buffer) > CHUNK_BYTES:
            self._put(bytes(self._buffer[:CHUNK_BYTES]), last=False)
            del self._buffer[:CHUNK_BYTES]

    def finish(self) -> None:
        """Write the last chunk with its mark."""
        self._put(bytes(self._buffer), last=True)
        self._buffer.clear()

    def _put(self, plain: bytes, *, last: bool) -> None:
        chunk = self._cipher.encrypt(_nonce(self._counter, last=last), plain, self._digest)
        self._counter += 1
        self._file.write(len(chunk).to_bytes(4, "big") + chunk)


def read_preamble(file: IO[bytes]) -> Preamble:
    """Read the header of a backup.

    Raises
    ------
    NoBackup, BackupTruncated, BackupChanged
    """
    start = file.read(len(MAGIC))
    if start != MAGIC:
        if start and MAGIC.startswith(start):
            raise BackupTruncated("backup ends within its header")
        raise NoBackup("file is no backup: its first line is another")
    header, digest = (file.readline(MAX_HEADER_BYTES) for _ in range(2))
    data = start + header
    if digest != sha256(data).hexdigest().encode() + b"\n":
        if not digest.endswith(b"\n") and not file.read(1):
            raise BackupTruncated("backup ends within its header")
        raise BackupChanged("backup's header does not hash to the line after it")
    try:
        return _parsed(data, header.rstrip(b"\n"))
    except (ItemProofError, KeyError, TypeError, ValueError) as error:
        raise NoBackup("backup's header is of an unknown form") from error


def _parsed(data: bytes, header: bytes) -> Preamble:
    value = parse_canonical(header, max_bytes=MAX_HEADER_BYTES, max_depth=3)
    if not isinstance(value, dict):
        raise TypeError
    wrapped = value.pop("key")
    kdf = value["kdf"]
    if not isinstance(kdf, dict) or not isinstance(wrapped, str):
        raise TypeError
    n, salt = kdf["n"], kdf["salt"]
    if not isinstance(n, int) or not isinstance(salt, str):
        raise TypeError
    found = b64u_decode(salt, length=SALT_BYTES)
    if value != _header(n, found) or n & (n - 1) or not 1 < n <= MAX_SCRYPT_N:
        raise ValueError
    wrapping = canonicalize(value)
    return Preamble(data, wrapping, n, found, b64u_decode(wrapped, length=KEY_BYTES + TAG_BYTES))


def open_key(preamble: Preamble, passphrase: str) -> bytes:
    """Return the key of a backup's chunks.

    Raises
    ------
    PassphraseWrong
    """
    wrapping = _wrapping_cipher(passphrase, preamble.n, preamble.salt)
    try:
        return wrapping.decrypt(bytes(NONCE_BYTES), preamble.wrapped_key, preamble.wrapping)
    except InvalidTag as error:
        raise PassphraseWrong("passphrase does not open this backup") from error


def decrypted(file: IO[bytes], preamble: Preamble, key: bytes) -> Iterator[bytes]:
    """Yield the plain text, chunk by chunk, from just after the header to the mark and the end.

    Raises
    ------
    BackupTruncated, BackupChanged
        What was yielded before is as it was written, but not all of it.
    """
    cipher = AESGCM(key)
    counter = 0
    chunk = _next_chunk(file)
    while chunk is not None:
        following = _next_chunk(file)
        last = following is None
        try:
            yield cipher.decrypt(_nonce(counter, last=last), chunk, preamble.digest)
        except InvalidTag as error:
            if last and _is_sound(cipher, chunk, counter, preamble):
                raise BackupTruncated("backup ends before its last chunk") from error
            raise BackupChanged(f"backup's chunk {counter} is not as it was written") from error
        chunk = following
        counter += 1
    if not counter:
        raise BackupTruncated("backup ends after its header")


def _next_chunk(file: IO[bytes]) -> bytes | None:
    head = file.read(4)
    if not head:
        return None
    length = int.from_bytes(head, "big")
    if len(head) == 4 and not TAG_BYTES <= length <= CHUNK_BYTES + TAG_BYTES:  # noqa: PLR2004 # u32
        raise BackupChanged("backup's chunk has an impossible length", got=str(length))
    chunk = file.read(length)
    if len(head) < 4 or len(chunk) < length:  # noqa: PLR2004 # u32
        raise BackupTruncated("backup ends within a chunk")
    return chunk


def _is_sound(cipher: AESGCM, chunk: bytes, counter: int, preamble: Preamble) -> bool:
    """Tell whether a chunk is as it was written, but was not the last."""
    try:
        cipher.decrypt(_nonce(counter, last=False), chunk, preamble.digest)
    except InvalidTag:
        return False
    return True
