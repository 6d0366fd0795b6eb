"""What the registry answers and what is sent to it; see contracts/src/IAnchorRegistry.sol."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from traceability.chain import registry
from traceability.chain.accounts import Account, address_of
from traceability.chain.faults import (
    ContractMismatch,
    EvidenceUnavailable,
    RPCRefused,
    TransactionFailed,
)
from traceability.chain.fees import Fee, FeeMode
from traceability.chain.header import rebuild_header
from traceability.chain.node_calls import Ask, NodeCalls
from traceability.chain.values import (
    AnchorCall,
    Finality,
    FoundAnchor,
    Head,
    OpenedLog,
    SignedTransaction,
)
from traceability.chain.wire import (
    hex_data,
    hex_quantity,
    read_data,
    read_hash,
    read_list,
    read_object,
    read_quantity,
)
from traceability.hashing.keccak import keccak256
from traceability.hashing.statement import log_id as derive_log_id
from traceability.verify.evidence import AnchorEvidence

# Above what Forge measures for deploying, for opening, and for a proof of any length; unused
# gas is returned.
DEPLOY_GAS, OPEN_GAS = 2_500_000, 250_000
ANCHOR_GAS, ANCHOR_GAS_PER_NODE = 80_000, 2_500
# Some chains count more gas than Ethereum does, and more than they estimated a block ago.
GAS_MARGIN_NUMERATOR, GAS_MARGIN_DENOMINATOR = 5, 4
# What no chain needs for an anchor: no endpoint may have us promise to pay for more.
MAX_ANCHOR_GAS = 20_000_000
# A trie node below 32 bytes is embedded in its parent; some nodes list it all the same.
MIN_NODE_BYTES = 32
WORD_BYTES = 32


class RegistryCalls(NodeCalls):
    """Calls to one registry; `contract` is None until it is deployed."""

    def __init__(
        self, *, contract: str | None, chain_id: int | None, fee_mode: FeeMode, finality: Finality
    ) -> None:
        super().__init__(chain_id=chain_id, fee_mode=fee_mode, finality=finality)
        self._contract = contract

    @property
    def contract(self) -> str:
        """The registry's address."""
        if self._contract is None:
            raise ContractMismatch("no contract configured: expected the registry's address")
        return self._contract

    def check_contract(
        self, *, chain_id: int | None = None, code_hash: bytes | None = None
    ) -> None:
        """Check that the chain is `chain_id` and the contract's code is the registry's.

        Raises
        ------
        ChainIdMismatch, ContractMismatch
            Another chain, or other code or none at the address.
        """
        if chain_id is not None:
            self.require_chain(chain_id)
        self._check_code(self.ask, code_hash or registry.artifact().code_hash)

    def _check_code(self, ask: Ask, expected: bytes) -> None:
        code = read_data(ask("eth_getCode", self.contract, "latest"), "eth_getCode")
        found = keccak256(code)
        if not code:
            raise ContractMismatch(f"contract missing: no code at {self.contract}")
        if found != expected:
            raise ContractMismatch(
                f"contract has other code: expected hash {expected.hex()[:16]}, "
                f"got {found.hex()[:16]}",
                expected=expected.hex(),
                got=found.hex(),
            )

    def deploy(self, account: Account) -> str:
        """Deploy the registry, wait for it and return its address, which is used from now on."""
        transaction = self.sign(
            registry.artifact().bytecode, account=account, to=None, gas=DEPLOY_GAS
        )
        self.send_raw(transaction.raw)
        receipt = self.wait_for_receipt(transaction.tx_hash)
        if receipt.contract is None:
            raise TransactionFailed("deployment made no contract")
        self._contract = receipt.contract
        return receipt.contract

    # Logs

    def log_id(self, genesis_leaf_hash: bytes, opener: str) -> bytes:
        """Return the id of the log that this account opens with this first entry."""
        return derive_log_id(
            chain_id=self.chain_id(),
            contract=self.contract,
            opener=opener,
            genesis_leaf_hash=genesis_leaf_hash,
        )

    def head(self, log_id: bytes) -> Head:
        """Return a log's newest head; size 0 if it was never opened."""
        data = registry.encode_call("head", log_id)

        def read(ask: Ask) -> Head:
            answer = self._call(data, sender=None, ask=ask)
            if not answer:
                # Anything may be at the address, or nothing: only its code tells.
                self._check_code(ask, registry.artifact().code_hash)
            return registry.decode_head(answer)

        found = self.agreed("the log's head", read)
        if found is None:
            raise AssertionError("an endpoint that answers names a head")
        return found

    def open_log(self, genesis_leaf_hash: bytes, publisher: str, account: Account) -> OpenedLog:
        """Open a log, or find that this account has opened it already; wait for the block."""
        log_id = self.log_id(genesis_leaf_hash, address_of(account))
        head = self.head(log_id)
        if head.tree_size:
            return OpenedLog(log_id, head.block_number, tx_hash=None)
        data = registry.encode_call("openLog", genesis_leaf_hash, publisher)
        transaction = self.sign(data, account=account, to=self.contract, gas=OPEN_GAS)
        self.send_raw(transaction.raw)
        receipt = self.wait_for_receipt(transaction.tx_hash)
        return OpenedLog(log_id, receipt.block_number, transaction.tx_hash)

    # Anchors

    def check_anchor(self, call: AnchorCall, *, sender: str) -> None:
        """Ask whether the contract would take the anchor now.

        Raises
        ------
        HeadMoved
            The proof starts from another head than the newest.
        AnchorRejected
            Any other refusal.
        """
        self._call(_anchor_data(call), sender=sender)

    def sign_anchor(
        self,
        call: AnchorCall,
        *,
        account: Account,
        nonce: int,
        fee: Fee,
        estimated_gas: int | None = None,
    ) -> SignedTransaction:
        """Sign an anchor that `check_anchor` has let through, with gas to spare."""
        if estimated_gas is None:
            estimated_gas = self.estimate_gas(call, sender=address_of(account))
        ample = estimated_gas * GAS_MARGIN_NUMERATOR // GAS_MARGIN_DENOMINATOR
        return self.sign(
            _anchor_data(call),
            account=account,
            to=self.contract,
            gas=max(_enough_gas(call), ample),
            nonce=nonce,
            fee=fee,
        )

    def estimate_gas(self, call: AnchorCall, *, sender: str) -> int:
        """Return the gas that an anchor is expected to use; enough where the node cannot say."""
        fields = {"to": self.contract, "data": hex_data(_anchor_data(call)), "from": sender}
        try:
            found = read_quantity(self.ask("eth_estimateGas", fields), "eth_estimateGas")
        except RPCRefused:
            return _enough_gas(call)
        return min(found, MAX_ANCHOR_GAS)

    def find_anchor(
        self, log_id: bytes, tree_size: int, *, block_number: int
    ) -> FoundAnchor | None:
        """Return the transaction that stored a head in this block, by its event."""
        height = hex_quantity(block_number)
        topics = [
            hex_data(registry.event_topic("CheckpointAnchored")),
            hex_data(log_id),
            hex_data(tree_size.to_bytes(WORD_BYTES, "big")),
        ]
        wanted = {
            "address": self.contract,
            "fromBlock": height,
            "toBlock": height,
            "topics": topics,
        }
        for found in read_list(self.ask("eth_getLogs", wanted), "eth_getLogs"):
            return self._found_anchor(read_object(found, "log"))
        return None

    def evidence(self, log_id: bytes, block_number: int) -> AnchorEvidence:
        """Return header, account proof and slot proofs at a block, unchecked.

        Raises
        ------
        EvidenceUnavailable
            The node has pruned that state, or has no header whose hash is the block's.
        """
        first = int.from_bytes(keccak256(log_id + bytes(WORD_BYTES)), "big")
        slots = [((first + offset) % 2**256).to_bytes(WORD_BYTES, "big") for offset in (0, 1)]
        height = hex_quantity(block_number)
        header = self._header(height)
        try:
            answer = self.ask("eth_getProof", self.contract, [hex_data(s) for s in slots], height)
        except RPCRefused as refused:
            raise EvidenceUnavailable(
                f"storage proof unavailable: block {block_number}, {refused.message!r}"
            ) from refused
        proof = read_object(answer, "eth_getProof")
        nodes = {
            read_quantity(item.get("key"), "storage key"): _nodes(item.get("proof"))
            for item in read_list(proof.get("storageProof"), "storage proof")
        }
        words = [int.from_bytes(slot, "big") for slot in slots]
        if nodes.keys() != set(words):
            raise EvidenceUnavailable(f"storage proof has other keys: block {block_number}")
        return AnchorEvidence(
            header=header,
            account=_nodes(proof.get("accountProof")),
            slots=(nodes[words[0]], nodes[words[1]]),
        )

    def _header(self, height: str) -> bytes:
        fields = read_object(self.ask("eth_getBlockByNumber", height, False) or {}, "block")
        block_hash = read_hash(fields.get("hash"), "block hash")
        try:
            raw = read_data(self.ask("debug_getRawHeader", height), "debug_getRawHeader")
        except RPCRefused:
            raw = b""
        for header in (raw, rebuild_header(fields)):
            if header and keccak256(header) == block_hash:
                return header
        raise EvidenceUnavailable(
            f"header unavailable: nothing hashes to {block_hash.hex()[:16]}, block {height}"
        )

    def _found_anchor(self, found: Mapping[str, Any]) -> FoundAnchor | None:
        tx_hash = read_hash(found.get("transactionHash"), "log's transaction")
        _, from_size, _ = registry.decode_anchored(read_data(found.get("data"), "log data"))
        receipt = self.receipt(tx_hash)
        transaction = self.ask("eth_getTransactionByHash", hex_data(tx_hash))
        if receipt is None or transaction is None:
            return None
        nonce = read_quantity(read_object(transaction, "transaction").get("nonce"), "nonce")
        return FoundAnchor(receipt, nonce, from_size)

    def _call(self, data: bytes, *, sender: str | None, ask: Ask | None = None) -> bytes:
        fields = {"to": self.contract, "data": hex_data(data)}
        if sender is not None:
            fields["from"] = sender
        try:
            answer = (ask or self.ask)("eth_call", fields, "latest")
        except RPCRefused as refused:
            if refused.data or "revert" in refused.message.lower():
                raise registry.refusal(refused.data, refused.message) from refused
            raise
        return read_data(answer, "eth_call")


def _enough_gas(call: AnchorCall) -> int:
    return ANCHOR_GAS + ANCHOR_GAS_PER_NODE * len(call.proof)


def _anchor_data(call: AnchorCall) -> bytes:
    return registry.encode_call(
        "anchor", call.log_id, call.from_size, call.tree_size, call.root_hash, call.proof
    )


def _nodes(value: object) -> tuple[bytes, ...]:
    """Read a trie proof, root first, without nodes that their parent embeds."""
    nodes = [read_data(item, "trie node") for item in read_list(value, "trie proof")]
    return tuple(
        node for position, node in enumerate(nodes) if not position or len(node) >= MIN_NODE_BYTES
    )
