"""Stored values of another type than their column's, which nothing else could read."""

from __future__ import annotations

from collections.abc import Iterator

from traceability.ledger.audit.difference import Difference, shown
from traceability.store.repositories import Repositories
from traceability.store.repositories.storage import misfits


def check_types(repositories: Repositories) -> Iterator[Difference]:
    """Yield every value that a hand has stored as another type."""
    for misfit in misfits(repositories.connection):
        key = ", ".join(map(shown, misfit.key))
        yield Difference(misfit.table, key, misfit.column, misfit.expected, misfit.found)
