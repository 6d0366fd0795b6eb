"""Restoring refuses what it should, and leaves all or nothing, wherever it is cut short."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.backups import backed_up, contents, restored, secrets_of, sqlite_url_of
from traceability.errors import ItemProofError
from traceability.ledger.audit.audit import audit
from traceability.ledger.backup.faults import (
    BackupChanged,
    BackupTruncated,
    FolderNotEmpty,
    NoBackup,
    PassphraseWrong,
    SecondPlaceContradicts,
)
from traceability.ledger.node import Node
from traceability.ledger.second_place import SecondPlace, ServedHead
from traceability.store.engine import open_engine
from traceability.store.faults import StoreUnavailable
from traceability.store.migrate import SchemaTooNew, upgrade
from traceability.store.portable import DatabaseNotEmpty, Loading, loading, stored_log
from traceability.store.store import Store


@pytest.fixture
def backup(sqlite_full: Node, file: Path) -> Path:
    backed_up(sqlite_full, file, verify=False)
    return file


@pytest.fixture
def other(tmp_path: Path) -> Path:
    return tmp_path / "other"


class TestRefuses:
    def test_a_wrong_passphrase(self, backup: Path, other: Path) -> None:
        with pytest.raises(PassphraseWrong):
            restored(backup, other, passphrase="wrong horse battery")
        assert not other.exists()
        assert restored(backup, other).tree_size

    @pytest.mark.parametrize("part", [0.1, 0.5, 0.99])
    def test_a_truncated_file(self, backup: Path, other: Path, part: float) -> None:
        data = backup.read_bytes()
        backup.write_bytes(data[: int(len(data) * part)])
        with pytest.raises(BackupTruncated):
            restored(backup, other)
        assert not other.exists()
        backup.write_bytes(data)
        assert restored(backup, other).tree_size

    @pytest.mark.parametrize("part", [0.5, 0.999])
    def test_a_changed_file(self, backup: Path, other: Path, part: float) -> None:
        data = bytearray(backup.read_bytes())
        data[int(len(data) * part)] ^= 1
        backup.write_bytes(data)
        with pytest.raises(BackupChanged):
            restored(backup, other)
        assert not other.exists()

    @pytest.mark.parametrize("data", [b"", b"SQLite format 3\x00", b"{}" * 500])
    def test_a_file_that_is_no_backup(self, backup: Path, other: Path, data: bytes) -> None:
        backup.write_bytes(data)
        with pytest.raises(NoBackup):
            restored(backup, other)
        assert not other.exists()

    @pytest.mark.parametrize("name", ["ledger.sqlite", "keys/log.sealed", "notes.txt"])
    def test_a_folder_that_is_not_empty(self, backup: Path, other: Path, name: str) -> None:
        (other / name).parent.mkdir(parents=True)
        (other / name).write_text("precious")
        with pytest.raises(FolderNotEmpty, match=name.split("/", maxsplit=1)[0]):
            restored(backup, other)
        assert (other / name).read_text() == "precious"
        (other / name).rename(other.parent / "moved")
        if name.startswith("keys"):
            (other / "keys").rmdir()
        assert restored(backup, other).tree_size

    def test_a_sqlite_file_that_exists_elsewhere(self, backup: Path, other: Path) -> None:
        database = other.parent / "elsewhere.sqlite"
        database.write_bytes(b"precious")
        with pytest.raises(DatabaseNotEmpty, match="elsewhere"):
            restored(backup, other, f"sqlite:///{database}")
        assert database.read_bytes() == b"precious"
        assert not (other / "keys").exists()

    def test_a_database_with_rows(self, backup: Path, other: Path, postgres_url: str) -> None:
        change(postgres_url, "insert into meta (name, value) values ('log', '\\x00')")
        with pytest.raises(DatabaseNotEmpty, match="meta"):
            restored(backup, other, postgres_url)
        assert stored_log(postgres_url) == b"\x00"
        assert not (other / "keys").exists()
        change(postgres_url, "delete from meta")
        assert restored(backup, other, postgres_url).tree_size

    def test_a_database_with_tables_of_another_schema(
        self, backup: Path, other: Path, empty_postgres_url: str
    ) -> None:
        change(empty_postgres_url, "create table entries (leaf integer)")
        with pytest.raises(DatabaseNotEmpty, match="tables"):
            restored(backup, other, empty_postgres_url)
        change(empty_postgres_url, "drop table entries")
        assert restored(backup, other, empty_postgres_url).tree_size

    def test_a_schema_of_a_newer_program(
        self, sqlite_full: Node, file: Path, other: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patch:
            name = "traceability.ledger.backup.writing.schema_revision"
            patch.setattr(name, lambda _: "9999")
            backed_up(sqlite_full, file, verify=False)
        with pytest.raises(SchemaTooNew, match="'9999' is unknown"):
            restored(file, other)
        assert leftovers(other) == set()

    def test_a_name_that_leads_out_of_the_folder(
        self, sqlite_full: Node, file: Path, other: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patch:
            patch.setattr("traceability.ledger.backup.folder.SECOND_PLACE", "../evil")
            backed_up(sqlite_full, file, verify=False)
        with pytest.raises(BackupChanged, match=r"unknown name: '\.\./evil'"):
            restored(file, other)
        assert not other.exists()
        assert not (sqlite_full.data_dir / "../evil").exists()


def change(url: str, statement: str) -> None:
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def leftovers(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.suffix != ".lock"}


class TestSecondPlace:
    def test_a_newer_one_stays(self, backup: Path, other: Path, sqlite_full: Node) -> None:
        other.mkdir()
        newest = ServedHead(1000, bytes(32))
        SecondPlace(other / "served-heads.txt").append(newest)
        found = restored(backup, other)
        assert SecondPlace(other / "served-heads.txt").latest() == newest
        assert (found.served_size, found.tree_size) == (1000, entries_of(sqlite_full))

    def test_an_older_one_is_replaced(self, backup: Path, other: Path, sqlite_full: Node) -> None:
        other.mkdir()
        SecondPlace(other / "served-heads.txt").append(ServedHead(1, bytes(32)))
        restored(backup, other)
        place = SecondPlace(other / "served-heads.txt")
        assert place.latest() == sqlite_full.second_place.latest()

    def test_one_of_another_history_is_refused(
        self, backup: Path, other: Path, sqlite_full: Node
    ) -> None:
        other.mkdir()
        forked = ServedHead(entries_of(sqlite_full), bytes(32))
        SecondPlace(other / "served-heads.txt").append(forked)
        with pytest.raises(SecondPlaceContradicts, match="another history"):
            restored(backup, other)
        assert leftovers(other) == {"served-heads.txt"}
        assert SecondPlace(other / "served-heads.txt").latest() == forked

    def test_may_lie_elsewhere(self, sqlite_full: Node, file: Path, other: Path) -> None:
        place = other.parent / "elsewhere.txt"
        (sqlite_full.data_dir / "served-heads.txt").rename(place)
        backed_up(sqlite_full, file, served_heads=place)
        known = place.read_bytes()
        assert restored(file, other, served_heads=place).served_size == entries_of(sqlite_full)
        assert not (other / "served-heads.txt").exists()
        assert place.read_bytes() == known
        place.unlink()
        restored(file, other.parent / "third", served_heads=place)
        assert place.read_bytes() == known

    def test_is_not_newer_than_the_rows(
        self, sqlite_full: Node, file: Path, other: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A head that is served while the backup begins is in the rows or not in the copy."""
        whole = "traceability.ledger.backup.writing.second_place_pieces"
        from traceability.ledger.backup.folder import second_place_pieces

        def served_meanwhile(path: Path, length: int) -> Iterator[Any]:
            sqlite_full.second_place.append(ServedHead(1000, bytes(32)))
            return second_place_pieces(path, length)

        monkeypatch.setattr(whole, served_meanwhile)
        backed_up(sqlite_full, file, verify=False)
        found = restored(file, other)
        assert found.served_size <= found.tree_size


