"""Two signed heads of one log set beside each other: one history, two, or not to be told.

What two people were shown is enough where the sizes are equal. Otherwise the later tree's nodes
decide, from a log or a mirror that is not believed: `fork.py` hashes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from traceability.errors import InvalidInput
from traceability.ledger.mirror.fork import (
    MAX_FORK_BYTES,
    Fork,
    covering,
    fork_nodes,
    parse_fork,
    root_over,
)
from traceability.ledger.mirror.source import LogSource, require, source_tiles
from traceability.merkle.checkpoint import Checkpoint, verify_checkpoint
from traceability.merkle.tiles import TileNodes
from traceability.strict_json import parse_json
from traceability.verify.reading import MAX_BUNDLE_BYTES, parse_bundle
from traceability.verify.trust import Trust

MAX_BYTES = max(MAX_BUNDLE_BYTES, MAX_FORK_BYTES)
Verdict = Literal["split", "consistent", "undecided"]


class SignedHeadMissing(InvalidInput):
    """The file holds no signed head of a log."""

    code = "SIGNED_HEAD_MISSING"


@dataclass(frozen=True, slots=True)
class Heads:
    """Notes of signed heads, and nodes of the later tree where the file has them."""

    notes: tuple[str, ...]
    nodes: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Compared:
    """What two heads say together; `fork` shows anybody that both cannot be true."""

    verdict: Verdict
    earlier: Checkpoint
    later: Checkpoint
    fork: Fork | None = None


def read_heads(data: bytes) -> Heads:
    """Return the signed heads in a file: a checkpoint, a proof bundle, a client's or a fork's file.

    Raises
    ------
    SignedHeadMissing
    """
    if data.lstrip()[:1] != b"{":
        return Heads((data.decode("utf-8", "replace"),))
    value = parse_json(data, max_bytes=MAX_BYTES)
    match value:
        case {"earlier": _, "later": _}:
            fork = parse_fork(data)
            return Heads((fork.earlier, fork.later), fork.nodes)
        case {"first": str(first), "second": str(second)}:
            return Heads((first, second))
        case {"checkpoint": _}:
            return Heads((parse_bundle(data).checkpoint,))
    raise SignedHeadMissing("file holds no signed head: expected a checkpoint or a proof bundle")


def compare_heads(heads: Heads, trust: Trust, *, source: LogSource | None = None) -> Compared:
    """Tell whether the log key signed two histories.

    Raises
    ------
    SignedHeadMissing
        There are not exactly two heads.
    CheckpointInvalid, SignatureInvalid
        A head is not the log's.
    """
    if len(heads.notes) != 2:  # noqa: PLR2004 - two heads are compared
        raise SignedHeadMissing(f"heads to compare: expected 2, got {len(heads.notes)}")
    first, second = ((note, _head(note, trust)) for note in heads.notes)
    if first[1].tree_size > second[1].tree_size:
        first, second = second, first
    (before, earlier), (after, later) = first, second
    if earlier.tree_size == later.tree_size:
        if earlier.root_hash == later.root_hash:
            return Compared("consistent", earlier, later)
        return Compared("split", earlier, later, Fork(before, after, ()))
    nodes = heads.nodes or _nodes(source, earlier, later, trust)
    verdict = _verdict(earlier, later, nodes)
    fork = Fork(before, after, nodes) if verdict == "split" else None
    return Compared(verdict, earlier, later, fork)


def _head(note: str, trust: Trust) -> Checkpoint:
    return verify_checkpoint(note, origin=trust.origin, public_key=trust.log_key.public_key)


def _nodes(
    source: LogSource | None, earlier: Checkpoint, later: Checkpoint, trust: Trust
) -> tuple[bytes, ...]:
    """Return the later tree's nodes as a log hands them out; none where it is too short."""
    if source is None:
        return ()
    served = require(source, "checkpoint").decode("utf-8", "replace")
    within = _head(served, trust).tree_size
    if within < later.tree_size:
        return ()
    nodes = TileNodes(lambda keys: source_tiles(source, keys, within), within)
    return fork_nodes(earlier.tree_size, later.tree_size, nodes.node)


def _verdict(earlier: Checkpoint, later: Checkpoint, nodes: tuple[bytes, ...]) -> Verdict:
    before = covering(0, earlier.tree_size)
    after = covering(earlier.tree_size, later.tree_size)
    levels = [level for level, _ in (*before, *after)]
    if len(nodes) != len(levels) or root_over(levels, nodes) != later.root_hash:
        return "undecided"
    is_continued = root_over(levels[: len(before)], nodes) == earlier.root_hash
    return "consistent" if is_continued else "split"
