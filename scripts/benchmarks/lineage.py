"""Questions of lineage over 1 and 10 million event–object rows, on both databases.

The graph is `lineage_graph.py`'s, written straight into the tables. Each figure stands beside a
bare lookup, by primary key, of as many codes as the answer has rows. A question of one item is
asked of items drawn from the whole graph; recalls are asked for in a process of their own, so
that their peak of memory is their own.
"""

from __future__ import annotations

import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from scripts.benchmarks import databases
from scripts.benchmarks.lineage_graph import ROWS_PER_ITEM, Shape, rod_lot
from scripts.benchmarks.lineage_store import fill
from scripts.benchmarks.measure import REPEATS, Part, Row, percentile
from traceability.lineage.journeys import journey
from traceability.lineage.queries import Reader
from traceability.lineage.results import Item, Limits
from traceability.lineage.rules import kind_of
from traceability.lineage.streaming import stream_recall
from traceability.lineage.tracing import trace
from traceability.lineage.where import where
from traceability.store.engine import open_engine
from traceability.store.repositories import Repositories
from traceability.store.unit_of_work import reading

SIZES = {"1m": 1_000_000, "10m": 10_000_000}
ASKED = 200
SEED = 20260501
# In milliseconds, at the 95th percentile.
BUDGETS = {"trace": 20.0, "journey": 20.0, "where": 10.0}
# Items, seconds to the last row; the family of the graph that is so large, the largest first.
RECALLS = {"100k": (100_000, 1.0), "1m": (1_000_000, 8.0)}
FIRST_ROW = 200.0  # ms
FIRST = 2  # the row before it is the code that was asked for
SEVERAL = 1_000

Ask = Callable[[Repositories, str], int]


def _ask_trace(repositories: Repositories, code: str) -> int:
    return len(trace(repositories, code, direction="upstream").edges)


def _ask_journey(repositories: Repositories, code: str) -> int:
    return len(journey(repositories, code).steps)


def _ask_where(repositories: Repositories, code: str) -> int:
    return 1 + len(where(repositories, code).inside)


QUESTIONS: dict[str, Ask] = {
    "trace": _ask_trace,
    "journey": _ask_journey,
    "where": _ask_where,
}


@dataclass(frozen=True)
class Recalled:
    """What a recall took: seconds to the first rows and to the last, MiB, and how many rows."""

    first: float
    several: float
    last: float
    memory: float
    rows: int


def _measure(database: str, size: str, *, quick: bool) -> Iterator[Row]:
    share = 10 if quick else 1
    shape = Shape(large=[items // share for items, _ in reversed(RECALLS.values())])
    with getattr(databases, database)() as place, tempfile.TemporaryDirectory() as folder:
        url = place(Path(folder))
        rows = SIZES[size] // share
        fill(url, rows, shape)
        families = list(shape.families(round(rows / ROWS_PER_ITEM)))
        yield from _questions(f"lineage-{database}-{size}", url)
        for name, (full, budget) in _recalls(size):
            items = full // share
            code = rod_lot(families.index(items))
            told = f"recall-{name}-{database}-{size}"
            yield from _recall(told, url, code, items=items, budget=budget)


def _recalls(size: str) -> Iterator[tuple[str, tuple[int, float]]]:
    """Yield the recalls that a graph of this size has a family for."""
    return (
        (name, (items, budget))
        for name, (items, budget) in RECALLS.items()
        if 5 * items <= SIZES[size]
    )


def _questions(name: str, url: str) -> Iterator[Row]:
    engine = open_engine(url)
    with reading(engine) as repositories:
        codes, last = _items(repositories)
        for question, ask in QUESTIONS.items():
            times, rows = _asked(repositories, ask, codes)
            floor = percentile(_lookups(repositories, rows, last), 0.95)
            value = percentile(times, 0.95)
            yield Row(f"{name}-{question}-p95", value, "ms", BUDGETS[question], floor)
    engine.dispose()


def _items(repositories: Repositories) -> tuple[list[str], int]:
    """Return the codes of items from all over the graph, and the largest number of a code."""
    last: int = repositories.connection.exec_driver_sql("SELECT max(epc) FROM epcs").scalar_one()
    chosen = Random(SEED)  # noqa: S311 # a sample, not a secret
    numbers = chosen.sample(range(1, last + 1), 2 * ASKED)
    codes = Reader(repositories.connection).codes(numbers)
    return [code for code in codes.values() if kind_of(code) == "item"][:ASKED], last


def _asked(
    repositories: Repositories, ask: Ask, codes: Sequence[str]
) -> tuple[list[float], list[int]]:
    """Return the milliseconds and the rows of each answer."""
    times, rows = [], []
    ask(repositories, codes[0])
    for code in codes:
        started = time.perf_counter()
        rows.append(ask(repositories, code))
        times.append(1000 * (time.perf_counter() - started))
    return times, rows


def _lookups(repositories: Repositories, counts: Sequence[int], last: int) -> list[float]:
    """Return the milliseconds of looking up as many codes, from all over the table."""
    reader = Reader(repositories.connection)
    chosen = Random(SEED)  # noqa: S311 # a sample, not a secret
    times = []
    for count in counts:
        numbers = chosen.sample(range(1, last + 1), max(1, count))
        started = time.perf_counter()
        reader.codes(numbers)
        times.append(1000 * (time.perf_counter() - started))
    return times


def _recall(name: str, url: str, code: str, *, items: int, budget: float) -> Iterator[Row]:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        found, floor = pool.submit(_recall_alone, url, code, items).result()
    yield Row(name, found.last, "s", budget, floor)
    yield Row(f"{name}-first", 1000 * found.first, "ms", FIRST_ROW)
    yield Row(f"{name}-first-{SEVERAL}", 1000 * found.several, "ms", FIRST_ROW)
    yield Row(f"{name}-memory", found.memory, "MiB")


def _recall_alone(url: str, code: str, items: int) -> tuple[Recalled, float]:
    """Recall the rod of the family of so many items, and look as many codes up."""
    engine = open_engine(url)
    with reading(engine) as repositories:
        runs = [_told(repositories, code, items) for _ in range(REPEATS)]
        best = min(runs, key=lambda one: one.last)
        last: Any = repositories.connection.exec_driver_sql("SELECT max(epc) FROM epcs").scalar()
        floors = [_lookups(repositories, [items], last)[0] / 1000 for _ in range(REPEATS)]
    engine.dispose()
    return best, min(floors)


def _told(repositories: Repositories, code: str, items: int) -> Recalled:
    noted: dict[int, float] = {}
    rows = found = 0
    started = time.perf_counter()
    for row in stream_recall(repositories, code, limits=Limits(max_items=2 * items)):
        rows += 1
        found += isinstance(row, Item)
        if rows in (FIRST, SEVERAL):
            noted[rows] = time.perf_counter() - started
    last = time.perf_counter() - started
    if found < items:
        raise AssertionError(f"a recall of {items} items told {found}")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Recalled(noted[FIRST], noted[SEVERAL], last, memory, rows)


def _names(database: str, size: str) -> tuple[str, ...]:
    asked = (f"lineage-{database}-{size}-{question}-p95" for question in QUESTIONS)
    recalled = (f"recall-{name}-{database}-{size}" for name, _ in _recalls(size))
    return (*asked, *recalled)


PARTS = tuple(
    Part(_names(database, size), partial(_measure, database, size))
    for database in ("sqlite", "postgresql")
    for size in SIZES
)
