"""What any Ethereum node answers: blocks, accounts, fees, transactions.

Source: Ethereum JSON-RPC specification. Every answer is read strictly: nodes may say anything.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Mapping
from typing import Any, Protocol, TypeVar

from eth_utils.address import to_checksum_address

from traceability.chain.accounts import Account, address_of
from traceability.chain.faults import (
    ChainIdMismatch,
    ChainUnavailable,
    RPCRefused,
    TransactionFailed,
    TransactionPending,
    refused_transaction,
)
from traceability.chain.fees import Fee, FeeMode
from traceability.chain.values import Block, Finality, SignedTransaction, TransactionReceipt
from traceability.chain.wire import (
    hex_data,
    hex_quantity,
    read_address,
    read_hash,
    read_object,
    read_quantity,
)
from traceability.hashing.keccak import keccak256

T = TypeVar("T", bound=Hashable)

# A local chain includes at once; a public one within a few blocks.
INCLUSION_TIMEOUT_SECONDS = 120.0
POLL_SECONDS = 0.05
# Where a node has no opinion on the tip: one gwei.
DEFAULT_TIP = 10**9


class Ask(Protocol):
    """Put one call to a node and return its result."""

    def __call__(self, method: str, *params: object) -> Any:
        """Return the result, or raise `RPCRefused` or `ChainUnavailable`."""


class NodeCalls(ABC):
    """Calls that need no contract; `ask` decides which node answers."""

    def __init__(self, *, chain_id: int | None, fee_mode: FeeMode, finality: Finality) -> None:
        self._chain_id = chain_id
        self._fee_mode = fee_mode
        self._finality = finality

    @abstractmethod
    def ask(self, method: str, *params: object) -> Any:
        """Put one call to a node and return its result."""

    @abstractmethod
    def agreed(self, subject: str, read: Callable[[Ask], T], *, abstains: bool = False) -> T | None:
        """Return what most nodes answer to what `read` asks of each."""

    @abstractmethod
    def final_block_hash(self, number: int, *, least: int = 1) -> bytes | None:
        """Return the hash of a final block; None while fewer nodes than `least` call it final."""

    # The chain

    def chain_id(self) -> int:
        """Return the chain's id."""
        if self._chain_id is None:
            self._chain_id = read_quantity(self.ask("eth_chainId"), "eth_chainId")
        return self._chain_id

    def require_chain(self, chain_id: int) -> None:
        """Check that this is the chain with this id."""
        found = self.chain_id()
        if found != chain_id:
            raise ChainIdMismatch(
                f"endpoint serves another chain: expected id {chain_id}, got {found}",
                expected=str(chain_id),
                got=str(found),
            )

    def block(self, number: int | str) -> Block | None:
        """Return a block by number or tag (`latest`, `finalized`); None if there is none."""
        fields = _block_by(self.ask, number)
        return None if fields is None else _block(fields)

    def block_hash(self, number: int) -> bytes | None:
        """Return the canonical block's hash at a height; None above the newest block.

        Nodes that have not seen that height yet have no say in it.
        """

        def read(ask: Ask) -> bytes | None:
            fields = _block_by(ask, number)
            return None if fields is None else _block(fields).hash

        return self.agreed(f"block {number}", read, abstains=True)

    def finalized_number(self) -> int:
        """Return the height of the newest final block; -1 if there is none yet."""
        return self._finalized_by(self.ask)

    def final_hash_by(self, ask: Ask, number: int) -> bytes | None:
        """Return the hash at a height that one node calls final, or None if it does not."""
        if self._finalized_by(ask) < number:
            return None
        fields = _block_by(ask, number)
        return None if fields is None else _block(fields).hash

    def _finalized_by(self, ask: Ask) -> int:
        if self._finality.depth is None:
            fields = _block_by(ask, "finalized")
            return -1 if fields is None else _block(fields).number
        newest = read_quantity(ask("eth_blockNumber"), "eth_blockNumber")
        return max(-1, newest - self._finality.depth)

    def balance(self, address: str) -> int:
        """Return an account's balance in wei."""
        return read_quantity(self.ask("eth_getBalance", address, "latest"), "eth_getBalance")

    def nonce(self, address: str) -> int:
        """Return how many transactions of the account are included."""

        def read(ask: Ask) -> int:
            answer = ask("eth_getTransactionCount", address, "latest")
            return read_quantity(answer, "eth_getTransactionCount")

        return self.agreed("the account's nonce", read) or 0

    def fee(self) -> Fee:
        """Return what to offer now, in this client's fee mode."""
        if self._fee_mode is FeeMode.FREE:
            return Fee(0)
        base_fee = (_block_by(self.ask, "latest") or {}).get("baseFeePerGas")
        if self._fee_mode is FeeMode.LEGACY or base_fee is None:
            return Fee(read_quantity(self.ask("eth_gasPrice"), "eth_gasPrice"))
        try:
            tip = read_quantity(self.ask("eth_maxPriorityFeePerGas"), "eth_maxPriorityFeePerGas")
        except RPCRefused:
            tip = DEFAULT_TIP
        return Fee.for_market(base_fee=read_quantity(base_fee, "baseFeePerGas"), tip=tip)

    def mine(self, blocks: int) -> None:
        """Make empty blocks; only a development chain does."""
        self.ask("anvil_mine", hex_quantity(blocks))

    def fund(self, address: str, wei: int) -> None:
        """Set an account's balance; only a development chain does."""
        self.ask("anvil_setBalance", address, hex_quantity(wei))

    # Transactions

    def send_raw(self, raw: bytes) -> bytes:
        """Send signed bytes, which may be known already; return the transaction's hash.

        Raises
        ------
        NonceUsed, NonceTooHigh, FeeTooLow, FeeAboveLimit, PublisherUnfunded, PoolFull,
        TransactionFailed
            Why the node does not take them.
        """
        return self.send_by(self.ask, raw)

    def send_by(self, ask: Ask, raw: bytes) -> bytes:
        """Send signed bytes to one node; see `send_raw`."""
        try:
            ask("eth_sendRawTransaction", hex_data(raw))
        except RPCRefused as refused:
            fault = refused_transaction(refused)
            if fault is not None:
                raise fault from refused
        return keccak256(raw)

    def knows(self, tx_hash: bytes) -> bool:
        """Tell whether most nodes hold the transaction, included or waiting."""

        def read(ask: Ask) -> str | None:
            answer = ask("eth_getTransactionByHash", hex_data(tx_hash))
            return None if answer is None else "known"

        return self.agreed("the transaction", read) is not None

    def receipt(self, tx_hash: bytes) -> TransactionReceipt | None:
        """Return what became of a transaction; None while no block includes it."""

        def read(ask: Ask) -> TransactionReceipt | None:
            answer = ask("eth_getTransactionReceipt", hex_data(tx_hash))
            return None if answer is None else _receipt(read_object(answer, "receipt"), tx_hash)

        return self.agreed("the receipt", read)

    def wait_for_receipt(
        self, tx_hash: bytes, *, timeout_seconds: float = INCLUSION_TIMEOUT_SECONDS
    ) -> TransactionReceipt:
        """Wait until a block includes the transaction and it has succeeded."""
        deadline = time.monotonic() + timeout_seconds
        while (receipt := self.receipt(tx_hash)) is None:
            if time.monotonic() > deadline:
                raise TransactionPending(
                    f"transaction has no receipt: {tx_hash.hex()[:16]} "
                    f"after {timeout_seconds:g} seconds"
                )
            time.sleep(POLL_SECONDS)
        if not receipt.succeeded:
            raise TransactionFailed(f"transaction reverted: {tx_hash.hex()[:16]}")
        return receipt

    def sign(
        self,
        data: bytes,
        *,
        account: Account,
        to: str | None,
        gas: int,
        nonce: int | None = None,
        fee: Fee | None = None,
    ) -> SignedTransaction:
        """Sign a call, or without `to` a deployment."""
        if nonce is None:
            nonce = self.nonce(address_of(account))
        fields: dict[str, Any] = {
            "chainId": self.chain_id(),
            "nonce": nonce,
            "gas": gas,
            "value": 0,
            "data": data,
            **(fee or self.fee()).to_transaction(),
        }
        if to is not None:
            fields["to"] = to_checksum_address(to)
        signed = account.sign_transaction(fields)
        return SignedTransaction(bytes(signed.raw_transaction), bytes(signed.hash), nonce)


