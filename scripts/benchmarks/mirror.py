"""Copying a log over HTTP, bringing its tables back, and starting on a long log.

The floor of copying is to fetch the same bundles one after the other and hash their entries; of
bringing back, to hash the entries and insert bare rows; of starting, a log of a few entries.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from ledger_api.auth import create_api_key
from ledger_api.settings import Settings
from ledger_api.wiring import open_node
from scripts.benchmarks.databases import postgresql
from scripts.benchmarks.measure import Part, Row
from scripts.benchmarks.synthetic_log import lengthen, make_log
from traceability.ledger.keyring import Keyring
from traceability.ledger.mirror.copying import copy_log
from traceability.ledger.mirror.folder import MirrorFolder
from traceability.ledger.mirror.source import HttpSource, get_tile
from traceability.ledger.rebuild import rebuild
from traceability.ledger.second_place import SecondPlace
from traceability.merkle.tiles import TILE_WIDTH, parse_entry_bundle
from traceability.merkle.tree import leaf_hash
from traceability.store.store import Store
from traceability.verify.trust import Trust

ENTRIES = 100_000
LONG = 5_000_000
RUNS = 3
PORT = 8791
NAMES = ("mirror", "rebuild-sqlite", "rebuild-postgresql", "startup-5m")
NOT_COPIED = shutil.ignore_patterns("ledger.sqlite*", "served-heads.txt")


def _measure(*, quick: bool) -> Iterator[Row]:
    entries, runs = (ENTRIES // 10, 1) if quick else (ENTRIES, RUNS)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        mirror, trust = make_log(folder, entries)
        rebuilt = _Rebuilding(folder, mirror, trust)
        floor = max(_bare(mirror, folder, entries) for _ in range(runs))
        sqlite = [rebuilt.sqlite(entries) for _ in range(runs)]
        yield _row("rebuild-sqlite", max(sqlite), floor)
        with postgresql() as database:
            found = [rebuilt.run(database(folder), entries) for _ in range(runs)]
        yield _row("rebuild-postgresql", max(found), floor)
        yield _row("mirror", *_copying(folder, trust, entries, runs))
    yield _starting(LONG // 10 if quick else LONG)


def _row(name: str, speed: float, floor: float) -> Row:
    return Row(name, speed, "entries/s", 20_000.0, floor, at_most=False)


class _Rebuilding:
    """Brings a mirror back into a new folder with the log's keys."""

    def __init__(self, folder: Path, mirror: MirrorFolder, trust: Trust) -> None:
        self.folder = folder
        self.mirror = mirror
        self.trust = trust

    def sqlite(self, entries: int) -> float:
        """Bring it back into SQLite; return entries a second."""
        return self.run(f"sqlite:///{self.folder / 'other' / 'ledger.sqlite'}", entries)

    def run(self, url: str, entries: int) -> float:
        """Bring it back into a database; return entries a second."""
        other = self.folder / "other"
        shutil.rmtree(other, ignore_errors=True)
        shutil.copytree(self.folder / "data", other, ignore=NOT_COPIED)
        place = SecondPlace(other / "served-heads.txt")
        with Store.open(url, other) as store:
            started = time.perf_counter()
            rebuild(store, Keyring(other / "keys"), self.mirror, self.trust, second_place=place)
            return entries / (time.perf_counter() - started)


def _bare(mirror: MirrorFolder, folder: Path, entries: int) -> float:
    """Hash the entries and insert them as rows with one index; return entries a second."""
    path = folder / "floor.sqlite"
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    connection.execute("create table e (i integer primary key, h blob unique, entry blob)")
    started = time.perf_counter()
    rows = (
        (first + at, leaf_hash(entry), entry)
        for first, part in mirror.bundles(0, entries)
        for at, entry in enumerate(part)
    )
    connection.executemany("insert into e values (?, ?, ?)", rows)
    connection.commit()
    taken = time.perf_counter() - started
    connection.close()
    return entries / taken


def _copying(folder: Path, trust: Trust, entries: int, runs: int) -> tuple[float, float]:
    """Copy what was brought back into SQLite from a serving node; return speed and floor."""
    data = folder / "other"
    _Rebuilding(folder, MirrorFolder(folder / "mirror"), trust).sqlite(entries)
    with open_node(Settings(), data, need="existing") as node:
        _, token = create_api_key(node.store, "auditor", participant=None, now=0)
    found, floors = [], []
    with _serving(data) as url, HttpSource(url, api_key=token) as source:
        source.find()
        for _ in range(runs):
            floors.append(entries / _timed(lambda: _fetch(source, entries)))
            copy = MirrorFolder(folder / "copy")
            shutil.rmtree(copy.path, ignore_errors=True)
            found.append(entries / _timed(lambda copy=copy: copy_log(source, copy, trust)))  # type: ignore[misc] # bound now
    return max(found), max(floors)


def _fetch(source: HttpSource, entries: int) -> None:
    for first in range(0, entries, TILE_WIDTH):
        width = min(TILE_WIDTH, entries - first)
        data = get_tile(source, "entries", first // TILE_WIDTH, width)
        for entry in parse_entry_bundle(data):
            leaf_hash(entry)


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _starting(entries: int) -> Row:
    """Start a node on a long log until it takes submissions; the floor is a short log."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        make_log(folder, 10)
        short = min(_start(folder / "data") for _ in range(RUNS))
        lengthen(folder / "data", entries)
        taken = min(_start(folder / "data") for _ in range(RUNS))
    return Row("startup-5m", taken, "s", 3.0, short)


def _start(data: Path) -> float:
    started = time.perf_counter()
    with _serving(data):
        return time.perf_counter() - started


@contextmanager
def _serving(data: Path) -> Iterator[str]:
    """Run `itemproof serve` until the block ends; it begins when submissions are taken."""
    url = f"http://127.0.0.1:{PORT}"
    # Nothing is to be anchored meanwhile.
    environment = {**os.environ, "ITEMPROOF_ANCHOR_INTERVAL": "43200"}
    program = "import sys; from ledger_api.cli import main; sys.exit(main())"
    process = subprocess.Popen(
        [sys.executable, "-c", program, "serve", "--port", str(PORT), "--data", str(data)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not _is_ready(url):
            if process.poll() is not None:
                raise AssertionError("the server of the benchmark did not start")
            time.sleep(0.01)
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _is_ready(url: str) -> bool:
    try:
        return requests.get(f"{url}/readyz", timeout=5).ok
    except requests.RequestException:
        return False


PART = Part(NAMES, _measure)
