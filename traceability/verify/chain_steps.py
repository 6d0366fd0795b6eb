"""Steps (9) and (10): the head is in the contract's storage, and its block is final.

Source: `docs/formats.md`, section 6.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from traceability.errors import Unavailable
from traceability.hashing.statement import Seen
from traceability.merkle.checkpoint import Checkpoint
from traceability.merkle.proofs import verify_consistency
from traceability.verify import faults
from traceability.verify.bundle import Bundle
from traceability.verify.evidence import AnchoredHead, AnchorEvidence, check_evidence
from traceability.verify.faults import NotChecked
from traceability.verify.trust import Trust


class ChainView(Protocol):
    """What a caller knows of the chain; no part of the verifier asks the network itself."""

    def final_block_hash(self, number: int) -> bytes | None:
        """Return the hash of a final block; none if that number is not final yet.

        Raises
        ------
        Unavailable
            No endpoint answers.
        """


@dataclass(frozen=True, slots=True)
class Anchors:
    """The anchored head, and that of the checkpoint which the signer had seen."""

    head: AnchoredHead | None = None
    seen: AnchoredHead | None = None


# (9) Slots → state root → header hash.


def check_anchor(bundle: Bundle, trust: Trust, *, checkpoint: Checkpoint, seen: Seen) -> Anchors:
    """Return the heads that the bundle's evidence proves, which are those that it claims."""
    if bundle.anchor is None:
        raise NotChecked(faults.ANCHOR_MISSING, "the bundle has no anchor")
    head = _head(bundle.anchor, trust)
    _check_head(head, checkpoint.tree_size, checkpoint.root_hash)
    if bundle.seen_proof is None:
        return Anchors(head)
    verify_consistency(
        seen.tree_size,
        seen.root_hash,
        tree_size=checkpoint.tree_size,
        root_hash=checkpoint.root_hash,
        consistency_path=bundle.seen_proof.consistency,
    )
    seen_head = _head(bundle.seen_proof.anchor, trust)
    _check_head(seen_head, seen.tree_size, seen.root_hash)
    return Anchors(head, seen_head)


def _head(evidence: AnchorEvidence, trust: Trust) -> AnchoredHead:
    return check_evidence(
        evidence,
        trust.log,
        contract=trust.contract,
        code_hash=trust.code_hash,
        foreign_block_numbers=trust.block_number == "foreign",
    )


def _check_head(head: AnchoredHead, tree_size: int, root_hash: bytes) -> None:
    if (head.tree_size, head.root_hash) != (tree_size, root_hash):
        raise faults.AnchorMismatch(
            f"anchored head is another: expected {tree_size} {root_hash.hex()[:16]}, "
            f"got {head.tree_size} {head.root_hash.hex()[:16]}"
        )


# (10) The block is canonical and final.


def check_block(anchors: Anchors, trust: Trust, *, chain: ChainView | None) -> Anchors:
    """Return the anchors whose times may be told: a seen block that is in doubt is dropped."""
    if anchors.head is None:
        raise NotChecked(faults.ANCHOR_MISSING, "the bundle has no anchor")
    _check_canonical(anchors.head, trust, chain)
    if anchors.seen is None:
        return anchors
    try:
        _check_canonical(anchors.seen, trust, chain)
    except NotChecked:
        return Anchors(anchors.head)
    return anchors


def _check_canonical(head: AnchoredHead, trust: Trust, chain: ChainView | None) -> None:
    found = trust.block_hashes.get(head.header_number)
    if found is None:
        found = _ask(chain, head.header_number, trust)
    if found != head.header_hash:
        raise faults.BlockNotCanonical(
            f"chain has another block {head.header_number}: "
            f"expected {found.hex()[:16]}, got {head.header_hash.hex()[:16]}"
        )


def _ask(chain: ChainView | None, number: int, trust: Trust) -> bytes:
    if chain is None and trust.endpoints:
        raise NotChecked(faults.CHAIN_UNAVAILABLE, "no endpoint of the trust file was asked")
    if chain is None:
        raise NotChecked(
            faults.CHAIN_NOT_ASKED,
            f"the trust file names neither the hash of block {number} nor an endpoint",
        )
    try:
        found = chain.final_block_hash(number)
    except Unavailable as error:
        raise NotChecked(faults.CHAIN_UNAVAILABLE, str(error)) from error
    if found is None:
        raise NotChecked(faults.BLOCK_NOT_FINAL, f"block {number} is not final")
    return found
