"""What can go wrong between the ledger and a chain; the type says whether to try again."""

from __future__ import annotations

import re

from traceability.errors import ItemProofError, ProofRejected, Refused, Unavailable

# What a node says is untrusted text of any length.
MAX_MESSAGE_CHARACTERS = 200
# "Limit exceeded" (EIP-1474) and HTTP's "too many requests": another endpoint may still answer.
OVERLOAD_CODES = (-32005, 429)


class ChainUnavailable(Unavailable):
    """No endpoint answers, or what they answer is no JSON-RPC."""

    code = "CHAIN_UNAVAILABLE"


class ChainTimeout(ChainUnavailable):
    """No endpoint answers in time."""

    code = "CHAIN_TIMEOUT"


class RateLimited(ChainUnavailable):
    """Every endpoint asks to be left alone for a while.

    Parameters
    ----------
    retry_after_seconds
        After so long the first of them may be asked again.
    """

    code = "CHAIN_RATE_LIMITED"

    def __init__(self, fault: str, *, retry_after_seconds: float) -> None:
        super().__init__(fault)
        self.retry_after_seconds = retry_after_seconds


class RPCRefused(ChainUnavailable):
    """An endpoint answers a call with an error of its own."""

    code = "CHAIN_RPC_REFUSED"

    def __init__(self, method: str, error: object) -> None:
        fields = error if isinstance(error, dict) else {}
        self.message = str(fields.get("message", ""))[:MAX_MESSAGE_CHARACTERS]
        self.data = revert_data(fields.get("data"))
        self.is_overload = fields.get("code") in OVERLOAD_CODES
        super().__init__(f"endpoint refuses {method}: {self.message!r}")


class EndpointsDisagree(ChainUnavailable):
    """Two endpoints name different blocks at one final height; one of them is wrong."""

    code = "CHAIN_ENDPOINTS_DISAGREE"


class EvidenceUnavailable(ChainUnavailable):
    """The endpoint cannot, or can no longer, show header and storage proof of a block."""

    code = "EVIDENCE_UNAVAILABLE"


class TransactionPending(ChainUnavailable):
    """A transaction was sent and has no receipt yet."""

    code = "TRANSACTION_PENDING"


class PublisherUnfunded(ChainUnavailable):
    """The publisher's account cannot pay for the transaction."""

    code = "PUBLISHER_UNFUNDED"


class FeeTooLow(ChainUnavailable):
    """The endpoint wants a higher fee before it takes the transaction."""

    code = "FEE_TOO_LOW"


class FeeAboveLimit(ChainUnavailable):
    """The chain asks for more than the policy allows to pay."""

    code = "FEE_ABOVE_LIMIT"


class PoolFull(ChainUnavailable):
    """The endpoint holds as many waiting transactions as it takes."""

    code = "TRANSACTION_POOL_FULL"


class PublisherBusy(ChainUnavailable):
    """Another ledger on this machine sends from the same publisher's account."""

    code = "PUBLISHER_BUSY"


class AnvilMissing(Unavailable):
    """The development chain's program is not installed."""

    code = "ANVIL_MISSING"


class ChainIdMismatch(Refused):
    """The endpoint serves another chain."""

    code = "CHAIN_ID_MISMATCH"


class ContractMismatch(Refused):
    """The contract's code is not the one that this program was made for."""

    code = "CONTRACT_MISMATCH"


class TransactionFailed(Refused):
    """A transaction was included and reverted, or no endpoint wants it."""

    code = "TRANSACTION_FAILED"


class NonceUsed(Refused):
    """Another transaction of the account has taken this nonce."""

    code = "NONCE_USED"


class NonceTooHigh(Refused):
    """The nonce leaves a gap: an earlier transaction of the account is missing."""

    code = "NONCE_TOO_HIGH"


class AnchorReverted(Refused):
    """Blocks have included the anchor from this head several times, and the contract refused it."""

    code = "ANCHOR_REVERTED"


class AnchorRejected(Refused):
    """The contract refuses the anchor; sending it again cannot help."""

    code = "ANCHOR_REJECTED"


