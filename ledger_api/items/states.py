"""The state of an entry, in the words received → logged → anchored → final."""

from __future__ import annotations

from traceability.store.repositories import Repositories


def state_of(repositories: Repositories, leaf_index: int | None) -> str:
    """Return how far an entry has come; a state entry must follow it to be anchored."""
    if leaf_index is None:
        return "received"
    anchor = repositories.anchors.covering(leaf_index + 1)
    if anchor is None:
        return "logged"
    return "final" if anchor.state == "final" else "anchored"
