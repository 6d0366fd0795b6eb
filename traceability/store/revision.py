"""Which schema a database has and which is the newest, asked without the library that migrates."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from sqlalchemy import Engine, inspect

MIGRATIONS = Path(__file__).parent / "migrations"
_TABLE = "alembic_version"


@cache
def newest_revision() -> str:
    """Return the newest revision; the file of a migration begins with its revision."""
    return max(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def current_revision(engine: Engine) -> str | None:
    """Return the schema revision that a database carries."""
    with engine.connect() as connection:
        if not inspect(connection).has_table(_TABLE):
            return None
        found = connection.exec_driver_sql(f"SELECT version_num FROM {_TABLE}")  # noqa: S608 # a constant
        revision: str | None = found.scalar_one_or_none()
        return revision
