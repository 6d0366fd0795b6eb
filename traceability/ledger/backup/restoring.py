"""Restoring a backup into an empty folder and an empty database of either kind.

(1) The whole file is decrypted and understood once, and nothing is written: a wrong passphrase, a
truncated or a changed file ends here. (2) Files go to a staging folder, rows to a database that
is not in its place yet (a SQLite file of another name; an open transaction on PostgreSQL), and
both are forced to disk. (3) A marker says that all is there. (4) The database takes its place, then
the second place, then, last, the keys: without them no node opens what is half there.

A crash before the marker leaves a staging folder that the next run throws away; after it, the next
run of the same backup goes on with (4).
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from traceability.errors import ItemProofError
from traceability.hashing.statement import StatusStatement
from traceability.key_files.passphrases import OWN_FILE, PassphraseSource
from traceability.ledger.backup.cipher import Preamble, decrypted, open_key, read_preamble
from traceability.ledger.backup.faults import FolderNotEmpty, SecondPlaceContradicts
from traceability.ledger.backup.folder import (
    CHAIN_FILES,
    FOLDER_MODE,
    KEYS,
    OWNER_ONLY,
    SECOND_PLACE,
    FilePlacer,
    check_name,
    force,
)
from traceability.ledger.backup.frames import BackupReader, Manifest, Piece, Rows
from traceability.ledger.erasure_list import FILE_NAME as ERASURE_LIST
from traceability.ledger.erasure_list import (
    apply_erasures,
    erasures_among,
    list_beside,
    read_list,
)
from traceability.ledger.gate import RESTORED, mark_restored
from traceability.ledger.keyring import Keyring
from traceability.ledger.second_place import SecondPlace, ServedHead
from traceability.store.engine import open_engine
from traceability.store.faults import translated
from traceability.store.locks import process_lock
from traceability.store.portable import DatabaseNotEmpty, loading, sqlite_path, stored_log
from traceability.store.purging import overwrite_freed
from traceability.store.repositories import Repositories
from traceability.store.repositories.erased_codes import code_key

logger = logging.getLogger(__name__)

STAGING, MARKER = ".restore", "complete"
# What may be in the folder already: newer than the backup's, it stays.
MAY_BE_THERE = frozenset(
    {
        SECOND_PLACE,
        ERASURE_LIST,
        *CHAIN_FILES,
        "devchain.json",
        "devchain.log",
        "devchain.state.json.kept",
    }
    | {RESTORED, STAGING, "lost+found"}
)
Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored; `served_size` is the size of the newest head that is known as served."""

    log: bytes
    tree_size: int
    created: str
    settings: dict[str, str]
    rows: int
    served_size: int


@dataclass(frozen=True, slots=True)
class _Opened:
    """A backup whose passphrase is right; it can be read more than once."""

    file: IO[bytes]
    preamble: Preamble
    key: bytes
    start: int

    def reader(self) -> BackupReader:
        self.file.seek(self.start)
        return BackupReader(decrypted(self.file, self.preamble, self.key))


def restore_backup(
    path: Path,
    *,
    passphrase: str,
    data_dir: Path,
    database_url: str,
    served_heads: Path | None = None,
    erasures: Sequence[bytes] = (),
    key_passphrase_file: Path | None = None,
    progress: Progress = lambda _part, _done: None,
) -> Restored:
    """Restore a backup; either all of it is in place afterwards, or nothing that a node opens.

    Parameters
    ----------
    served_heads
        The second place, if it is not in the data folder; what is newer there stays.
    erasures
        Entries that erase content: what they name is destroyed before anything is in its place.
        Those of the list beside the second place are added.
    key_passphrase_file
        Opens the backup's own key files. Where they stay closed, erased codes are not found again.

    Raises
    ------
    PassphraseWrong, NoBackup, BackupTruncated, BackupChanged
        Nothing was written.
    FolderNotEmpty, DatabaseNotEmpty, SecondPlaceContradicts
        Nothing that was there is changed.
    """
    with path.open("rb") as file:
        preamble = read_preamble(file)
        opened = _Opened(file, preamble, open_key(preamble, passphrase), file.tell())
        manifest, rows = _looked_through(opened.reader(), progress)
        data_dir.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
        place = served_heads or data_dir / SECOND_PLACE
        target = _Target(data_dir, database_url, place, preamble.digest.hex())
        target.key_passphrase_file = key_passphrase_file
        target.erasures = erasures_among(
            [*read_list(list_beside(place)), *erasures], log=manifest.log
        )
        with target.alone():
            if not target.is_complete(manifest.log):
                target.require_empty()
                target.fill(opened.reader(), progress)
            target.place()
        served = SecondPlace(place).latest()
    size = 0 if served is None else served.tree_size
    return Restored(
        manifest.log, manifest.tree_size, manifest.created, manifest.settings, rows, size
    )


def _looked_through(reader: BackupReader, progress: Progress) -> tuple[Manifest, int]:
    """Read a backup to its end and return its manifest and its number of rows."""
    rows = 0
    for part in reader.parts():
        if isinstance(part, Piece):
            check_name(part.name)
        else:
            rows += len(part.rows)
            progress("check", rows)
    return reader.manifest, rows


