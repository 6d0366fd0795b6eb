"""Steps (7), (5) and (6): the entry, the key and the statuses are in the trusted log.

Source: `docs/formats.md`, section 4. Step (8), the checkpoint, is `merkle/checkpoint.py`.
"""

from __future__ import annotations

from functools import lru_cache

from traceability.hashing.envelope import Envelope, verify_envelope
from traceability.hashing.statement import (
    BatchStatement,
    Genesis,
    StateStatement,
    entry_leaf_hash,
    log_id,
)
from traceability.merkle.checkpoint import Checkpoint
from traceability.merkle.proofs import verify_inclusion
from traceability.merkle.state_trees import StatusLeaf
from traceability.merkle.tree import leaf_hash
from traceability.verify import faults
from traceability.verify.bundle import Bundle, EntryPart
from traceability.verify.statements import check_author, check_log, pair, read_statement
from traceability.verify.statuses import check_status_runs
from traceability.verify.trust import Trust

# (7) Genesis → log id.


def check_genesis(envelope: Envelope, trust: Trust) -> Genesis:
    """Return the genesis that hashes to the trusted log id."""
    genesis = _signed_genesis(envelope)
    found = log_id(
        chain_id=genesis.chain_id,
        contract=genesis.contract,
        opener=genesis.opener,
        genesis_leaf_hash=entry_leaf_hash(envelope),
    )
    if found != trust.log:
        raise faults.LogMismatch(
            f"genesis is of another log: expected {trust.log.hex()[:16]}, got {found.hex()[:16]}"
        )
    for name in ("chain_id", "contract", "log_key"):
        if getattr(genesis, name) != getattr(trust, name):
            raise faults.GenesisMismatch(f"genesis names another {name} than the trust file")
    return genesis


# Every bundle of a log carries the same genesis; what is remembered is its exact bytes.
@lru_cache(maxsize=16)
def _signed_genesis(envelope: Envelope) -> Genesis:
    genesis = read_statement(envelope, Genesis)
    verify_envelope(envelope, [pair(genesis.log_key), pair(genesis.registrar_key)])
    return genesis


# (5) Entry in log.


def check_entry(
    entry: EntryPart, trust: Trust, *, checkpoint: Checkpoint
) -> tuple[BatchStatement, bytes]:
    """Return the batch statement and the leaf hash of its entry, which is in the log."""
    batch = read_statement(entry.envelope, BatchStatement)
    check_log(batch.header, trust.log)
    entry_hash = entry_leaf_hash(entry.envelope)
    verify_inclusion(
        entry_hash,
        entry.index,
        tree_size=checkpoint.tree_size,
        inclusion_path=entry.path,
        root_hash=checkpoint.root_hash,
    )
    return batch, entry_hash


# (6) State entry, key and statuses.


def check_state(
    bundle: Bundle, entry_hash: bytes, trust: Trust, *, checkpoint: Checkpoint
) -> tuple[StatusLeaf, ...]:
    """Return the record's statuses; the newest state entry covers them and the key."""
    state = read_statement(bundle.state.envelope, StateStatement)
    check_log(state.header, trust.log)
    check_author(state.header, trust.log_key)
    if state.index != checkpoint.tree_size - 1:
        raise faults.StateStale(
            f"state entry is not the checkpoint's last: expected index "
            f"{checkpoint.tree_size - 1}, got {state.index}"
        )
    if state.index <= bundle.entry.index:
        raise faults.StateTooEarly(
            f"state entry does not cover the entry: index {state.index}, "
            f"entry at {bundle.entry.index}"
        )
    verify_envelope(bundle.state.envelope, [pair(trust.log_key)])
    verify_inclusion(
        entry_leaf_hash(bundle.state.envelope),
        state.index,
        tree_size=checkpoint.tree_size,
        inclusion_path=bundle.state.path,
        root_hash=checkpoint.root_hash,
    )
    verify_inclusion(
        leaf_hash(bundle.key.leaf.leaf_data()),
        bundle.key.index,
        tree_size=state.keys_size,
        inclusion_path=bundle.key.path,
        root_hash=state.keys_root,
    )
    return check_status_runs(
        bundle.status,
        entry_hash,
        bundle.record.index,
        tree_size=state.status_size,
        root_hash=state.status_root,
    )
