"""Writing a backup while the node runs: second place, one snapshot of the store, keys.

In this order, each for a reason. (1) The length of the second place: a head is stored before it is
written there, so the snapshot holds every head of the copy. (2) The snapshot of all tables. (3) The
key files: a key is in its file before its registration is stored, so no registered key is missing.

The file is drafted beside its place, forced to disk, restored into a scratch folder, audited, and
only then moved. A crash leaves a draft, whose name begins with a dot, and never half a backup.
"""

from __future__ import annotations

import glob
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from traceability.hashing.encoding import format_time
from traceability.key_files.passphrases import OWN_FILE, PassphraseSource
from traceability.ledger.audit.audit import audit
from traceability.ledger.audit.difference import Difference
from traceability.ledger.backup.cipher import EncryptingWriter
from traceability.ledger.backup.faults import BackupExists, BackupNotVerified
from traceability.ledger.backup.folder import (
    FOLDER_MODE,
    OWNER_ONLY,
    SECOND_PLACE,
    force,
    key_pieces,
    second_place_pieces,
    whole_lines,
)
from traceability.ledger.backup.frames import (
    END,
    MANIFEST,
    Manifest,
    Piece,
    Rows,
    Totals,
    file_frame,
    frame,
    rows_frame,
)
from traceability.ledger.backup.restoring import restore_backup
from traceability.ledger.keyring import Keyring
from traceability.ledger.opening import load_identity
from traceability.ledger.second_place import SecondPlace
from traceability.store.portable import portable_tables, read_blocks, schema_revision
from traceability.store.repositories import Repositories
from traceability.store.store import Store

SCRATCH = ".backup-check-"
# How the audit names a batch without any record, and a card without its content.
IN_NO_MIRROR = frozenset({("records", "record_index", "0"), ("cards", "payload", "nothing")})
Progress = Callable[[str, int], None]


def no_progress(_part: str, _done: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class BackupReport:
    """What was written: `verified` is false only where the caller did not ask for it.

    `missing` counts batches and cards whose content the ledger lacks, as after it was rebuilt from
    a mirror; the backup lacks it too. Only verifying tells.
    """

    path: Path
    size: int
    log: bytes
    tree_size: int
    rows: int
    files: int
    verified: bool
    missing: int = 0


def write_backup(
    store: Store,
    log: bytes,
    *,
    path: Path,
    passphrase: str,
    settings: Mapping[str, str],
    served_heads: Path | None = None,
    key_passphrase_file: Path | None = None,
    verify: bool = True,
    replace: bool = False,
    progress: Progress = no_progress,
) -> BackupReport:
    """Write a backup of an open store and its folder to `path`.

    Parameters
    ----------
    settings
        What identifies the log to a node, as its environment names it.
    served_heads
        The second place, if it is not in the data folder.
    key_passphrase_file
        What opens the key files, where that is not the folder's own: they are opened for a test.
    verify
        Restore it into a scratch folder within the data folder, and audit that.
    replace
        Put it in the place of an older one of that name.

    Raises
    ------
    BackupExists, BackupNotVerified, PassphraseTooShort, StoreNotPortable
    """
    if path.exists() and not replace:
        raise BackupExists(f"file {path.name!r} exists: choose another name, or replace it")
    missing = 0
    with store.lock("backup", wait=False), _draft(path) as draft:
        with draft.open("wb") as file:
            place = served_heads or store.data_dir / SECOND_PLACE
            written = _Writing(file, EncryptingWriter(file, passphrase), store, log, place)
            manifest, totals = written.run(settings, progress)
        if verify:
            missing = _Check(draft, passphrase, log, progress, key_passphrase_file).within(
                store.data_dir
            )
        size = draft.stat().st_size
        draft.replace(path)
        force(path.absolute().parent)
    rows, files = sum(totals.rows.values()), len(totals.files)
    return BackupReport(path, size, log, manifest.tree_size, rows, files, verify, missing)


@contextmanager
def _draft(path: Path) -> Iterator[Path]:
    """Give a new file beside the place; it is gone in the end unless it was moved there.

    What a run that was killed left there goes first: no other run writes to this place now.
    """
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.new"):
        left.unlink(missing_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY))
    try:
        yield draft
    finally:
        draft.unlink(missing_ok=True)


