"""A recall of a million items from memory, on both databases: building, memory, time.

The graph is `lineage_graph.py`'s, with one family of a million items and as much beside it. Each
question looks in the store for what came since. The time is that to the
set of codes: their numbers and how many there are of each kind, and then the codes as texts. Rows
of JSON are not in it. The floor is a bare gather of as many numbers out of an array, and of the
texts the cutting of one text into as many.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from scripts.benchmarks import databases
from scripts.benchmarks.lineage_graph import ROWS_PER_ITEM, Shape, rod_lot
from scripts.benchmarks.lineage_store import fill
from scripts.benchmarks.measure import Part, Row, seconds
from traceability.lineage.results import Limits
from traceability.lineage.snapshot.answering import Held, hold, horizon
from traceability.lineage.snapshot.reaching import Recalled
from traceability.store.engine import open_engine
from traceability.store.repositories import Repositories
from traceability.store.unit_of_work import reading

ITEMS = 1_000_000
# A family may be half of the graph.
ROWS = round(2.01 * ITEMS * ROWS_PER_ITEM)
BUDGET = 0.5
SEED = 20260501
ROW_NAMES = ("recall", "codes", "build", "memory")


def _measure(database: str, *, quick: bool) -> Iterator[Row]:
    share = 10 if quick else 1
    with getattr(databases, database)() as place, tempfile.TemporaryDirectory() as folder:
        url = place(Path(folder))
        rows = fill(url, ROWS // share, Shape(large=[ITEMS // share]))
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            name = f"lineage-snapshot-{database}"
            yield from pool.submit(_alone, name, url, rows, ITEMS // share).result()


def _alone(name: str, url: str, rows: int, items: int) -> list[Row]:
    """Measure in a process of its own."""
    engine = open_engine(url)
    with reading(engine) as repositories:
        started = time.perf_counter()
        held = hold(repositories, horizon(repositories))
        building = time.perf_counter() - started
        recalled = partial(_recalled, repositories, held, items)
        finding = seconds(lambda: recalled().kinds())
        telling = seconds(lambda: recalled().codes())
        found = len(recalled())
    engine.dispose()
    gather, cut = _floors(found)
    return [
        Row(f"{name}-recall", finding, "s", BUDGET, gather),
        Row(f"{name}-codes", telling, "s", BUDGET, cut),
        Row(f"{name}-build", building, "s"),
        Row(f"{name}-memory", held.snapshot.nbytes() / 2**20 / (rows / 1e6), "MiB/1M rows"),
    ]


def _recalled(repositories: Repositories, held: Held, items: int) -> Recalled:
    found = held.recall(repositories, rod_lot(0), limits=Limits(max_items=2 * items))
    if found is None or len(found) < items:
        raise AssertionError(f"a recall of {items} items told {found and len(found)}")
    return found


def _floors(rows: int) -> tuple[float, float]:
    """Return the seconds of gathering as many numbers, and of cutting out as many texts."""
    values = np.arange(4 * rows, dtype=np.int64)
    chosen = np.random.default_rng(SEED).integers(0, values.size, rows)
    text = "\0".join(map("https://id.gs1.org/01/09521230500001/21/{:016d}".format, range(rows)))
    return seconds(lambda: values[chosen]), seconds(lambda: text.split("\0"))


PARTS = tuple(
    Part(
        tuple(f"lineage-snapshot-{database}-{row}" for row in ROW_NAMES),
        partial(_measure, database),
    )
    for database in ("sqlite", "postgresql")
)
