"""What a log, a mirror and the chain say of a receipt: the evidence by which it is judged.

Nothing here decides; `verify/receipt_file.py` checks every part and judges.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from traceability.chain.faults import EvidenceUnavailable
from traceability.hashing.statement import Receipt
from traceability.ledger.mirror.anchors import parse_anchors
from traceability.ledger.mirror.source import LogSource, require, source_tiles
from traceability.merkle.checkpoint import verify_checkpoint
from traceability.merkle.proofs import inclusion_path
from traceability.merkle.tiles import TileNodes
from traceability.store.times import to_milliseconds
from traceability.strict_json import parse_json
from traceability.verify.evidence import AnchoredHead, AnchorEvidence
from traceability.verify.reading import parse_evidence
from traceability.verify.receipt import ProvenLeaf
from traceability.verify.receipt_file import WitnessPart
from traceability.verify.trust import Trust

# Anchors that are walked back from the newest; further back, a mirror is needed.
MAX_STEPS = 64

# Evidence of the contract's head in a final block, and what it proves.
HeadAt = Callable[[int], tuple[AnchorEvidence, AnchoredHead]]


def witnesses_of_log(source: LogSource, receipt: Receipt, trust: Trust) -> Iterator[WitnessPart]:
    """Yield the anchor that first covers the receipt's index, and the last that does not."""
    sizes = [line.tree_size for line in parse_anchors(source.get("anchors") or b"")]
    below = [size for size in sizes if size <= receipt.leaf_index]
    above = [size for size in sizes if size > receipt.leaf_index]
    if below:
        yield WitnessPart(_evidence(source, below[-1]))
    if above:
        leaf = _leaf(source, above[0], receipt.leaf_index, trust)
        yield WitnessPart(_evidence(source, above[0]), leaf)


def _evidence(source: LogSource, size: int) -> AnchorEvidence:
    return parse_evidence(parse_json(require(source, f"anchor/{size}")))


def _leaf(source: LogSource, size: int, index: int, trust: Trust) -> ProvenLeaf | None:
    """Return the leaf at an index of an anchored size; None where its signed head is not kept."""
    text = source.get(f"checkpoints/{size}")
    if text is None:
        return None
    newest = verify_checkpoint(
        require(source, "checkpoint").decode("utf-8", "replace"),
        origin=trust.origin,
        public_key=trust.log_key.public_key,
    )
    within = newest.tree_size
    nodes = TileNodes(lambda keys: source_tiles(source, keys, within), within)
    path = inclusion_path(index, tree_size=size, node=nodes.node)
    return ProvenLeaf(nodes.node(0, index), tuple(path), text.decode("utf-8", "replace"))


def witnesses_of_chain(head_at: HeadAt, newest: int, receipt: Receipt) -> Iterator[WitnessPart]:
    """Yield a block after the deadline whose head is too small, if the chain still shows one.

    A log that was anchored late is walked back, anchor by anchor, to the block before the
    anchor that came too late; an endpoint without old states cannot show it.
    """
    deadline = to_milliseconds(receipt.anchored_by)
    number = newest
    for _ in range(MAX_STEPS):
        if number < 0:
            return
        try:
            evidence, head = head_at(number)
        except EvidenceUnavailable:
            return
        if head.header_time * 1000 <= deadline:
            return
        if head.tree_size <= receipt.leaf_index:
            yield WitnessPart(evidence)
            return
        if head.timestamp * 1000 <= deadline or not 0 < head.block_number <= number:
            return
        number = head.block_number - 1
