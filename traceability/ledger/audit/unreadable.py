"""What keeps a store from being read at all: named, so that the audit never ends without a place.

Looked at before the rest: tables that are gone, values of another type, numbers beyond what a
column means. Text that is not UTF-8 is looked for only where reading has failed: to decode every
text twice would cost more than all else that is looked at here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from traceability.ledger.audit.difference import Difference, Finding, shown
from traceability.store.faults import StoreFault, StoreUnavailable, translated
from traceability.store.repositories import Repositories
from traceability.store.repositories.storage import (
    Misfit,
    misfits_of,
    missing_tables,
    places_too_high,
    undecodable_of,
)
from traceability.store.store import Store
from traceability.store.tables import metadata


def named(misfits: Iterable[Misfit]) -> Iterator[Difference]:
    """Yield values that their columns cannot mean as differences."""
    for found in misfits:
        key = ", ".join(map(shown, found.key))
        yield Difference(found.table, key, found.column, found.expected, shown(found.found))


def dropped_tables(repositories: Repositories) -> Iterator[Difference]:
    """Name every table that is gone."""
    for name in missing_tables(repositories.connection):
        yield Difference(name, "", "", "a table", "nothing")


def high_places(repositories: Repositories) -> Iterator[Difference]:
    """Name places in the log that are far beyond its size."""
    yield from named(places_too_high(repositories.connection))


def naming_unreadable(
    differences: Iterator[Finding], repositories: Repositories
) -> Iterator[Finding]:
    """Yield differences; where the store then refuses to be read, why it does.

    Raises
    ------
    StoreUnavailable, StoreFault
        Nothing that is stored accounts for it.
    """
    try:
        with translated():
            yield from differences
    except (StoreUnavailable, StoreFault):
        found = list(_undecodable(repositories))
        if not found:
            raise
        yield from found


def unreadable(store: Store) -> list[Difference]:
    """Return everything that keeps a store from being read."""
    with store.reading() as repositories:
        connection = repositories.connection
        found = list(dropped_tables(repositories))
        for name in sorted(metadata.tables.keys() - {one.table for one in found}):
            found += named(misfits_of(connection, name))
            found += named(undecodable_of(connection, name))
        return found


def _undecodable(repositories: Repositories) -> Iterator[Difference]:
    for table in metadata.sorted_tables:
        yield from named(undecodable_of(repositories.connection, table.name))
