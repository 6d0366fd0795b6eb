"""What keeping lineage costs while documents come in, on both databases.

The same documents are taken with and without writing `epcs` and `event_epcs`, by turns, in one
process: parsed, validated, hashed, committed to, kept durably. Only here the writing is left out,
by replacing the one function that does it. The `events` row is written either way: a repeated
event is known by it.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from ledger_api.defaults import default_participant
from ledger_api.settings import Settings
from ledger_api.wiring import open_node
from scripts.benchmarks import databases
from scripts.benchmarks.events import sample_document
from scripts.benchmarks.measure import REPEATS, Part, Row
from traceability.store.repositories.events import EventRepository

EVENTS, DOCUMENTS = 500, 8
BUDGET = 15.0  # per cent


def _forget(
    _self: EventRepository, _numbers: Sequence[int], _objects: Sequence[Sequence[Any]]
) -> None:
    """Write nothing."""


def _measure(database: str, *, quick: bool) -> Iterator[Row]:
    documents = 2 if quick else DOCUMENTS
    with getattr(databases, database)() as place:
        with_lineage, without = [], []
        for _ in range(REPEATS):
            with_lineage.append(_taken(place, documents, nullcontext()))
            left_out = patch.object(EventRepository, "keep_objects", _forget)
            without.append(_taken(place, documents, left_out))
    (wall, processor), (wall_without, processor_without) = map(_best, (with_lineage, without))
    name = f"lineage-ingest-{database}"
    yield Row(name, 100 * (wall / wall_without - 1), "%", BUDGET)
    yield Row(f"{name}-cpu", 100 * (processor / processor_without - 1), "%", BUDGET)
    rates = [documents * EVENTS / taken for taken in (wall, wall_without)]
    yield Row(f"{name}-rate", rates[0], "events/s", None, rates[1], at_most=False)


def _best(runs: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return min(wall for wall, _ in runs), min(processor for _, processor in runs)


def _taken(
    place: databases.Place, documents: int, how: AbstractContextManager[Any]
) -> tuple[float, float]:
    """Return the seconds that a new ledger takes, by the clock and of this process's time."""
    with tempfile.TemporaryDirectory() as folder, how:
        settings = Settings(database_url=place(Path(folder)))
        with open_node(settings, Path(folder) / "data") as node:
            participant = default_participant(node)
            node.submission.submit(sample_document(0, EVENTS), participant=participant)
            started, used = time.perf_counter(), time.process_time()
            for number in range(1, documents + 1):
                document = sample_document(number * EVENTS, EVENTS)
                taken = node.submission.submit(document, participant=participant)
                if taken.status != "ACCEPTED":
                    raise AssertionError("a document of the benchmark was not taken")
            return time.perf_counter() - started, time.process_time() - used


PARTS = tuple(
    Part(
        tuple(f"lineage-ingest-{database}{more}" for more in ("", "-cpu", "-rate")),
        partial(_measure, database),
    )
    for database in ("sqlite", "postgresql")
)
