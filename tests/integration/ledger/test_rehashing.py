"""When the event hash has another revision, stored hashes are computed again at the next start."""

from __future__ import annotations

import json

from tests.support.ledger import add_participant, document, event
from traceability.ledger.drafting import DocumentBody
from traceability.ledger.node import Node
from traceability.ledger.rehashing import REVISION_NAME, keep_event_hashes_current


def filled(node: Node) -> bytes:
    participant = add_participant(node)
    node.submission.submit(document(event(1), event(2)), participant=participant)
    return participant


def test_present_revision_is_left_alone(node: Node) -> None:
    keep_event_hashes_current(node.store, node.identity.duplicate_key)
    filled(node)
    assert keep_event_hashes_current(node.store, node.identity.duplicate_key) == 0


def test_another_revision_is_computed_again_and_repeats_are_known(node: Node) -> None:
    participant = filled(node)
    with node.store.unit_of_work() as work:
        rows = work.repositories.events.payloads_after(0, limit=10)
        stale = [(number, bytes([number]) * 32) for number, _ in rows]
        work.repositories.events.set_content_macs(stale)
        work.repositories.meta.put(REVISION_NAME, b"another")
        work.commit()
    unknown = node.submission.check_body(DocumentBody(json.dumps(document(event(1))).encode()))
    assert unknown.records[0].result == "accepted"
    assert keep_event_hashes_current(node.store, node.identity.duplicate_key) == 2
    again = node.submission.submit(document(event(1)), participant=participant)
    assert again.records[0].result == "duplicate"
