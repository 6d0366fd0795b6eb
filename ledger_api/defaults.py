"""The participant of a folder that nobody has set up: this node's own operator.

Its key is random and held here, custody `operator`, with every one-digit prefix: enough to try
ItemProof on one's own documents. A real ledger registers its participants by `participant add`.
"""

from __future__ import annotations

from traceability.ledger.node import Node
from traceability.ledger.participants import Card, Scopes

NAME = "Local operator 本地运营方"
META_NAME = "default_participant"
EVERY_PREFIX = tuple("0123456789")


def default_participant(node: Node) -> bytes:
    """Return the node's own participant, registered on first use."""
    with node.store.lock("default-participant"):
        with node.store.reading() as repositories:
            known = repositories.meta.get(META_NAME)
        if known is not None:
            return known
        row = node.registrar.add_participant(
            Card(NAME), Scopes(("operator", "producer"), EVERY_PREFIX)
        )
        with node.store.unit_of_work() as work:
            work.repositories.meta.put(META_NAME, row.participant)
            work.commit()
        node.sequencer.run(close=True)
        return row.participant
