"""Registering a key without handing it over: its holder signs a draft and sends that back.

The draft `itemproof-key-draft-1` holds the exact statement that the registrar will sign, so it says
all that the new key is to be: whose, for which roles and prefixes. The holder's machine needs no
ledger to read and co-sign it. The registrar's node knows its own drafts by `mac`, under a key that
never leaves it; nobody else can put words into a draft.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from traceability.errors import InvalidInput, ItemProofError, Refused
from traceability.hashing.canonical import canonicalize
from traceability.hashing.commitment import RecordKind, commit, salted_fields
from traceability.hashing.ed25519 import key_id as key_id_of
from traceability.hashing.encoding import b64_decode, b64_encode, b64u_decode, b64u_encode
from traceability.hashing.envelope import STATEMENT_TYPE, Signature, sign_envelope
from traceability.hashing.members import Members
from traceability.hashing.salts import SECRET_BYTES
from traceability.hashing.signatures import SecretKey, verify
from traceability.hashing.statement import KeyRegister, parse_statement
from traceability.strict_json import JSONValue, parse_json

FORMAT = "itemproof-key-draft-1"
MAX_BYTES = 64 * 1024
MAC_BYTES = 32


class KeyDraftInvalid(InvalidInput):
    """The file is no draft of a key's registration, or not as it was drawn up."""

    code = "KEY_DRAFT_INVALID"


class KeyDraftOther(Refused):
    """The draft registers another key than the one at hand."""

    code = "KEY_DRAFT_OTHER"


@dataclass(frozen=True, slots=True)
class NewCard:
    """The card of an organisation that the draft registers too."""

    payload: dict[str, JSONValue]
    secret: bytes

    def leaf_hash(self) -> bytes:
        """Return what a registration names it by."""
        fields = salted_fields(RecordKind.PARTICIPANT, self.payload, self.secret)
        return commit(RecordKind.PARTICIPANT, fields).leaf_hash()

    def to_json(self) -> dict[str, JSONValue]:
        """Return the card's JSON."""
        return {"payload": self.payload, "secret": b64u_encode(self.secret)}


@dataclass(frozen=True, slots=True)
class KeyDraft:
    """A registration that is not signed by all yet.

    `card` is there where the organisation is new; `signature` once the key's holder has signed.
    """

    payload: bytes
    statement: KeyRegister
    card: NewCard | None
    mac: bytes
    signature: Signature | None = None

    def to_json(self) -> dict[str, JSONValue]:
        """Return the draft's JSON."""
        value: dict[str, JSONValue] = {
            "format": FORMAT,
            "payload": b64_encode(self.payload),
            "mac": b64u_encode(self.mac),
        }
        if self.card is not None:
            value["card"] = self.card.to_json()
        if self.signature is not None:
            keyid, sig = self.signature.keyid, self.signature.sig
            value["signature"] = {"keyid": b64u_encode(keyid), "sig": b64_encode(sig)}
        return value

    def to_bytes(self) -> bytes:
        """Return the file."""
        return canonicalize(self.to_json()) + b"\n"

    def authenticated(self) -> bytes:
        """Return what `mac` is over."""
        card = None if self.card is None else self.card.to_json()
        return canonicalize([b64_encode(self.payload), card])


def parse_draft(data: bytes) -> KeyDraft:
    """Read a draft; a signature on it must be the new key's.

    Raises
    ------
    KeyDraftInvalid
    """
    try:
        return _draft(Members(parse_json(data, max_bytes=MAX_BYTES), "draft"))
    except KeyDraftInvalid:
        raise
    except ItemProofError as error:
        raise KeyDraftInvalid(f"draft is malformed: {error.fault}") from error


def _draft(members: Members) -> KeyDraft:
    members.one_of("format", (FORMAT,))
    payload = b64_decode(_text(members, "payload"))
    statement = parse_statement(payload)
    mac = members.data("mac", MAC_BYTES)
    card = _card(members.members("card")) if members.has("card") else None
    signature = _signature(members.members("signature")) if members.has("signature") else None
    members.end()
    if not isinstance(statement, KeyRegister):
        raise KeyDraftInvalid(
            f"draft holds another statement: expected a registration, got {statement.type}"
        )
    if card is not None and card.leaf_hash() != statement.card:
        raise KeyDraftInvalid("draft's card is not the one that its registration names")
    if signature is not None:
        _check_signature(payload, statement, signature)
    return KeyDraft(payload, statement, card, mac, signature)


def _card(members: Members) -> NewCard:
    payload = members.take("payload")
    secret = members.data("secret", SECRET_BYTES)
    members.end()
    if not isinstance(payload, dict):
        raise members.fault("payload", "is not an object")
    return NewCard(payload, secret)


def _signature(members: Members) -> Signature:
    found = Signature(
        b64u_decode(_text(members, "keyid"), length=32), b64_decode(_text(members, "sig"))
    )
    members.end()
    return found


def _text(members: Members, name: str) -> str:
    value = members.take(name)
    if not isinstance(value, str):
        raise members.fault(name, "is not text")
    return value


def _check_signature(payload: bytes, statement: KeyRegister, signature: Signature) -> None:
    if signature.keyid != key_id_of(statement.alg, statement.public_key):
        raise KeyDraftInvalid("draft is signed by another key than it registers")
    verify(
        statement.alg,
        statement.public_key,
        payload_type=STATEMENT_TYPE,
        payload=payload,
        signature=signature.sig,
    )


def cosign(draft: KeyDraft, key: SecretKey) -> KeyDraft:
    """Sign a draft with the key that it registers.

    Raises
    ------
    KeyDraftOther
    """
    if (key.alg, key.public_key) != (draft.statement.alg, draft.statement.public_key):
        expected = key_id_of(draft.statement.alg, draft.statement.public_key)
        raise KeyDraftOther(
            f"draft registers another key: expected {expected.hex()[:16]}, "
            f"got {key.key_id.hex()[:16]}"
        )
    envelope = sign_envelope(STATEMENT_TYPE, draft.payload, [key])
    return replace(draft, signature=envelope.signatures[0])