@dataclass(slots=True)
class _Writing:
    file: IO[bytes]
    writer: EncryptingWriter
    store: Store
    log: bytes
    served_heads: Path

    def run(self, settings: Mapping[str, str], progress: Progress) -> tuple[Manifest, Totals]:
        """Write every frame in order, and force the file to disk."""
        totals = Totals()
        served = whole_lines(self.served_heads)
        with self.store.reading() as repositories:
            manifest = _manifest(repositories, self.log, settings)
            self.writer.write(frame(MANIFEST, manifest.to_bytes()))
            for piece in second_place_pieces(self.served_heads, served):
                self._put_piece(piece, totals)
            self._put_rows(repositories, manifest, totals, progress)
        for piece in key_pieces(self.store.data_dir):
            self._put_piece(piece, totals)
        self.writer.write(frame(END, totals.to_bytes()))
        self.writer.finish()
        self.file.flush()
        os.fsync(self.file.fileno())
        return manifest, totals

    def _put_rows(
        self, repositories: Repositories, manifest: Manifest, totals: Totals, progress: Progress
    ) -> None:
        for number, table in enumerate(manifest.tables):
            for block in read_blocks(repositories.connection, table.name):
                self.writer.write(rows_frame(number, table, block))
                totals.add(Rows(table, block))
                progress("write", sum(totals.rows.values()))

    def _put_piece(self, piece: Piece, totals: Totals) -> None:
        self.writer.write(file_frame(piece.name, piece.data))
        totals.add(piece)


def _manifest(repositories: Repositories, log: bytes, settings: Mapping[str, str]) -> Manifest:
    return Manifest(
        created=format_time(datetime.now(UTC)),
        log=log,
        tree_size=repositories.entries.count_sequenced(),
        schema=schema_revision(repositories.connection) or "",
        settings=dict(settings),
        tables=portable_tables(),
    )


@dataclass(frozen=True, slots=True)
class _Check:
    """A backup that is restored for a test."""

    path: Path
    passphrase: str
    log: bytes
    progress: Progress
    key_passphrase_file: Path | None

    def within(self, data_dir: Path) -> int:
        """Restore it into a scratch folder and audit that; what is left of it is removed.

        The scratch folder lies in the data folder, where its secrets are at home. Returns how many
        batches and cards are without their content.
        """
        for left in data_dir.glob(f"{SCRATCH}*"):
            shutil.rmtree(left, ignore_errors=True)
        scratch = Path(tempfile.mkdtemp(prefix=SCRATCH, dir=data_dir))
        scratch.chmod(FOLDER_MODE)
        try:
            url = f"sqlite:///{(scratch / 'ledger.sqlite').absolute()}"
            restore_backup(
                self.path, passphrase=self.passphrase, data_dir=scratch, database_url=url
            )
            self.progress("audit", 0)
            return _audit(scratch, url, self.log, self.key_passphrase_file)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def _audit(scratch: Path, url: str, log: bytes, key_passphrase_file: Path | None) -> int:
    keys = scratch / "keys"
    source = PassphraseSource(keys / OWN_FILE, configured=key_passphrase_file)
    with Store.open(url, scratch) as store:
        identity = load_identity(store, Keyring(keys, source))
        if identity is None or identity.log != log:
            raise BackupNotVerified("backup restored for a test does not hold this ledger")
        place = SecondPlace(scratch / SECOND_PLACE)
        report = audit(store, second_place=place, expects=_is_in_no_mirror)
    if not report.total:
        # What nobody can check of the ledger, nobody can of its backup: no fault of it.
        return report.expected
    first = report.differences[0]
    raise BackupNotVerified(
        f"backup restored for a test does not pass the audit: {report.total} differences, "
        f"first {first.table}[{first.key}].{first.column}",
        expected=first.expected,
        got=first.found,
    )


def _is_in_no_mirror(found: Difference) -> bool:
    """Tell whether content is missing that `rebuild` cannot bring back: no fault of a backup.

    Of a batch that has lost some of its records, or all but its derived rows, the audit says more.
    """
    return (found.table, found.column, found.found) in IN_NO_MIRROR
