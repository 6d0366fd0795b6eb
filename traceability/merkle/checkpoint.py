"""Signed tree heads: C2SP tlog-checkpoint as a C2SP signed note, one signature, no extensions."""

from __future__ import annotations

import re
from dataclasses import dataclass

from traceability.errors import ProofRejected
from traceability.hashing.ed25519 import SigningKey, verify_strict
from traceability.hashing.encoding import b64_decode, b64_encode, sha256

# A note of ours is under 400 bytes; nothing longer is read.
MAX_NOTE_BYTES = 4096
ED25519_TYPE = b"\x01"
SIGNATURE_BYTES = 64
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)
_ORIGIN = re.compile(r"[!-*,-~]+", re.ASCII)


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
    """Return a log's origin."""
    return f"{host}/log/{log.hex()}"


def note_key_hash(name: str, public_key: bytes) -> bytes:
    """Return the four bytes by which a note names an Ed25519 key."""
    return sha256(name.encode() + b"\n" + ED25519_TYPE + public_key)[:4]


def sign_checkpoint(checkpoint: Checkpoint, key: SigningKey) -> str:
    """Return the signed note."""
    body = checkpoint.body()
    signature = note_key_hash(checkpoint.origin, key.public_key) + key.sign(body.encode())
    return f"{body}\n— {checkpoint.origin} {b64_encode(signature)}\n"


def parse_checkpoint(text: str) -> SignedCheckpoint:
    """Read a note strictly: writing it again gives the same text."""
    if len(text.encode()) > MAX_NOTE_BYTES:
        raise CheckpointInvalid(f"checkpoint is too long: expected at most {MAX_NOTE_BYTES} bytes")
    lines = text.split("\n")
    if len(lines) != 6 or lines[3] or lines[5]:
        raise CheckpointInvalid("checkpoint has another number of lines: expected one signature")
    origin, size, root, _, signed, _ = lines
    if not _ORIGIN.fullmatch(origin):
        raise CheckpointInvalid("checkpoint's origin has a forbidden character")
    if not _SIZE.fullmatch(size):
        raise CheckpointInvalid(f"checkpoint's size is not a canonical number: got {size[:20]!r}")
    parts = signed.split(" ")
    if len(parts) != 3 or parts[0] != "—":
        raise CheckpointInvalid("checkpoint's signature line is malformed")
    blob = b64_decode(parts[2], length=4 + SIGNATURE_BYTES)
    checkpoint = Checkpoint(origin, int(size), b64_decode(root, length=32))
    return SignedCheckpoint(checkpoint, parts[1], blob[:4], blob[4:])


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