def entries_of(node: Node) -> int:
    with node.store.reading() as repositories:
        return repositories.entries.count_sequenced()


@contextmanager
def steps(act: Callable[[int], None]) -> Iterator[None]:
    """Call `act` with the number of each durable step, and of the middle, before it is taken."""
    count = 0
    kept = (os.fsync, os.replace, Loading.finish)

    def counted(step: Callable[..., Any]) -> Callable[..., Any]:
        def taken(*arguments: Any, **named: Any) -> Any:
            nonlocal count
            count += 1
            act(count)
            return step(*arguments, **named)

        return taken

    os.fsync, os.replace = counted(os.fsync), counted(os.replace)
    Loading.finish = counted(Loading.finish)  # type: ignore[method-assign] # put back below
    try:
        yield
    finally:
        os.fsync, os.replace, Loading.finish = kept  # type: ignore[method-assign] # its own


def number_of_steps(backup: Path, folder: Path) -> int:
    seen: list[int] = []
    with steps(seen.append):
        restored(backup, folder)
    return len(seen)


def killed_at(step: int, backup: Path, folder: Path, url: str) -> None:
    """Restore in a process that ends at a step as if by `kill -9`."""
    killed_when(lambda at: at == step, backup, folder, url)


def killed_when(is_time: Callable[[int], bool], backup: Path, folder: Path, url: str) -> None:
    """Restore in a process that ends before the first step of which something is true."""

    def end(at: int) -> None:
        if is_time(at):
            os._exit(9)

    child = os.fork()
    if child == 0:
        try:
            with steps(end):
                restored(backup, folder, url)
        finally:
            os._exit(0)
    os.waitpid(child, 0)


