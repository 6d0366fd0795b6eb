"""Exports of an answer of 100,000 events: time, and the memory beside the answer.

A lot is looked at by so many events, each with a paper of its own, and its journey's events are
asked for as an EPCIS document and as the spreadsheet of FSMA 204. Beside them the floor: the same
records read from the store, parsed and written as lines, nothing else. Memory is the peak of a
process of its own, less what it had when the answer was known.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from ledger_api.defaults import default_participant
from ledger_api.exports.answered import Answered
from ledger_api.exports.events import Kept, gather
from ledger_api.exports.formats import FORMATS
from ledger_api.settings import Settings
from ledger_api.wiring import open_node
from scripts.benchmarks.events import sample_document
from scripts.benchmarks.measure import Part, Row
from traceability.ledger.partners import OPERATOR
from traceability.store.engine import open_engine
from traceability.store.repositories import Repositories
from traceability.store.unit_of_work import reading

EVENTS, IN_DOCUMENT = 100_000, 500
LOT = "https://id.gs1.org/01/09521234567899/10/L1"
NAMES = ("epcis", "fsma204")
_BASE = "https://trace.example"


@dataclass(frozen=True)
class Exported:
    """Seconds, MiB beside the answer, MiB in all, and how long the file is."""

    seconds: float
    beside: float
    peak: float
    size: int


def _measure(*, quick: bool) -> Iterator[Row]:
    events = EVENTS // 10 if quick else EVENTS
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'ledger.sqlite'}"
        _fill(url, Path(folder) / "data", events)
        floor, _ = _alone(_floor, url, folder)
        for name in NAMES:
            found, count = _alone(_export, url, folder, name)
            if count != events:
                raise AssertionError(f"{name} told {count} events of {events}")
            yield Row(f"export-{name}", found.seconds, "s", None, floor.seconds)
            yield Row(f"export-{name}-memory", found.beside, "MiB", None, floor.beside)


def _alone(work: Any, *arguments: str) -> tuple[Exported, int]:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        found: tuple[Exported, int] = pool.submit(work, *arguments).result()
    return found


def _fill(url: str, data: Path, events: int) -> None:
    with open_node(Settings(database_url=url), data) as node:
        participant = default_participant(node)
        for first in range(0, events, IN_DOCUMENT):
            document = sample_document(first, IN_DOCUMENT)
            for event in document["epcisBody"]["eventList"]:
                del event["epcList"]
                event["quantityList"] = [{"epcClass": LOT, "quantity": 5, "uom": "KGM"}]
            taken = node.submission.submit(document, participant=participant)
            if taken.status != "ACCEPTED":
                raise AssertionError("a document of the benchmark was not taken")
        node.sequencer.run(close=True)


def _answer() -> dict[str, Any]:
    """Return an answer that has all events of the lot."""
    return {"code": LOT, "items": [LOT], "edges": [], "findings": [], "truncated": False,
            "statuses": [], "status": "current"}  # fmt: skip


def _peak() -> float:
    """Return this program's own peak in MiB: ru_maxrss would hold that of whoever started it."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    members = dict(line.split(":", 1) for line in lines)
    return int(members["VmHWM"].split()[0]) / 1024


def _export(url: str, folder: str, name: str) -> tuple[Exported, int]:
    from ledger_api.exports import fsma204  # noqa: F401, PLC0415 # its imports are not the work's

    engine = open_engine(url)
    path = Path(folder) / name
    with reading(engine) as repositories, closing(Kept()) as kept:
        before, started = _peak(), time.perf_counter()
        gathered = gather(repositories, _answer(), asker=OPERATOR, kept=kept)
        with path.open("wb") as file:
            FORMATS[name].write(Answered("recall", _answer(), _BASE, gathered), file)
        taken = time.perf_counter() - started
    engine.dispose()
    peak = _peak()
    found = Exported(taken, peak - before, peak, path.stat().st_size)
    return found, len(gathered.shown)


def _floor(url: str, folder: str) -> tuple[Exported, int]:
    """Read and write every record once."""
    engine = open_engine(url)
    path = Path(folder) / "floor"
    with reading(engine) as repositories, path.open("wb") as file:
        before, started = _peak(), time.perf_counter()
        count = 0
        for payload in _payloads(repositories):
            file.write(orjson.dumps(orjson.loads(payload), option=orjson.OPT_APPEND_NEWLINE))
            count += 1
        taken = time.perf_counter() - started
    engine.dispose()
    peak = _peak()
    return Exported(taken, peak - before, peak, path.stat().st_size), count


def _payloads(repositories: Repositories) -> Iterator[bytes]:
    rows = repositories.connection.exec_driver_sql(
        "SELECT records.payload FROM events JOIN records ON records.batch = events.batch"
        " AND records.record_index = events.record_index ORDER BY events.event_time"
    )
    return (row[0] for row in rows)


PART = Part(tuple(f"export-{name}{more}" for name in NAMES for more in ("", "-memory")), _measure)
