"""What stops a participant's own program: errors of the client, each with its stable code."""

from __future__ import annotations

from typing import Any

from traceability.errors import Conflict, InvalidInput, ProofRejected, Refused, Unavailable


class DraftInvalid(InvalidInput):
    """The batch cannot be signed as it is: it is empty, or its items are no list of serials."""

    code = "DRAFT_INVALID"


class SignedFileInvalid(InvalidInput):
    """The file holds no signed batch, or one of another key or log than is sent for."""

    code = "SIGNED_FILE_INVALID"


class HeadOutdated(InvalidInput):
    """The head that was carried to the signing machine is older than one it has seen."""

    code = "HEAD_OUTDATED"


class NodeUnavailable(Unavailable):
    """The node does not answer, or something else answers in its place; try again."""

    code = "NODE_UNAVAILABLE"


class NodeRefusedCaller(Refused):
    """The node does not know the API key, or its role may not submit; nothing was judged."""

    code = "NODE_REFUSED_CALLER"


class BatchRefused(Refused):
    """The node refused the signed batch; `problem` is its answer."""

    code = "BATCH_REFUSED"

    def __init__(self, fault: str, *, problem: dict[str, Any]) -> None:
        super().__init__(fault, got=str(problem.get("code", ""))[:80])
        self.problem = problem


class KeyNotUsable(Refused):
    """The node says that the key is not registered, not logged yet, or revoked."""

    code = "KEY_NOT_USABLE"


class KeyChainDiffers(Conflict):
    """The node has another number of statements of this key than this folder."""

    code = "KEY_CHAIN_DIFFERS"


class KeyFolderInvalid(InvalidInput):
    """A file that remembers what the key has signed is damaged, or another key's."""

    code = "KEY_FOLDER_INVALID"


class KeyFolderBusy(Unavailable):
    """Another program signs with this key just now."""

    code = "KEY_FOLDER_BUSY"


class ReceiptMismatch(ProofRejected):
    """The receipt is for something else than what was sent."""

    code = "RECEIPT_MISMATCH"


class SplitView(ProofRejected):
    """The log shows a history that contradicts the one it showed before; `note` is its new head."""

    code = "SPLIT_VIEW"

    def __init__(self, fault: str, *, note: str) -> None:
        super().__init__(fault)
        self.note = note
