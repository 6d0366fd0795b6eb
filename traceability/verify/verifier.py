"""Verify a proof bundle: from one disclosed field to a block hash.

Source: `docs/formats.md`, section 8. The only trust is in the caller's trust file, and for
step (10) in the caller's view of the chain.
"""

# The steps, in the order in which they are taken. Each relies only on those before it.
#
#  (0) The bytes are a bundle in its one form, within limits, without unknown members.
#  (7) Genesis hashes to the log id that the trust file names, and names the same chain,
#      contract and log key; log key and registrar signed it.
#  (8) The log key signed the checkpoint: size and root of the log.
#  (5) The batch entry is in the log.
#  (6) The checkpoint's last entry is the state entry, signed by the log key and later than
#      the batch; the signer's key and every status of the record are in its two trees.
#  (4) The key was valid at the entry's index, by tree and by its registration in the log,
#      which registrar and key signed; its scopes allow what was signed; the card is its own.
#  (3) The key signed the batch, having seen the log after its registration.
#  (2) The record, and the lot's, are in the batch.
#  (1) The disclosed fields are the record's, in their one form, and name the code asked for.
#  (9) The anchor contract holds size and root: slots to state root to header hash.
# (10) That block is canonical and final.

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from traceability.hashing.statement import BatchStatement, KeyRegister
from traceability.merkle.checkpoint import Checkpoint, verify_checkpoint
from traceability.merkle.state_trees import StatusLeaf
from traceability.verify.bundle import KIND_NAMES, Bundle, CompleteDisclosure
from traceability.verify.chain_steps import (
    Anchors,
    ChainView,
    check_anchor,
    check_block,
)
from traceability.verify.evidence import AnchoredHead
from traceability.verify.identity import check_code, record_urn
from traceability.verify.key_steps import (
    check_key,
    check_registration,
    check_scopes,
    check_signature,
)
from traceability.verify.log_steps import check_entry, check_genesis, check_state
from traceability.verify.reading import parse_bundle
from traceability.verify.record_steps import check_batch, check_fields
from traceability.verify.report import RecordFacts, Report, Signer, State, StepFailed, StepLog
from traceability.verify.statuses import derive_status
from traceability.verify.trust import Trust

__all__ = ["ChainView", "verify_bundle"]


@dataclass(frozen=True, slots=True)
class Proven:
    """What steps (0) to (8) establish; `field_count` is what the signer committed to."""

    bundle: Bundle
    checkpoint: Checkpoint
    batch: BatchStatement
    entry_hash: bytes
    registration: KeyRegister
    statuses: tuple[StatusLeaf, ...]
    field_count: int


def verify_bundle(
    data: bytes,
    trust: Trust,
    *,
    accept: State = "final",
    code: str | None = None,
    chain: ChainView | None = None,
) -> Report:
    """Take every step and report; a bundle that cannot be read is refuted, never an error.

    Parameters
    ----------
    data
        The bundle's bytes.
    accept
        The state that suffices for a yes; less than `final` must be asked for.
    code
        A code that a disclosed field must name: a genuine bundle of another item is refused.
    chain
        Asked for block hashes that the trust file does not pin.
    """
    steps = StepLog()
    try:
        proven = _check_record(steps, data, trust, code=code)
        anchors = _check_chain(steps, proven, trust, chain=chain)
    except StepFailed:
        return Report(accept, steps.steps())
    return Report(
        accept,
        steps.steps(),
        facts=_facts(proven),
        not_before=_time(anchors.seen),
        not_after=_time(anchors.head),
    )


def _check_record(steps: StepLog, data: bytes, trust: Trust, *, code: str | None) -> Proven:
    """Take the steps from the bytes to the record in the log."""
    # (0) One form.
    with steps.step(0):
        bundle = parse_bundle(data)
    # (7) Genesis.
    with steps.step(7):
        genesis = check_genesis(bundle.genesis, trust)
    # (8) Checkpoint.
    with steps.step(8):
        checkpoint = verify_checkpoint(
            bundle.checkpoint, origin=trust.origin, public_key=trust.log_key.public_key
        )
    # (5) Entry in log.
    with steps.step(5):
        batch, entry_hash = check_entry(bundle.entry, trust, checkpoint=checkpoint)
    # (6) State entry, key, statuses.
    with steps.step(6):
        statuses = check_state(bundle, entry_hash, trust, checkpoint=checkpoint)
    # (4) Key valid, and allowed to.
    with steps.step(4):
        registration = check_registration(bundle, genesis, trust, checkpoint=checkpoint)
        check_key(bundle, batch, registration)
        check_scopes(bundle, registration)
    # (3) Signature.
    with steps.step(3):
        check_signature(bundle, batch, registration)
    # (2) Record in batch.
    with steps.step(2):
        commitments = check_batch(bundle, batch)
    # (1) Fields in record.
    with steps.step(1):
        check_fields(bundle, commitments)
        check_code(bundle.record, code, urn=record_urn(entry_hash, bundle.record.index))
    return Proven(
        bundle, checkpoint, batch, entry_hash, registration, statuses, commitments[0].field_count
    )


def _check_chain(
    steps: StepLog, proven: Proven, trust: Trust, *, chain: ChainView | None
) -> Anchors:
    """Take the steps from the checkpoint to the chain; without an anchor they stay unchecked."""
    anchors = Anchors()
    # (9) Anchored.
    with steps.step(9):
        anchors = check_anchor(
            proven.bundle, trust, checkpoint=proven.checkpoint, seen=proven.batch.seen
        )
    # (10) Final.
    with steps.step(10):
        return check_block(anchors, trust, chain=chain)
    # Not checked: what step (9) proved stands, and the report's state says how far.
    return anchors


def _time(head: AnchoredHead | None) -> datetime | None:
    return None if head is None else datetime.fromtimestamp(head.timestamp, UTC)


def _facts(proven: Proven) -> RecordFacts:
    """Gather what steps (0) to (8) proved."""
    bundle, registration = proven.bundle, proven.registration
    record = bundle.record
    signer = Signer(
        participant=registration.participant,
        key=bundle.key.leaf.key_id,
        custody=registration.custody,
        roles=registration.roles,
        suspect_from=bundle.key.leaf.suspect_from,
        card=bundle.card.fields if bundle.card is not None else (),
    )
    return RecordFacts(
        kind=KIND_NAMES[record.kind],
        entry_hash=proven.entry_hash,
        entry_index=bundle.entry.index,
        record_index=record.index,
        field_count=proven.field_count,
        is_complete=isinstance(record.fields, CompleteDisclosure),
        fields=record.fields.fields,
        lot=bundle.lot.fields.fields if bundle.lot is not None else (),
        signer=signer,
        claimed_time=proven.batch.header.claimed_time,
        status=derive_status(proven.statuses),
        statuses=tuple((leaf.kind, leaf.entry_index) for leaf in proven.statuses),
        status_size=proven.checkpoint.tree_size,
    )
