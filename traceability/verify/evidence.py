"""Prove a log's head in the anchor contract's storage: from slot to block hash.

Sources: Ethereum yellow paper, appendices B (RLP), C (hex prefix) and D (trie);
EIP-1186 for the proof's shape; `contracts/src/AnchorRegistry.sol` for the slots.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from traceability.errors import ProofRejected
from traceability.hashing.keccak import keccak256

RLP: TypeAlias = bytes | list["RLP"]

# A header has about 600 bytes; consortium chains put their validators into extraData.
MAX_HEADER_BYTES = 16_384
# The largest node is a branch of sixteen hashes (532 bytes).
MAX_NODE_BYTES = 1_024
# A hashed key has 64 nibbles, and each node consumes at least one.
MAX_NODES = 65
# A header is a list of strings; embedded nodes (under 32 bytes) nest three or four deep.
MAX_RLP_DEPTH = 8
# London added baseFeePerGas after the fifteen fields that every Ethereum header has.
MIN_HEADER_FIELDS = 15
HEADER_STATE_ROOT, HEADER_NUMBER, HEADER_TIME = 3, 8, 11
ACCOUNT_FIELDS = 4
BRANCH_ITEMS, SHORT_NODE_ITEMS = 17, 2
HASH_BYTES, WORD_BYTES, UINT64_BYTES = 32, 32, 8
UINT64_MASK = 2**64 - 1
# 31 December 9999, the last second that RFC 3339 can write.
MAX_TIME = 253_402_300_799
# RLP: lengths up to this number are part of the prefix byte.
MAX_SHORT_LENGTH = 55
STRING_PREFIX, LIST_PREFIX = 0x80, 0xC0
# Hex prefix: bit 0 says odd, bit 1 says leaf.
ODD_FLAG, LEAF_FLAG = 1, 2


class RLPInvalid(ProofRejected):
    """Bytes that are not the one RLP encoding of a value."""

    code = "RLP_INVALID"


class TrieProofInvalid(ProofRejected):
    """Trie nodes that do not lead from the root to the key, or lead past it."""

    code = "TRIE_PROOF_INVALID"


class HeaderInvalid(ProofRejected):
    """A block header that lacks a field, or holds one of the wrong size."""

    code = "HEADER_INVALID"


class AccountInvalid(ProofRejected):
    """An account that is not nonce, balance, storage root and code hash."""

    code = "ACCOUNT_INVALID"


class CodeHashMismatch(ProofRejected):
    """The contract's code is not the code that the trust file names."""

    code = "CODE_HASH_MISMATCH"


class SlotInvalid(ProofRejected):
    """A storage slot that cannot be a log's head in this block."""

    code = "SLOT_INVALID"


@dataclass(frozen=True, slots=True)
class AnchorEvidence:
    """A block header and the trie nodes that lead from it to a log's head, root first."""

    header: bytes
    account: tuple[bytes, ...]
    slots: tuple[tuple[bytes, ...], tuple[bytes, ...]]


@dataclass(frozen=True, slots=True)
class BlockHeader:
    """The fields of a block header that evidence needs, and its hash."""

    state_root: bytes
    number: int
    time: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class AnchoredHead:
    """A log's head as one block's state holds it; times in seconds since 1970."""

    root_hash: bytes
    tree_size: int
    block_number: int
    timestamp: int
    previous_block: int
    header_number: int
    header_time: int
    header_hash: bytes


def check_evidence(
    evidence: AnchorEvidence,
    log: bytes,
    *,
    contract: str,
    code_hash: bytes,
    foreign_block_numbers: bool = False,
) -> AnchoredHead:
    """Return the head of `log` that the evidence proves, and the block that it is in.

    Whether that block is canonical and final is not decided here.

    Parameters
    ----------
    log, code_hash
        32 bytes each.
    contract
        Its address: `0x` and 40 lower-case hex digits.
    foreign_block_numbers
        The contract's `block.number` is another chain's, as on Arbitrum.
    """
    header = parse_header(evidence.header)
    address = bytes.fromhex(contract.removeprefix("0x"))
    account = trie_value(header.state_root, address, nodes=evidence.account)
    storage_root = _storage_root(account, code_hash)
    words = [
        _slot_value(storage_root, storage_slot(log, offset), nodes=nodes)
        for offset, nodes in enumerate(evidence.slots)
    ]
    head = _head(words[0], words[1], header=header)
    _check_times(head, foreign_block_numbers=foreign_block_numbers)
    return head


