"""What a database is made of, compared with what the migrations make of one.

A table, constraint, index or trigger that a hand has changed decides which rows queries find, and
no hash speaks of it. An index more is anybody's; a unique one, a trigger, a rule, a policy or a
view over our tables is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeAlias

from sqlalchemy import Connection

from traceability.store.schema_postgresql import postgresql_expected, postgresql_objects
from traceability.store.schema_sqlite import sqlite_expected, sqlite_objects
from traceability.store.tables import metadata

NONE = "none"
# How much of a definition is shown before the place where it differs, and in all.
BEFORE, SHOWN = 24, 120
UNIQUE = "CREATE UNIQUE "


class SchemaObject(NamedTuple):
    """What an object is called: its table, its kind, such as `index`, and its own name."""

    table: str
    kind: str
    name: str


Objects: TypeAlias = Mapping[tuple[str, str, str], str]


class SchemaDifference(NamedTuple):
    """An object that is not as the migrations make it; definitions from where they differ."""

    object: SchemaObject
    expected: str
    found: str


def schema_differences(connection: Connection) -> Iterator[SchemaDifference]:
    """Yield every object that lacks, differs, or may not be there."""
    if connection.dialect.name == "postgresql":
        expected: Objects = postgresql_expected()
        found: Objects = postgresql_objects(connection, sorted(metadata.tables))
    else:
        expected = sqlite_expected()
        found = sqlite_objects(connection, frozenset(metadata.tables))
    for key in sorted(expected.keys() | found.keys()):
        wanted, there = expected.get(key), found.get(key)
        if wanted != there and not _is_harmless(key[1], wanted, there):
            yield SchemaDifference(SchemaObject(*key), *_shown(wanted or NONE, there or NONE))


def _is_harmless(kind: str, expected: str | None, found: str | None) -> bool:
    """Tell whether an object is one more index, which changes no answer."""
    return expected is None and kind == "index" and not (found or "").upper().startswith(UNIQUE)


def _shown(expected: str, found: str) -> tuple[str, str]:
    """Return two definitions from shortly before they differ."""
    same = next(
        (at for at, pair in enumerate(zip(expected, found, strict=False)) if pair[0] != pair[1]),
        min(len(expected), len(found)),
    )
    start = max(0, same - BEFORE)
    mark = "…" if start else ""
    return mark + expected[start : start + SHOWN], mark + found[start : start + SHOWN]
