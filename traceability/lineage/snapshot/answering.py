"""One question of a snapshot: whether it may answer, and with what.

It may where the asker may see everything and nothing is limited; where nothing was erased since;
and where not too much came since. Else the store answers.
"""

from __future__ import annotations

from dataclasses import dataclass

from traceability.lineage.choice import EVERYTHING
from traceability.lineage.results import Limits
from traceability.lineage.snapshot.arrays import Snapshot
from traceability.lineage.snapshot.building import Step, build, erasures
from traceability.lineage.snapshot.changes import Changes, TooMuchChanged
from traceability.lineage.snapshot.reaching import Recalled, TooManyReached, reach
from traceability.lineage.snapshot.reading import Horizon, SnapshotReader
from traceability.lineage.tracing import collection_paused, find_node
from traceability.lineage.walking import Sources
from traceability.store.repositories import Repositories


class Outdated(Exception):
    """Something was erased since, or too much came: the snapshot must be built anew."""


@dataclass(frozen=True, slots=True)
class Held:
    """A snapshot, and what came since."""

    snapshot: Snapshot
    changes: Changes

    def recall(self, repositories: Repositories, code: str, *, limits: Limits) -> Recalled | None:
        """Return the codes that a recall reaches; None where only the store can tell them.

        Raises
        ------
        Outdated
        CodeNotTraced
        CodeSyntaxError, CodeLengthError, CodeCharacterError, CodeCheckDigitError
        """
        if limits.choice != EVERYTHING or limits.max_depth is not None:
            return None
        self.take_in(repositories)
        sources = Sources(SnapshotReader(repositories.connection))
        start = find_node(sources, code, repositories=repositories)
        with collection_paused():
            try:
                return reach(
                    self.snapshot,
                    self.changes.touched,
                    sources,
                    start=start,
                    most=limits.max_items,
                )
            except TooManyReached:
                return None

    def take_in(self, repositories: Repositories) -> None:
        """Take in what came since.

        Raises
        ------
        Outdated
        """
        if erasures(repositories) != self.snapshot.erasures:
            raise Outdated
        try:
            self.changes.take_in(SnapshotReader(repositories.connection))
        except TooMuchChanged as error:
            raise Outdated from error


def hold(repositories: Repositories, since: Horizon, *, between: Step = lambda: None) -> Held:
    """Build a snapshot of a view in which nothing up to a horizon is still to come."""
    snapshot = build(repositories, between=between)
    return Held(snapshot, Changes(since, size=snapshot.size))


def horizon(repositories: Repositories) -> Horizon:
    """Return how far a view reaches."""
    return SnapshotReader(repositories.connection).horizon()
