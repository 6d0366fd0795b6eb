"""Entries put in order while many submit at once: how many a second, and how soon in the log.

Two processes take submissions from many threads, half of them batches that participants signed,
half in the operator's own hand; this process is the sequencer. A batch is one short document, or
one event, which is also checked against all others and indexed. What clients do (hash, sign) is
done beforehand. Measured are the check of the signature, the commit by which a submission is
kept, and the commit by which it is logged: order, tiles, signed head, second place.
"""

from __future__ import annotations

import multiprocessing
import secrets
import sqlite3
import tempfile
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple, TypeVar

import psycopg

from scripts.benchmarks.databases import Place, postgresql, sqlite
from scripts.benchmarks.measure import Part, Row, percentile
from scripts.benchmarks.submitters import Acknowledged, Task, opened, register, submit_all
from traceability.ledger.node import Node

PROCESSES = 2
THREADS = 128  # in each process
ENTRIES = 20_000
RUNS = 3
# What a small entry's rows hold: envelope; record, secret and indexes of its one event.
ENVELOPE_BYTES = 1_050
REST_BYTES = 600

T = TypeVar("T")


class Run(NamedTuple):
    """One run: entries a second, 99th percentile of the seconds from kept to logged."""

    speed: float
    p99: float


def _measure(*, quick: bool) -> Iterator[Row]:
    entries, runs = (ENTRIES // 10, 1) if quick else (ENTRIES, RUNS)
    for name, databases in (("sqlite", sqlite), ("postgresql", postgresql)):
        with databases() as place:
            found, floors = [], []
            for _ in range(runs):
                floors.append(_in_folder(lambda folder, url: _floor(url, folder, entries), place))
                found.append(_in_folder(lambda folder, url: _run(url, folder, entries), place))
            events = _in_folder(
                lambda folder, url: _run(url, folder, entries, of_events=True), place
            )
        best = max(found)
        yield Row(f"sequencer-{name}", best.speed, "entries/s", 5_000.0, max(floors), at_most=False)
        yield Row(f"sequencer-{name}-p99", min(run.p99 for run in found), "s", 1.0)
        yield Row(f"sequencer-{name}-events", events.speed, "entries/s", None, max(floors))


def _in_folder(work: Callable[[Path, str], T], place: Place) -> T:
    with tempfile.TemporaryDirectory() as folder:
        return work(Path(folder), place(Path(folder)))


def _run(url: str, folder: Path, entries: int, *, of_events: bool = False) -> Run:
    """Submit from processes of their own while this one puts in order."""
    with opened(url, folder) as node:
        firms = register(node, PROCESSES * THREADS)
        context = multiprocessing.get_context("spawn")
        each = -(-entries // len(firms))
        pipes: list[Connection] = []
        children = []
        for number in range(PROCESSES):
            ours, theirs = context.Pipe()
            own = firms[number * THREADS : (number + 1) * THREADS]
            task = Task(url, folder, own, each, of_events)
            child = context.Process(target=submit_all, args=(task, theirs))
            child.start()
            theirs.close()
            pipes.append(ours)
            children.append(child)
        for pipe in pipes:
            pipe.recv()
        found = _sequenced(node, pipes, each * len(firms))
        for child in children:
            child.join()
    return found


def _sequenced(node: Node, pipes: Sequence[Connection], entries: int) -> Run:
    heads: list[tuple[int, float]] = []
    start_size = node.sequencer.run().tree_size
    started = time.perf_counter()
    for pipe in pipes:
        pipe.send("go")
    while not heads or heads[-1][0] < start_size + entries:
        time.sleep(node.sequencer.gather_seconds)  # as a serving node does
        size = node.sequencer.run().tree_size
        heads.append((size, time.perf_counter()))
    speed = entries / (heads[-1][1] - started)
    kept: list[Acknowledged] = [one for pipe in pipes for one in pipe.recv()]
    return Run(speed, percentile(_waits(node, kept, heads), 0.99))


def _waits(
    node: Node, kept: Sequence[Acknowledged], heads: Sequence[tuple[int, float]]
) -> list[float]:
    """Return how long after its acknowledgement each entry was in a head that may be served."""
    with node.store.reading() as repositories:
        places: dict[int, int] = {}
        for at in range(0, len(kept), 1_000):
            places |= repositories.entries.places([one.arrival for one in kept[at : at + 1_000]])
    sizes = [size for size, _ in heads]
    return [max(0.0, heads[bisect_right(sizes, places[one.arrival])][1] - one.at) for one in kept]


def _floor(url: str, folder: Path, entries: int) -> float:
    """Commit as many rows of the same bytes, in groups of as many as may submit at once."""
    rows = [(at, secrets.token_bytes(ENVELOPE_BYTES), bytes(REST_BYTES)) for at in range(entries)]
    groups = [rows[at : at + THREADS] for at in range(0, entries, THREADS)]
    insert = _insert_sqlite if url.startswith("sqlite") else _insert_postgresql
    return entries / insert(url, folder, groups)


_Groups = Sequence[Sequence[tuple[int, bytes, bytes]]]
_TABLE = "CREATE TABLE floor (number {0} PRIMARY KEY, envelope {1}, rest {1})"


def _insert_sqlite(_url: str, folder: Path, groups: _Groups) -> float:
    with closing(sqlite3.connect(folder / "floor.sqlite", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(_TABLE.format("INTEGER", "BLOB"))
        started = time.perf_counter()
        for group in groups:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO floor VALUES (?, ?, ?)", group)
            connection.execute("COMMIT")
        return time.perf_counter() - started


def _insert_postgresql(url: str, _folder: Path, groups: _Groups) -> float:
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(_TABLE.format("bigint", "bytea").encode())
        connection.commit()
        started = time.perf_counter()
        for group in groups:
            with cursor.copy("COPY floor FROM STDIN (FORMAT BINARY)") as copy:
                copy.set_types(["int8", "bytea", "bytea"])
                for row in group:
                    copy.write_row(row)
            connection.commit()
        return time.perf_counter() - started


NAMES = (
    "sequencer-sqlite",
    "sequencer-sqlite-p99",
    "sequencer-sqlite-events",
    "sequencer-postgresql",
    "sequencer-postgresql-p99",
    "sequencer-postgresql-events",
)
PART = Part(NAMES, _measure)
