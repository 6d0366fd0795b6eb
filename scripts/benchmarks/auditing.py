"""Auditing a ledger of items, of three sizes, and one of events: speed, and the peak of memory.

The floor reads the same rows, hashes their leaves and nodes in one process, and checks nothing.
Memory is the sum of the peaks of all processes.
"""

from __future__ import annotations

import multiprocessing
import resource
import sqlite3
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
from traceability.ledger.audit.audit import audit
from traceability.ledger.mint import Lot
from traceability.ledger.second_place import SecondPlace
from traceability.merkle.tree import root_hash
from traceability.store.store import Store

SIZES = {"100k": 100_000, "1m": 1_000_000, "5m": 5_000_000}
LOT = 100_000
EVENTS, DOCUMENT = 20_000, 1_000
JOBS = 2
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
    speed, memory = _apart(_audit, folder, 0)
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


def _audit(folder: Path, _size: int) -> tuple[float, float]:
    """Return records a second, and the sum of the processes' peaks in MiB."""
    data = folder / "data"
    with Store.open(f"sqlite:///{data / 'ledger.sqlite'}", data) as store:
        started = time.perf_counter()
        report = audit(store, second_place=SecondPlace(data / "served-heads.txt"), jobs=JOBS)
        taken = time.perf_counter() - started
    if not report.ok:
        raise AssertionError("the ledger of the benchmark differs")
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    others = JOBS * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return report.checked["records"] / taken, (own + others) / 1024


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
