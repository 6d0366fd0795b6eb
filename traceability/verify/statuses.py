"""Statuses of a record: that none is missing, and what they add up to.

Source: `docs/formats.md`, sections 4 (status tree) and 8 (runs).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from traceability.merkle.proofs import verify_inclusion
from traceability.merkle.state_trees import WHOLE_BATCH, StatusLeaf
from traceability.merkle.tree import EMPTY_ROOT, leaf_hash
from traceability.verify.bundle import StatusPart, StatusRun
from traceability.verify.faults import StatusRunInvalid

Position = tuple[bytes, int]


def check_status_runs(
    runs: Sequence[StatusRun],
    entry_hash: bytes,
    record_index: int,
    *,
    tree_size: int,
    root_hash: bytes,
) -> tuple[StatusLeaf, ...]:
    """Return the statuses of the record and of its whole entry, none missing.

    A run is consecutive leaves from the predecessor of a position, or the tree's edge, to
    its successor, or the edge. One run brackets (entry, −1) and (entry, record), or two do.
    """
    whole, single = (entry_hash, WHOLE_BATCH), (entry_hash, record_index)
    if tree_size == 0:
        if tuple(runs) != ((),) or root_hash != EMPTY_ROOT:
            raise StatusRunInvalid("tree of statuses is empty: expected one empty run and its root")
        return ()
    for run in runs:
        _check_run(run, tree_size=tree_size, root_hash=root_hash)
    _check_brackets(runs, whole, single, tree_size=tree_size)
    found = {part.leaf for run in runs for part in run}
    mine = [leaf for leaf in found if _position(leaf) in (whole, single)]
    return tuple(sorted(mine, key=lambda leaf: (leaf.entry_index, leaf.record_index, leaf.kind)))


def _check_brackets(
    runs: Sequence[StatusRun], whole: Position, single: Position, *, tree_size: int
) -> None:
    """Demand the one form of the runs: each as short as can be, and two only where one fails."""
    if len(runs) == 1:
        targets = [(runs[0], whole, single)]
    else:
        targets = [(run, at, at) for run, at in zip(runs, (whole, single), strict=False)]
    # Zip has left a third run out, or made too few pairs of none.
    is_whole = 0 < len(runs) == len(targets)
    if not is_whole or not all(brackets(*target, tree_size=tree_size) for target in targets):
        raise StatusRunInvalid("status run does not bracket the record: neighbours are missing")
    if any(map(_is_too_long, *zip(*targets, strict=True))):
        raise StatusRunInvalid("status run is too long: more than one neighbour on a side")
    if len(runs) > 1 and any(brackets(run, whole, single, tree_size=tree_size) for run in runs):
        raise StatusRunInvalid("status run is needless: one of the two brackets the record alone")


def _is_too_long(run: StatusRun, low: Position, high: Position) -> bool:
    second, last_but_one = run[1:2], run[-2:-1]
    return any(_position(part.leaf) < low for part in second) or any(
        _position(part.leaf) > high for part in last_but_one
    )


def derive_status(leaves: Sequence[StatusLeaf]) -> str:
    """Return current, corrected, recalled or erased; a standing recall outweighs the rest."""
    kinds = {leaf.kind for leaf in leaves}
    recalls = [leaf for leaf in leaves if leaf.kind in ("recalled", "recall_lifted")]
    latest = max(recalls, key=lambda leaf: leaf.entry_index, default=None)
    if latest is not None and latest.kind == "recalled":
        return "recalled"
    return next((kind for kind in ("erased", "corrected") if kind in kinds), "current")


def _position(leaf: StatusLeaf) -> Position:
    return leaf.entry_hash, leaf.record_index


def _check_run(run: StatusRun, *, tree_size: int, root_hash: bytes) -> None:
    if not run:
        raise StatusRunInvalid("status run is empty, but the tree is not")
    for part in run:
        verify_inclusion(
            leaf_hash(part.leaf.leaf_data()),
            part.index,
            tree_size=tree_size,
            inclusion_path=part.path,
            root_hash=root_hash,
        )
    for before, after in pairwise(run):
        if after.index != before.index + 1:
            raise StatusRunInvalid(
                f"status run has a gap: expected index {before.index + 1}, got {after.index}"
            )
        if not before.leaf.sort_key() < after.leaf.sort_key():
            raise StatusRunInvalid(f"tree of statuses is not sorted at index {after.index}")


def brackets(run: Sequence[StatusPart], low: Position, high: Position, *, tree_size: int) -> bool:
    """Tell whether a run reaches from before `low` to behind `high`, or to the tree's edges."""
    begins = run[0].index == 0 or _position(run[0].leaf) < low
    ends = run[-1].index == tree_size - 1 or _position(run[-1].leaf) > high
    return begins and ends