class _Target:
    """The folder and the database to restore into."""

    def __init__(self, data_dir: Path, database_url: str, served_heads: Path, backup: str) -> None:
        self._data_dir = data_dir
        self._served_heads = served_heads
        self._url = database_url
        self._backup = backup
        self._staging = data_dir / STAGING
        self._files = self._staging / "files"
        self._marker = self._staging / MARKER
        self._database = sqlite_path(database_url)
        self._draft = None
        self.erasures: list[StatusStatement] = []
        self.key_passphrase_file: Path | None = None
        if self._database is not None:
            self._draft = self._database.with_name(f"{self._database.name}{STAGING}")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other restores out."""
        engine = open_engine(self._url)
        try:
            with (
                translated(),
                process_lock(engine, self._data_dir, name="restore", wait=False),
            ):
                yield
        finally:
            engine.dispose()

    def is_complete(self, log: bytes) -> bool:
        """Tell whether an earlier run restored all of this backup but did not put it in place."""
        if not self._marker.exists():
            return False
        if self._marker.read_text() != self._backup:
            raise FolderNotEmpty("restoring another backup was not finished here: run that again")
        if self._database is None or self._draft is None:
            return stored_log(self._url) == log
        return self._draft.exists() or self._database.exists()

    def require_empty(self) -> None:
        """Drop what an earlier run left, and refuse a place that holds anything else."""
        self._drop()
        for path in sorted(self._data_dir.iterdir()):
            if path.name not in MAY_BE_THERE and path.suffix != ".lock":
                raise FolderNotEmpty(
                    f"folder to restore into holds {path.name!r}: name another, or move it away"
                )
        if self._database is not None and self._database.exists():
            raise DatabaseNotEmpty(f"database {self._database.name!r} exists")

    def fill(self, reader: BackupReader, progress: Progress) -> None:
        """Write files and rows to where they are not in their place yet, durably."""
        self._files.mkdir(parents=True, mode=FOLDER_MODE)
        try:
            self._fill(reader, progress)
        except BaseException:
            # A commit may be reported as failed and be kept: the next run finds out which.
            if not self._marker.exists():
                self._drop()
            raise

    def _drop(self) -> None:
        shutil.rmtree(self._staging, ignore_errors=True)
        if self._draft is not None:
            self._draft.unlink(missing_ok=True)

    def _fill(self, reader: BackupReader, progress: Progress) -> None:
        placer = FilePlacer(self._files)
        url = self._url
        if self._draft is not None:
            os.close(os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY))
            url = f"sqlite:///{self._draft}"
        with loading(url, reader.manifest.schema, self._erase) as database:
            rows = 0
            for part in reader.parts():
                if isinstance(part, Rows):
                    database.add(part.table, part.rows)
                    rows += len(part.rows)
                    progress("restore", rows)
                else:
                    placer.write(part)
            placer.finish()
            self._compare_second()
            if self._draft is None:
                # Before the commit: afterwards the rows tell whether it took place.
                self._mark()
        if self._draft is not None:
            if self.erasures:
                overwrite_freed(self._draft)
            force(self._draft)
            self._mark()

    def _erase(self, repositories: Repositories) -> None:
        """Destroy what was erased after the backup, within the transaction that fills."""
        if self.erasures:
            repositories.code_key = self._code_key()
        apply_erasures(repositories, self.erasures)

    def _code_key(self) -> bytes | None:
        keys = self._files / KEYS
        source = PassphraseSource(keys / OWN_FILE, configured=self.key_passphrase_file)
        try:
            return code_key(Keyring(keys, source).secret("duplicate"))
        except (ItemProofError, OSError) as error:
            logger.warning("restore.erased_codes_lost reason=%s", error)
            return None

    def _compare_second(self) -> None:
        old, known = self._served()
        if old is None or known is None or old.tree_size != known.tree_size:
            return
        if old.root_hash != known.root_hash:
            raise SecondPlaceContradicts(
                f"second place in the folder is of another history at size {old.tree_size}",
                expected=old.root_hash.hex()[:16],
                got=known.root_hash.hex()[:16],
            )

    def _served(self) -> tuple[ServedHead | None, ServedHead | None]:
        """Return the last served heads of the backup and of the folder."""
        places = (self._files / SECOND_PLACE, self._served_heads)
        brought, there = (SecondPlace(path).latest() for path in places)
        return brought, there

    def _mark(self) -> None:
        draft = self._marker.with_suffix(".new")
        draft.write_text(self._backup)
        force(draft)
        draft.replace(self._marker)
        force(self._staging)
        force(self._data_dir)

    def place(self) -> None:
        """Put everything into its place; it may have been begun before."""
        force(mark_restored(self._data_dir))
        if self._draft is not None and self._database is not None and self._draft.exists():
            self._draft.replace(self._database)
            force(self._database.absolute().parent)
        self._place_second()
        for name in CHAIN_FILES:
            if (self._files / name).exists() and not (self._data_dir / name).exists():
                (self._files / name).replace(self._data_dir / name)
        if (self._files / KEYS).exists():
            (self._files / KEYS).replace(self._data_dir / KEYS)
        force(self._data_dir)
        shutil.rmtree(self._staging)

    def _place_second(self) -> None:
        """Keep the newer of the backup's second place and the one that is there."""
        old, known = self._served()
        if old is not None and (known is None or known.tree_size < old.tree_size):
            # It may lie on another disk: copied beside its place first.
            draft = self._served_heads.with_name(f"{self._served_heads.name}{STAGING}")
            shutil.copyfile(self._files / SECOND_PLACE, draft)
            force(draft)
            draft.replace(self._served_heads)
            force(self._served_heads.absolute().parent)
