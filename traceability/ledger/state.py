"""The trees of keys and statuses that a state entry commits to, at any state of the log.

`StateTrees` are immutable; going forward reuses what lies left of the first change.
"""

from __future__ import annotations

from dataclasses import dataclass

from traceability.merkle.state_trees import KeyLeaf, SortedTree, StatusLeaf
from traceability.store.repositories import Repositories
from traceability.store.repositories.keys import KeyRow
from traceability.store.repositories.statuses import StatusRow

# Trees kept: the newest state, and the anchored one that bundles are made from.
KEPT_STATES = 3


@dataclass(frozen=True, slots=True)
class StateTrees:
    """The trees over entries 0 … `index` − 1."""

    index: int
    keys: SortedTree[KeyLeaf]
    statuses: SortedTree[StatusLeaf]

    def advanced(self, repositories: Repositories, index: int) -> StateTrees:
        """Return the trees over entries 0 … `index` − 1, `index` not below ours."""
        keys = repositories.keys.changed_since(self.index, index)
        statuses = repositories.statuses.between(self.index, index)
        return StateTrees(
            index,
            self.keys.with_changes([_key_leaf(row, index) for row in keys]),
            self.statuses.with_changes([_status_leaf(row) for row in statuses]),
        )


EMPTY_STATE = StateTrees(0, SortedTree(()), SortedTree(()))


class StateCache:
    """The states asked for last; a state's trees never change."""

    def __init__(self) -> None:
        self._kept: dict[int, StateTrees] = {0: EMPTY_STATE}

    def at(self, repositories: Repositories, index: int) -> StateTrees:
        """Return the trees over entries 0 … `index` − 1, which are all sequenced."""
        kept = dict(self._kept)
        if index not in kept:
            start = kept[max(known for known in kept if known <= index)]
            self.keep(start.advanced(repositories, index))
        return self._kept.get(index) or kept[index]

    def keep(self, trees: StateTrees) -> None:
        """Remember a state, forgetting the oldest."""
        newest = sorted([*self._kept, trees.index])[-KEPT_STATES:]
        known = self._kept | {trees.index: trees}
        self._kept = {0: EMPTY_STATE} | {index: known[index] for index in newest}


def _key_leaf(row: KeyRow, index: int) -> KeyLeaf:
    if row.registered_at is None:
        raise AssertionError("a key below the state's index has been sequenced")
    revoked = row.until is not None and row.until < index
    return KeyLeaf(
        key_id=row.key_id,
        registered_at=row.registered_at,
        until=row.until if revoked else None,
        suspect_from=row.suspect_from if revoked else None,
    )


def _status_leaf(row: StatusRow) -> StatusLeaf:
    if row.entry_index is None:
        raise AssertionError("a status below the state's index has been sequenced")
    return StatusLeaf(
        entry_hash=row.entry_hash,
        record_index=row.record_index,
        kind=row.kind,
        entry_index=row.entry_index,
    )
