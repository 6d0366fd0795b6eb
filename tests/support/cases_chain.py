"""Steps 9 and 10: another contract, log, head or block, and proofs that are not minimal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import rlp  # type: ignore[import-untyped]  # it has no types
from eth_hash.auto import keccak

from tests.support import ethereum
from tests.support.cases import Case, World, anchored
from tests.support.ethereum import Item, State, number_bytes, rlp_encode
from tests.support.forge import Batch, seeded
from traceability.hashing.statement import Seen
from traceability.verify.bundle import Bundle, SeenProof
from traceability.verify.evidence import HEADER_STATE_ROOT, AnchorEvidence
from traceability.verify.trust import Trust


def chain() -> list[Case]:
    return [*_heads(), *_nodes(), *_accounts(), *_headers(), *_slots(), *_seen(), *_blocks()]


def _anchored() -> tuple[World, Batch, Bundle]:
    return anchored(with_card=False, with_lot=False, with_seen=False)


def _pinned(trust: Trust, *evidence: AnchorEvidence) -> Trust:
    """Return the trust file that knows the blocks of made-up evidence as canonical."""
    hashes = dict(trust.block_hashes)
    for one in evidence:
        hashes[_number(one.header)] = keccak(one.header)
    return replace(trust, block_hashes=hashes)


def _number(header: bytes) -> int:
    found = rlp.decode(header)
    return int.from_bytes(found[8], "big") if len(found) > 8 else 0


def _evidence(found: ethereum.Evidence) -> AnchorEvidence:
    return AnchorEvidence(found.header, found.account, found.slots)


def _state(world: World) -> State:
    return world.forge.anchored[len(world.forge.entries)]


def _case(name: str, story: str, world: World, evidence: AnchorEvidence, reason: str | None,
          *, bundle: Bundle, trust: Trust | None = None) -> Case:  # fmt: skip
    data = replace(bundle, anchor=evidence, seen_proof=None).to_bytes()
    found = trust or _pinned(world.forge.trust(), evidence)
    step = None if reason is None else 9
    return Case(name, story, data, found, step=step, reason=reason, accept="final")


def _heads() -> list[Case]:
    world, _, bundle = _anchored()
    state = _state(world)
    head = state.head

    def having(**changes: Any) -> AnchorEvidence:
        return _evidence(replace(state, head=replace(head, **changes)).evidence())

    good = bundle.anchor
    assert good is not None
    trust = world.forge.trust()
    other_log = _evidence(replace(state, log=seeded("other")).evidence())
    earlier = world.forge.evidence(min(world.forge.anchored))
    stories: list[tuple[str, str, AnchorEvidence, str, Trust | None]] = [
        ("head-other-root", "another root in the contract", having(root_hash=seeded("x")),
         "ANCHOR_MISMATCH", None),
        ("head-size-larger", "a size one too large", having(tree_size=head.tree_size + 1),
         "ANCHOR_MISMATCH", None),
        ("head-size-smaller", "a size one too small", having(tree_size=head.tree_size - 1),
         "ANCHOR_MISMATCH", None),
        ("head-of-earlier", "the anchor of an earlier head", earlier, "ANCHOR_MISMATCH", None),
        ("head-of-other-log", "another log's slots in the same contract", other_log,
         "TRIE_PROOF_INVALID", None),
        ("contract-other", "the same slots in another contract", good, "TRIE_PROOF_INVALID",
         None),
        ("code-other", "the contract has other code", good, "CODE_HASH_MISMATCH",
         replace(trust, code_hash=seeded("code"))),
        ("root-with-leading-zero", "a root that begins with a zero byte",
         having(root_hash=bytes(1) + seeded("x")[1:]), "ANCHOR_MISMATCH", None),
    ]  # fmt: skip
    cases = [
        _case(name, story, world, evidence, reason, bundle=bundle, trust=trust)
        for name, story, evidence, reason, trust in stories
        if name != "contract-other"
    ]
    elsewhere = replace(state, contract="0x" + "c1" * 20)
    return [*cases, _case("contract-other", "the same slots in another contract", world,
                          _evidence(elsewhere.evidence()), "TRIE_PROOF_INVALID",
                          bundle=bundle)]  # fmt: skip


def _nodes() -> list[Case]:
    world, _, bundle = _anchored()
    good = bundle.anchor
    assert good is not None
    extra = rlp_encode([b"\x20", b"\x01"])
    first, second = good.slots
    stories: list[tuple[str, str, AnchorEvidence]] = [
        ("account-node-unused", "a node that is not needed",
         replace(good, account=(*good.account, extra))),
        ("slot-node-unused", "one behind a slot", replace(good, slots=((*first, extra), second))),
        ("account-node-missing", "the last node left out",
         replace(good, account=good.account[:-1])),
        ("slot-nodes-none", "no nodes for a slot", replace(good, slots=(first, ()))),
        ("account-nodes-none", "no nodes at all", replace(good, account=())),
        ("account-root-twice", "the root node twice",
         replace(good, account=(good.account[0], *good.account))),
        ("slots-swapped", "slot 1 before slot 0", replace(good, slots=(second, first))),
        ("slot-nodes-swapped", "nodes from leaf to root",
         replace(good, slots=(first[::-1], second))),
        ("account-node-changed", "one bit in a node",
         replace(good, account=(_flip(good.account[0]), *good.account[1:]))),
        ("node-too-long", "a node over 1,024 bytes",
         replace(good, account=(bytes(1_025), *good.account[1:]))),
    ]  # fmt: skip
    return [
        _case(name, story, world, evidence, "TRIE_PROOF_INVALID", bundle=bundle)
        for name, story, evidence in stories
    ]


def _flip(data: bytes) -> bytes:
    return data[:40] + bytes([data[40] ^ 1]) + data[41:]


def _accounts() -> list[Case]:
    world, _, bundle = _anchored()
    state = _state(world)
    account = state.account()
    stories: list[tuple[str, str, list[Item], str]] = [
        ("account-of-three", "an account of three items", account[:3], "ACCOUNT_INVALID"),
        ("account-of-five", "an account of five", [*account, b"\x01"], "ACCOUNT_INVALID"),
        ("account-nonce-zero-byte", "a nonce with a leading zero",
         [b"\x00\x01", *account[1:]], "RLP_INVALID"),
        ("account-balance-long", "a balance of 33 bytes",
         [account[0], b"\x01" * 33, *account[2:]], "RLP_INVALID"),
        ("account-root-short", "a storage root of 31 bytes",
         [*account[:2], bytes(31), account[3]], "ACCOUNT_INVALID"),
        ("account-root-list", "a storage root that is a list",
         [*account[:2], [], account[3]], "ACCOUNT_INVALID"),
        ("account-code-list", "a code hash that is a list", [*account[:3], [account[3]]],
         "CODE_HASH_MISMATCH"),
        ("account-code-empty", "an account without code", [*account[:3], keccak(b"")],
         "CODE_HASH_MISMATCH"),
        ("account-storage-empty", "an account without storage",
         [*account[:2], keccak(b"\x80"), account[3]], "TRIE_PROOF_INVALID"),
    ]  # fmt: skip
    return [
        _case(name, story, world, _evidence(state.evidence(account=changed)), reason,
              bundle=bundle)
        for name, story, changed, reason in stories
    ]  # fmt: skip


class _Block:
    """A good header in parts, and ways to change one."""

    def __init__(self, state: State, header: bytes) -> None:
        self.header = header
        self.root = bytes(rlp.decode(header)[HEADER_STATE_ROOT])
        self.fields = state.header(self.root)
        self.time, self.number = state.head.timestamp, state.head.block_number

    def changed(self, index: int, value: Item) -> bytes:
        return rlp_encode([*self.fields[:index], value, *self.fields[index + 1 :]])


def _headers() -> list[Case]:
    world, _, bundle = _anchored()
    good = bundle.anchor
    assert good is not None
    block = _Block(_state(world), good.header)
    cases = []
    for name, story, header, reason in (*_bad_fields(block), *_bad_forms(block), *_fine(block)):
        evidence = replace(good, header=header)
        trust = world.forge.trust() if reason else None
        cases.append(_case(name, story, world, evidence, reason, bundle=bundle, trust=trust))
    early = replace(good, header=block.changed(8, number_bytes(block.number - 1)))
    foreign = replace(_pinned(world.forge.trust(), early), block_number="foreign")
    cases.append(_case("header-number-foreign", "block numbers of another chain, as trusted",
                       world, early, None, bundle=bundle, trust=foreign))  # fmt: skip
    return cases


def _bad_fields(block: _Block) -> list[tuple[str, str, bytes, str | None]]:
    return [
        ("header-of-fourteen", "a header of fourteen fields", rlp_encode(block.fields[:14]),
         "HEADER_INVALID"),
        ("header-text", "a header that is no list", rlp_encode(b"header"), "HEADER_INVALID"),
        ("header-root-short", "a state root of 31 bytes", block.changed(3, block.root[1:]),
         "HEADER_INVALID"),
        ("header-time-earlier", "a block time before the anchor's",
         block.changed(11, number_bytes(block.time - 1)), "SLOT_INVALID"),
        ("header-number-earlier", "a block number before the anchor's",
         block.changed(8, number_bytes(block.number - 1)), "SLOT_INVALID"),
        ("header-number-zero-byte", "a number with a leading zero",
         block.changed(8, b"\x00" + number_bytes(block.number)), "RLP_INVALID"),
        ("header-number-long", "a number of nine bytes", block.changed(8, b"\x01" * 9),
         "RLP_INVALID"),
        ("header-time-list", "a time that is a list", block.changed(11, []), "RLP_INVALID"),
        ("header-time-far", "a time beyond the year 9999",
         block.changed(11, number_bytes(2**39)), "HEADER_INVALID"),
    ]  # fmt: skip


def _bad_forms(block: _Block) -> list[tuple[str, str, bytes, str | None]]:
    return [
        ("header-trailing", "a byte behind the header", block.header + b"\x00", "RLP_INVALID"),
        ("header-cut", "a header cut short", block.header[:-1], "RLP_INVALID"),
        ("header-long-form", "a length that is not the shortest",
         b"\xfa" + b"\x00" + block.header[1:3] + block.header[3:], "RLP_INVALID"),
        ("header-empty", "an empty header", b"", "RLP_INVALID"),
        ("header-too-long", "a header over 16,384 bytes", bytes(16_385), "HEADER_INVALID"),
    ]  # fmt: skip


def _fine(block: _Block) -> list[tuple[str, str, bytes, str | None]]:
    return [
        ("header-of-fifteen", "fifteen fields are enough", rlp_encode(block.fields[:15]), None),
        ("header-of-later-forks", "later fields are ignored",
         rlp_encode([*block.fields, seeded("w"), b"", b"\x07", seeded("b"), [seeded("r")]]), None),
        ("header-later", "a later block over the same head",
         rlp_encode([*block.fields[:8], number_bytes(block.number + 50), *block.fields[9:11],
                     number_bytes(block.time + 600), *block.fields[12:]]), None),
    ]  # fmt: skip


def _slots() -> list[Case]:
    """Storage whose values are not written as Ethereum writes them."""
    world, _, bundle = _anchored()
    state = _state(world)
    packed = number_bytes(state.head.packed)
    stories: list[tuple[str, str, int, bytes, str]] = [
        ("slot-leading-zero", "a leading zero in slot 1", 1,
         rlp_encode(b"\x00" + packed[:30]), "RLP_INVALID"),
        ("slot-root-leading-zero", "a root with a needless zero", 0,
         rlp_encode(b"\x00" + state.head.root_hash[1:]), "RLP_INVALID"),
        ("slot-too-long", "a value of 33 bytes", 0, rlp_encode(b"\x01" * 33), "RLP_INVALID"),
        ("slot-list", "a value that is a list", 1, rlp_encode([packed]), "RLP_INVALID"),
        ("slot-trailing", "a byte behind the value", 1, rlp_encode(packed) + b"\x00",
         "RLP_INVALID"),
        ("slot-byte-prefixed", "a byte with a needless prefix", 1, b"\x81\x07", "RLP_INVALID"),
        ("slot-zero", "a head of zeros", 1, rlp_encode(b""), "ANCHOR_MISMATCH"),
    ]  # fmt: skip
    return [
        _case(name, story, world, _storing(state, offset, value), reason, bundle=bundle)
        for name, story, offset, value, reason in stories
    ]


def _storing(state: State, offset: int, value: bytes) -> AnchorEvidence:
    storage = state.storage() | {state.slot(offset): value}
    trie = ethereum.Trie(storage)
    account = state.account()
    account[2] = trie.root
    found = state.evidence(account=account)
    slots = (trie.proof(state.slot(0), storage), trie.proof(state.slot(1), storage))
    return AnchorEvidence(found.header, found.account, slots)


def _seen() -> list[Case]:
    world, batch, bundle = anchored(with_card=False, with_lot=False)
    trust, proof = world.forge.trust(), bundle.seen_proof
    assert proof is not None
    size = batch.statement.seen.tree_size
    state = world.forge.anchored[size]
    fork = _evidence(replace(state, head=replace(state.head, root_hash=seeded("f"))).evidence())
    stories: list[tuple[str, str, SeenProof, str]] = [
        ("seen-consistency-cut", "a consistency proof cut short",
         replace(proof, consistency=proof.consistency[:-1]), "CONSISTENCY_PROOF"),
        ("seen-consistency-long", "one with a hash too many",
         replace(proof, consistency=(*proof.consistency, seeded("x"))), "CONSISTENCY_PROOF"),
        ("seen-consistency-changed", "one with another hash",
         replace(proof, consistency=(seeded("x"), *proof.consistency[1:])),
         "CONSISTENCY_PROOF"),
        ("seen-consistency-empty", "an empty one", replace(proof, consistency=()),
         "CONSISTENCY_PROOF"),
        ("seen-anchor-of-later", "the anchor of another head",
         replace(proof, anchor=world.forge.evidence(len(world.forge.entries))),
         "ANCHOR_MISMATCH"),
        ("seen-anchor-of-fork", "an anchor with another root",
         replace(proof, anchor=fork), "ANCHOR_MISMATCH"),
    ]  # fmt: skip
    cases = [
        Case(name, story, replace(bundle, seen_proof=changed).to_bytes(), trust, step=9,
             reason=reason, accept="final")
        for name, story, changed, reason in stories
    ]  # fmt: skip
    return [*cases, _split_view()]


def _split_view() -> Case:
    """Show the signer a root that the log never had."""
    world = World.begin()
    size = len(world.forge.entries)
    batch = world.items(seen=Seen(size, seeded("shown only to the signer")))
    world.close(anchor=True)
    bundle = world.proof(batch, with_seen=True)
    return Case("seen-split-view", "what the signer saw is not in this log's past",
                bundle.to_bytes(), world.forge.trust(), step=9, reason="CONSISTENCY_PROOF",
                accept="final")  # fmt: skip


def _blocks() -> list[Case]:
    world, _, bundle = anchored(with_card=False, with_lot=False)
    trust = world.forge.trust()
    first, last = sorted(trust.block_hashes)
    main = replace(trust, block_hashes=dict(trust.block_hashes) | {last: seeded("fork")})
    seen = replace(trust, block_hashes=dict(trust.block_hashes) | {first: seeded("fork")})
    data = bundle.to_bytes()
    return [
        Case("block-not-canonical", "the chain has another block", data, main, step=10,
             reason="BLOCK_NOT_CANONICAL", accept="final"),
        Case("block-not-canonical-anchored", "even where anchored suffices", data, main, step=10,
             reason="BLOCK_NOT_CANONICAL", accept="anchored"),
        Case("block-not-canonical-logged", "or logged", data, main, step=10,
             reason="BLOCK_NOT_CANONICAL", accept="logged"),
        Case("seen-block-not-canonical", "the seen block is on a fork", data, seen, step=10,
             reason="BLOCK_NOT_CANONICAL", accept="final"),
    ]  # fmt: skip
