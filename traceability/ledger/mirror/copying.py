"""Copying a log: what is new is fetched, hashed, and kept only if it continues what is here.

Life of a copy: (1) the log's signed head is read and set beside the mirror's; (2) entry bundles
are fetched from the mirror's size on and hashed into its tree, whose tiles are written; (3) the
root must be the head's, so that the mirror's history is the head's beginning, by construction;
(4) evidence of new anchors is fetched and checked; (5) `checkpoint` names the new head.

A crash before (5) leaves files that the next run reads instead of fetching them, and hashes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from traceability.errors import InvalidInput, ItemProofError
from traceability.hashing.encoding import HASH_LENGTH
from traceability.ledger.mirror.anchors import copy_anchors
from traceability.ledger.mirror.faults import (
    MirrorDamaged,
    MirrorForked,
    MirrorSourceOlder,
    MirrorSourceWrong,
)
from traceability.ledger.mirror.folder import LEVEL_SHIFT, LOW_BITS, MirrorFolder
from traceability.ledger.mirror.fork import Fork, fork_nodes
from traceability.ledger.mirror.source import LogSource, get_tile, require, source_tiles
from traceability.merkle.checkpoint import Checkpoint, verify_checkpoint
from traceability.merkle.growing import GrowingTree
from traceability.merkle.proofs import root_from_nodes
from traceability.merkle.tiles import (
    TILE_HEIGHT,
    TILE_WIDTH,
    TileNodes,
    entry_bundle,
    parse_entry_bundle,
    tile_path,
)
from traceability.merkle.tree import leaf_hash
from traceability.verify.trust import Trust

# Bundles that are hashed into the tree and forced to disk together.
GROUP_BUNDLES = 64
# Bundles on their way at once: hides the time of one answer behind the hashing of others.
AHEAD, FETCHERS = 16, 3
# A log of 2^53 entries has seven levels of tiles.
MAX_LEVEL = 7

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Copied:
    """What a run has done: the mirror's size before and after, and new anchors."""

    before: int
    head: Checkpoint
    fetched: int
    anchors: int


def copy_log(
    source: LogSource,
    folder: MirrorFolder,
    trust: Trust,
    *,
    progress: Progress = lambda _done, _total: None,
) -> Copied:
    """Bring a mirror up to the log's newest head.

    Raises
    ------
    MirrorForked, MirrorSourceOlder, MirrorSourceWrong
        The log contradicts the mirror, has lost entries, or contradicts itself: nothing of it
        is taken.
    MirrorDamaged
        The mirror's own tiles are not those of its head.
    """
    with folder.writing():
        text = require(source, "checkpoint").decode("utf-8", "replace")
        head = verify_checkpoint(text, origin=trust.origin, public_key=trust.log_key.public_key)
        run = _Copy(source, folder, trust, text, head)
        before = run.compare_heads()
        fetched = run.fetch(before, progress) if head.tree_size > before else 0
        anchors = copy_anchors(source, folder, trust, tree_size=head.tree_size)
        folder.write("checkpoint", text.encode())
        run.remove_old_edges(before)
    return Copied(before, head, fetched, anchors)


