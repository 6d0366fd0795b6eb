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


def name_of(api: Api) -> sql.Identifier:
    return sql.Identifier(make_url(api.node.store.engine.url).database or "")


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
    change = sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = {}")
    server.execute(change.format(name_of(api), sql.SQL("on")))
    end_connections(api, server)
    try:
        yield
    finally:
        server.execute(change.format(name_of(api), sql.SQL("off")))
        end_connections(api, server)


def end_connections(api: Api, server: PostgresServer) -> None:
    end = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = {}"
    name = make_url(api.node.store.engine.url).database or ""
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


@contextmanager
def gone(api: Api, server: PostgresServer) -> Iterator[None]:
    """End all connections to the database, and let nobody in, until the block ends."""
    change = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    server.execute(change.format(name_of(api), sql.SQL("false")))
    end_connections(api, server)
    try:
        yield
    finally:
        server.execute(change.format(name_of(api), sql.SQL("true")))


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_database_that_is_gone_and_back(api: Api, postgres_server: PostgresServer) -> None:
    assert api.submit(document(event(1))).status_code == 201
    key = api.headers("participant")
    with gone(api, postgres_server):
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