def _block_by(ask: Ask, number: int | str) -> Mapping[str, Any] | None:
    name = number if isinstance(number, str) else hex_quantity(number)
    answer = ask("eth_getBlockByNumber", name, False)
    return None if answer is None else read_object(answer, "block")


def _block(fields: Mapping[str, Any]) -> Block:
    return Block(
        number=read_quantity(fields.get("number"), "block number"),
        hash=read_hash(fields.get("hash"), "block hash"),
        timestamp=read_quantity(fields.get("timestamp"), "block timestamp"),
    )


def _receipt(fields: Mapping[str, Any], tx_hash: bytes) -> TransactionReceipt | None:
    if fields.get("blockHash") is None:
        return None
    if read_hash(fields.get("transactionHash"), "receipt's transaction") != tx_hash:
        raise ChainUnavailable("endpoint answers the receipt of another transaction")
    price = fields.get("effectiveGasPrice")
    contract = fields.get("contractAddress")
    return TransactionReceipt(
        tx_hash=tx_hash,
        succeeded=read_quantity(fields.get("status"), "receipt status") == 1,
        block_number=read_quantity(fields.get("blockNumber"), "receipt's block number"),
        block_hash=read_hash(fields.get("blockHash"), "receipt's block hash"),
        gas_used=read_quantity(fields.get("gasUsed"), "receipt's gas"),
        contract=None if contract is None else read_address(contract, "receipt's contract"),
        gas_price=None if price is None else read_quantity(price, "receipt's gas price"),
    )
