"""Steps (4) and (3): the signer's key, what it may sign, and that it signed.

Source: `docs/formats.md`, sections 3 and 4.
"""

from __future__ import annotations

from functools import lru_cache

from traceability.hashing.commitment import RecordKind
from traceability.hashing.ed25519 import key_id
from traceability.hashing.envelope import Envelope, verify_envelope
from traceability.hashing.statement import (
    BatchStatement,
    Genesis,
    KeyRegister,
    PublicKey,
    entry_leaf_hash,
)
from traceability.merkle.checkpoint import Checkpoint
from traceability.merkle.proofs import verify_inclusion
from traceability.verify import faults
from traceability.verify.bundle import Bundle
from traceability.verify.disclosure import check_disclosure, commitment_of, header_of
from traceability.verify.scope import check_prefixes, check_role
from traceability.verify.statements import check_author, check_log, pair, read_statement
from traceability.verify.trust import Trust

# (4) Key valid at leaf_index, by tree and registration; scopes; card.


def check_registration(
    bundle: Bundle, genesis: Genesis, trust: Trust, *, checkpoint: Checkpoint
) -> KeyRegister:
    """Return the registration that the log holds where the key leaf says."""
    envelope = bundle.registration.envelope
    registration = _signed_registration(envelope, genesis.registrar_key)
    check_log(registration.header, trust.log)
    verify_inclusion(
        entry_leaf_hash(envelope),
        bundle.key.leaf.registered_at,
        tree_size=checkpoint.tree_size,
        inclusion_path=bundle.registration.path,
        root_hash=checkpoint.root_hash,
    )
    return registration


# A key signs many batches; what is remembered is the exact bytes of its registration.
@lru_cache(maxsize=256)
def _signed_registration(envelope: Envelope, registrar_key: PublicKey) -> KeyRegister:
    registration = read_statement(envelope, KeyRegister)
    check_author(registration.header, registrar_key)
    new_key = (registration.alg, registration.public_key)
    verify_envelope(envelope, [pair(registrar_key), new_key])
    return registration


def check_key(bundle: Bundle, batch: BatchStatement, registration: KeyRegister) -> None:
    """Refuse a key that is another, another participant's, or not valid at the entry."""
    leaf, index = bundle.key.leaf, bundle.entry.index
    registered = key_id(registration.alg, registration.public_key)
    if not leaf.key_id == registered == batch.header.key:
        raise faults.KeyMismatch("key leaf, registration and statement name different keys")
    if batch.participant != registration.participant:
        raise faults.KeyMismatch("statement and registration name different participants")
    if leaf.registered_at >= index:
        raise faults.KeyNotValid(
            f"key was registered too late: at {leaf.registered_at}, entry at {index}"
        )
    if leaf.until is not None and index >= leaf.until:
        raise faults.KeyNotValid(f"key was revoked: valid before {leaf.until}, entry at {index}")


def check_scopes(bundle: Bundle, registration: KeyRegister) -> None:
    """Refuse what the key may not sign, and a card that is not its participant's."""
    header_of(bundle.record.fields)
    check_role(bundle.record.kind, registration.roles)
    check_prefixes(bundle.record.kind, bundle.record.fields.fields, registration.prefixes)
    if bundle.card is not None:
        header_of(bundle.card)
        card = commitment_of(RecordKind.PARTICIPANT, bundle.card)
        if card.leaf_hash() != registration.card:
            raise faults.CardMismatch("card is not the one that the registration names")
        check_disclosure(RecordKind.PARTICIPANT, bundle.card, card)


# (3) The statement's signature, and what its author had seen.


def check_signature(bundle: Bundle, batch: BatchStatement, registration: KeyRegister) -> None:
    """Refuse unless the registered key alone signed, having seen its own registration."""
    verify_envelope(bundle.entry.envelope, [(registration.alg, registration.public_key)])
    first, last = bundle.key.leaf.registered_at + 1, bundle.entry.index
    if not first <= batch.seen.tree_size <= last:
        raise faults.SeenOutOfRange(
            f"signer saw a checkpoint out of range: expected size {first} to {last}, "
            f"got {batch.seen.tree_size}"
        )
