"""Memory of an evidence bundle: that of one proof, however many are in it."""

from __future__ import annotations

import gc
import tracemalloc

from tests.support.ledger import GTIN, add_participant
from traceability.ledger.evidence.choosing import Choice
from traceability.ledger.evidence.writing import EvidenceRequest, write_evidence
from traceability.ledger.mint import Lot
from traceability.ledger.node import Node


def test_memory_does_not_grow_with_records(sqlite_node: Node) -> None:
    owner = add_participant(sqlite_node)
    sqlite_node.mint(Lot(GTIN, "L2", 150, {}), participant=owner)
    sqlite_node.sequencer.run(close=True)
    few = Choice(codes=(f"https://id.gs1.org/01/{GTIN}/10/L2/21/{serial(sqlite_node)}",))
    many = Choice(everything=True, items=True)
    peak(sqlite_node, few)  # What is kept for all that follows is made now.
    assert peak(sqlite_node, many) < peak(sqlite_node, few) + 300_000


def serial(node: Node) -> str:
    with node.store.reading() as repositories:
        return repositories.items.between(1, 1, 2)[0].serial


def peak(node: Node, choice: Choice) -> int:
    """Return how many bytes writing a bundle held at most; a hundred and fifty proofs are 1 MB."""
    # The more other tests have left, the later garbage is looked for; none of it is ours.
    gc.collect()
    gc.freeze()
    tracemalloc.start()
    try:
        request = EvidenceRequest(choice, "auditor", "test")
        assert write_evidence(node, request, lambda _data: None).proofs >= 2
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        gc.unfreeze()
