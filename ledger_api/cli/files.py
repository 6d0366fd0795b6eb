"""Writing a file whole: it appears complete or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ledger_api.statuses import FileUnwritable


def write_whole(path: Path, data: bytes) -> bool:
    """Write a new file beside its place and move it there; a full disk leaves no half of it.

    Tells whether it took the place of another.

    Raises
    ------
    FileUnwritable
        The folder is absent or closed, or the name is a folder's.
    """
    is_there = path.exists()
    with written_whole(path) as file:
        file.write(data)
    return is_there


@contextmanager
def written_whole(path: Path) -> Iterator[IO[bytes]]:
    """Open a new file beside its place, to be moved there once all of it is written.

    Raises
    ------
    FileUnwritable
        The folder is absent or closed, or the name is a folder's.
    """
    draft = path.with_name(f".{path.name}.new")
    try:
        with _opened(draft, path) as file:
            yield file
        _move(draft, path)
    finally:
        if draft.exists():
            draft.unlink()


_CLOSED = (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError)


def _opened(draft: Path, path: Path) -> IO[bytes]:
    try:
        return draft.open("wb")
    except _CLOSED as error:
        raise _unwritable(path, str(error.strerror)) from error


def _move(draft: Path, path: Path) -> None:
    try:
        draft.replace(path)
    except _CLOSED as error:
        raise _unwritable(path, str(error.strerror)) from error


def require_writable(path: Path) -> None:
    """Refuse a file that could not be written, before any work is done for it.

    Raises
    ------
    FileUnwritable
    """
    if not path.parent.is_dir():
        raise _unwritable(path, "its folder is absent")
    if path.is_dir():
        raise _unwritable(path, "it is a folder")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise _unwritable(path, "its folder may not be written to")


def _unwritable(path: Path, fault: str) -> FileUnwritable:
    return FileUnwritable(f"file cannot be written: {fault}: {str(path)!r}")
