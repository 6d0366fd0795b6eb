"""The schema and the indexes: what decides which rows any query finds, before a row is read."""

from __future__ import annotations

from collections.abc import Iterator

from traceability.errors import ItemProofError
from traceability.ledger.audit.difference import Difference, Finding, shown
from traceability.ledger.audit.units import Context, Result, RowsUnit
from traceability.store.repositories import Repositories
from traceability.store.repositories.doubled import doubled
from traceability.store.schema import schema_differences
from traceability.store.schema_postgresql import postgresql_index_faults, without_indexes
from traceability.store.schema_sqlite import index_faults

# Longest line of a database about itself in a report.
LONGEST = 160


def check_schema(repositories: Repositories) -> Iterator[Difference]:
    """Name every table, constraint, index, trigger and view that the migrations do not make so."""
    for found in schema_differences(repositories.connection):
        table, kind, name = found.object
        yield Difference(table, name, kind, found.expected, found.found)


def unreadable(altered: Finding, error: ItemProofError) -> Difference:
    """Name what cannot be read since the schema is another, so that the rest was not checked."""
    fault = str(error)[:LONGEST]
    return Difference(altered.table, "", "", "a schema that can be read: the rest is open", fault)


def check_rows(context: Context, unit: RowsUnit) -> Result:
    """Name what an index of a table lacks, and every row beside another of the same key."""
    connection, table = context.repositories.connection, unit.table
    faults = index_faults(connection, table) | postgresql_index_faults(connection, table)
    lacking = [
        Difference(table, name, "index", "every row, once", fault[:LONGEST])
        for name, fault in faults.items()
    ]
    with without_indexes(connection):
        twice = [
            Difference(
                table,
                ", ".join(map(shown, found.key)),
                ", ".join(found.columns),
                "one row",
                f"{found.rows} rows",
            )
            for found in doubled(connection, table)
        ]
    return Result([*lacking, *twice])
