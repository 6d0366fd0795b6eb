"""A mock recall of 100,000 pieces with all its files: processor time, and peak memory.

The graph is `lineage_graph.py`'s, with one family that everything is recalled of. Beside the time
stands that of writing as many rows of plain CSV, twice, as the report has them in two languages.
The report is made in a process of its own, so that its peak of memory is its own, imports
included.
"""

from __future__ import annotations

import csv
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from ledger_api.i18n.translations import LANGUAGES
from ledger_api.recalls.asking import proofs_at
from ledger_api.recalls.folder import write_report
from scripts.benchmarks.databases import sqlite
from scripts.benchmarks.lineage_graph import ROWS_PER_ITEM, Shape, rod_lot
from scripts.benchmarks.lineage_store import fill
from scripts.benchmarks.measure import Part, Row
from traceability.hashing.ed25519 import SigningKey
from traceability.hashing.envelope import Envelope, sign_envelope
from traceability.lineage.balance.tolerance import EXACT
from traceability.lineage.recalls.making import Question, make_report
from traceability.lineage.recalls.report import MOCK, LogHead, Report, Target
from traceability.store.engine import open_engine
from traceability.store.unit_of_work import reading
from traceability.verify.recall_report import REPORT_TYPE, FileSum, Manifest

PIECES = 100_000
BUDGET = 20.0  # seconds of processor time
MEMORY = 250.0  # MiB
COLUMNS = 14
NAMES = ("mock-recall-100k", "mock-recall-100k-memory")


def _measure(*, quick: bool) -> Iterator[Row]:
    pieces = PIECES // 10 if quick else PIECES
    with sqlite() as place, tempfile.TemporaryDirectory() as folder:
        url = place(Path(folder))
        fill(url, round(pieces * ROWS_PER_ITEM), Shape(large=(), family=pieces))
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            target = Path(folder) / "report"
            taken, memory, floor = pool.submit(_alone, url, target, pieces).result()
    yield Row("mock-recall-100k", taken, "CPU s", BUDGET, floor)
    yield Row("mock-recall-100k-memory", memory, "MiB", MEMORY)


def _alone(url: str, target: Path, pieces: int) -> tuple[float, float, float]:
    """Return seconds and MiB of a report, and the seconds of as many plain rows."""
    started = time.process_time()
    report = _report(url)
    write_report(target, report, timezone="Asia/Shanghai", author=None, sign=_signed)
    taken = time.process_time() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if len(report.lines) < pieces:
        raise AssertionError(f"a recall of {pieces} pieces has {len(report.lines)} lines")
    return taken, memory, _plain_rows(target.with_name("plain.csv"), len(report.lines))


def _report(url: str) -> Report:
    log = LogHead("bench.example/log", "00" * 32, 0, "00" * 32)
    target = Target(Decimal(240), Decimal(100))
    question = Question(rod_lot(0), MOCK, target, datetime.now(UTC), EXACT, log)
    engine = open_engine(url)
    try:
        with reading(engine) as repositories:
            proofs = proofs_at("https://ledger.example")
            return make_report(
                repositories, question, clock=lambda: datetime.now(UTC), proof_url=proofs
            )
    finally:
        engine.dispose()


def _signed(report: Report, files: dict[str, FileSum]) -> Envelope:
    manifest = Manifest(bytes(32), {"code": report.code}, files)
    return sign_envelope(REPORT_TYPE, manifest.to_bytes(), [SigningKey.generate()])


def _plain_rows(path: Path, rows: int) -> float:
    cells = [f"(01)09521234567899 (21)PIECE{column:05d}" for column in range(COLUMNS)]
    started = time.process_time()
    for _ in LANGUAGES:
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(cells for _ in range(rows))
    return time.process_time() - started


PART = Part(NAMES, _measure)
