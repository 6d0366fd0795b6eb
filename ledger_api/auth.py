"""API keys: `itemproof_<name>_<secret>` in the Authorization header; none is built in.

The secret has 256 random bits, so its SHA-256 needs no salt and no slow hash. Only the hash is
stored; comparison takes constant time.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Literal

from ledger_api.statuses import NotAuthenticated
from traceability.errors import Forbidden, InvalidInput
from traceability.store.repositories.access import ApiKeyRow
from traceability.store.store import Store

__all__ = [
    "ROLES",
    "ApiKeyInvalid",
    "Caller",
    "NotAuthenticated",
    "Role",
    "RoleMissing",
    "authenticate",
    "create_api_key",
    "require_role",
]

Role = Literal["operator", "participant", "auditor"]
ROLES: tuple[Role, ...] = ("operator", "participant", "auditor")
_TOKEN = re.compile(r"itemproof_([0-9a-f]{16})_([0-9A-Za-z_-]{43})", re.ASCII)
_DUMMY_HASH = bytes(32)


class RoleMissing(Forbidden):
    """The API key's role does not allow this."""

    code = "API_ROLE_MISSING"


class ApiKeyInvalid(InvalidInput):
    """The API key cannot be made as asked."""

    code = "API_KEY_INVALID"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request; `participant` is the id of the participant it acts for."""

    name: str
    role: str
    participant: bytes | None


def create_api_key(
    store: Store, role: str, *, participant: bytes | None, now: int
) -> tuple[str, str]:
    """Make an API key; return its public name, and the token that is shown only once."""
    if role not in ROLES:
        raise ApiKeyInvalid(f"role is unknown: expected one of {', '.join(ROLES)}, got {role!r}")
    if (role == "participant") != (participant is not None):
        raise ApiKeyInvalid("a participant is named with the role participant, and only then")
    name, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    row = ApiKeyRow(name, role, participant, _hashed(secret), now, None)
    with store.unit_of_work() as work:
        work.repositories.access.add(row)
        work.commit()
    return name, f"itemproof_{name}_{secret}"


def authenticate(store: Store, header: str | None) -> Caller:
    """Return who an Authorization header stands for.

    Raises
    ------
    NotAuthenticated
    """
    scheme, _, token = (header or "").partition(" ")
    found = _TOKEN.fullmatch(token.strip()) if scheme.lower() == "bearer" else None
    if found is None:
        raise NotAuthenticated("request has no API key: expected Authorization: Bearer itemproof_…")
    with store.reading() as repositories:
        row = repositories.access.get(found[1])
    known = _DUMMY_HASH if row is None else row.secret_hash
    matches = hmac.compare_digest(known, _hashed(found[2]))
    if row is None or not matches or row.revoked is not None:
        raise NotAuthenticated("API key is unknown or revoked")
    return Caller(row.name, row.role, row.participant)


def require_role(caller: Caller, *roles: str) -> Caller:
    """Refuse a caller whose role is none of these."""
    if caller.role not in roles:
        raise RoleMissing(
            f"API key may not do this: expected role {' or '.join(roles)}, got {caller.role}"
        )
    return caller


def _hashed(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
