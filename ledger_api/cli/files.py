"""Writing a file whole: it appears complete or not at all."""

from __future__ import annotations

from pathlib import Path


def write_whole(path: Path, data: bytes) -> bool:
    """Write a new file beside its place and move it there; a full disk leaves no half of it.

    Tells whether it took the place of another.
    """
    draft = path.with_name(f".{path.name}.new")
    is_there = path.exists()
    try:
        draft.write_bytes(data)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return is_there
