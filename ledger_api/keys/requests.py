"""What callers ask of keys: drafts of registrations, and revocations, read strictly."""

from __future__ import annotations

from typing import NamedTuple

from traceability.errors import InvalidInput
from traceability.hashing.encoding import b64u_decode
from traceability.hashing.envelope import Envelope, envelope_from_json
from traceability.hashing.signatures import ALGS
from traceability.hashing.statement import REVOCATION_REASONS, KeyRevoke, parse_statement
from traceability.ledger.naming import participant_named
from traceability.ledger.participants import Card, Scopes
from traceability.ledger.registering import KeyRequest
from traceability.ledger.revoking import RevocationInvalid
from traceability.store.repositories import Repositories
from traceability.strict_json import JSONValue, parse_json

# A draft or a revocation is a few lines; an entry is at most 4,096 bytes.
MAX_BODY = 64 * 1024
REVOCATION_TYPE = "application/vnd.itemproof.revocation+json"
_DRAFT = {"alg", "public_key", "participant", "name", "gln", "credit_code", "roles", "prefixes"}


class KeyRequestInvalid(InvalidInput):
    """The request for a key's registration or revocation is not in its documented form."""

    code = "KEY_REQUEST_INVALID"


class RevocationAsked(NamedTuple):
    """Why a key ends, and from where on what it signed is suspect."""

    reason: str
    suspect_from: int | None


def read_draft_request(body: bytes, repositories: Repositories) -> KeyRequest:
    """Read what a draft is asked for."""
    value = _object(body, _DRAFT)
    alg = _text(value, "alg") or "ed25519"
    if alg not in ALGS:
        raise _fault("alg", f"is unknown: expected one of {', '.join(ALGS)}")
    public_key = _text(value, "public_key")
    if public_key is None:
        raise _fault("public_key", "is missing")
    named = _text(value, "participant")
    scopes = None
    if "roles" in value or "prefixes" in value:
        scopes = Scopes(_texts(value, "roles"), _texts(value, "prefixes"))
    if (named is None) == ("name" not in value):
        raise _fault("participant", "or name: expected one of the two")
    participant = None if named is None else participant_named(repositories, named).participant
    return KeyRequest(alg, b64u_decode(public_key), participant, _card(value), scopes)


def _card(value: dict[str, JSONValue]) -> Card | None:
    name, code = _text(value, "name"), _text(value, "credit_code")
    if name is None:
        return None
    return Card(name, _text(value, "gln"), (("credit_code", code),) if code else ())


def read_revocation(body: bytes) -> RevocationAsked:
    """Read an operator's revocation."""
    value = _object(body, {"reason", "suspect_from"})
    reason = _text(value, "reason") or ""
    if reason not in REVOCATION_REASONS:
        raise _fault("reason", f"is unknown: expected one of {', '.join(REVOCATION_REASONS)}")
    suspect_from = value.get("suspect_from")
    if suspect_from is not None and (type(suspect_from) is not int or suspect_from < 0):
        raise _fault("suspect_from", "is no leaf index")
    return RevocationAsked(reason, suspect_from if isinstance(suspect_from, int) else None)


def read_signed_revocation(body: bytes) -> tuple[Envelope, KeyRevoke]:
    """Read the envelope of a revocation that the key itself has signed."""
    envelope = envelope_from_json(parse_json(body, max_bytes=MAX_BODY))
    statement = parse_statement(envelope.payload)
    if not isinstance(statement, KeyRevoke):
        raise RevocationInvalid(
            f"envelope holds another statement: expected a revocation, got {statement.type}"
        )
    return envelope, statement


def _object(body: bytes, members: set[str]) -> dict[str, JSONValue]:
    value = parse_json(body, max_bytes=MAX_BODY)
    if not isinstance(value, dict) or set(value) - members:
        raise KeyRequestInvalid(
            f"request is malformed: expected some of {', '.join(sorted(members))}"
        )
    return value


def _text(value: dict[str, JSONValue], name: str) -> str | None:
    found = value.get(name)
    if found is not None and not isinstance(found, str):
        raise _fault(name, "is not text")
    return found


def _texts(value: dict[str, JSONValue], name: str) -> tuple[str, ...]:
    found = value.get(name, [])
    if not isinstance(found, list):
        raise _fault(name, "is not a list of texts")
    texts = [part for part in found if isinstance(part, str)]
    if len(texts) != len(found):
        raise _fault(name, "is not a list of texts")
    return tuple(texts)


def _fault(name: str, what: str) -> KeyRequestInvalid:
    return KeyRequestInvalid(f"member {name!r} {what}", pointer=f"/{name}")
