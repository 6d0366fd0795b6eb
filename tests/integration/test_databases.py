"""The databases of the tests are what production has: the migrations built them."""

import sqlalchemy as sa

from traceability.store.engine import open_engine


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
