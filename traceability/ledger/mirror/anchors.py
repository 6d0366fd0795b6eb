"""The anchors of a mirror: the list of final ones, and the evidence of each.

A line of the list is `<size> <earlier size> <nonce> <transaction hash>`. Only the size is checked,
by the evidence; the rest are hints, which `rebuild` takes over so that the node knows its own
transactions again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from traceability.errors import ItemProofError
from traceability.ledger.mirror.faults import MirrorDamaged, MirrorSourceWrong
from traceability.ledger.mirror.folder import MirrorFolder
from traceability.ledger.mirror.source import LogSource, require
from traceability.merkle.checkpoint import verify_checkpoint
from traceability.strict_json import parse_json
from traceability.verify.evidence import AnchoredHead, check_evidence
from traceability.verify.reading import parse_evidence
from traceability.verify.trust import Trust

_LINE = re.compile(r"([1-9][0-9]{0,15}) ([1-9][0-9]{0,15}) (0|[1-9][0-9]{0,15}) ([0-9a-f]{64})")
LONGEST_LINE = 3 * 17 + 64 + 1
# More than are logged between two questions of one copy.
GROWN_ENTRIES = 10_000


@dataclass(frozen=True, slots=True)
class AnchorLine:
    """One final anchor, as the list names it."""

    tree_size: int
    from_size: int
    nonce: int
    tx_hash: bytes

    def text(self) -> str:
        """Return the line."""
        return f"{self.tree_size} {self.from_size} {self.nonce} {self.tx_hash.hex()}\n"


def parse_anchors(data: bytes) -> list[AnchorLine]:
    """Read the list, which ascends by size.

    Raises
    ------
    MirrorDamaged
    """
    found: list[AnchorLine] = []
    for line in data.decode("utf-8", "replace").splitlines():
        match = _LINE.fullmatch(line)
        if match is None or (found and int(match[1]) <= found[-1].tree_size):
            raise MirrorDamaged(f"list of anchors is malformed: got {line[:80]!r}")
        found.append(
            AnchorLine(int(match[1]), int(match[2]), int(match[3]), bytes.fromhex(match[4]))
        )
    return found


def anchors_text(lines: Iterable[AnchorLine]) -> bytes:
    """Return the list."""
    return "".join(line.text() for line in lines).encode()


def stored_anchors(folder: MirrorFolder, *, within: int | None = None) -> list[AnchorLine]:
    """Return the list that a mirror holds; none where nothing was anchored yet.

    What lies beyond the size `within`, the mirror's own, was left by a copy that was cut off
    before its head was written: it counts for nothing yet.
    """
    lines = parse_anchors(folder.read("anchors") or b"")
    return [line for line in lines if within is None or line.tree_size <= within]


def read_anchor(data: bytes, trust: Trust) -> AnchoredHead:
    """Return the head that evidence proves; that its block is canonical is not decided here."""
    return check_evidence(
        parse_evidence(parse_json(data)),
        trust.log,
        contract=trust.contract,
        code_hash=trust.code_hash,
        foreign_block_numbers=trust.block_number == "foreign",
    )


def most_list_bytes(tree_size: int) -> int:
    """Return how long the list of a log of so many entries may be: a line for each size.

    The log may have grown, and been anchored, since its head was read.
    """
    return LONGEST_LINE * (tree_size + GROWN_ENTRIES)


def copy_anchors(source: LogSource, folder: MirrorFolder, trust: Trust, *, tree_size: int) -> int:
    """Fetch the anchors that are new and lie within the tree; return how many."""
    known = stored_anchors(folder)
    last = known[-1].tree_size if known else 0
    asked = f"anchors?after={last}" if last else "anchors"
    try:
        listed = parse_anchors(source.get(asked, most=most_list_bytes(tree_size)) or b"")
    except MirrorDamaged as error:
        raise MirrorSourceWrong(f"log's {error.fault}") from error
    new = [line for line in listed if last < line.tree_size <= tree_size]
    for line in new:
        _copy_anchor(source, folder, trust, line=line, tree_size=tree_size)
    if new:
        folder.write("anchors", anchors_text([*known, *new]))
    return len(new)


def _copy_anchor(
    source: LogSource, folder: MirrorFolder, trust: Trust, *, line: AnchorLine, tree_size: int
) -> None:
    size = line.tree_size
    data = require(source, f"anchor/{size}")
    root = folder.root(size, within=tree_size)
    try:
        head = read_anchor(data, trust)
        text = source.get(f"checkpoints/{size}")
        if text is not None:
            signed = verify_checkpoint(
                text.decode("utf-8", "replace"),
                origin=trust.origin,
                public_key=trust.log_key.public_key,
            )
            if (signed.tree_size, signed.root_hash) != (size, root):
                raise MirrorSourceWrong(f"signed head of {size} is not that of the entries")
            folder.write(f"checkpoints/{size}", text)
    except ItemProofError as error:
        raise MirrorSourceWrong(f"anchor of {size} does not hold: {error.fault}") from error
    if (head.tree_size, head.root_hash) != (size, root):
        raise MirrorSourceWrong(
            f"anchor of {size} is of another head: expected {root.hex()[:16]}, "
            f"got {head.tree_size} {head.root_hash.hex()[:16]}"
        )
    folder.write(f"anchor/{size}", data)