def parse_header(data: bytes) -> BlockHeader:
    """Read state root, number and time from a header's RLP; later fields are ignored."""
    if len(data) > MAX_HEADER_BYTES:
        raise HeaderInvalid(f"header too long: at most {MAX_HEADER_BYTES} bytes, got {len(data)}")
    fields = decode_rlp(data)
    if not isinstance(fields, list) or len(fields) < MIN_HEADER_FIELDS:
        raise HeaderInvalid(f"header too short: expected at least {MIN_HEADER_FIELDS} fields")
    state_root = fields[HEADER_STATE_ROOT]
    if not isinstance(state_root, bytes) or len(state_root) != HASH_BYTES:
        raise HeaderInvalid("header's state root is no hash: expected 32 bytes")
    number = _number(fields[HEADER_NUMBER], UINT64_BYTES, name="header number")
    time = _number(fields[HEADER_TIME], UINT64_BYTES, name="header time")
    if time > MAX_TIME:
        raise HeaderInvalid(f"header time is no time: at most {MAX_TIME}, got {time}")
    return BlockHeader(state_root, number, time, keccak256(data))


def _storage_root(account: bytes, code_hash: bytes) -> bytes:
    fields = decode_rlp(account)
    if not isinstance(fields, list) or len(fields) != ACCOUNT_FIELDS:
        raise AccountInvalid(f"account has wrong shape: expected exactly {ACCOUNT_FIELDS} items")
    _number(fields[0], UINT64_BYTES, name="account nonce")
    _number(fields[1], WORD_BYTES, name="account balance")
    storage_root, found = fields[2], fields[3]
    if not isinstance(storage_root, bytes) or len(storage_root) != HASH_BYTES:
        raise AccountInvalid("account's storage root is no hash: expected 32 bytes")
    if found != code_hash:
        got = found.hex()[:16] if isinstance(found, bytes) else "a list"
        raise CodeHashMismatch(
            f"contract code differs from the trust file: expected {code_hash.hex()[:16]}, got {got}"
        )
    return storage_root


def storage_slot(log: bytes, offset: int) -> bytes:
    """Return the number of a slot of a log's head: 0 has the root, 1 the size and the times."""
    first = int.from_bytes(keccak256(log + bytes(WORD_BYTES)), "big")
    return ((first + offset) % 2**256).to_bytes(WORD_BYTES, "big")


def _slot_value(storage_root: bytes, slot: bytes, *, nodes: Sequence[bytes]) -> int:
    value = trie_value(storage_root, slot, nodes=nodes)
    return _number(decode_rlp(value), WORD_BYTES, name="storage value")


def _head(root_word: int, packed: int, *, header: BlockHeader) -> AnchoredHead:
    return AnchoredHead(
        root_hash=root_word.to_bytes(WORD_BYTES, "big"),
        tree_size=packed & UINT64_MASK,
        block_number=packed >> 64 & UINT64_MASK,
        timestamp=packed >> 128 & UINT64_MASK,
        previous_block=packed >> 192,
        header_number=header.number,
        header_time=header.time,
        header_hash=header.hash,
    )


def _check_times(head: AnchoredHead, *, foreign_block_numbers: bool) -> None:
    if head.timestamp > head.header_time:
        raise SlotInvalid(
            f"anchor is later than its block: anchored at {head.timestamp}, "
            f"block time {head.header_time}"
        )
    if not foreign_block_numbers and head.block_number > head.header_number:
        raise SlotInvalid(
            f"anchor is later than its block: anchored in block {head.block_number}, "
            f"header of block {head.header_number}"
        )


def _number(item: RLP, max_bytes: int, *, name: str) -> int:
    if not isinstance(item, bytes) or len(item) > max_bytes:
        raise RLPInvalid(f"{name} is no number of at most {max_bytes} bytes")
    if item[:1] == b"\x00":
        raise RLPInvalid(f"{name} has a leading zero")
    return int.from_bytes(item, "big")


# The trie.


