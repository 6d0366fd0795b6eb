"""The files of a data folder that belong into a backup, and no other."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from traceability.ledger.backup.faults import BackupChanged, FolderChanging
from traceability.ledger.backup.frames import FILE_PIECE_BYTES, Piece

# The second place's name in a backup, and in a data folder where no other place is set.
SECOND_PLACE = "served-heads.txt"
CHAIN_STATE = "devchain.state.json"
# Of an embedded test chain; a real chain keeps itself.
CHAIN_FILES = ("devchain.key", CHAIN_STATE)
KEYS = "keys"
# What a backup may write into a folder: names of our own making only.
KNOWN = re.compile(
    r"served-heads\.txt|devchain\.(key|state\.json)"
    r"|keys/(participants/[0-9a-f]{64}\.(pem|sealed)"
    r"|passphrase|[a-z][a-z0-9-]{0,63}\.(pem|secret|key|sealed))"
)
OWNER_ONLY, FOLDER_MODE = 0o600, 0o700
# Longer than any line of the second place.
TAIL_BYTES = 4_096
ATTEMPTS, PAUSE_SECONDS = 20, 0.25


def check_name(name: str) -> None:
    """Refuse a name that no backup of ours has.

    Raises
    ------
    BackupChanged
    """
    if not KNOWN.fullmatch(name):
        raise BackupChanged(f"backup holds a file of an unknown name: {name[:80]!r}")


def whole_lines(served_heads: Path) -> int:
    """Return how many bytes of the second place are whole lines now.

    Asked before the store is looked at: a head is stored before it comes here, so that the store
    then holds every head up to that length.
    """
    try:
        with served_heads.open("rb") as file:
            start = max(0, file.seek(0, os.SEEK_END) - TAIL_BYTES)
            file.seek(start)
            return start + file.read(TAIL_BYTES).rfind(b"\n") + 1
    except FileNotFoundError:
        return 0


def second_place_pieces(served_heads: Path, length: int) -> Iterator[Piece]:
    """Yield the second place up to a length."""
    if not length:
        return
    with served_heads.open("rb") as file:
        while length and (data := file.read(min(length, FILE_PIECE_BYTES))):
            length -= len(data)
            yield Piece(SECOND_PLACE, data)


def key_pieces(data_dir: Path) -> Iterator[Piece]:
    """Yield the key files, and the embedded chain's where there is one."""
    for path in sorted((data_dir / KEYS).rglob("*")):
        name = path.relative_to(data_dir).as_posix()
        if path.is_file() and KNOWN.fullmatch(name):
            yield Piece(name, path.read_bytes())
    for name in CHAIN_FILES:
        path = data_dir / name
        if path.exists():
            data = _settled(path) if name == CHAIN_STATE else path.read_bytes()
            for at in range(0, len(data), FILE_PIECE_BYTES):
                yield Piece(name, data[at : at + FILE_PIECE_BYTES])


def _settled(path: Path) -> bytes:
    """Return the chain's state, which the chain writes anew each second while it runs."""
    for _ in range(ATTEMPTS):
        data = path.read_bytes()
        try:
            json.loads(data)
        except ValueError:
            time.sleep(PAUSE_SECONDS)
        else:
            return data
    raise FolderChanging(f"file {path.name} cannot be read whole while it is written")


class FilePlacer:
    """Writes the pieces of files into a folder, readable by their owner only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, piece: Piece) -> None:
        """Add a piece to its file.

        Raises
        ------
        BackupChanged
            The file has a name that no backup of ours has.
        """
        check_name(piece.name)
        path = self._folder / piece.name
        # Each by itself: `parents=True` would give those between the mode of everybody.
        for between in reversed(PurePosixPath(piece.name).parents):
            (self._folder / between).mkdir(exist_ok=True, mode=FOLDER_MODE)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, OWNER_ONLY)
        with os.fdopen(descriptor, "ab") as file:
            file.write(piece.data)

    def finish(self) -> None:
        """Force every file and folder to disk."""
        for path in [*self._folder.rglob("*"), self._folder]:
            force(path)


def force(path: Path) -> None:
    """Force a file or a folder to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
