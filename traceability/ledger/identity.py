"""Who this ledger is: its log id, its two keys, its origin, and the genesis that binds them."""

from __future__ import annotations

from dataclasses import dataclass

from traceability.hashing.ed25519 import SigningKey
from traceability.hashing.envelope import Envelope
from traceability.hashing.statement import Genesis


@dataclass(frozen=True, slots=True)
class Identity:
    """A ledger that can write.

    `log_key` signs checkpoints, state entries and receipts; `registrar_key` registers and
    revokes the participants' keys. `duplicate_key` keys the content hashes of events.
    """

    log: bytes
    origin: str
    genesis: Genesis
    genesis_envelope: Envelope
    log_key: SigningKey
    registrar_key: SigningKey
    duplicate_key: bytes