@dataclass(slots=True)
class _Copy:
    """One run."""

    source: LogSource
    folder: MirrorFolder
    trust: Trust
    text: str
    head: Checkpoint

    def compare_heads(self) -> int:
        """Return the mirror's size, after its head was set beside its tiles and the log's head."""
        old = self.folder.head(self.trust)
        if old is None:
            return 0
        if self.folder.root(old.tree_size, within=old.tree_size) != old.root_hash:
            raise MirrorDamaged(f"mirror's tiles do not hash to its head of {old.tree_size}")
        if self.head.tree_size > old.tree_size:
            return old.tree_size
        kept = self.folder.root(self.head.tree_size, within=old.tree_size)
        if kept != self.head.root_hash:
            self._keep_fork(old, self.folder.nodes(old.tree_size), is_newer=False)
        if self.head.tree_size < old.tree_size:
            raise MirrorSourceOlder(
                f"log is shorter than the mirror: entries {self.head.tree_size} to "
                f"{old.tree_size - 1} are missing there",
                expected=f"at least {old.tree_size}",
                got=str(self.head.tree_size),
            )
        return old.tree_size

    def _keep_fork(self, old: Checkpoint, nodes: TileNodes, *, is_newer: bool) -> None:
        """Keep both heads, with the later tree's nodes, and refuse."""
        ours = self.folder.require("checkpoint").decode()
        earlier, later = (old, self.head) if is_newer else (self.head, old)
        texts = (ours, self.text) if is_newer else (self.text, ours)
        found = fork_nodes(earlier.tree_size, later.tree_size, nodes.node)
        name = f"forks/{earlier.tree_size}-{later.tree_size}-{self.head.root_hash.hex()[:8]}.json"
        self.folder.write(name, Fork(*texts, found).to_bytes())
        raise MirrorForked(
            f"log has forked: its head of {self.head.tree_size} entries contradicts the mirror's "
            f"of {old.tree_size}; the proof is {name}",
            pointer=name,
            expected=old.root_hash.hex(),
            got=self.head.root_hash.hex(),
        )

    def fetch(self, before: int, progress: Progress) -> int:
        """Fetch, hash and write what lies between the two heads; return the bundles fetched."""
        for use_kept in (True, False):
            tree = GrowingTree(before, lambda keys: self.folder.read_tiles(keys, before))
            counts = [0, 0]
            continues = self._grow(tree, counts, use_kept=use_kept, progress=progress)
            if continues and tree.root() == self.head.root_hash:
                self.folder.sync(self._write_tiles(tree.edge))
                return counts[False]
            if not counts[True]:
                break
        self._explain(before)
        raise AssertionError("what does not hash to the head has been explained")

    def _grow(
        self, tree: GrowingTree, counts: list[int], *, use_kept: bool, progress: Progress
    ) -> bool:
        """Hash all bundles into the tree; count those fetched, and those left by an earlier run.

        Tells whether the first one begins with what the mirror has of it.
        """
        written: list[Path] = []
        group: list[bytes] = []
        with _ahead(self._bundles(tree.size, use_kept=use_kept)) as bundles:
            for number, (first, entries, is_kept) in enumerate(bundles, 1):
                counts[is_kept] += 1
                hashes = [leaf_hash(entry) for entry in entries]
                known = tree.size + len(group) - first
                if known and b"".join(hashes[:known]) != tree.edge[first // TILE_WIDTH]:
                    return False
                group += hashes[known:]
                if not is_kept:
                    written.append(self._write_bundle(first // TILE_WIDTH, entries))
                if number % GROUP_BUNDLES == 0:
                    written += self._write_tiles(tree.append(group))
                    self.folder.sync(written)
                    group, written = [], []
                    progress(tree.size, self.head.tree_size)
        written += self._write_tiles(tree.append(group))
        self.folder.sync(written)
        progress(tree.size, self.head.tree_size)
        return True

    def _bundles(
        self, first: int, *, use_kept: bool
    ) -> Iterator[Callable[[], tuple[int, list[bytes], bool]]]:
        for index in range(first // TILE_WIDTH, -(-self.head.tree_size // TILE_WIDTH)):
            yield lambda index=index: self._bundle(index, use_kept=use_kept)  # type: ignore[misc]  # bound now

    def _bundle(self, index: int, *, use_kept: bool) -> tuple[int, list[bytes], bool]:
        first = index * TILE_WIDTH
        width = min(TILE_WIDTH, self.head.tree_size - first)
        if use_kept:
            try:
                kept = self.folder.bundle(index, width)
            except (MirrorDamaged, InvalidInput):
                kept = None
            if kept is not None:
                return first, kept, True
        data = get_tile(self.source, "entries", index, width)
        try:
            entries = parse_entry_bundle(data)
        except InvalidInput as error:
            raise MirrorSourceWrong(f"entry bundle {index} of the log is malformed") from error
        if len(entries) < width:
            raise MirrorSourceWrong(
                f"entry bundle {index} of the log is short: expected {width}, got {len(entries)}"
            )
        return first, entries[:width], False

    def _write_bundle(self, index: int, entries: list[bytes]) -> Path:
        name = tile_path("entries", index, len(entries))
        return self.folder.write(name, entry_bundle(entries), durable=False)

    def _write_tiles(self, tiles: Mapping[int, bytes]) -> list[Path]:
        return [
            self.folder.write(
                tile_path(key >> LEVEL_SHIFT, key & LOW_BITS, len(data) // HASH_LENGTH),
                data,
                durable=False,
            )
            for key, data in tiles.items()
        ]

    def _explain(self, before: int) -> None:
        """Say why what was fetched does not hash to the head: a fork, or a wrong answer."""
        size = self.head.tree_size
        self._remove_unchecked(before)
        nodes = TileNodes(lambda keys: source_tiles(self.source, keys, size), size)
        try:
            is_its_tree = root_from_nodes(size, nodes.node) == self.head.root_hash
            old = self.folder.head(self.trust)
            if is_its_tree and old is not None:
                theirs = root_from_nodes(old.tree_size, nodes.node)
                if theirs != old.root_hash:
                    self._keep_fork(old, nodes, is_newer=True)
        except MirrorForked:
            raise
        except ItemProofError as error:
            raise MirrorSourceWrong(f"log's tiles cannot be read: {error.fault}") from error
        raise MirrorSourceWrong(
            f"log's entries do not hash to its head of {size}: nothing of them is taken",
            expected=self.head.root_hash.hex(),
        )

    def _remove_unchecked(self, before: int) -> None:
        size = self.head.tree_size
        for index in range(before // TILE_WIDTH, -(-size // TILE_WIDTH)):
            width = min(TILE_WIDTH, size - index * TILE_WIDTH)
            if index * TILE_WIDTH + width > before:
                self.folder.remove(tile_path("entries", index, width))

    def remove_old_edges(self, before: int) -> None:
        """Remove partial files that neither head needs; a complete one serves instead of its."""
        for level in ("entries", *range(MAX_LEVEL)):
            shift = 0 if level == "entries" else TILE_HEIGHT * int(level)
            sizes = {before >> shift, self.head.tree_size >> shift}
            for index in {size // TILE_WIDTH for size in sizes}:
                whole = self.folder.path / tile_path(level, index)
                for found in whole.with_name(f"{whole.name}.p").glob("*"):
                    width = int(found.name) if found.name.isdigit() else TILE_WIDTH
                    if whole.exists() or index * TILE_WIDTH + width not in sizes:
                        found.unlink(missing_ok=True)


@contextmanager
def _ahead(
    tasks: Iterator[Callable[[], tuple[int, list[bytes], bool]]],
) -> Iterator[Iterator[tuple[int, list[bytes], bool]]]:
    """Run tasks in threads, some ahead of the one whose result is taken, in their order."""
    pool = ThreadPoolExecutor(FETCHERS)
    waiting: deque[Future[tuple[int, list[bytes], bool]]] = deque()

    def results() -> Iterator[tuple[int, list[bytes], bool]]:
        for task in tasks:
            waiting.append(pool.submit(task))
            if len(waiting) > AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    try:
        yield results()
    finally:
        pool.shutdown(cancel_futures=True)
