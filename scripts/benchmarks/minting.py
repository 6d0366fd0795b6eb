"""Minting a million items, the bundles of that million, and verifying them."""

from __future__ import annotations

import multiprocessing
import random
import resource
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path

from ledger_api.defaults import default_participant
from ledger_api.settings import Settings
from ledger_api.wiring import open_node
from scripts.benchmarks.measure import Part, Row, percentile
from traceability.codes.serials import new_serials
from traceability.ledger.bundles import RecordAddress
from traceability.ledger.mint import Lot
from traceability.ledger.node import Node
from traceability.ledger.trust import trust_of
from traceability.merkle.tree import root_hash
from traceability.verify.verifier import verify_bundle

ITEMS = 1_000_000
SAMPLE = 1_000
SEED = 20260501
NAMES = ("mint-1m", "mint-1m-memory", "bundle-p99", "bundle-bytes", "verify")


def _measure(*, quick: bool) -> Iterator[Row]:
    items = ITEMS // 10 if quick else ITEMS
    with tempfile.TemporaryDirectory() as folder:
        floor = _floor(items, Path(folder) / "floor.sqlite")
        # Its own process, so that the peak of memory is the mint's.
        context = multiprocessing.get_context("spawn")
        with context.Pool(1) as pool:
            found = pool.apply(_in_own_process, (folder, items))
    yield Row("mint-1m", found["mint"], "s", 10.0, floor)
    yield Row("mint-1m-memory", found["memory"], "MiB", 1024.0)
    yield Row("bundle-p99", found["bundle_p99"], "ms", 10.0)
    yield Row("bundle-bytes", found["bundle_bytes"], "B", 10_240.0)
    yield Row("verify", found["verify"], "bundles/s", 500.0, at_most=False)


def _floor(items: int, path: Path) -> float:
    """Return the time for drawing, hashing and inserting as many rows, and nothing else."""
    started = time.perf_counter()
    serials = sorted(new_serials(items))
    hashes = [sha256(b"\x00" + serial.encode()).digest() for serial in serials]
    root_hash([sha256(value).digest() for value in hashes])
    connection = sqlite3.connect(path)
    connection.execute("create table items (i integer primary key, serial text, salt blob)")
    rows = ((at, serial, serial[:16]) for at, serial in enumerate(serials))
    connection.executemany("insert into items values (?, ?, ?)", rows)
    connection.commit()
    connection.close()
    return time.perf_counter() - started


def _in_own_process(folder: str, items: int) -> dict[str, float]:
    with open_node(Settings(), Path(folder) / "data") as node:
        participant = default_participant(node)
        started = time.perf_counter()
        minted = node.mint(Lot("09521234567899", "BENCH", items, {}), participant=participant)
        node.anchor_and_wait()
        taken = time.perf_counter() - started
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return {"mint": taken, "memory": memory} | _bundles(node, minted.batch, items)


def _bundles(node: Node, batch: int, items: int) -> dict[str, float]:
    chosen = random.Random(SEED)  # noqa: S311 # a sample, not a secret
    trust = trust_of(node.store, node.identity)
    building, verifying, sizes = [], [], []
    for _ in range(SAMPLE):
        address = RecordAddress(batch, chosen.randrange(1, items + 1))
        started = time.perf_counter()
        bundle = node.prove_record(address)
        data = bundle.to_bytes()
        building.append(time.perf_counter() - started)
        sizes.append(len(data) - _anchor_bytes(bundle.to_json()))
        started = time.perf_counter()
        if not verify_bundle(data, trust).verified:
            raise AssertionError("a bundle of the benchmark does not verify")
        verifying.append(time.perf_counter() - started)
    return {
        "bundle_p99": percentile(building, 0.99) * 1000,
        "bundle_bytes": float(max(sizes)),
        "verify": SAMPLE / sum(verifying),
    }


def _anchor_bytes(value: Mapping[str, object]) -> int:
    return sum(len(str(value[name])) for name in ("anchor", "seen_proof") if name in value)


PART = Part(NAMES, _measure)
