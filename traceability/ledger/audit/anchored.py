"""What is stored of heads and anchors is all there: as far as each says that there were others.

The log's own head is signed in the transaction that makes the log longer. An anchor's signed
transaction says from which head it went on: that one was anchored, too. The contract says which
head is its newest; what it said before, nobody is asked.

A final anchor without evidence differs from nothing: where no endpoint gives storage proofs it
became final without, and what was taken away looks the same. So it is said to be unchecked.
"""

from __future__ import annotations

from collections.abc import Iterator

from traceability.ledger.audit.difference import NO_PROOF, Difference, Finding, Unchecked
from traceability.ledger.audit.log import LogReplay

# The head of this size is stored as the log is opened, without an anchor.
OPENED = 1


def check_kept(log: LogReplay, head: tuple[int, bytes] | None) -> Iterator[Finding]:
    """Name signed heads and anchors that must be there and are not."""
    rows, size = log.repositories.auditing, log.replay.size
    if size and log.repositories.tree.checkpoint(size) is None:
        yield Difference("checkpoints", str(size), "tree_size", "the log's signed head", "nothing")
    for missing in rows.anchored_without_heads():
        if missing != size:
            expected = "the signed head of an anchor"
            yield Difference("checkpoints", str(missing), "tree_size", expected, "nothing")
    for attempt, missing in rows.anchors_after_none():
        expected = f"the anchor of {missing} that {attempt} follows"
        yield Difference("anchors", "", "tree_size", expected, "nothing")
    if head is not None and OPENED < head[0] <= size:
        yield from _check_newest(log, head[0])


def _check_newest(log: LogReplay, size: int) -> Iterator[Finding]:
    """Check that the anchor of the contract's head is kept, and once it is final its evidence."""
    found = log.repositories.auditing.anchors_of(size)
    if not found:
        yield Difference("anchors", "", "tree_size", f"the contract's head of {size}", "nothing")
        return
    if any(state == "final" for _, state, _ in found) and not any(kept for *_, kept in found):
        yield Unchecked("anchors", str(found[-1][0]), "evidence", NO_PROOF)
