"""What a verifier's steps refuse, each fault with its stable code.

Faults of form are in `shapes.py`, of storage proofs in `evidence.py`, of the trust file in
`trust.py`; those of hashes, signatures and trees come from the modules that check them.
"""

from __future__ import annotations

from traceability.errors import ProofRejected


class LogMismatch(ProofRejected):
    """Genesis leads to another log than the trust file names."""

    code = "LOG_MISMATCH"


class GenesisMismatch(ProofRejected):
    """Genesis names another chain, contract or log key than the trust file."""

    code = "GENESIS_MISMATCH"


class StatementTypeWrong(ProofRejected):
    """An entry of another type than its place in the bundle demands."""

    code = "STATEMENT_TYPE_WRONG"


class StatementOfOtherLog(ProofRejected):
    """A statement that was signed for another log."""

    code = "STATEMENT_OF_OTHER_LOG"


class AuthorMismatch(ProofRejected):
    """A statement that names another author than its type demands."""

    code = "AUTHOR_MISMATCH"


class StateStale(ProofRejected):
    """The state entry is not the last entry of the checkpoint."""

    code = "STATE_STALE"


class StateTooEarly(ProofRejected):
    """The state entry does not cover the entry in question."""

    code = "STATE_TOO_EARLY"


class StatusRunInvalid(ProofRejected):
    """Status leaves that do not bracket the record without a gap."""

    code = "STATUS_RUN_INVALID"


class KeyMismatch(ProofRejected):
    """Key leaf, registration and statement name different keys or participants."""

    code = "KEY_MISMATCH"


class KeyNotValid(ProofRejected):
    """The key was not yet registered, or no longer valid, at the entry's index."""

    code = "KEY_NOT_VALID"


class RoleOutOfScope(ProofRejected):
    """None of the key's roles may sign a record of this kind."""

    code = "ROLE_OUT_OF_SCOPE"


class PrefixOutOfScope(ProofRejected):
    """An item was issued under a company prefix that the key does not have."""

    code = "PREFIX_OUT_OF_SCOPE"


class CardMismatch(ProofRejected):
    """The card is not the participant record that the registration names."""

    code = "CARD_MISMATCH"


class SeenOutOfRange(ProofRejected):
    """The checkpoint that the signer saw lies before its registration or after its entry."""

    code = "SEEN_OUT_OF_RANGE"


class HeaderNotShown(ProofRejected):
    """A disclosure that does not begin with its record's header."""

    code = "HEADER_NOT_SHOWN"


class LotMismatch(ProofRejected):
    """The lot's attributes are not of the item's product or lot."""

    code = "LOT_MISMATCH"


class CodeMismatch(ProofRejected):
    """The bundle proves a record that does not disclose the code in question."""

    code = "CODE_MISMATCH"


class AnchorMismatch(ProofRejected):
    """The anchored head is not the head that the checkpoint or the signer names."""

    code = "ANCHOR_MISMATCH"


class BlockNotCanonical(ProofRejected):
    """The chain has another block at that number."""

    code = "BLOCK_NOT_CANONICAL"


# Why steps 9 and 10 may go unchecked; none of these is a failure.
ANCHOR_MISSING = "ANCHOR_MISSING"
BLOCK_NOT_FINAL = "BLOCK_NOT_FINAL"
CHAIN_NOT_ASKED = "CHAIN_NOT_ASKED"
CHAIN_UNAVAILABLE = "CHAIN_UNAVAILABLE"
NOT_REACHED = "NOT_REACHED"


class NotChecked(Exception):
    """A step that cannot be taken; it neither passes nor fails."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