def trie_value(root: bytes, key: bytes, *, nodes: Sequence[bytes]) -> bytes:
    """Return the value under `key` in the secure trie `root`; every node must be used.

    Parameters
    ----------
    root
        Keccak-256 of the root node, 32 bytes.
    key
        Hashed before use, as in Ethereum's state and storage tries.
    nodes
        RLP of the nodes from root to value; nodes embedded in their parent are not listed.
    """
    if len(nodes) > MAX_NODES:
        raise TrieProofInvalid(f"trie proof too long: at most {MAX_NODES} nodes, got {len(nodes)}")
    path = keccak256(key).hex()
    unread = list(reversed(nodes))
    reference: RLP = root
    while True:
        node = _open_node(reference, unread) if isinstance(reference, bytes) else reference
        reference, path, is_value = _descend(node, path)
        if is_value:
            break
    if unread:
        raise TrieProofInvalid(f"trie proof has unused nodes: {len(unread)} left over")
    if not isinstance(reference, bytes) or not reference:
        raise TrieProofInvalid("trie proof ends without a value")
    return reference


def _open_node(reference: bytes, unread: list[bytes]) -> list[RLP]:
    if not reference:
        raise TrieProofInvalid("trie holds nothing under the key")
    if not unread:
        raise TrieProofInvalid("trie proof too short: a node is missing")
    data = unread.pop()
    if len(data) > MAX_NODE_BYTES:
        raise TrieProofInvalid(f"trie node too long: at most {MAX_NODE_BYTES} bytes")
    if keccak256(data) != reference:
        raise TrieProofInvalid(f"trie node does not have the hash {reference.hex()[:16]}")
    node = decode_rlp(data)
    if not isinstance(node, list):
        raise TrieProofInvalid("trie node is no list")
    return node


def _descend(node: list[RLP], path: str) -> tuple[RLP, str, bool]:
    """Return what the node holds for the path, the rest of the path, and whether it is a value."""
    if len(node) == BRANCH_ITEMS and path:
        return node[int(path[0], 16)], path[1:], False
    if len(node) != SHORT_NODE_ITEMS or not isinstance(node[0], bytes):
        raise TrieProofInvalid(f"trie node has wrong shape: {len(node)} items")
    is_leaf, part = _hex_prefix(node[0])
    if is_leaf and part == path:
        return node[1], "", True
    if is_leaf or not part or not path.startswith(part):
        raise TrieProofInvalid("trie holds nothing under the key")
    return node[1], path[len(part) :], False


def _hex_prefix(encoded: bytes) -> tuple[bool, str]:
    text = encoded.hex()
    flags = int(text[:1] or "f", 16)
    is_odd = bool(flags & ODD_FLAG)
    if flags > (ODD_FLAG | LEAF_FLAG) or (not is_odd and text[1] != "0"):
        raise TrieProofInvalid("trie node's path has a wrong hex prefix")
    return bool(flags & LEAF_FLAG), text[1:] if is_odd else text[2:]


# RLP.


def decode_rlp(data: bytes) -> RLP:
    """Return the bytes or lists that `data` encodes; any other encoding of them is refused."""
    items = _decode_items(data, 0)
    if len(items) != 1:
        raise RLPInvalid(f"rlp is not one item: got {len(items)}")
    return items[0]


def _decode_items(data: bytes, depth: int) -> list[RLP]:
    """Return the items that stand one behind the other in `data`."""
    if depth > MAX_RLP_DEPTH:
        raise RLPInvalid(f"rlp nested too deep: at most {MAX_RLP_DEPTH} levels")
    items: list[RLP] = []
    start = 0
    while start < len(data):
        prefix = data[start]
        begin, end = _payload_bounds(data, start, prefix)
        payload = data[begin:end]
        if len(payload) != end - begin:
            raise RLPInvalid(f"rlp ends early: {end - len(data)} bytes missing")
        if prefix >= LIST_PREFIX:
            items.append(_decode_items(payload, depth + 1))
        elif begin != start and end - begin == 1 and data[begin] < STRING_PREFIX:
            raise RLPInvalid("rlp byte has a needless prefix")
        else:
            items.append(payload)
        start = end
    return items


def _payload_bounds(data: bytes, start: int, prefix: int) -> tuple[int, int]:
    """Return where the payload begins and ends; a byte below 0x80 is its own payload."""
    if prefix < STRING_PREFIX:
        return start, start + 1
    short = prefix - (LIST_PREFIX if prefix >= LIST_PREFIX else STRING_PREFIX)
    if short <= MAX_SHORT_LENGTH:
        return start + 1, start + 1 + short
    begin = start + 1 + short - MAX_SHORT_LENGTH
    digits = data[start + 1 : begin]
    length = int.from_bytes(digits, "big")
    if digits[:1] in (b"", b"\x00") or length <= MAX_SHORT_LENGTH:
        raise RLPInvalid("rlp length is not in its shortest form")
    return begin, begin + length
