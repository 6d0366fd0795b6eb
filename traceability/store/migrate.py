"""Bringing a database to the newest schema, and checking that the schema has not drifted."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from traceability.errors import Unavailable
from traceability.store.revision import MIGRATIONS, current_revision


class SchemaTooNew(Unavailable):
    """The database was written by a newer ItemProof."""

    code = "SCHEMA_TOO_NEW"


def alembic_config(connection: Connection | None = None) -> Config:
    """Return Alembic's settings for our migrations, on an open connection if given."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine) -> None:
    """Run the migrations that are missing, in one transaction.

    Raises
    ------
    SchemaTooNew
        The database carries a revision that this program does not know.
    """
    scripts = ScriptDirectory.from_config(alembic_config())
    current = current_revision(engine)
    if current == scripts.get_current_head():
        return
    if current is not None and current not in {
        script.revision for script in scripts.walk_revisions()
    }:
        raise SchemaTooNew(
            f"database schema {current!r} is unknown: upgrade ItemProof first",
            expected=str(scripts.get_current_head()),
            got=current,
        )
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        command.upgrade(alembic_config(connection), "head")
