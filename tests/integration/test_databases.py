"""The databases of the tests are what production has: the migrations built them."""

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from traceability.store.engine import open_engine
from traceability.store.migrate import alembic_config
from traceability.store.revision import newest_revision
from traceability.store.tables import metadata


def test_each_database_has_the_newest_schema_and_no_rows(database_url: str) -> None:
    engine = open_engine(database_url)
    with engine.connect() as connection:
        tables = sa.inspect(connection).get_table_names()
        assert "entries" in tables
        assert connection.scalar(sa.text("SELECT count(*) FROM entries")) == 0
    engine.dispose()


def test_an_empty_postgres_has_no_tables(empty_postgres_url: str) -> None:
    engine = open_engine(empty_postgres_url)
    with engine.connect() as connection:
        assert sa.inspect(connection).get_table_names() == []
    engine.dispose()


def test_the_newest_revision_is_known_without_the_library_that_migrates() -> None:
    assert newest_revision() == ScriptDirectory.from_config(alembic_config()).get_current_head()


def test_the_migrations_make_what_the_tables_say(database_url: str) -> None:
    engine = open_engine(database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = compare_metadata(context, metadata)
        # The references that migration 0007 removes there.
        kinds = [] if engine.dialect.name == "sqlite" else ["add_fk"] * 3
        assert [difference[0] for difference in found] == kinds
    engine.dispose()


def test_references_are_held_by_sqlite_alone(database_url: str) -> None:
    engine = open_engine(database_url)
    with engine.connect() as connection:
        inspector = sa.inspect(connection)
        tables = ("batches", "item_runs", "records")
        held = {table for table in tables if inspector.get_foreign_keys(table)}
        assert held == (set(tables) if engine.dialect.name == "sqlite" else set())
    engine.dispose()
