"""How far anchoring is behind, and what the publisher can pay: from the store alone.

Any process can say it, whichever of them anchors, and no chain needs to answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from traceability.chain.costs import Purse
from traceability.store.anchor_store import PURSE
from traceability.store.repositories import Repositories
from traceability.store.store import Store
from traceability.store.times import from_milliseconds


@dataclass(frozen=True, slots=True)
class AnchorFigures:
    """Where anchoring stands.

    Parameters
    ----------
    unanchored_entries, unfinal_entries
        Entries beyond the newest anchor, and beyond the newest final one.
    lag_seconds
        Since the first unanchored entry arrived; 0 if there is none.
    unfinal_seconds
        Since the oldest anchor that is not final was signed; 0 if there is none.
    purse
        What the publisher had when the anchorer last looked; None before it did.
    """

    unanchored_entries: int
    unfinal_entries: int
    lag_seconds: float
    unfinal_seconds: float
    purse: Purse | None


def anchor_figures(store: Store, *, now: datetime) -> AnchorFigures:
    """Return where anchoring stands now."""
    with store.reading() as repositories:
        latest = repositories.tree.latest_checkpoint()
        size = 0 if latest is None else latest.tree_size
        anchored = repositories.anchors.latest()
        final = repositories.anchors.latest(states=("final",))
        waiting = repositories.anchors.oldest_not_final()
        kept = repositories.meta.get(PURSE)
        # The genesis is opened with the log: the chain holds it without an anchor.
        anchored_size = 1 if anchored is None else anchored.tree_size
        return AnchorFigures(
            unanchored_entries=max(0, size - anchored_size),
            unfinal_entries=max(0, size - (1 if final is None else final.tree_size)),
            lag_seconds=_lag(repositories, anchored_size, size=size, now=now),
            unfinal_seconds=0.0 if waiting is None else _since(waiting.signed_at, now),
            purse=None if kept is None else Purse.from_bytes(kept),
        )


def _lag(repositories: Repositories, anchored_size: int, *, size: int, now: datetime) -> float:
    if anchored_size >= size:
        return 0.0
    first = repositories.entries.by_leaf_index(anchored_size)
    return 0.0 if first is None else _since(from_milliseconds(first.received), now)


def _since(moment: datetime, now: datetime) -> float:
    return max(0.0, (now - moment).total_seconds())
