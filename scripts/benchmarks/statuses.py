"""What is said of a record, among a thousand statuses, a hundred thousand and a million.

`status-lookup` is what pages and the API ask the store; the floor is the bare query by the same
index, prepared once. `status-proof` finds the leaves that a bundle carries in the tree of
statuses, and their paths; at a million that tree is not built.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

from scripts.benchmarks.measure import REPEATS, Part, Row, percentile
from scripts.benchmarks.synthetic_log import SEED, add_statuses, status_entry, status_index
from traceability.merkle.state_trees import SortedTree, StatusLeaf
from traceability.store.store import Store
from traceability.verify.building import status_runs

SIZES = {"1k": 1_000, "100k": 100_000, "1m": 1_000_000}
# A tree of more would take a gigabyte of the machine that others measure on.
LARGEST_TREE = 100_000
LOOKUPS = 1_000
BARE = (
    "SELECT kind, arrival, entry_index FROM statuses "
    "WHERE entry_hash = ? AND record_index IN (-1, ?) ORDER BY arrival"
)
NAMES = tuple(f"status-{what}-{size}" for size in SIZES for what in ("lookup", "proof"))[:-1]


def _measure(*, quick: bool) -> Iterator[Row]:
    there = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.sqlite"
        with Store.open(f"sqlite:///{path}", Path(folder)):
            pass
        for name, full in SIZES.items():
            size = full // 10 if quick else full
            add_statuses(path, there, size)
            there = size
            yield from _rows(name, path, size)


def _rows(name: str, path: Path, size: int) -> Iterator[Row]:
    chosen = Random(SEED)  # noqa: S311 # a sample, not a secret
    asked = [chosen.randrange(size) for _ in range(LOOKUPS)]
    yield Row(f"status-lookup-{name}", _lookup(path, asked), "µs", None, _bare(path, asked))
    if size <= LARGEST_TREE:
        yield Row(f"status-proof-{name}", _proof(size, asked), "µs")


def _each(ask: Callable[[int], object], asked: list[int]) -> float:
    """Return the microseconds of one question, the median, since others interrupt some."""
    return min(percentile([_once(ask, number) for number in asked], 0.5) for _ in range(REPEATS))


def _once(ask: Callable[[int], object], number: int) -> float:
    started = time.perf_counter()
    ask(number)
    return (time.perf_counter() - started) * 1e6


def _lookup(path: Path, asked: list[int]) -> float:
    with Store.open(f"sqlite:///{path}", path.parent) as store, store.reading() as repositories:

        def ask(number: int) -> None:
            rows = repositories.statuses.of_record(status_entry(number), status_index(number))
            if not rows:
                raise AssertionError("a status of the benchmark was not found")

        return _each(ask, asked)


def _bare(path: Path, asked: list[int]) -> float:
    connection = sqlite3.connect(path)

    def ask(number: int) -> list[tuple[object, ...]]:
        place = status_entry(number), status_index(number)
        return connection.execute(BARE, place).fetchall()

    taken = _each(ask, asked)
    connection.close()
    return taken


def _proof(size: int, asked: list[int]) -> float:
    leaves = sorted((_leaf(number) for number in range(size)), key=StatusLeaf.sort_key)
    tree = SortedTree(leaves)
    return _each(lambda n: status_runs(tree, status_entry(n), status_index(n)), asked)


def _leaf(number: int) -> StatusLeaf:
    return StatusLeaf(status_entry(number), status_index(number), "recalled", number)


PART = Part(NAMES, _measure)
