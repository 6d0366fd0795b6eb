"""The state of an entry, in the words received → logged → anchored → final."""

from __future__ import annotations

from traceability.store.repositories import Repositories
from traceability.store.repositories.entries import EntryRow
from traceability.verify.report import Suspicion, suspicion


def state_of(repositories: Repositories, leaf_index: int | None) -> str:
    """Return how far an entry has come; a state entry must follow it to be anchored."""
    if leaf_index is None:
        return "received"
    anchor = repositories.anchors.covering(leaf_index + 1)
    if anchor is None:
        return "logged"
    return "final" if anchor.state == "final" else "anchored"


def suspicion_of(repositories: Repositories, entry: EntryRow) -> tuple[Suspicion, ...]:
    """Return what a verifier warns of, as soon as a proof's checkpoint holds the revocation."""
    key = None if entry.key_id is None else repositories.keys.get(entry.key_id)
    return suspicion(None if key is None else key.suspect_from, entry.leaf_index)
