"""From disclosed fields to the record that the signer committed to.

Source: `docs/formats.md`, sections 1 and 2.
"""

from __future__ import annotations

from traceability.hashing.commitment import (
    MAX_FIELDS,
    Commitment,
    Field,
    RecordKind,
    commit,
)
from traceability.merkle.proofs import verify_inclusion
from traceability.merkle.tree import leaf_hash, node_hash
from traceability.verify.bundle import CompleteDisclosure, Disclosure, PartialDisclosure
from traceability.verify.faults import HeaderNotShown
from traceability.verify.field_rules import check_complete, check_partial


def header_of(disclosure: Disclosure) -> Field:
    """Return leaf 0, which is always disclosed."""
    first = disclosure.fields[0] if disclosure.fields else None
    if first is None or first.path != () or not isinstance(first.value, dict):
        raise HeaderNotShown("disclosure does not begin with its record's header")
    return first


def commitment_of(kind: RecordKind, disclosure: Disclosure) -> Commitment:
    """Return the commitment that the disclosure leads to: its leaf is in the batch, or not."""
    if isinstance(disclosure, CompleteDisclosure):
        return commit(kind, disclosure.fields)
    return Commitment(kind, disclosure.count, _root_from_header(disclosure))


def check_disclosure(kind: RecordKind, disclosure: Disclosure, commitment: Commitment) -> None:
    """Refuse fields that break the rules of disclosure, or are not under the field root."""
    if isinstance(disclosure, CompleteDisclosure):
        check_complete(kind, disclosure.fields)
        return
    for shown in disclosure.shown:
        verify_inclusion(
            leaf_hash(shown.field.leaf_data()),
            shown.index,
            tree_size=disclosure.count,
            inclusion_path=shown.path,
            root_hash=commitment.field_root,
        )
    shown_fields = [(shown.index, shown.field) for shown in disclosure.shown]
    check_partial(kind, shown_fields, field_count=disclosure.count)


def _root_from_header(disclosure: PartialDisclosure) -> bytes:
    """Return the root above leaf 0, whose every sibling stands on its right."""
    shown = disclosure.shown[0]
    depth = (disclosure.count - 1).bit_length()
    if shown.index != 0 or not 1 <= disclosure.count <= MAX_FIELDS or len(shown.path) != depth:
        raise HeaderNotShown("header's index or path is not that of leaf 0")
    root = leaf_hash(shown.field.leaf_data())
    for sibling in shown.path:
        root = node_hash(root, sibling)
    return root
