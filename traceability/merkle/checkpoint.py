"""Signed tree heads: C2SP tlog-checkpoint as a C2SP signed note, one signature, no extensions.

Source: https://c2sp.org/signed-note and https://c2sp.org/tlog-checkpoint. Stricter than they are:
the key's name is the origin, and a log always holds its genesis, so that no size is zero.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from traceability.errors import ProofRejected
from traceability.hashing.ed25519 import SIGNATURE_BYTES, SigningKey, verify_strict
from traceability.hashing.encoding import (
    HASH_LENGTH,
    MAX_SAFE_INTEGER,
    b64_decode,
    b64_encode,
    sha256,
)

# A note of ours is under 400 characters; nothing longer is read.
MAX_NOTE_CHARACTERS = 4096
ED25519_TYPE = b"\x01"
KEY_HASH_BYTES = 4
_SIZE = re.compile(r"[1-9][0-9]{0,15}", re.ASCII)
# A note's key name has neither spaces nor `+`.
_ORIGIN = re.compile(r"[!-*,-~]+", re.ASCII)
_NOTE = re.compile(r"([^\n]*)\n([^\n]*)\n([^\n]*)\n\n— ([^ \n]+) ([^ \n]+)\n")
_HOST = re.compile(r"[!-*,-.0-~]+", re.ASCII)


class CheckpointInvalid(ProofRejected):
    """The note is not a checkpoint of this log, or is not signed by its key."""

    code = "CHECKPOINT_INVALID"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head: origin, size in entries, root hash."""

    origin: str
    tree_size: int
    root_hash: bytes

    def body(self) -> str:
        """Return the signed text."""
        return f"{self.origin}\n{self.tree_size}\n{b64_encode(self.root_hash)}\n"


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint with its one signature."""

    checkpoint: Checkpoint
    key_name: str
    key_hash: bytes
    signature: bytes


def origin_for(host: str, log: bytes) -> str:
    """Return a log's origin: host name, or host and port, and the log's id."""
    if not _HOST.fullmatch(host):
        raise CheckpointInvalid(f"host is malformed: expected no space, + or /, got {host[:80]!r}")
    return f"{host}/log/{log.hex()}"


def note_key_hash(name: str, public_key: bytes) -> bytes:
    """Return the four bytes by which a note names an Ed25519 key."""
    return sha256(name.encode() + b"\n" + ED25519_TYPE + public_key)[:KEY_HASH_BYTES]


def sign_checkpoint(checkpoint: Checkpoint, key: SigningKey) -> str:
    """Return the signed note."""
    if not 0 < checkpoint.tree_size <= MAX_SAFE_INTEGER:
        raise CheckpointInvalid(f"checkpoint's size is out of range: {checkpoint.tree_size}")
    if not _ORIGIN.fullmatch(checkpoint.origin) or len(checkpoint.root_hash) != HASH_LENGTH:
        raise CheckpointInvalid("checkpoint's origin or root hash is malformed")
    body = checkpoint.body()
    signature = note_key_hash(checkpoint.origin, key.public_key) + key.sign(body.encode())
    return f"{body}\n— {checkpoint.origin} {b64_encode(signature)}\n"


def parse_checkpoint(text: str) -> SignedCheckpoint:
    """Read a note strictly: writing it again gives the same text.

    Raises
    ------
    CheckpointInvalid, EncodingInvalid
    """
    if len(text) > MAX_NOTE_CHARACTERS:
        raise CheckpointInvalid(
            f"checkpoint is too long: expected at most {MAX_NOTE_CHARACTERS} characters"
        )
    note = _NOTE.fullmatch(text)
    if note is None:
        raise CheckpointInvalid(
            "checkpoint is malformed: expected three lines, an empty one and one signature"
        )
    origin, size, root, key_name, signature = note.groups()
    if not _ORIGIN.fullmatch(origin):
        raise CheckpointInvalid("checkpoint's origin has a forbidden character")
    if not _SIZE.fullmatch(size) or int(size) > MAX_SAFE_INTEGER:
        raise CheckpointInvalid(
            f"checkpoint's size is not a canonical number from 1: got {size[:20]!r}"
        )
    blob = b64_decode(signature, length=KEY_HASH_BYTES + SIGNATURE_BYTES)
    checkpoint = Checkpoint(origin, int(size), b64_decode(root, length=HASH_LENGTH))
    return SignedCheckpoint(checkpoint, key_name, blob[:KEY_HASH_BYTES], blob[KEY_HASH_BYTES:])


def verify_checkpoint(text: str, *, origin: str, public_key: bytes) -> Checkpoint:
    """Return the checkpoint that the log key signed under this origin.

    Raises
    ------
    CheckpointInvalid, SignatureInvalid
    """
    signed = parse_checkpoint(text)
    if signed.checkpoint.origin != origin:
        raise CheckpointInvalid(
            f"checkpoint is of another log: expected {origin}, got {signed.checkpoint.origin[:80]}"
        )
    if signed.key_name != origin or signed.key_hash != note_key_hash(origin, public_key):
        raise CheckpointInvalid("checkpoint is signed by another key than the log's")
    verify_strict(public_key, signed.signature, signed.checkpoint.body().encode())
    return signed.checkpoint
