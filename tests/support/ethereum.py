"""A synthetic Ethereum state: RLP, tries, account, header, in the plainest form.

Source: Ethereum yellow paper, appendices B, C and D. Written apart from the verifier so
that the two check each other; `trie` and `rlp` check both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from eth_hash.auto import keccak

CODE_HASH = keccak(b"the contract's runtime code")
CONTRACT = "0x" + "c0" * 20
Item = bytes | list["Item"]


def rlp_encode(item: Item) -> bytes:
    if isinstance(item, bytes):
        if len(item) == 1 and item[0] < 0x80:
            return item
        return _prefix(len(item), 0x80) + item
    body = b"".join(rlp_encode(part) for part in item)
    return _prefix(len(body), 0xC0) + body


def _prefix(length: int, offset: int) -> bytes:
    if length <= 55:
        return bytes([offset + length])
    digits = number_bytes(length)
    return bytes([offset + 55 + len(digits)]) + digits


def number_bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def hex_prefix(path: str, *, is_leaf: bool) -> bytes:
    flag = (2 if is_leaf else 0) + len(path) % 2
    return bytes.fromhex(f"{flag:x}" + ("" if len(path) % 2 else "0") + path)


class Trie:
    """A secure trie: keys are hashed; `proof` lists hashed nodes from the root."""

    def __init__(self, pairs: Mapping[bytes, bytes]) -> None:
        self.root_node = self._build({keccak(k).hex(): v for k, v in pairs.items()})
        self.root = keccak(rlp_encode(self.root_node))

    def _build(self, pairs: dict[str, bytes]) -> list[Item]:
        if len(pairs) == 1:
            [(path, value)] = pairs.items()
            return [hex_prefix(path, is_leaf=True), value]
        shared = _shared_prefix(list(pairs))
        if shared:
            rest = {path[len(shared) :]: value for path, value in pairs.items()}
            return [hex_prefix(shared, is_leaf=False), self._reference(self._build(rest))]
        return [self._child(pairs, digit) for digit in "0123456789abcdef"] + [b""]

    def _child(self, pairs: dict[str, bytes], digit: str) -> Item:
        below = {path[1:]: value for path, value in pairs.items() if path[0] == digit}
        return self._reference(self._build(below)) if below else b""

    @staticmethod
    def _reference(node: list[Item]) -> Item:
        encoded = rlp_encode(node)
        return node if len(encoded) < 32 else keccak(encoded)

    def proof(self, key: bytes, pairs: Mapping[bytes, bytes]) -> tuple[bytes, ...]:
        path = keccak(key).hex()
        found = {keccak(k).hex(): v for k, v in pairs.items()}
        nodes: list[bytes] = []
        while True:
            node = self._build(found)
            encoded = rlp_encode(node)
            if not nodes or len(encoded) >= 32:
                nodes.append(encoded)
            if len(found) == 1:
                return tuple(nodes)
            step = len(_shared_prefix(list(found))) or 1
            found = {p[step:]: v for p, v in found.items() if p[:step] == path[:step]}
            path = path[step:]


def _shared_prefix(paths: Sequence[str]) -> str:
    low, high = min(paths), max(paths)
    length = next((i for i, pair in enumerate(zip(low, high, strict=True)) if len(set(pair)) > 1))
    return low[:length]


@dataclass(frozen=True, slots=True)
class Head:
    """A log's slots 0 and 1 as the contract writes them."""

    root_hash: bytes
    tree_size: int
    block_number: int
    timestamp: int
    previous_block: int = 0

    @property
    def packed(self) -> int:
        return (
            self.tree_size
            | self.block_number << 64
            | self.timestamp << 128
            | self.previous_block << 192
        )


@dataclass(frozen=True, slots=True)
class State:
    """One block's state: the registry with one log's head among other slots and accounts."""

    log: bytes
    head: Head
    contract: str = CONTRACT
    code_hash: bytes = CODE_HASH
    header_number: int | None = None
    header_time: int | None = None
    neighbours: int = 40

    def slot(self, offset: int) -> bytes:
        first = int.from_bytes(keccak(self.log + bytes(32)), "big")
        return ((first + offset) % 2**256).to_bytes(32, "big")

    def storage(self) -> dict[bytes, bytes]:
        others = range(self.neighbours // 2)
        values = {bytes(31) + bytes([i]): rlp_encode(number_bytes(i + 1)) for i in others}
        values |= {keccak(bytes([i])): rlp_encode(keccak(bytes([i]))) for i in others}
        values[self.slot(0)] = rlp_encode(self.head.root_hash.lstrip(b"\x00"))
        values[self.slot(1)] = rlp_encode(number_bytes(self.head.packed))
        return values

    def account(self) -> list[Item]:
        return [b"\x01", b"", Trie(self.storage()).root, self.code_hash]

    def accounts(self, account: list[Item] | None = None) -> dict[bytes, bytes]:
        other: list[Item] = [b"", number_bytes(10**18), keccak(b"\x80"), keccak(b"")]
        found = {keccak(bytes([i]))[:20]: rlp_encode(other) for i in range(self.neighbours)}
        found[bytes.fromhex(self.contract[2:])] = rlp_encode(account or self.account())
        return found

    def header(self, state_root: bytes) -> list[Item]:
        number = self.head.block_number if self.header_number is None else self.header_number
        time = self.head.timestamp if self.header_time is None else self.header_time
        return [
            keccak(b"parent"), keccak(b"ommers"), bytes(20), state_root, keccak(b"transactions"),
            keccak(b"receipts"), bytes(256), b"", number_bytes(number), number_bytes(30_000_000),
            number_bytes(50_000), number_bytes(time), b"", bytes(32), bytes(8), number_bytes(7),
        ]  # fmt: skip

    def evidence(self, *, account: list[Item] | None = None) -> Evidence:
        accounts, storage = self.accounts(account), self.storage()
        state = Trie(accounts)
        slots = Trie(storage)
        return Evidence(
            header=rlp_encode(self.header(state.root)),
            account=state.proof(bytes.fromhex(self.contract[2:]), accounts),
            slots=(slots.proof(self.slot(0), storage), slots.proof(self.slot(1), storage)),
        )


@dataclass(frozen=True, slots=True)
class Evidence:
    """Header and proof nodes, as an anchorer would keep them."""

    header: bytes
    account: tuple[bytes, ...]
    slots: tuple[tuple[bytes, ...], tuple[bytes, ...]]

    def having(self, **changes: object) -> Evidence:
        return replace(self, **changes)  # type: ignore[arg-type]  # names are the fields
