"""Files of secrets: whole or absent, on disk before anybody relies on them, never overwritten.

Steps of a new file, and what a crash after each leaves: (1) the folder; (2) a draft beside its
place, under a name with a dot, of which nobody takes notice; (3) the file in its place, whole;
(4) the draft gone; (5) the folder forced to disk, so that the name outlives a power cut.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from traceability.key_files.faults import KeyFileExists

OWNER_ONLY, FOLDER_MODE = 0o600, 0o700


def write_new(path: Path, data: bytes, *, known: bool = False) -> None:
    """Write a new file that its owner alone reads.

    Parameters
    ----------
    known
        A file that somebody else has just put there is as good.

    Raises
    ------
    KeyFileExists
        There is one already.
    """
    make_folder(path.parent)
    draft = _draft(path, data)
    try:
        _place(draft, path)
    except FileExistsError as error:
        # Our own bytes, which nobody else could write: it was placed, and reported failed.
        if not known and path.read_bytes() != data:
            raise _exists(path) from error
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)


def refuse_existing(path: Path) -> None:
    """Refuse a name that is taken, before anybody is asked for a passphrase.

    Raises
    ------
    KeyFileExists
    """
    if path.exists():
        raise _exists(path)


def _exists(path: Path) -> KeyFileExists:
    return KeyFileExists(f"key file {path.name!r} exists: it is never overwritten")


def _place(draft: Path, path: Path) -> None:
    """Give a draft its name, unless that is taken."""
    try:
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError as error:  # Some file systems know no second name.
        if path.exists():
            raise FileExistsError from error
        draft.replace(path)


def replace_file(path: Path, data: bytes) -> None:
    """Put a file in the place of another: a crash leaves one of the two, whole."""
    draft = _draft(path, data)
    try:
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)


def remove_file(path: Path) -> None:
    """Remove a file for good."""
    path.unlink(missing_ok=True)
    sync_folder(path.parent)


def make_folder(folder: Path) -> None:
    """Make a folder that its owner alone enters, and those above it."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(exist_ok=True, mode=FOLDER_MODE)
        sync_folder(one.parent)


def sync_folder(folder: Path) -> None:
    """Force a folder's names to disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _draft(path: Path, data: bytes) -> Path:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    try:
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(data)
            handle.flush()
            os.fsync(handle.fileno())
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return draft
