"""Judge a receipt: whether the operator kept, broke, or can still keep its promise.

Source: `docs/formats.md`, section 7. A verdict of "broken" needs evidence that nobody can
make up; anything short of it is pending or unresolved, and says which.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from traceability.errors import ProofRejected
from traceability.hashing.envelope import RECEIPT_TYPE, parse_envelope, verify_envelope
from traceability.hashing.statement import Receipt, parse_receipt
from traceability.merkle.checkpoint import verify_checkpoint
from traceability.merkle.proofs import verify_inclusion
from traceability.verify.evidence import AnchoredHead
from traceability.verify.trust import Trust

Verdict = Literal["kept", "pending", "broken", "unresolved"]

# What a verdict rests on, by its code; the names in braces are the judgement's numbers.
REASONS = {
    "RECEIPT_NOT_COVERED": (
        "block {block} is later than the deadline and its head has {tree_size} entries: "
        "index {leaf_index} was not anchored"
    ),
    "RECEIPT_OTHER_ENTRY": (
        "the head anchored with {tree_size} entries holds another entry at index {leaf_index}"
    ),
    "RECEIPT_ANCHORED": (
        "the entry is at index {leaf_index} of the head of {tree_size} entries, "
        "anchored before the deadline"
    ),
    "RECEIPT_NOT_DUE": "the deadline has not passed",
    "RECEIPT_TIME_UNKNOWN": "the entry is anchored; that it was by the deadline is not shown",
    "RECEIPT_NO_EVIDENCE": "the deadline has passed; no evidence shows what happened",
}


class ReceiptInvalid(ProofRejected):
    """The envelope is no receipt, or one of another log."""

    code = "RECEIPT_INVALID"


class WitnessInvalid(ProofRejected):
    """The checkpoint is not the one that was anchored."""

    code = "WITNESS_INVALID"


@dataclass(frozen=True, slots=True)
class ProvenLeaf:
    """The leaf at the receipt's index under an anchored head, with the log key's checkpoint."""

    leaf_hash: bytes
    inclusion_path: tuple[bytes, ...]
    checkpoint: str


@dataclass(frozen=True, slots=True)
class Witness:
    """An anchored head in a final block, and what it holds at the receipt's index.

    The caller has checked the head's evidence (`evidence.py`) and that its block is final.
    """

    head: AnchoredHead
    leaf: ProvenLeaf | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict, the code of what it rests on, and the witness that decides it, if any does."""

    verdict: Verdict
    code: str
    witness: Witness | None = None
    numbers: Mapping[str, int] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        """What the verdict rests on, in words."""
        return REASONS[self.code].format(**self.numbers)


def open_receipt(data: bytes, trust: Trust) -> Receipt:
    """Return the receipt that the trusted log key signed for the trusted log."""
    envelope = parse_envelope(data)
    if envelope.payload_type != RECEIPT_TYPE:
        raise ReceiptInvalid(f"envelope is no receipt: payload type {envelope.payload_type[:80]!r}")
    receipt = parse_receipt(envelope.payload)
    if receipt.log != trust.log:
        raise ReceiptInvalid(
            f"receipt is of another log: expected {trust.log.hex()[:16]}, "
            f"got {receipt.log.hex()[:16]}"
        )
    log_key = (trust.log_key.alg, trust.log_key.public_key)
    verify_envelope(envelope, [log_key], payload_type=RECEIPT_TYPE)
    return receipt


def judge_receipt(
    receipt: Receipt, trust: Trust, *, witnesses: Sequence[Witness], now: datetime
) -> Judgement:
    """Judge an opened receipt by everything that is known of the chain.

    Raises
    ------
    WitnessInvalid, InclusionProofError, CheckpointInvalid, SignatureInvalid
        A witness does not prove what it claims; it proves nothing against the operator.
    """
    for witness in witnesses:
        if witness.leaf is not None:
            _check_leaf(receipt, witness, trust, proven=witness.leaf)
    found = [*_broken(receipt, witnesses), *_kept(receipt, witnesses)]
    return found[0] if found else _open(receipt, witnesses, now=now)


def _check_leaf(receipt: Receipt, witness: Witness, trust: Trust, *, proven: ProvenLeaf) -> None:
    checkpoint = verify_checkpoint(
        proven.checkpoint, origin=trust.origin, public_key=trust.log_key.public_key
    )
    head = witness.head
    if (checkpoint.tree_size, checkpoint.root_hash) != (head.tree_size, head.root_hash):
        raise WitnessInvalid(
            f"checkpoint is not the anchored head: expected {head.tree_size} "
            f"{head.root_hash.hex()[:16]}, got {checkpoint.tree_size} "
            f"{checkpoint.root_hash.hex()[:16]}"
        )
    verify_inclusion(
        proven.leaf_hash,
        receipt.leaf_index,
        tree_size=checkpoint.tree_size,
        inclusion_path=proven.inclusion_path,
        root_hash=checkpoint.root_hash,
    )


def _broken(receipt: Receipt, witnesses: Iterable[Witness]) -> Iterable[Judgement]:
    for witness in witnesses:
        head = witness.head
        if _time(head.header_time) > receipt.anchored_by and head.tree_size <= receipt.leaf_index:
            yield _judged("broken", "RECEIPT_NOT_COVERED", receipt, witness=witness)
        if witness.leaf is not None and witness.leaf.leaf_hash != receipt.entry_leaf_hash:
            yield _judged("broken", "RECEIPT_OTHER_ENTRY", receipt, witness=witness)


def _judged(verdict: Verdict, code: str, receipt: Receipt, *, witness: Witness) -> Judgement:
    numbers = {
        "block": witness.head.header_number,
        "tree_size": witness.head.tree_size,
        "leaf_index": receipt.leaf_index,
    }
    return Judgement(verdict, code, witness, numbers)


def _kept(receipt: Receipt, witnesses: Iterable[Witness]) -> Iterable[Judgement]:
    for witness in witnesses:
        head = witness.head
        if _holds(receipt, witness) and _time(head.timestamp) <= receipt.anchored_by:
            yield _judged("kept", "RECEIPT_ANCHORED", receipt, witness=witness)


def _open(receipt: Receipt, witnesses: Iterable[Witness], *, now: datetime) -> Judgement:
    if now <= receipt.anchored_by:
        return Judgement("pending", "RECEIPT_NOT_DUE")
    if any(_holds(receipt, witness) for witness in witnesses):
        return Judgement("unresolved", "RECEIPT_TIME_UNKNOWN")
    return Judgement("unresolved", "RECEIPT_NO_EVIDENCE")


def _holds(receipt: Receipt, witness: Witness) -> bool:
    return witness.leaf is not None and witness.leaf.leaf_hash == receipt.entry_leaf_hash


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
