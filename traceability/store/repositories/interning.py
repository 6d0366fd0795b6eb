"""Codes to numbers: the text of a code is stored once, other tables hold its number."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import orjson
from sqlalchemy import Connection

from traceability.store.bulk import bulk_insert, driver_cursor, fetch, next_numbers
from traceability.store.faults import StoreFault
from traceability.store.tables import epcs

# A list of codes goes as one text: SQLite and PostgreSQL take it apart faster than their
# drivers bind as many values. No code holds a line break: `canonical_uri` refuses it.
_KNOWN_IN_SQLITE = "SELECT uri, epc FROM json_each(?) CROSS JOIN epcs ON uri = value"
_ADD_IN_SQLITE = "INSERT INTO epcs (epc, uri) SELECT ? + key, value FROM json_each(?)"
_KNOWN = "SELECT uri, epc FROM epcs WHERE uri = ANY(string_to_array(%s, E'\\n'))"
_ADD = "INSERT INTO epcs (uri) SELECT unnest(string_to_array(%s, E'\\n')) ON CONFLICT DO NOTHING"


def numbers_of(connection: Connection, uris: Collection[str]) -> dict[str, int]:
    """Return the numbers of the codes that are known."""
    if not uris:
        return {}
    if connection.dialect.name == "postgresql":
        return dict(fetch(connection, _KNOWN, ("\n".join(uris),)))
    return dict(fetch(connection, _KNOWN_IN_SQLITE, (_as_json(list(uris)),)))


def intern(connection: Connection, uris: Collection[str]) -> dict[str, int]:
    """Return the number of each code, giving new ones to new codes."""
    known = numbers_of(connection, uris)
    # In sorted order, so that two writers cannot wait for each other.
    new = sorted(uri for uri in uris if uri not in known)
    if not new:
        return known
    numbers = next_numbers(connection, epcs.c.epc, len(new))
    if connection.dialect.name == "postgresql":
        return known | _add_in_server(connection, new, numbers)
    with driver_cursor(connection) as cursor:
        cursor.execute(_ADD_IN_SQLITE, (numbers[0], _as_json(new)))
    return known | dict(zip(new, numbers, strict=True))


def _add_in_server(
    connection: Connection, uris: Sequence[str], numbers: Sequence[int]
) -> dict[str, int]:
    """Add codes that were new a moment ago, under these numbers if nobody else has.

    COPY takes less than half the time of ON CONFLICT, which is left for the case that another
    writer has added one of them meanwhile.
    """
    try:
        with connection.begin_nested():
            rows = zip(numbers, uris, strict=True)
            bulk_insert(connection, epcs, columns=("epc", "uri"), rows=rows)
    except StoreFault:
        connection.exec_driver_sql(_ADD, ("\n".join(uris),))
        return numbers_of(connection, uris)
    return dict(zip(uris, numbers, strict=True))


def _as_json(uris: Sequence[str]) -> str:
    return orjson.dumps(uris).decode()
