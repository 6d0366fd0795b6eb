"""Recording a disclosure policy in the name of a participant whose key this node holds."""

from __future__ import annotations

from typing import cast

from traceability.ledger.disclosure_policy import POLICY_MEDIA_TYPE
from traceability.ledger.documents import Document, submit_documents
from traceability.ledger.keeping import CapturedBatch
from traceability.ledger.node import Node
from traceability.ledger.policies import check_follows
from traceability.strict_json import JSONValue


def set_policy(node: Node, participant: bytes, value: JSONValue) -> CapturedBatch:
    """Record a policy in the name of a participant whose key this node holds.

    One at a time, so that no version is recorded twice. A crash before the batch's commit leaves
    nothing; after it, a policy that applies as soon as it is logged.

    Raises
    ------
    DisclosurePolicyInvalid, DisclosurePolicyVersion
    KeyUnknown
        This node holds no live key of the participant: it signs a batch with the document.
    """
    with node.store.lock("disclosure-policy"):
        with node.store.reading() as repositories:
            check_follows(repositories, participant, value)
        document = Document(POLICY_MEDIA_TYPE, cast("dict[str, JSONValue]", value))
        return submit_documents(node, [document], participant=participant)
