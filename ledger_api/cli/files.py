"""Writing a file whole: it appears complete or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from ledger_api.statuses import FileUnwritable


def write_whole(path: Path, data: bytes) -> bool:
    """Write a new file beside its place and move it there; a full disk leaves no half of it.

    Tells whether it took the place of another.

    Raises
    ------
    FileUnwritable
        The folder is absent or closed, or the name is a folder's.
    """
    draft = path.with_name(f".{path.name}.new")
    is_there = path.exists()
    try:
        draft.write_bytes(data)
        draft.replace(path)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError) as error:
        raise _unwritable(path, str(error.strerror)) from error
    finally:
        if draft.exists():
            draft.unlink()
    return is_there


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
