"""What was erased is in no file any more, and comes back with no backup; whatever crashes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from tests.support.backups import backed_up, restored, sqlite_url_of
from tests.support.commits import failing_commit
from tests.support.ledger import add_participant, document, event
from tests.support.mirrored import trusted
from tests.support.rebuilt import Mirrored, Place
from traceability.hashing.statement import Erasure
from traceability.ledger.audit.audit import audit
from traceability.ledger.bundles import RecordAddress
from traceability.ledger.erasure import PURGE_DUE
from traceability.ledger.erasure_list import ErasureListInvalid, read_list
from traceability.ledger.keeping import CapturedBatch
from traceability.ledger.mirror.folder import MirrorFolder
from traceability.ledger.node import Node
from traceability.ledger.statuses import Declaration
from traceability.store import tables
from traceability.store.faults import StoreUnavailable
from traceability.store.store import Store
from traceability.store.unit_of_work import UnitOfWork

NAME = "Zhang-San-of-Nowhere"
WHY = Erasure(bytes(range(16)), "consent_withdrawn")


@pytest.fixture
def batch(node: Node) -> CapturedBatch:
    return submitted(node)


@pytest.fixture
def sqlite_log(sqlite_node: Node, tmp_path: Path) -> Mirrored:
    return Mirrored(sqlite_node, MirrorFolder(tmp_path / "mirror"), trusted(sqlite_node))


def submitted(node: Node) -> CapturedBatch:
    """Submit two events, one of which names a person."""
    participant = add_participant(node)
    personal = {"@context": [{"x": "https://example.org/"}], "x:driver": NAME}
    events = [event(1, **personal), event(2)]
    found = node.submission.submit(document(*events), participant=participant)
    assert found.batch is not None, found.records
    node.sequencer.run(close=True)
    return found.batch


def secret(node: Node, batch: CapturedBatch) -> bytes:
    with node.store.reading() as repositories:
        row = repositories.batches.record(batch.batch, 0)
    assert row is not None
    assert row.secret is not None
    return row.secret


def erasing(batch: CapturedBatch) -> Declaration:
    return Declaration(batch.entry_hash, ((0, 0),), "erased", "personal_data", erasure=WHY)


def files(node: Node) -> list[Path]:
    """Return the files in which the database keeps its rows."""
    if node.store.engine.dialect.name == "sqlite":
        database = str(node.store.engine.url.database)
        return [path for path in map(Path, (database, f"{database}-wal")) if path.exists()]
    with node.store.engine.connect() as connection:
        folder = connection.execute(text("SHOW data_directory")).scalar_one()
        query = "SELECT oid FROM pg_database WHERE datname = current_database()"
        number = connection.execute(text(query)).scalar_one()
    base = Path(folder) / "base" / str(number)
    return [path for path in base.iterdir() if path.is_file()]


def holds(node: Node, wanted: bytes) -> bool:
    """Tell whether a database's files hold these bytes."""
    if node.store.engine.dialect.name == "postgresql":
        with node.store.engine.connect() as connection:
            connection.execute(text("CHECKPOINT"))
    found = False
    for path in files(node):
        with suppress(FileNotFoundError):
            found |= wanted in path.read_bytes()
    return found


