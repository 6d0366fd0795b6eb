"""What must hold of a ledger after whatever was done to it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from traceability.ledger.node import Node


def logged_ids(node: Node) -> Iterator[str]:
    """Return the id of every event in the log, as often as it is there."""
    with node.store.reading() as repositories:
        for batch in repositories.batches.all():
            for record in repositories.batches.records_between(batch.batch, 0, batch.record_count):
                if record.payload is not None and record.kind == 1:
                    yield json.loads(record.payload)["eventID"]


def chain_differences(node: Node) -> list[str]:
    """Return what is wrong where the contract's head is not the log's."""
    if node.chain is None:
        return ["no chain"]
    head, newest = node.chain.head(node.identity.log), node.standing().checkpoint
    if newest is None or (head.tree_size, head.root_hash) != (newest.tree_size, newest.root_hash):
        return [f"contract's head of size {head.tree_size} is not the log's"]
    return []
