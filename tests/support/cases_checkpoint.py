"""Step 8: checkpoints that are not the log key's, or not in their one form."""

from __future__ import annotations

from dataclasses import replace

from tests.support.cases import IDENTITY, ORDER, Case, refused, simple
from tests.support.forge import Forge, signing_key
from traceability.hashing.encoding import b64_encode, b64u_encode
from traceability.merkle.checkpoint import Checkpoint, note_key_hash, sign_checkpoint


def checkpoint() -> list[Case]:
    """Return notes that the log key did not sign, and notes that it should not have signed."""
    world, _, bundle = simple()
    note = _Note(world.forge, bundle.checkpoint)
    made = [*_signatures(note), *_texts(note)]
    return [
        refused(world, name, story, replace(bundle, checkpoint=text).to_bytes(), step=8,
                reason=reason)
        for name, story, reason, text in made
    ]  # fmt: skip


class _Note:
    """A good checkpoint in parts, and ways to put it together again."""

    def __init__(self, forge: Forge, text: str) -> None:
        self.forge, self.text = forge, text
        self.origin, self.size, self.root, _, self.line, _ = text.split("\n")
        self.key_hash = note_key_hash(forge.origin, forge.log_key.public_key)
        self.head = f"{self.origin}\n{self.size}\n{self.root}\n\n"
        self.signature = forge.log_key.sign(self.head[:-1].encode())

    def signed_by(self, signature: bytes, *, name: str | None = None) -> str:
        return self.head + f"— {name or self.origin} {b64_encode(self.key_hash + signature)}\n"

    def resigned(self, *lines: str) -> str:
        body = "".join(f"{line}\n" for line in lines)
        signature = self.key_hash + self.forge.log_key.sign(body.encode())
        return f"{body}\n— {self.origin} {b64_encode(signature)}\n"


def _signatures(note: _Note) -> list[tuple[str, str, str, str]]:
    forge, good = note.forge, note.signature
    stranger = signing_key("stranger")
    s = int.from_bytes(good[32:], "little") + ORDER
    malleable = good[:32] + s.to_bytes(32, "little")
    elsewhere = Checkpoint("x.example/log/1", int(note.size), forge.root())
    return [
        ("checkpoint-other-key", "signed by a stranger", "CHECKPOINT_INVALID",
         forge.checkpoint(key=stranger)),
        ("checkpoint-key-hash-kept", "signed by a stranger under the log key's hash",
         "SIGNATURE_INVALID", note.signed_by(stranger.sign(b"x"))),
        ("checkpoint-signature-of-other", "the log key's signature of other bytes",
         "SIGNATURE_INVALID", note.signed_by(forge.log_key.sign(b"something else"))),
        ("checkpoint-malleable", "S plus the group order", "SIGNATURE_INVALID",
         note.signed_by(malleable)),
        ("checkpoint-small-order-r", "R the identity point", "SIGNATURE_INVALID",
         note.signed_by(IDENTITY + good[32:])),
        ("checkpoint-other-origin", "another origin, signed", "CHECKPOINT_INVALID",
         sign_checkpoint(elsewhere, forge.log_key)),
        ("checkpoint-key-name", "signed under another key name", "CHECKPOINT_INVALID",
         note.signed_by(good, name="elsewhere")),
        ("checkpoint-size-changed", "the size raised by one", "SIGNATURE_INVALID",
         note.text.replace(f"\n{note.size}\n", f"\n{int(note.size) + 1}\n", 1)),
    ]  # fmt: skip


def _texts(note: _Note) -> list[tuple[str, str, str, str]]:
    return [
        ("checkpoint-leading-zero", "a leading zero in the size, signed", "CHECKPOINT_INVALID",
         note.resigned(note.origin, "0" + note.size, note.root)),
        ("checkpoint-plus-sign", "a plus before the size, signed", "CHECKPOINT_INVALID",
         note.resigned(note.origin, "+" + note.size, note.root)),
        ("checkpoint-extension", "an extension line, signed", "CHECKPOINT_INVALID",
         note.resigned(note.origin, note.size, note.root, "extension")),
        ("checkpoint-two-signatures", "a second signature line", "CHECKPOINT_INVALID",
         note.text + note.line + "\n"),
        ("checkpoint-without-signature", "no signature line", "CHECKPOINT_INVALID", note.head),
        ("checkpoint-no-line-end", "no line end behind the signature", "CHECKPOINT_INVALID",
         note.text[:-1]),
        ("checkpoint-carriage-return", "Windows line ends", "CHECKPOINT_INVALID",
         note.text.replace("\n", "\r\n")),
        ("checkpoint-hyphen", "a hyphen for the dash", "CHECKPOINT_INVALID",
         note.text.replace("—", "-")),
        ("checkpoint-root-short", "a root of 31 bytes, signed", "ENCODING_INVALID",
         note.resigned(note.origin, note.size, b64_encode(bytes(31)))),
        ("checkpoint-root-url", "a root in base64url, signed", "ENCODING_INVALID",
         note.resigned(note.origin, note.size, b64u_encode(b"\xff" * 32))),
        ("checkpoint-signature-short", "a signature of 63 bytes", "ENCODING_INVALID",
         note.signed_by(note.signature[:63])),
    ]  # fmt: skip