class TestFiles:
    def test_hold_nothing_of_what_was_erased(self, node: Node, batch: CapturedBatch) -> None:
        key = secret(node, batch)
        assert holds(node, NAME.encode())
        assert holds(node, key)
        node.erasures.erase([erasing(batch)])
        assert not holds(node, NAME.encode())
        assert not holds(node, key)
        node.sequencer.run(close=True)
        assert audit(node.store, second_place=node.second_place).ok

    def test_hold_it_where_readers_are_in_the_way_until_these_have_gone(
        self, node: Node, batch: CapturedBatch, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("traceability.ledger.erasures.purge", _impatient)
        with node.store.reading() as repositories:
            repositories.meta.get(PURGE_DUE)
            with pytest.raises(StoreUnavailable, match=r"readers .*are at it"):
                node.erasures.erase([erasing(batch)])
        assert node.erasures.finish()
        assert not holds(node, NAME.encode())
        assert not node.erasures.finish()


def _impatient(engine: object, touched: object) -> None:
    from traceability.store.purging import purge

    purge(engine, touched, wait_seconds=0.1)  # type: ignore[arg-type]  # handed on


class TestCrashes:
    @pytest.mark.parametrize("persisted", [False, True])
    def test_a_failed_commit_erases_all_or_nothing(
        self, node: Node, batch: CapturedBatch, monkeypatch: pytest.MonkeyPatch, persisted: bool
    ) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(UnitOfWork, "commit", failing_commit(persisted=persisted, once=True))
            with suppress(StoreUnavailable):
                node.erasures.erase([erasing(batch)])
        node.sequencer.run(close=True)
        assert holds(node, NAME.encode()) is not persisted
        assert len(read_list(node.erasures.list_file)) == persisted
        assert audit(node.store, second_place=node.second_place).ok
        (again,) = node.erasures.erase([erasing(batch)])
        assert again.repeated is persisted
        assert not holds(node, NAME.encode())

    @pytest.mark.parametrize("step", ["add_to_list", "purge"])
    def test_what_a_crash_leaves_is_finished_by_the_next_run(
        self, node: Node, batch: CapturedBatch, monkeypatch: pytest.MonkeyPatch, step: str
    ) -> None:
        def killed(*_: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(f"traceability.ledger.erasures.{step}", killed)
            with pytest.raises(KeyboardInterrupt):
                node.erasures.erase([erasing(batch)])
        with node.store.reading() as repositories:
            assert repositories.meta.get(PURGE_DUE)
        node.sequencer.run(close=True)
        assert not holds(node, NAME.encode())
        assert len(read_list(node.erasures.list_file)) == 1

    def test_a_process_that_is_killed_leaves_it_to_the_next(
        self, sqlite_node: Node, tmp_path: Path
    ) -> None:
        batch = submitted(sqlite_node)
        url = str(sqlite_node.store.engine.url)
        program = (
            "import os, signal, sys\n"
            "from pathlib import Path\n"
            "from tests.integration.ledger import test_erasure_bytes as mine\n"
            "mine.erase_and_die(sys.argv[1], Path(sys.argv[2]), sys.argv[3])\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", program, url, str(tmp_path / "data"), batch.entry_hash.hex()],
            check=False,
            timeout=90,
        )
        assert done.returncode == -signal.SIGKILL
        sqlite_node.sequencer.run(close=True)
        assert not holds(sqlite_node, NAME.encode())
        assert audit(sqlite_node.store, second_place=sqlite_node.second_place).ok

    def test_a_line_that_was_cut_short_is_written_again(self, sqlite_node: Node) -> None:
        batch = submitted(sqlite_node)
        path = sqlite_node.erasures.list_file
        path.write_bytes(b'{"payload":"cut')
        sqlite_node.erasures.erase([erasing(batch)])
        (line,) = path.read_bytes().splitlines()
        assert line == read_list(path)[0]


def erase_and_die(url: str, folder: Path, entry: str) -> None:
    """Erase a record, and be killed before its bytes are overwritten."""
    from tests.support.ledger import OpenedLogs, opened_node
    from traceability.ledger import erasures

    erasures.purge = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[assignment]  # the crash
    with opened_node(url, folder, OpenedLogs()) as node:
        said = Declaration(bytes.fromhex(entry), ((0, 0),), "erased", "personal_data", erasure=WHY)
        node.erasures.erase([said])


def erased_since(log: Mirrored, backup: Path) -> tuple[CapturedBatch, bytes]:
    """Back up, then erase a record; return its batch and its field key."""
    batch = submitted(log.node)
    key = secret(log.node, batch)
    backed_up(log.node, backup)
    log.node.erasures.erase([erasing(batch)])
    log.node.sequencer.run(close=True)
    log.copy()
    return batch, key


class TestBackups:
    def test_an_older_backup_brings_nothing_back(
        self, sqlite_log: Mirrored, tmp_path: Path
    ) -> None:
        node = sqlite_log.node
        batch, key = erased_since(sqlite_log, tmp_path / "old.backup")
        # All is lost but the second place, with its list.
        folder = tmp_path / "restored"
        folder.mkdir()
        for path in (node.second_place.path, node.erasures.list_file):
            (folder / path.name).write_bytes(path.read_bytes())
        restored(tmp_path / "old.backup", folder)
        everything = b"".join(p.read_bytes() for p in folder.rglob("*") if p.is_file())
        assert key not in everything
        assert NAME.encode() not in everything
        place = Place(sqlite_url_of(folder), folder)
        place.rebuild(sqlite_log.folder, sqlite_log.trust)
        with place.opened() as mended:
            mended.sequencer.run(close=True)
            assert audit(mended.store, second_place=mended.second_place).ok
            assert mended.prove_record(RecordAddress(batch.batch, 1)) is not None
        everything = b"".join(p.read_bytes() for p in folder.rglob("*") if p.is_file())
        assert key not in everything

    def test_without_the_list_the_mirror_brings_the_erasure(
        self, sqlite_log: Mirrored, tmp_path: Path
    ) -> None:
        _, key = erased_since(sqlite_log, tmp_path / "old.backup")
        folder = tmp_path / "restored"
        restored(tmp_path / "old.backup", folder)
        place = Place(sqlite_url_of(folder), folder)
        place.rebuild(sqlite_log.folder, sqlite_log.trust)
        with place.opened() as mended:
            mended.sequencer.run(close=True)
            assert not holds(mended, key)
            assert audit(mended.store, second_place=mended.second_place).ok

    def test_a_list_of_another_log_is_refused(self, sqlite_node: Node, tmp_path: Path) -> None:
        batch = submitted(sqlite_node)
        sqlite_node.erasures.erase([erasing(batch)])
        lines = read_list(sqlite_node.erasures.list_file)
        assert len(lines) == 1
        with sqlite_node.store.reading() as repositories:
            other = repositories.entries.by_leaf_index(1)
        assert other is not None
        backed_up(sqlite_node, tmp_path / "one.backup")
        with pytest.raises(ErasureListInvalid):
            restored(tmp_path / "one.backup", tmp_path / "x", erasures=[other.envelope])
        assert not (tmp_path / "x" / "ledger.sqlite").exists()


def differing(store: Store, node: Node) -> set[str]:
    report = audit(store, second_place=node.second_place)
    return {one.table for one in report.differences}


class TestAudit:
    def test_names_content_that_is_missing_without_an_entry(
        self, node: Node, batch: CapturedBatch
    ) -> None:
        with node.store.engine.begin() as connection:
            connection.execute(update(tables.records).values(payload=None, secret=None))
        assert "records" in differing(node.store, node)

    def test_names_what_is_missing_beside_what_is_erased(
        self, node: Node, batch: CapturedBatch
    ) -> None:
        node.erasures.erase([erasing(batch)])
        assert differing(node.store, node) == set()
        with node.store.engine.begin() as connection:
            connection.execute(update(tables.records).values(payload=None, secret=None))
        assert differing(node.store, node) == {"records"}

    def test_names_content_that_is_there_although_it_is_erased(
        self, node: Node, batch: CapturedBatch
    ) -> None:
        with node.store.engine.connect() as connection:
            row = connection.execute(select(tables.records).order_by("record_index")).first()
        assert row is not None
        node.erasures.erase([erasing(batch)])
        with node.store.engine.begin() as connection:
            is_it = tables.records.c.record_index == 0
            values = {"payload": row.payload, "secret": row.secret}
            connection.execute(update(tables.records).where(is_it).values(values))
        # The hashes of its codes are then those of a record that is not erased.
        assert differing(node.store, node) == {"records", "erased_codes"}

    def test_names_a_forged_rest_of_a_record(self, node: Node, batch: CapturedBatch) -> None:
        some = Erasure(bytes(16), "other", ((1, 1),))
        said = Declaration(batch.entry_hash, ((0, 0),), "erased", "other", erasure=some)
        node.erasures.erase([said])
        assert differing(node.store, node) == set()
        with node.store.engine.begin() as connection:
            leaves = connection.execute(select(tables.partial_records.c.leaves)).scalar_one()
            forged = bytes(leaves).replace(NAME.encode(), b"Li-Si-of-Somewhere--")
            assert forged != bytes(leaves)
            connection.execute(update(tables.partial_records).values(leaves=forged))
        assert "partial_records" in differing(node.store, node)