class HeadMoved(AnchorRejected):
    """The log's head is another than the proof starts from.

    Parameters
    ----------
    tree_size, root_hash
        The head as the contract holds it.
    """

    code = "HEAD_MOVED"

    def __init__(self, tree_size: int, root_hash: bytes) -> None:
        super().__init__(f"head moved: it is now at size {tree_size}, root {root_hash.hex()[:16]}")
        self.tree_size = tree_size
        self.root_hash = root_hash


class LogNotOpened(Refused):
    """The contract knows no log of this id."""

    code = "LOG_NOT_OPENED"


class LogBehindChain(Refused):
    """The chain holds a larger head than the store: entries are missing here."""

    code = "LOG_BEHIND_CHAIN"


class ForeignHead(Refused):
    """The chain's head is no earlier state of this log."""

    code = "FOREIGN_HEAD"


class RootNotRebuilt(ProofRejected):
    """The stored entries do not lead to the root of the checkpoint over them."""

    code = "ROOT_NOT_REBUILT"


class OtherHead(ProofRejected):
    """Evidence is sound but proves another head than the one that was anchored."""

    code = "OTHER_HEAD"


# Words by which nodes (geth, Besu, Nethermind, Anvil, Ganache) refuse signed bytes. There are no
# common error codes; what is not listed is a refusal for good.
KNOWN_ALREADY = ("already known", "known transaction", "already imported", "already exists")
HIGH_NONCE_WORDS = ("nonce too high", "too distant", "nonce gap", "noncegap", "future nonce")
NONCE_WORDS = ("nonce too low", "nonce is too low", "correct nonce", "nonce below", "invalid nonce")
FEE_WORDS = ("underpriced", "fee too low", "less than block base fee", "price too low", "max fee")
CAP_WORDS = ("exceeds the configured cap",)
FUND_WORDS = ("insufficient funds", "insufficient balance", "enough funds", "upfront cost")
POOL_WORDS = ("txpool is full", "pool is full", "mempool is full", "pool limit", "pool overflow")
# Ganache names both nonces, and says the same of either direction.
BOTH_NONCES = re.compile(r"account has nonce of: (\d{1,18}).*tx has nonce of: (\d{1,18})")

_REFUSALS: tuple[tuple[tuple[str, ...], type[ItemProofError], str], ...] = (
    (HIGH_NONCE_WORDS, NonceTooHigh, "nonce too high"),
    (NONCE_WORDS, NonceUsed, "nonce used"),
    (CAP_WORDS, FeeAboveLimit, "fee above the endpoint's limit"),
    (FEE_WORDS, FeeTooLow, "fee too low"),
    (FUND_WORDS, PublisherUnfunded, "publisher's account has too little"),
    (POOL_WORDS, PoolFull, "transaction pool full"),
)


def refused_transaction(refused: RPCRefused) -> ItemProofError | None:
    """Return what a node's refusal of signed bytes means; None if it has them already."""
    word = refused.message.lower()
    if any(known in word for known in KNOWN_ALREADY):
        return None
    both = BOTH_NONCES.search(word)
    if both is not None and int(both[2]) > int(both[1]):
        return NonceTooHigh(f"nonce too high: the endpoint says {refused.message!r}")
    for words, fault, subject in _REFUSALS:
        if any(known in word for known in words):
            return fault(f"{subject}: the endpoint says {refused.message!r}")
    return TransactionFailed(f"transaction not taken: the endpoint says {refused.message!r}")


def is_verdict(fault: ItemProofError) -> bool:
    """Tell whether an endpoint has judged signed bytes, rather than not answered."""
    return isinstance(fault, Refused | FeeTooLow | FeeAboveLimit | PublisherUnfunded | PoolFull)


def revert_data(value: object) -> bytes:
    """Return a revert's bytes, which Ganache wraps in an object."""
    if isinstance(value, dict):
        value = value.get("result", value.get("data"))
    if not isinstance(value, str) or not value.startswith("0x"):
        return b""
    try:
        return bytes.fromhex(value[2:])
    except ValueError:
        return b""
