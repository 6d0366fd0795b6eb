"""Make the parts of a bundle from fields and trees; the ledger and the tests use it.

Source: `docs/formats.md`, section 8. The verifier does not import this file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from traceability.hashing.commitment import Field
from traceability.hashing.partial import PartialRecord
from traceability.merkle.proofs import inclusion_path, nodes_of
from traceability.merkle.state_trees import WHOLE_BATCH, KeyLeaf, SortedTree, StatusLeaf
from traceability.verify.bundle import KeyPart, PartialDisclosure, ShownField, StatusPart, StatusRun
from traceability.verify.statuses import Position, brackets


def disclose(fields: Sequence[Field], indexes: Iterable[int]) -> PartialDisclosure:
    """Return the header and the fields at these leaf indexes, each with its path."""
    return disclose_from(PartialRecord.of(fields), indexes)


def disclose_from(record: PartialRecord, indexes: Iterable[int]) -> PartialDisclosure:
    """Return the header and fields that are not erased, each with its path."""
    fields, size = record.fields, len(record.leaves)
    node = nodes_of(record.hashes)
    shown = (
        ShownField(index, fields[index], tuple(inclusion_path(index, tree_size=size, node=node)))
        for index in sorted({0, *indexes})
    )
    return PartialDisclosure(size, tuple(shown))


def key_part(tree: SortedTree[KeyLeaf], key_id: bytes) -> KeyPart:
    """Return the proof of a key in the tree of keys."""
    index = tree.index_of((key_id,))
    return KeyPart(tree.leaves[index], index, tuple(tree.path(index)))


def status_runs(
    tree: SortedTree[StatusLeaf], entry_hash: bytes, record_index: int
) -> tuple[StatusRun, ...]:
    """Return the runs that a bundle carries for one record: one if it brackets both."""
    if tree.size == 0:
        return ((),)
    whole, single = (entry_hash, WHOLE_BATCH), (entry_hash, record_index)
    runs = [_run(tree, whole), _run(tree, single)]
    for run in runs:
        if brackets(run, whole, single, tree_size=tree.size):
            return (run,)
    return tuple(runs)


def _run(tree: SortedTree[StatusLeaf], at: Position) -> StatusRun:
    first = max(tree.position(at) - 1, 0)
    last = min(tree.position((at[0], at[1] + 1)), tree.size - 1)
    return tuple(
        StatusPart(tree.leaves[index], index, tuple(tree.path(index)))
        for index in range(first, last + 1)
    )
