"""Steps (2) and (1): the record and its lot in the batch, the fields in the record.

Source: `docs/formats.md`, sections 1 and 2.
"""

from __future__ import annotations

from collections.abc import Sequence

from traceability.hashing.commitment import Commitment, RecordKind
from traceability.hashing.statement import BatchStatement
from traceability.merkle.proofs import verify_inclusion
from traceability.verify.bundle import Bundle
from traceability.verify.disclosure import check_disclosure, commitment_of, header_of
from traceability.verify.identity import check_lot

# (2) Record → batch, and the lot's.


def check_batch(bundle: Bundle, batch: BatchStatement) -> tuple[Commitment, ...]:
    """Return the commitments of record and lot, which are in the signed batch."""
    record = bundle.record
    parts = [(record.kind, record.index, record.path, record.fields)]
    if bundle.lot is not None:
        parts.append((RecordKind.DOCUMENT, 0, bundle.lot.path, bundle.lot.fields))
    commitments = []
    for kind, index, path, fields in parts:
        header_of(fields)
        commitment = commitment_of(kind, fields)
        verify_inclusion(
            commitment.leaf_hash(),
            index,
            tree_size=batch.record_count,
            inclusion_path=path,
            root_hash=batch.batch_root,
        )
        commitments.append(commitment)
    return tuple(commitments)


# (1) Fields → record.


def check_fields(bundle: Bundle, commitments: Sequence[Commitment]) -> None:
    """Refuse fields that are not in the committed records, or not in their one form."""
    record = bundle.record
    check_disclosure(record.kind, record.fields, commitments[0])
    if bundle.lot is not None:
        check_disclosure(RecordKind.DOCUMENT, bundle.lot.fields, commitments[1])
        check_lot(record, bundle.lot)
