"""Auditing a mirror: everything in it, with nothing of the node that it was copied from.

In order: (1) the head's signature; (2) every entry replayed from genesis, every tile and the root
rebuilt from them; (3) the heads of anchored sizes; (4) each anchor's storage proof, and that its
block is the chain's; (5) the contract's own head now; (6) evidence of forks that copying has met.

What is wrong is a difference. What is merely not there, though signed heads, storage proofs or the
contract show that it was, is a missing part: it refutes nothing, and leaves something unproven.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from traceability.errors import ItemProofError
from traceability.hashing.encoding import HASH_LENGTH
from traceability.ledger.audit.difference import Difference, compare, shown
from traceability.ledger.audit.entries import Replay
from traceability.ledger.audit.signed import CheckedEntry
from traceability.ledger.mirror.anchors import AnchorLine, read_anchor, stored_anchors
from traceability.ledger.mirror.folder import LEVEL_SHIFT, LOW_BITS, MirrorFolder
from traceability.ledger.mirror.fork import check_fork, parse_fork
from traceability.ledger.mirror.reading import read_entry
from traceability.merkle.checkpoint import Checkpoint, verify_checkpoint
from traceability.merkle.growing import GrowingTree
from traceability.merkle.tiles import TILE_WIDTH, tile_path
from traceability.merkle.tree import leaf_hash
from traceability.store.repositories.entries import EntryRow
from traceability.verify.chain_steps import ChainView
from traceability.verify.evidence import AnchoredHead
from traceability.verify.trust import Trust

MAX_LISTED = 1000
Progress = Callable[[int, int], None]
# The contract's head in a final block, proven from storage.
ProvenHead = Callable[[], AnchoredHead]


class MissingPart(NamedTuple):
    """What a mirror lacks: the file, or the line of `anchors`, of a size; or one before it."""

    file: str
    tree_size: int
    is_before: bool = False


@dataclass(slots=True)
class MirrorAudit:
    """What was checked, differed, and is missing; blocks nobody could be asked for are counted."""

    tree_size: int
    root_hash: bytes
    checked: dict[str, int] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)
    total: int = 0
    unchecked_blocks: int = 0
    chain_fault: ItemProofError | None = None
    is_contract_asked: bool = False
    missing: list[MissingPart] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Tell whether nothing differed."""
        return self.total == 0

    def lacks(self, *parts: MissingPart) -> None:
        """Note missing parts, of which the first are listed."""
        self.missing += parts[: MAX_LISTED - len(self.missing)]


def audit_mirror(
    folder: MirrorFolder,
    trust: Trust,
    *,
    chain: ChainView | None = None,
    proven_head: ProvenHead | None = None,
    progress: Progress = lambda _done, _total: None,
) -> MirrorAudit:
    """Check everything; without `chain`, only blocks that the trust file pins are known.

    Raises
    ------
    MirrorMissing, CheckpointInvalid, SignatureInvalid
        There is no head by the trusted key to check anything against.
    """
    head = folder.require_head(trust)
    report = MirrorAudit(head.tree_size, head.root_hash)
    run = _Run(folder, trust, head, chain, proven_head, progress, report)
    for difference in run.all():
        report.total += 1
        if len(report.differences) < MAX_LISTED:
            report.differences.append(difference)
    return report


