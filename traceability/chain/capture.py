"""Capturing what proves an anchor offline, and checking it before it is kept.

Source: `docs/formats.md`, section 6. The check is the verifier's own.
"""

from __future__ import annotations

from dataclasses import dataclass

from traceability.chain.faults import EvidenceUnavailable, OtherHead
from traceability.chain.registry_calls import RegistryCalls
from traceability.errors import ProofRejected
from traceability.hashing.canonical import canonicalize
from traceability.verify.bundle import evidence_json
from traceability.verify.evidence import AnchorEvidence, check_evidence

# A block may be replaced between the two questions that evidence takes.
RACE_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class CapturedEvidence:
    """Checked evidence as it is stored, and the block whose header it holds."""

    data: bytes
    block_number: int
    block_hash: bytes


@dataclass(frozen=True, slots=True)
class EvidenceTarget:
    """The head that evidence must prove, in which log under which code."""

    log_id: bytes
    code_hash: bytes
    tree_size: int
    root_hash: bytes
    foreign_block_numbers: bool = False


def capture_evidence(
    calls: RegistryCalls, target: EvidenceTarget, *, block_number: int
) -> CapturedEvidence:
    """Return evidence that the head stood in the contract at a block.

    Raises
    ------
    EvidenceUnavailable
        The node cannot show that state, or what it shows proves something else.
    """
    fault: ProofRejected | None = None
    for _ in range(RACE_ATTEMPTS):
        evidence = calls.evidence(target.log_id, block_number)
        try:
            return _checked(evidence, target, contract=calls.contract)
        except ProofRejected as rejected:
            fault = rejected
    raise EvidenceUnavailable(
        f"evidence does not prove the anchor: block {block_number}, {fault}"
    ) from fault


def capture_anywhere(
    calls: RegistryCalls, target: EvidenceTarget, *, block_number: int
) -> CapturedEvidence:
    """Return evidence at the anchor's own block or, if its state is pruned, at the newest."""
    try:
        return capture_evidence(calls, target, block_number=block_number)
    except EvidenceUnavailable:
        newest = calls.block("latest")
        if newest is None or newest.number <= block_number:
            raise
        return capture_evidence(calls, target, block_number=newest.number)


def _checked(
    evidence: AnchorEvidence, target: EvidenceTarget, *, contract: str
) -> CapturedEvidence:
    head = check_evidence(
        evidence,
        target.log_id,
        contract=contract,
        code_hash=target.code_hash,
        foreign_block_numbers=target.foreign_block_numbers,
    )
    if (head.tree_size, head.root_hash) != (target.tree_size, target.root_hash):
        raise OtherHead(f"another head: expected size {target.tree_size}, got {head.tree_size}")
    return CapturedEvidence(
        data=canonicalize(evidence_json(evidence)),
        block_number=head.header_number,
        block_hash=head.header_hash,
    )
