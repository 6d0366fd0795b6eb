"""Auditing a ledger of items, of three sizes, and one of events: speed, and the peak of memory.

The floor reads the same rows, hashes their leaves and nodes in one process, and checks nothing.
Memory is the sum of the peaks of all processes.
"""

from __future__ import annotations

import json
import multiprocessing
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from hashlib import sha256
from pathlib import Path

from ledger_api.defaults import default_participant
from ledger_api.settings import Settings
from ledger_api.wiring import open_node
from scripts.benchmarks.events import sample_document
from scripts.benchmarks.measure import Part, Row
from traceability.ledger.mint import Lot
from traceability.merkle.tree import root_hash

SIZES = {"100k": 100_000, "1m": 1_000_000, "5m": 5_000_000}
LOT = 100_000
EVENTS, DOCUMENT = 20_000, 1_000
PROCESSORS = 2
BUDGET = 50_000.0
MEMORY = 600.0  # MiB


def _items(name: str, *, quick: bool) -> Iterator[Row]:
    items = SIZES[name] // 10 if quick else SIZES[name]
    with tempfile.TemporaryDirectory() as folder:
        _apart(_mint, folder, items)
        floor = _floor(Path(folder), items)
        yield from _rows(f"audit-{name}", folder, floor, budget=BUDGET)


def _events(*, quick: bool) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        _apart(_submit, folder, EVENTS // 10 if quick else EVENTS)
        yield from _rows("audit-events", folder, None, budget=None)


def _rows(name: str, folder: str, floor: float | None, budget: float | None) -> Iterator[Row]:
    speed, memory = _audit(folder)
    yield Row(name, speed, "records/s", budget, floor, at_most=False)
    yield Row(f"{name}-memory", memory, "MiB", MEMORY)


def _apart(
    work: Callable[[Path, int], tuple[float, float]], folder: str, size: int
) -> tuple[float, float]:
    """Do it in a process of its own, so that the peak of memory is that of this work."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(work, Path(folder), size).result()


def _mint(folder: Path, items: int) -> tuple[float, float]:
    with open_node(Settings(), folder / "data") as node:
        participant = default_participant(node)
        for number in range(max(1, items // LOT)):
            lot = Lot("09521234567899", f"BENCH{number}", min(items, LOT), {})
            node.mint(lot, participant=participant)
        node.anchor_and_wait()
    return 0.0, 0.0


def _submit(folder: Path, events: int) -> tuple[float, float]:
    with open_node(Settings(), folder / "data") as node:
        participant = default_participant(node)
        for first in range(0, events, DOCUMENT):
            taken = node.submission.submit(
                sample_document(first, min(DOCUMENT, events - first)), participant=participant
            )
            if taken.status != "ACCEPTED":
                raise AssertionError("a document of the benchmark was not taken")
        node.anchor_and_wait()
    return 0.0, 0.0


def _audit(folder: str) -> tuple[float, float]:
    """Return records a second, and MiB, of an audit by a program that has nothing else to load."""
    command = [sys.executable, "-m", "scripts.benchmarks.audited", folder, str(PROCESSORS)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    speed, memory = json.loads(done.stdout)
    return speed, memory


def _floor(folder: Path, items: int) -> float:
    """Read the rows and hash as many leaves and nodes; return records a second."""
    connection = sqlite3.connect(folder / "data" / "ledger.sqlite")
    started = time.perf_counter()
    rows = connection.execute("select serial, salt from items order by batch, record_index")
    while chunk := rows.fetchmany(LOT):
        fields = [sha256(b"\0" + salt + serial.encode()).digest() for serial, salt in chunk]
        root_hash([sha256(field).digest() for field in fields])
    taken = time.perf_counter() - started
    connection.close()
    return items / taken


PARTS = (
    *(Part((f"audit-{name}", f"audit-{name}-memory"), partial(_items, name)) for name in SIZES),
    Part(("audit-events", "audit-events-memory"), _events),
)
