"""Commits that fail: not made, or made and reported failed."""

from __future__ import annotations

from collections.abc import Callable

from traceability.store.faults import StoreUnavailable
from traceability.store.unit_of_work import UnitOfWork


def failing_commit(*, persisted: bool, once: bool = False) -> Callable[[UnitOfWork], None]:
    """Return a commit, for `UnitOfWork.commit`, that fails each time or only the first."""
    commit, failed = UnitOfWork.commit, []

    def broken(work: UnitOfWork) -> None:
        if once and failed:
            commit(work)
            return
        failed.append(work)
        if persisted:
            commit(work)
        raise StoreUnavailable("store cannot be used now: pulled")

    return broken
