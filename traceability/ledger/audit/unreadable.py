"""What keeps a store from being read at all: named, so that the audit never ends without a place.

Looked at before the rest: tables that are gone, values of another type, numbers beyond what a
column means. Text that is not UTF-8 is looked for only where reading has failed: to decode every
text twice would cost more than all else that is looked at here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from traceability.errors import ItemProofError
from traceability.ledger.audit.difference import UNREADABLE, Difference, Finding, Unchecked, shown
from traceability.store.faults import (
    StoreFault,
    StoreUnavailable,
    is_of_values,
    set_apart,
    translated,
)
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


def ends_audit(found: Finding) -> bool:
    """Tell whether a value or a table is lost without which nothing else can be looked at."""
    return found.column == "" or (found.table, found.column) == ("entries", "leaf_index")


def going_on(
    table: str, findings: Iterator[Finding], repositories: Repositories
) -> Iterator[Finding]:
    """Yield findings; where a value ends them that nobody can read, say that the rest is open.

    A store that does not answer, or refuses to be read, is for whoever asked.
    """
    try:
        with set_apart(repositories.connection):
            yield from findings
    except Exception as error:  # whatever a value of another type makes of the code that reads it
        if isinstance(error, ItemProofError) and not is_of_values(error):
            raise
        fault = f"{type(error).__name__}: {shown(str(error))}"
        yield Unchecked(table, "", "", UNREADABLE, fault)


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
