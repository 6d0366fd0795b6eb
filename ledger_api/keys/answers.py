"""A registered key as JSON: ids in hex, as every command prints them; hashes in base64url."""

from __future__ import annotations

from typing import Any

from ledger_api.auth import Caller
from traceability.hashing.encoding import b64u_encode
from traceability.store.repositories.keys import KeyChain, KeyRow


def key_json(row: KeyRow, chain: KeyChain | None) -> dict[str, Any]:
    """Return a key, its interval in leaf indexes, and where its chain of statements stands.

    Parameters
    ----------
    chain
        None where the store has none, which an audit would name.
    """
    return {
        "key_id": row.key_id.hex(),
        "alg": row.alg,
        "public_key": b64u_encode(row.public_key),
        "participant": row.participant.hex(),
        "custody": row.custody,
        "roles": list(row.roles),
        "prefixes": list(row.prefixes),
        "live": row.revoked_arrival is None,
        "registered_at": row.registered_at,
        "until": row.until,
        "suspect_from": row.suspect_from,
        "next_sequence": None if chain is None else chain.next_sequence,
        "previous": None if chain is None else b64u_encode(chain.previous),
    }


def may_see(caller: Caller, participant: bytes) -> bool:
    """Tell whether a participant's keys are the caller's business: others see all."""
    return caller.participant is None or caller.participant == participant
