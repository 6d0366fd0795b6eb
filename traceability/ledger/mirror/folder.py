"""The mirror's folder: the log's addresses as files, so that any file server serves it.

    checkpoint                  the newest head that was checked
    checkpoints/<size>          the signed head of each anchored size
    tile/<L>/<N>[.p/<W>]        hashes; C2SP tlog-tiles
    tile/entries/<N>[.p/<W>]    entries
    anchors                     a line for each final anchor: size, earlier size, nonce, hash
    anchor/<size>               its evidence
    trust.json                  the operator's word, or the trust file of whoever copies
    forks/<size>-<size>.json    two heads that contradict each other, and the proof

A file is written beside its place and renamed, so that it is whole or absent. What a run has
written counts only once `checkpoint` names it, which is written last.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from traceability.hashing.encoding import HASH_LENGTH
from traceability.ledger.mirror.faults import (
    MirrorBusy,
    MirrorDamaged,
    MirrorMissing,
    MirrorUnwritable,
)
from traceability.merkle.checkpoint import Checkpoint, verify_checkpoint
from traceability.merkle.proofs import root_from_nodes
from traceability.merkle.tiles import (
    TILE_HEIGHT,
    TILE_WIDTH,
    TileNodes,
    parse_entry_bundle,
    tile_path,
)
from traceability.verify.trust import Trust

LOW_BITS = (1 << 48) - 1
LEVEL_SHIFT = 48
# The longest file that is read whole: a bundle of 256 entries of 4,096 bytes.
MAX_FILE_BYTES = 2 * 2**20
# The list of anchors grows for ever: some three million, one a minute for five years.
MAX_LIST_BYTES = 256 * 2**20
SUFFIX = ".new"


def most_bytes(name: str) -> int:
    """Return how long the file of a name may be."""
    return MAX_LIST_BYTES if file_of(name) == "anchors" else MAX_FILE_BYTES


def file_of(name: str) -> str:
    """Return the file that a name means; what is asked of it besides, only a node heeds."""
    return name.partition("?")[0]


class MirrorFolder:
    """Reads and writes a mirror; what it reads is checked by whoever uses it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    # Reading

    def read(self, name: str) -> bytes | None:
        """Return a file's bytes; None where there is none.

        Raises
        ------
        MirrorDamaged
            It cannot be read, or is longer than any such file.
        """
        most = most_bytes(name)
        try:
            with (self.path / name).open("rb") as handle:
                data = handle.read(most + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise MirrorDamaged(f"file {name!r} cannot be read: {error.strerror}") from error
        if len(data) > most:
            raise MirrorDamaged(f"file {name!r} is too long: expected at most {most} bytes")
        return data

    def require(self, name: str) -> bytes:
        """Return a file's bytes.

        Raises
        ------
        MirrorDamaged
            There is no such file.
        """
        data = self.read(name)
        if data is None:
            raise MirrorDamaged(f"file {name!r} is missing", pointer=name)
        return data

    def head(self, trust: Trust) -> Checkpoint | None:
        """Return the newest head, signed by the log key; None where nothing was copied yet."""
        data = self.read("checkpoint")
        if data is None:
            return None
        return verify_checkpoint(
            data.decode("utf-8", "replace"),
            origin=trust.origin,
            public_key=trust.log_key.public_key,
        )

    def require_head(self, trust: Trust) -> Checkpoint:
        """Return the newest head.

        Raises
        ------
        MirrorMissing
        """
        head = self.head(trust)
        if head is None:
            raise MirrorMissing(f"folder {str(self.path)!r} holds no mirror: run mirror first")
        return head

    def checkpoint_text(self, tree_size: int) -> str | None:
        """Return the signed head of an anchored size, if it is here."""
        data = self.read(f"checkpoints/{tree_size}")
        return None if data is None else data.decode("utf-8", "replace")

    def nodes(self, tree_size: int) -> TileNodes:
        """Return a reader of the tree's nodes at the mirror's size."""
        return TileNodes(lambda keys: self.read_tiles(keys, tree_size), tree_size)

    def root(self, tree_size: int, *, within: int) -> bytes:
        """Return the root at a size, from the tiles of the mirror's size `within`."""
        return root_from_nodes(tree_size, self.nodes(within).node)

    def read_tiles(self, keys: Sequence[int], tree_size: int) -> Mapping[int, bytes]:
        """Return the tiles of a tree that are here."""
        found = {}
        for key in keys:
            level, index = key >> LEVEL_SHIFT, key & LOW_BITS
            width = min(TILE_WIDTH, (tree_size >> (TILE_HEIGHT * level)) - index * TILE_WIDTH)
            data = self.read(tile_path(level, index, width)) if width > 0 else None
            if data is not None and len(data) == width * HASH_LENGTH:
                found[key] = data
        return found

    def bundle(self, index: int, width: int) -> list[bytes] | None:
        """Return the entries of a bundle of exactly this width; None where it is not here."""
        data = self.read(tile_path("entries", index, width))
        if data is None:
            return None
        entries = parse_entry_bundle(data)
        if len(entries) != width:
            raise MirrorDamaged(
                f"entry bundle {index} has another length: expected {width}, got {len(entries)}"
            )
        return entries

    def bundles(self, first: int, tree_size: int) -> Iterator[tuple[int, list[bytes]]]:
        """Yield (leaf index, entries) from an index on, bundle by bundle.

        Raises
        ------
        MirrorDamaged
            A bundle is missing.
        """
        while first < tree_size:
            index = first // TILE_WIDTH
            width = min(TILE_WIDTH, tree_size - index * TILE_WIDTH)
            entries = self.bundle(index, width)
            if entries is None:
                raise MirrorDamaged(f"entry bundle {index} is missing: expected {width} entries")
            yield first, entries[first - index * TILE_WIDTH :]
            first = index * TILE_WIDTH + width

    # Writing

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the mirror for one writer; a folder that cannot be written is told.

        Raises
        ------
        MirrorBusy, MirrorUnwritable
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with (self.path / ".mirror.lock").open("a") as handle:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError as error:
                    raise MirrorBusy(f"mirror {str(self.path)!r} is being written") from error
                yield
        except OSError as error:
            raise MirrorUnwritable(f"mirror cannot be written: {error.strerror}") from error

    def write(self, name: str, data: bytes, *, durable: bool = True) -> Path:
        """Write a file whole; with `durable`, it is on disk when this returns."""
        place = self.path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        draft = place.with_name(place.name + SUFFIX)
        with draft.open("wb") as handle:
            handle.write(data)
            if durable:
                handle.flush()
                os.fsync(handle.fileno())
        draft.replace(place)
        if durable:
            _sync(place.parent)
        return place

    def sync(self, places: Iterable[Path]) -> None:
        """Force files written without `durable` to disk, and the folders that name them."""
        folders = {self.path}
        for place in places:
            _sync(place)
            # A folder that was made new is itself named by one above it.
            between = place.relative_to(self.path).parents
            folders.update(self.path / parent for parent in between)
        for folder in folders:
            _sync(folder)

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        (self.path / name).unlink(missing_ok=True)


def _sync(place: Path) -> None:
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
