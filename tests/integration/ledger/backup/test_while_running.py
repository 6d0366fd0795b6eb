"""A backup of a ledger that is being written, in memory that does not grow with it."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.backups import backed_up, contents, restored, sqlite_url_of
from tests.support.ledger import add_participant, document, event, opened_node
from traceability.ledger.audit.audit import audit
from traceability.ledger.backup import cipher
from traceability.ledger.keyring import Keyring
from traceability.ledger.node import Node
from traceability.ledger.opening import load_identity
from traceability.ledger.second_place import SecondPlace
from traceability.store import engine
from traceability.store.store import Store
from traceability.store.tables import records

MIB = 2**20
ROWS, ROW_BYTES = 800, 64 * 1024
# What SQLite remembers is held small for this: it is a bound of its own.
CACHE_KIB = 1024
GROWTH = 32 * MIB


def test_is_of_one_moment_while_others_write(full: Node, tmp_path: Path) -> None:
    """Whatever is registered, captured and logged meanwhile is in it whole or not at all."""
    stop = threading.Event()
    faults: list[Exception] = []

    def write(first: int) -> None:
        try:
            for number in range(first, first + 1000):
                if stop.is_set():
                    return
                participant = add_participant(full)
                found = full.submission.submit(document(event(number)), participant=participant)
                assert found.status == "ACCEPTED"
                full.sequencer.run(close=number % 3 == 0)
        except Exception as error:
            faults.append(error)

    writers = [threading.Thread(target=write, args=(first,)) for first in (1000, 2000)]
    for writer in writers:
        writer.start()
    try:
        sizes = []
        for number in range(3):
            # Verified: it is restored and audited, and the log key in it opens it.
            sizes.append(backed_up(full, tmp_path / f"backup-{number}").tree_size)
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert not faults
    assert sizes[0] < sizes[2]
    other = tmp_path / "other"
    restored(tmp_path / "backup-2", other)
    with Store.open(sqlite_url_of(other), other) as store:
        assert load_identity(store, Keyring(other / "keys")) is not None
        assert audit(store, second_place=SecondPlace(other / "served-heads.txt")).ok
        with store.reading() as repositories:
            held = [row.key_id for row in repositories.keys.all()]
        # Every registered key came with it.
        assert all(Keyring(other / "keys").holds(key_id) for key_id in held)


def fill(folder: Path, count: int) -> None:
    """Put many long rows into a store; no log commits to them, so that it is quick."""
    with opened_node(sqlite_url_of(folder), folder) as node:
        participant = add_participant(node)
        node.submission.submit(document(event(1)), participant=participant)
        for start in range(0, count, 50):
            rows = [
                {
                    "batch": 1,
                    "record_index": 1000 + number,
                    "kind": 4,
                    "field_count": 1,
                    "field_root": bytes(32),
                    "payload": os.urandom(ROW_BYTES),
                }
                for number in range(start, start + 50)
            ]
            with node.store.unit_of_work() as work:
                work.connection.execute(records.insert(), rows)
                work.commit()


def peak_growth(folder: str) -> tuple[int, int]:
    """Back up and restore a short ledger, then a long one; return the growth of peak and file."""
    cipher.SCRYPT_N, engine.CACHE_KIB = 2**4, CACHE_KIB
    peaks, sizes = [], []
    for name in ("short", "long"):
        place = Path(folder) / name
        with opened_node(sqlite_url_of(place), place) as node:
            sizes.append(backed_up(node, place / "ledger.backup", verify=False).size)
        restored(place / "ledger.backup", place / "other")
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
    return peaks[1] - peaks[0], sizes[1] - sizes[0]


def test_memory_does_not_grow_with_the_store(tmp_path: Path) -> None:
    fill(tmp_path / "short", 50)
    fill(tmp_path / "long", ROWS)
    # In a process of its own, so that the peak is the backup's.
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        grown, longer = pool.apply(peak_growth, (str(tmp_path),))
    assert longer > (ROWS - 50) * ROW_BYTES > GROWTH
    assert grown < GROWTH


def test_killed_while_writing_it_leaves_no_backup_and_no_plain_text(
    sqlite_full: Node, file: Path
) -> None:
    child = os.fork()
    if child == 0:
        try:
            backed_up(sqlite_full, file, progress=_end_at_audit)
        finally:
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert not file.exists()
    assert list(sqlite_full.data_dir.glob(".backup-check-*"))
    # The next one clears up what was left beside the ledger.
    before = contents(sqlite_full.store)
    backed_up(sqlite_full, file)
    assert not list(sqlite_full.data_dir.glob(".backup-check-*"))
    assert not list(file.parent.glob(".*.new"))
    assert contents(sqlite_full.store) == before


def _end_at_audit(part: str, _done: int) -> None:
    if part == "audit":
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("step", range(1, 4))
def test_a_full_disk_leaves_no_backup(
    sqlite_full: Node, file: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    calls = iter(range(1, 100))

    def failing(descriptor: int, force: Callable[[int], None] = os.fsync) -> None:
        if next(calls) == step:
            raise OSError(28, "No space left on device")
        force(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", failing)
        with pytest.raises(OSError, match="No space left"):
            backed_up(sqlite_full, file)
    assert not file.exists()
    assert list(file.parent.glob(".*.new")) == []
    assert backed_up(sqlite_full, file).verified
