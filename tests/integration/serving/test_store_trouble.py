"""The store is full, only reads, or is gone: refused with 503, reading goes on, nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from psycopg import sql
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import make_url

from tests.support.api import Api, problem
from tests.support.ledger import document, event
from tests.support.postgres import PostgresServer
from traceability.ledger.audit.audit import audit


@contextmanager
def pragma(api: Api, value: str, undone: str) -> Iterator[None]:
    """Set a pragma on every connection to SQLite, those in use too, until the block ends."""
    engine = api.node.store.engine

    def put(connection: Any, *_: object) -> None:
        connection.execute(f"PRAGMA {value}")

    def undo(connection: Any, *_: object) -> None:
        connection.execute(f"PRAGMA {undone}")

    sqlalchemy_event.listen(engine, "checkout", put)
    try:
        yield
    finally:
        sqlalchemy_event.remove(engine, "checkout", put)
        sqlalchemy_event.listen(engine, "checkout", undo)


@contextmanager
def troubled(api: Api, server: PostgresServer, kind: str) -> Iterator[None]:
    """Have the store refuse to write, in the way of its kind."""
    if api.node.store.engine.dialect.name == "sqlite":
        full = ("max_page_count = 1", "max_page_count = 1073741823")
        with pragma(api, *(full if kind == "full" else ("query_only = 1", "query_only = 0"))):
            yield
        return
    setting = "SET default_transaction_read_only ="
    with altered(api, server, f"{setting} on", f"{setting} off"):
        yield


@contextmanager
def altered(api: Api, server: PostgresServer, change: str, undone: str) -> Iterator[None]:
    """Alter the database, for new connections and so for all, until the block ends."""
    for_all(api, server, change)
    try:
        yield
    finally:
        for_all(api, server, undone)


def for_all(api: Api, server: PostgresServer, change: str) -> None:
    """Alter the database and end every connection that was opened before."""
    name = make_url(api.node.store.engine.url).database or ""
    server.execute(sql.SQL("ALTER DATABASE {} " + change).format(sql.Identifier(name)))
    end = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = {}"
    # Twice: one that is just being opened has the settings of before, and is not listed yet.
    for _ in range(2):
        server.execute(sql.SQL(end).format(sql.Literal(name)))


@pytest.mark.parametrize(
    ("database_url", "kind"),
    [("sqlite", "full"), ("sqlite", "read-only"), ("postgresql", "read-only")],
    indirect=["database_url"],
)
def test_a_full_or_read_only_store_refuses_and_is_read(
    api: Api, postgres_server: PostgresServer, kind: str
) -> None:
    assert api.submit(document(event(1))).status_code == 201
    key = api.headers("participant")
    many = document(*(event(number, eventID=f"urn:example:{number}") for number in range(2, 99)))
    with troubled(api, postgres_server, kind):
        refused = api.client.post("/api/batches", json=many, headers=key)
        problem(refused, 503, "STORE_UNAVAILABLE")
        assert refused.headers["retry-after"]
        assert api.client.get("/api/batches/1", headers=key).status_code == 200
        assert api.client.get("/log/checkpoint").status_code == 200
    taken = api.client.post("/api/batches", json=many, headers=key)
    assert taken.status_code == 201, taken.text
    assert audit(api.node.store, second_place=api.node.second_place).ok


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_database_that_is_gone_and_back(api: Api, postgres_server: PostgresServer) -> None:
    assert api.submit(document(event(1))).status_code == 201
    key = api.headers("participant")
    with altered(api, postgres_server, "ALLOW_CONNECTIONS false", "ALLOW_CONNECTIONS true"):
        refused = api.client.post("/api/batches", json=document(event(2)), headers=key)
        problem(refused, 503, "STORE_UNAVAILABLE")
        assert refused.headers["retry-after"]
        assert api.client.get("/readyz").status_code == 503
        assert "itemproof_store_fault 1" in api.client.get("/metrics").text
        assert api.client.get("/healthz").status_code == 200
    taken = api.client.post("/api/batches", json=document(event(2)), headers=key)
    assert taken.status_code == 201, taken.text
    assert "itemproof_store_fault 0" in api.client.get("/metrics").text
    assert audit(api.node.store, second_place=api.node.second_place).ok
