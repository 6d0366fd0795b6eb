"""Deciding what to anchor next, and proving it here before the contract is asked.

Sources: RFC 9162, section 2.1.4 (consistency); C2SP tlog-checkpoint (the log key's signature).
"""

from __future__ import annotations

from dataclasses import dataclass

from traceability.chain.anchor_store import AnchorStore, CheckpointRow
from traceability.chain.faults import ForeignHead, LogBehindChain, LogNotOpened, RootNotRebuilt
from traceability.chain.rebuild import root_after
from traceability.chain.values import AnchorCall, Head
from traceability.merkle.checkpoint import verify_checkpoint
from traceability.merkle.proofs import consistency_path, root_from_nodes, verify_consistency


@dataclass(frozen=True, slots=True)
class LogIdentity:
    """The log that is anchored: its id on the chain, and who signs its checkpoints."""

    log_id: bytes
    origin: str
    public_key: bytes


def check_head(store: AnchorStore, head: Head) -> None:
    """Check that the chain's head is an earlier state, or the present one, of the stored log.

    Raises
    ------
    LogNotOpened
        The contract does not know the log.
    LogBehindChain
        The chain has more entries than the store: it was restored from an old copy.
    ForeignHead
        The chain has another root at this size.
    """
    if head.tree_size == 0:
        raise LogNotOpened("log unknown to the contract: open it first")
    stored = store.tree_size()
    if head.tree_size > stored:
        raise LogBehindChain(
            f"store is older than the chain: entries {stored} to {head.tree_size - 1} are missing",
            expected=str(head.tree_size),
            got=str(stored),
        )
    found = root_from_nodes(head.tree_size, store.nodes(head.tree_size))
    if found != head.root_hash:
        raise ForeignHead(
            f"chain's head is of another history: at size {head.tree_size} expected root "
            f"{found.hex()[:16]}, got {head.root_hash.hex()[:16]}",
            expected=found.hex(),
            got=head.root_hash.hex(),
        )


def plan_anchor(store: AnchorStore, head: Head, *, log: LogIdentity) -> AnchorCall | None:
    """Return the call that anchors the newest checkpoint, or None if the head is as new.

    The root is rebuilt from the stored leaves: neither tiles nor checkpoint are believed.

    Raises
    ------
    RootNotRebuilt
        Leaves, tiles and checkpoint do not agree.
    """
    checkpoint = store.newest_anchorable()
    if checkpoint is None or checkpoint.tree_size <= head.tree_size:
        return None
    _check_signature(checkpoint, log)
    _check_root(store, head, checkpoint=checkpoint)
    path = consistency_path(
        head.tree_size,
        tree_size=checkpoint.tree_size,
        node=store.nodes(checkpoint.tree_size),
    )
    verify_consistency(
        head.tree_size,
        head.root_hash,
        tree_size=checkpoint.tree_size,
        root_hash=checkpoint.root_hash,
        consistency_path=path,
    )
    return AnchorCall(
        log_id=log.log_id,
        from_size=head.tree_size,
        tree_size=checkpoint.tree_size,
        root_hash=checkpoint.root_hash,
        proof=tuple(path),
    )


def _check_signature(checkpoint: CheckpointRow, log: LogIdentity) -> None:
    signed = verify_checkpoint(checkpoint.text, origin=log.origin, public_key=log.public_key)
    if (signed.tree_size, signed.root_hash) != (checkpoint.tree_size, checkpoint.root_hash):
        raise RootNotRebuilt(
            f"checkpoint's text is of another head: expected size {checkpoint.tree_size}, "
            f"got {signed.tree_size}"
        )


def _check_root(store: AnchorStore, head: Head, *, checkpoint: CheckpointRow) -> None:
    size, before, after = root_after(
        head.tree_size,
        store.nodes(head.tree_size),
        leaf_hashes=store.leaf_hashes(head.tree_size, checkpoint.tree_size),
    )
    if size != checkpoint.tree_size:
        raise RootNotRebuilt(
            f"entries missing: expected {checkpoint.tree_size}, got {size}",
            expected=str(checkpoint.tree_size),
            got=str(size),
        )
    if (before, after) != (head.root_hash, checkpoint.root_hash):
        raise RootNotRebuilt(
            f"entries do not lead to the checkpoint at size {size}: expected root "
            f"{checkpoint.root_hash.hex()[:16]}, got {after.hex()[:16]}",
            expected=checkpoint.root_hash.hex(),
            got=after.hex(),
        )
