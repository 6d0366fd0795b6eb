"""What a SQLite database is made of, and whether its indexes hold what its tables hold.

Sources: SQLite, "The Schema Table"; "PRAGMA Statements", `integrity_check`.
"""

from __future__ import annotations

import re
from collections.abc import Container
from functools import cache

from alembic import command
from sqlalchemy import Connection, create_engine, inspect

from traceability.store.migrate import alembic_config
from traceability.store.tables import metadata

AUTOMATIC = "made by its table"
# A string, a quoted name, a word or number, or any other character.
_TOKEN = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|\w+|\S")

_INDEX = re.compile(r"\bindex (\w+)$")


@cache
def sqlite_expected() -> dict[tuple[str, str, str], str]:
    """Return what the migrations make, by running them on a database in memory."""
    engine = create_engine("sqlite://")
    try:
        with engine.connect() as connection, connection.begin():
            command.upgrade(alembic_config(connection), "head")
            return sqlite_objects(connection, frozenset(metadata.tables))
    finally:
        engine.dispose()


def sqlite_objects(
    connection: Connection, tables: Container[str]
) -> dict[tuple[str, str, str], str]:
    """Return the definitions of some tables, of what is on them, and of views over them."""
    found: dict[tuple[str, str, str], str] = {}
    query = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY rowid"
    for kind, name, table, sql in connection.exec_driver_sql(query):
        definition = AUTOMATIC if sql is None else normalized(str(sql))
        of = _table_of(str(kind), str(table), definition, tables)
        if of is not None:
            key = of, str(kind), str(name)
            before = f"{found[key]}; and again " if key in found else ""
            found[key] = before + definition
    return found


def _table_of(kind: str, table: str, definition: str, tables: Container[str]) -> str | None:
    """Return which of our tables an object is of, or a view over; None where it is none of ours."""
    if kind == "view":
        return next((word for word in definition.split() if word in tables), None)
    return table if table in tables else None


def normalized(sql: str) -> str:
    """Return a definition with one space between tokens, and names without quotation marks."""
    words = []
    for token in _TOKEN.findall(sql):
        is_name = token.startswith('"') and token[1:-1].isidentifier()
        words.append(token[1:-1] if is_name else token)
    return " ".join(words)


def index_faults(connection: Connection, table: str) -> dict[str, str]:
    """Return what is wrong inside a table, by index: rows that it lacks, and the like.

    What is wrong with no index, such as a damaged page, is under the empty name.
    """
    if connection.dialect.name != "sqlite" or not inspect(connection).has_table(table):
        return {}
    found: dict[str, str] = {}
    # The name is ours; a pragma takes no parameter.
    for (line,) in connection.exec_driver_sql(f"PRAGMA integrity_check('{table}')"):
        if line != "ok":
            named = _INDEX.search(str(line))
            found.setdefault(named[1] if named else "", str(line))
    return found