@dataclass(slots=True)
class _Run:
    folder: MirrorFolder
    trust: Trust
    head: Checkpoint
    chain: ChainView | None
    proven_head: ProvenHead | None
    progress: Progress
    report: MirrorAudit
    lines: list[AnchorLine] = field(default_factory=list)
    heads: dict[int, AnchoredHead] = field(default_factory=dict)

    def all(self) -> Iterator[Difference]:
        """Yield every difference, part by part; a broken tree leaves the rest unchecked."""
        differences = list(self._entries())
        yield from differences
        if not differences:
            yield from self._anchors()
            yield from self._contract()
        yield from self._forks()

    def _entries(self) -> Iterator[Difference]:
        replay = Replay()
        tree = GrowingTree(0, lambda _keys: {})
        size = self.head.tree_size
        while tree.size < size:
            first = tree.size
            try:
                _, entries = next(self.folder.bundles(first, size))
            except ItemProofError as error:
                width = min(TILE_WIDTH, size - first)
                name = tile_path("entries", first // TILE_WIDTH, width)
                yield Difference("bundle", name, "entries", "a bundle", shown(error))
                return
            for at, entry in enumerate(entries):
                yield from _follow(replay, entry, first + at)
            for key, data in tree.append([leaf_hash(entry) for entry in entries]).items():
                yield from self._tile(key, data)
            self.progress(tree.size, size)
        for key, data in tree.edge.items():
            yield from self._tile(key, data)
        yield from self._identity(replay)
        yield from compare(
            "checkpoint",
            str(size),
            column="root_hash",
            expected=tree.root(),
            found=self.head.root_hash,
        )
        self.report.checked["entries"] = tree.size

    def _tile(self, key: int, data: bytes) -> Iterator[Difference]:
        level, index = key >> LEVEL_SHIFT, key & LOW_BITS
        name = tile_path(level, index, len(data) // HASH_LENGTH)
        found = self.folder.read(name)
        yield from compare("tile", name, column="hashes", expected=data, found=found)

    def _identity(self, replay: Replay) -> Iterator[Difference]:
        yield from compare(
            "entries", "0", column="log", expected=self.trust.log, found=replay.log_id()
        )
        genesis = replay.genesis
        for name in ("chain_id", "contract", "log_key"):
            expected = getattr(self.trust, name)
            yield from compare(
                "entries", "0", column=name, expected=expected, found=getattr(genesis, name, None)
            )

    def _anchors(self) -> Iterator[Difference]:
        try:
            self.lines = stored_anchors(self.folder, within=self.head.tree_size)
        except ItemProofError as error:
            yield Difference("anchors", "", "lines", "a list of anchors", shown(error))
        listed = {line.tree_size for line in self.lines}
        kept = sorted(listed | self._sizes("anchor") | self._sizes("checkpoints"))
        for size in kept:
            yield from self._anchor(size, has_anchor=size in listed)
        self.report.checked["anchors"] = len(listed)
        self.report.lacks(*(MissingPart("anchors", size) for size in kept if size not in listed))
        self._find_gaps()

    def _find_gaps(self) -> None:
        """Note signed heads that are missing, and anchors that the list passes over."""
        before = 1
        for line in self.lines:
            size = line.tree_size
            if self.folder.checkpoint_text(size) is None:
                self.report.lacks(MissingPart("checkpoints", size))
            if line.from_size != before:
                part = MissingPart("anchors", line.from_size)
                if part not in self.report.missing:
                    self.report.lacks(part)
            elif size in self.heads:
                self._check_link(before, self.heads[size])
            before = size

    def _check_link(self, before: int, head: AnchoredHead) -> None:
        """Note that the contract had another head between two, of which both name their blocks."""
        earlier = self.heads.get(before)
        if earlier is not None and earlier.block_number != head.previous_block:
            self.report.lacks(MissingPart("anchors", head.tree_size, is_before=True))

    def _sizes(self, folder: str) -> set[int]:
        """Return the sizes of files; a copy that was cut off leaves some beyond the head."""
        names = (place.name for place in self.folder.path.glob(f"{folder}/*"))
        sizes = {int(name) for name in names if name.isdecimal()}
        return {size for size in sizes if 0 < size <= self.head.tree_size}

    def _anchor(self, size: int, *, has_anchor: bool) -> Iterator[Difference]:
        """Check the signed head of a size and the evidence of its anchor, where they are kept."""
        key = str(size)
        root = self.folder.root(size, within=self.head.tree_size)
        yield from self._note(size, root)
        evidence = self.folder.read(f"anchor/{key}")
        if evidence is None:
            if has_anchor:
                yield Difference("anchor", key, "evidence", "a storage proof", "nothing")
            return
        try:
            head = read_anchor(evidence, self.trust)
        except ItemProofError as error:
            yield Difference("anchor", key, "evidence", "a storage proof", shown(error))
            return
        expected, found = (size, shown(root)), (head.tree_size, shown(head.root_hash))
        self.heads[size] = head
        yield from compare("anchor", key, column="evidence", expected=expected, found=found)
        yield from self._block(key, head)

    def _note(self, size: int, root: bytes) -> Iterator[Difference]:
        text = self.folder.checkpoint_text(size)
        if text is None:
            return
        key = self.trust.log_key.public_key
        try:
            note = verify_checkpoint(text, origin=self.trust.origin, public_key=key)
        except ItemProofError as error:
            yield Difference("checkpoint", str(size), "text", "a signed head", shown(error))
            return
        expected, found = (size, shown(root)), (note.tree_size, shown(note.root_hash))
        yield from compare("checkpoint", str(size), column="text", expected=expected, found=found)

    def _block(self, key: str, head: AnchoredHead) -> Iterator[Difference]:
        found = self.trust.block_hashes.get(head.header_number)
        if found is None and self.chain is not None and self.report.chain_fault is None:
            try:
                found = self.chain.final_block_hash(head.header_number)
            except ItemProofError as error:
                self.report.chain_fault = error
        if found is None:
            self.report.unchecked_blocks += 1
            return
        yield from compare(
            "anchor", key, column="block_hash", expected=found, found=head.header_hash
        )

    def _contract(self) -> Iterator[Difference]:
        """Compare with the contract's head: a mirror that lacks anchored entries is told."""
        if self.proven_head is None or self.report.chain_fault is not None:
            return
        try:
            head = self.proven_head()
        except ItemProofError as error:
            # Nobody could be asked, or what was answered proves nothing: no word on the mirror.
            self.report.chain_fault = error
            return
        self.report.is_contract_asked = True
        size = self.head.tree_size
        if head.tree_size > size:
            missing = f"{size}-{head.tree_size - 1}"
            yield Difference("entries", missing, "envelope", "entries that are anchored", "nothing")
            return
        root = self.folder.root(head.tree_size, within=size)
        yield from compare(
            "contract", "head", column="root_hash", expected=head.root_hash, found=root
        )
        self.report.checked["contract"] = head.tree_size
        last = self.lines[-1].tree_size if self.lines else 1
        # Size 1 was opened and not anchored.
        if 1 < head.tree_size != last:
            self.report.lacks(MissingPart("anchors", head.tree_size))
            self._check_link(last, head)

    def _forks(self) -> Iterator[Difference]:
        for place in sorted(self.folder.path.glob("forks/*.json")):
            name = f"forks/{place.name}"
            try:
                earlier, later = check_fork(parse_fork(self.folder.require(name)), self.trust)
            except ItemProofError as error:
                yield Difference("fork", name, "nodes", "evidence of a fork", shown(error))
                continue
            yield Difference("fork", name, "root_hash", "one history", f"two: {earlier}, {later}")


def _follow(replay: Replay, entry: bytes, index: int) -> Iterator[Difference]:
    """Replay an entry, with what it says of itself in the place of a row."""
    try:
        told = read_entry(entry, index)
    except ItemProofError as error:
        fault = Difference("entries", str(index), "envelope", "an entry", shown(error))
        yield from replay.take(CheckedEntry(index, index, leaf_hash(entry), None, (fault,)))
        return
    yield from replay.follow(
        EntryRow(
            arrival=index,
            leaf_index=index,
            leaf_hash=told.leaf_hash,
            type=told.type,
            key_id=told.key_id,
            sequence=told.sequence,
            envelope=entry,
            received=0,
            anchored_by=None,
        )
    )
