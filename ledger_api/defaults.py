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
    """Return the node's own participant, registered on first use.

    A crash after the registration leaves it to the next call to bring it into the log.
    """
    with node.store.lock("default-participant"):
        with node.store.reading() as repositories:
            known = repositories.meta.get(META_NAME)
        if known is None:
            known = node.registrar.add_participant(
                Card(NAME), Scopes(("operator", "producer"), EVERY_PREFIX), remember_as=META_NAME
            ).participant
        if not _is_logged(node, known):
            node.sequencer.run(close=True)
        return known


def _is_logged(node: Node, participant: bytes) -> bool:
    with node.store.reading() as repositories:
        keys = repositories.keys.of_participant(participant)
    return any(key.registered_at is not None for key in keys)