def test_killed_anywhere_it_is_finished_by_the_next_run(
    backup: Path, tmp_path: Path, sqlite_full: Node
) -> None:
    expected = contents(sqlite_full.store)
    for step in range(1, number_of_steps(backup, tmp_path / "counted") + 1):
        folder = tmp_path / f"killed-{step}"
        url = sqlite_url_of(folder)
        killed_at(step, backup, folder, url)
        if (folder / "keys").exists():
            assert (folder / "ledger.sqlite").exists(), step
        else:
            restored(backup, folder, url)
        with Store.open(url, folder) as store:
            assert contents(store) == expected, step
        assert secrets_of(folder) == secrets_of(sqlite_full.data_dir), step
        assert (folder / "served-heads.txt").exists()


def test_a_commit_that_is_reported_failed_is_finished_by_the_next_run(
    backup: Path,
    other: Path,
    sqlite_full: Node,
    empty_postgres_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def failing(database_url: str, revision: str, also: Any) -> Iterator[Loading]:
        with loading(database_url, revision, also) as found:
            yield found
        raise StoreUnavailable("connection lost")

    with monkeypatch.context() as patch:
        name = "traceability.ledger.backup.restoring.loading"
        patch.setattr(name, contextmanager(failing))
        with pytest.raises(StoreUnavailable, match="connection lost"):
            restored(backup, other, empty_postgres_url)
    assert not (other / "keys").exists()
    restored(backup, other, empty_postgres_url)
    with Store.open(empty_postgres_url, other) as store:
        assert contents(store) == contents(sqlite_full.store)
    assert secrets_of(other) == secrets_of(sqlite_full.data_dir)


@pytest.mark.parametrize("back", range(2, 10))
def test_killed_on_postgresql_it_is_finished_by_the_next_run(
    backup: Path, other: Path, sqlite_full: Node, empty_postgres_url: str, back: int
) -> None:
    """The last steps: those around the commit and after it."""
    step = number_of_steps(backup, other.parent / "counted") - back
    killed_at(step, backup, other, empty_postgres_url)
    if not (other / "keys").exists():
        restored(backup, other, empty_postgres_url)
    with Store.open(empty_postgres_url, other) as store:
        assert contents(store) == contents(sqlite_full.store)
        assert audit(store, second_place=SecondPlace(other / "served-heads.txt")).ok
    assert secrets_of(other) == secrets_of(sqlite_full.data_dir)


def test_failing_anywhere_it_is_all_or_nothing(
    backup: Path, tmp_path: Path, sqlite_full: Node
) -> None:
    for step in range(1, number_of_steps(backup, tmp_path / "counted") + 1):
        folder = tmp_path / f"failed-{step}"

        def fail(at: int, wanted: int = step) -> None:
            if at == wanted:
                raise StoreUnavailable("disk is full")

        with steps(fail), pytest.raises(ItemProofError, match="disk is full"):
            restored(backup, folder)
        if not (folder / ".restore" / "complete").exists() and not (folder / "keys").exists():
            assert leftovers(folder) == set(), step
        if not (folder / "keys").exists():
            restored(backup, folder)
        with Store.open(sqlite_url_of(folder), folder) as store:
            assert contents(store) == contents(sqlite_full.store), step


def test_another_backup_does_not_finish_it(
    backup: Path, sqlite_full: Node, tmp_path: Path, other: Path
) -> None:
    later = tmp_path / "later"
    backed_up(sqlite_full, later, verify=False)

    marker = other / ".restore" / "complete"
    killed_when(lambda _: marker.exists(), backup, other, sqlite_url_of(other))
    with pytest.raises(FolderNotEmpty, match="another backup was not finished"):
        restored(later, other)
    assert restored(backup, other).tree_size


def test_takes_an_empty_database_of_this_schema(
    backup: Path, other: Path, empty_postgres_url: str
) -> None:
    engine = open_engine(empty_postgres_url)
    upgrade(engine)
    engine.dispose()
    assert restored(backup, other, empty_postgres_url).tree_size
