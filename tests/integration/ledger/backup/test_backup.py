"""A backup gives back what it was made of, into either database, and is sound or not there."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from sqlalchemy import delete

from tests.support.backups import (
    PASSPHRASE,
    backed_up,
    contents,
    restored,
    secrets_of,
    sqlite_url_of,
)
from tests.support.ledger import OpenedLogs, add_participant, document, event, opened_node
from tests.support.mirrored import grow
from tests.support.rebuilt import Mirrored, Place
from traceability.ledger.audit.audit import audit
from traceability.ledger.backup.faults import BackupExists, BackupNotVerified, PassphraseTooShort
from traceability.ledger.node import Node
from traceability.ledger.second_place import SecondPlace
from traceability.store.locks import AlreadyRunning
from traceability.store.store import Store
from traceability.store.tables import records


@pytest.fixture(params=["sqlite", "postgresql"])
def target_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of an empty database of each kind."""
    if request.param == "sqlite":
        return sqlite_url_of(tmp_path / "other")
    return str(request.getfixturevalue("empty_postgres_url"))


def test_gives_back_every_row_key_and_served_head(
    full: Node, file: Path, tmp_path: Path, target_url: str
) -> None:
    report = backed_up(full, file)
    other = tmp_path / "other"
    found = restored(file, other, target_url)
    assert (found.log, found.tree_size) == (full.identity.log, report.tree_size)
    assert found.settings == {"ITEMPROOF_BASE_URL": "https://id.example"}
    assert report.verified
    with Store.open(target_url, other) as store:
        assert contents(store) == contents(full.store)
        assert audit(store, second_place=SecondPlace(other / "served-heads.txt")).ok
    assert secrets_of(other) == secrets_of(full.data_dir)
    assert SecondPlace(other / "served-heads.txt").latest() == full.second_place.latest()


def test_the_restored_ledger_goes_on(
    full: Node, file: Path, tmp_path: Path, target_url: str
) -> None:
    backed_up(full, file)
    other = tmp_path / "other"
    before = restored(file, other, target_url).tree_size
    with opened_node(target_url, other, OpenedLogs()) as node:
        assert node.identity.log == full.identity.log
        with node.store.reading() as repositories:
            participant = repositories.participants.all()[0].participant
        node.submission.submit(document(event(7)), participant=participant)
        node.sequencer.run(close=True)
        with node.store.reading() as repositories:
            assert repositories.entries.count_sequenced() > before
        assert audit(node.store, second_place=node.second_place).ok


def test_key_files_are_their_owners_only(sqlite_full: Node, file: Path, tmp_path: Path) -> None:
    backed_up(sqlite_full, file)
    other = tmp_path / "other"
    restored(file, other)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (other / "keys").rglob("*.*")}
    assert modes == {0o600}
    assert stat.S_IMODE((other / "keys").stat().st_mode) == 0o700
    assert stat.S_IMODE((other / "keys" / "participants").stat().st_mode) == 0o700
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_shows_no_secret_and_no_name(sqlite_full: Node, file: Path) -> None:
    backed_up(sqlite_full, file)
    data = file.read_bytes()
    for text in ("测试厂".encode(), b"PRIVATE KEY", b"ledger", sqlite_full.identity.log):
        assert text not in data


def test_two_backups_of_one_store_share_nothing(sqlite_full: Node, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    backed_up(sqlite_full, one, verify=False)
    backed_up(sqlite_full, other, verify=False)
    blocks = [
        {data[at : at + 16] for at in range(400, len(data), 16)}
        for data in (one.read_bytes(), other.read_bytes())
    ]
    assert not blocks[0] & blocks[1]


def test_leaves_nothing_but_the_file(sqlite_full: Node, file: Path) -> None:
    before = {path.name for path in sqlite_full.data_dir.iterdir()}
    backed_up(sqlite_full, file)
    after = {path.name for path in sqlite_full.data_dir.iterdir()}
    assert after - before == {"backup.lock"}
    assert [path.name for path in file.parent.glob(".*")] == []


def test_never_writes_over_a_file_unasked(sqlite_full: Node, file: Path) -> None:
    file.write_bytes(b"older")
    with pytest.raises(BackupExists, match="exists"):
        backed_up(sqlite_full, file)
    assert file.read_bytes() == b"older"
    backed_up(sqlite_full, file, replace=True)
    assert file.read_bytes() != b"older"


def test_one_at_a_time(full: Node, file: Path) -> None:
    with full.store.lock("backup"), pytest.raises(AlreadyRunning):
        backed_up(full, file)
    backed_up(full, file, verify=False)


def test_refuses_a_short_passphrase(sqlite_full: Node, file: Path) -> None:
    with pytest.raises(PassphraseTooShort, match="too short"):
        backed_up(sqlite_full, file, passphrase=PASSPHRASE[:7])
    assert not file.exists()
    backed_up(sqlite_full, file, passphrase=PASSPHRASE[:8], verify=False)


class TestVerifying:
    def test_finds_a_store_that_is_damaged(self, full: Node, file: Path) -> None:
        with full.store.unit_of_work() as work:
            work.connection.exec_driver_sql("update records set payload = secret where batch = 1")
            work.commit()
        with pytest.raises(BackupNotVerified, match=r"does not pass the audit.*records"):
            backed_up(full, file)
        assert not file.exists()
        assert not backed_up(full, file, verify=False).verified

    def test_finds_that_the_log_key_is_missing(self, sqlite_full: Node, file: Path) -> None:
        (sqlite_full.data_dir / "keys" / "log.sealed").rename(sqlite_full.data_dir / "log.sealed")
        with pytest.raises(Exception, match=r"'log\.sealed' is missing"):
            backed_up(sqlite_full, file)
        assert not file.exists()

    def test_tells_of_what_a_mirror_brought_back_without_content(
        self, log: Mirrored, place: Place, file: Path
    ) -> None:
        grow(log.node, add_participant(log.node), 2)
        log.copy()
        place.rebuild(log.folder, log.trust)
        with place.opened() as node:
            report = backed_up(node, file)
        # Two batches, and the card of who signed them.
        assert (report.verified, report.missing) == (True, 3)
        assert backed_up(log.node, file, replace=True).missing == 0

    def test_finds_that_a_batch_has_lost_some_of_its_records(self, full: Node, file: Path) -> None:
        with full.store.unit_of_work() as work:
            work.connection.execute(delete(records).where(records.c.record_index == 1))
            work.commit()
        with pytest.raises(BackupNotVerified, match="does not pass the audit"):
            backed_up(full, file)
