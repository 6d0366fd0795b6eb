"""Storage evidence: what is accepted, and each single thing that makes it refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
import rlp
from eth_hash.auto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st
from trie import HexaryTrie

from tests.support import ethereum
from tests.support.ethereum import CODE_HASH, CONTRACT, Head, State, Trie, rlp_encode
from traceability.verify.evidence import (
    MAX_HEADER_BYTES,
    MAX_NODES,
    AccountInvalid,
    AnchoredHead,
    AnchorEvidence,
    CodeHashMismatch,
    HeaderInvalid,
    RLPInvalid,
    SlotInvalid,
    TrieProofInvalid,
    check_evidence,
    decode_rlp,
    parse_header,
    trie_value,
)

LOG = keccak(b"log")
HEAD = Head(root_hash=keccak(b"root"), tree_size=17, block_number=100, timestamp=1_700_000_000,
            previous_block=90)  # fmt: skip
STATE = State(log=LOG, head=HEAD)


def check(evidence: ethereum.Evidence, *, log: bytes = LOG, **options: object) -> AnchoredHead:
    found = AnchorEvidence(evidence.header, evidence.account, evidence.slots)
    settings = {"contract": CONTRACT, "code_hash": CODE_HASH} | options
    return check_evidence(found, log, **settings)  # type: ignore[arg-type]  # test options


class TestCheckEvidence:
    def test_returns_the_head_that_the_slots_hold(self) -> None:
        head = check(STATE.evidence())
        assert head.root_hash == HEAD.root_hash
        assert (head.tree_size, head.block_number, head.previous_block) == (17, 100, 90)
        assert head.timestamp == head.header_time == 1_700_000_000
        assert head.header_hash == keccak(STATE.evidence().header)

    def test_reads_a_root_hash_that_begins_with_zeros(self) -> None:
        root = bytes(3) + keccak(b"root")[3:]
        state = replace(STATE, head=replace(HEAD, root_hash=root))
        assert check(state.evidence()).root_hash == root

    def test_accepts_a_later_header_over_the_same_head(self) -> None:
        later = replace(STATE, header_number=150, header_time=1_700_000_600)
        assert check(later.evidence()).header_number == 150

    def test_refuses_a_header_time_before_the_anchor(self) -> None:
        early = replace(STATE, header_time=HEAD.timestamp - 1)
        with pytest.raises(SlotInvalid, match="later than its block: anchored at"):
            check(early.evidence())

    def test_refuses_a_header_number_before_the_anchor(self) -> None:
        with pytest.raises(SlotInvalid, match="anchored in block 100, header of block 99"):
            check(replace(STATE, header_number=99).evidence())

    def test_accepts_foreign_block_numbers_where_the_trust_file_says_so(self) -> None:
        evidence = replace(STATE, header_number=99).evidence()
        assert check(evidence, foreign_block_numbers=True).header_number == 99

    def test_refuses_another_log(self) -> None:
        with pytest.raises(TrieProofInvalid):
            check(STATE.evidence(), log=keccak(b"another"))

    def test_refuses_another_contract(self) -> None:
        with pytest.raises(TrieProofInvalid):
            check(STATE.evidence(), contract="0x" + "c1" * 20)

    def test_refuses_other_code(self) -> None:
        with pytest.raises(CodeHashMismatch, match="contract code differs"):
            check(STATE.evidence(), code_hash=keccak(b"other"))

    def test_refuses_slots_in_the_wrong_order(self) -> None:
        evidence = STATE.evidence()
        with pytest.raises(TrieProofInvalid):
            check(evidence.having(slots=evidence.slots[::-1]))

    @pytest.mark.parametrize("count", [3, 5])
    def test_refuses_an_account_not_of_four_items(self, count: int) -> None:
        account = [*STATE.account(), b"\x01"][:count]
        with pytest.raises(AccountInvalid, match="exactly 4 items"):
            check(STATE.evidence(account=account))

    def test_refuses_an_account_number_with_a_leading_zero(self) -> None:
        account = STATE.account()
        account[1] = b"\x00\x01"
        with pytest.raises(RLPInvalid, match="balance has a leading zero"):
            check(STATE.evidence(account=account))

    def test_refuses_an_account_without_storage_root(self) -> None:
        account = STATE.account()
        account[2] = b""
        with pytest.raises(AccountInvalid, match="storage root"):
            check(STATE.evidence(account=account))

    def test_refuses_an_unused_node_in_each_proof(self) -> None:
        good = STATE.evidence()
        extra = rlp_encode([b"\x20", b"\x01"])
        for worse in (
            good.having(account=(*good.account, extra)),
            good.having(slots=((*good.slots[0], extra), good.slots[1])),
            good.having(slots=(good.slots[0], (*good.slots[1], extra))),
        ):
            with pytest.raises(TrieProofInvalid, match="unused nodes"):
                check(worse)

    def test_refuses_a_missing_node(self) -> None:
        good = STATE.evidence()
        with pytest.raises(TrieProofInvalid, match="a node is missing"):
            check(good.having(account=good.account[:-1]))

    def test_refuses_every_changed_byte(self) -> None:
        good = STATE.evidence()
        for i, node in enumerate(good.account):
            for position in range(len(node)):
                changed = node[:position] + bytes([node[position] ^ 1]) + node[position + 1 :]
                account = (*good.account[:i], changed, *good.account[i + 1 :])
                with pytest.raises(TrieProofInvalid):
                    check(good.having(account=account))


class TestParseHeader:
    def test_ignores_later_fields(self) -> None:
        fields = STATE.header(keccak(b"state"))
        header = parse_header(rlp_encode([*fields, b"", keccak(b"withdrawals"), [b"x"]]))
        assert (header.number, header.time) == (100, 1_700_000_000)

    def test_reads_fifteen_fields(self) -> None:
        assert parse_header(rlp_encode(STATE.header(keccak(b"state"))[:15])).number == 100

    def test_refuses_fourteen_fields(self) -> None:
        with pytest.raises(HeaderInvalid, match="at least 15 fields"):
            parse_header(rlp_encode(STATE.header(keccak(b"state"))[:14]))

    def test_refuses_a_number_with_a_leading_zero(self) -> None:
        fields = STATE.header(keccak(b"state"))
        fields[8] = b"\x00\x64"
        with pytest.raises(RLPInvalid, match="header number has a leading zero"):
            parse_header(rlp_encode(fields))

    def test_refuses_a_time_that_is_no_number(self) -> None:
        fields = STATE.header(keccak(b"state"))
        fields[11] = [b"\x01"]
        with pytest.raises(RLPInvalid, match="header time is no number"):
            parse_header(rlp_encode(fields))

    def test_refuses_a_short_state_root(self) -> None:
        with pytest.raises(HeaderInvalid, match="state root"):
            parse_header(rlp_encode(STATE.header(b"state")))

    def test_refuses_a_header_past_the_limit(self) -> None:
        with pytest.raises(HeaderInvalid, match="header too long"):
            parse_header(bytes(MAX_HEADER_BYTES + 1))


class TestTrieValue:
    @given(st.dictionaries(st.binary(min_size=1, max_size=8), st.binary(min_size=1, max_size=60),
                           min_size=1, max_size=40))  # fmt: skip
    @settings(max_examples=40, deadline=None)
    def test_agrees_with_the_reference_trie(self, pairs: dict[bytes, bytes]) -> None:
        reference = HexaryTrie({})
        for key, value in pairs.items():
            reference[keccak(key)] = value
        ours = Trie(pairs)
        assert ours.root == reference.root_hash
        for key, value in pairs.items():
            proof = [rlp.encode(node) for node in reference.get_proof(keccak(key))]
            hashed = [node for i, node in enumerate(proof) if i == 0 or len(node) >= 32]
            assert list(ours.proof(key, pairs)) == hashed
            assert trie_value(ours.root, key, nodes=hashed) == value

    @given(st.binary(min_size=1, max_size=8))
    @settings(max_examples=40, deadline=None)
    def test_never_finds_an_absent_key(self, key: bytes) -> None:
        pairs = {bytes([i, i]): bytes([i + 1]) for i in range(30)}
        trie = Trie(pairs)
        for present in pairs:
            if present != key:
                with pytest.raises(TrieProofInvalid):
                    trie_value(trie.root, key, nodes=trie.proof(present, pairs))

    def test_refuses_a_path_with_a_needless_nibble(self) -> None:
        path = keccak(b"key").hex()
        good = rlp_encode([ethereum.hex_prefix(path, is_leaf=True), b"value"])
        assert trie_value(keccak(good), b"key", nodes=[good]) == b"value"
        padded = rlp_encode([bytes.fromhex("21" + path), b"value"])
        with pytest.raises(TrieProofInvalid, match="hex prefix"):
            trie_value(keccak(padded), b"key", nodes=[padded])

    def test_refuses_an_extension_in_place_of_a_leaf(self) -> None:
        path = keccak(b"key").hex()
        node = rlp_encode([ethereum.hex_prefix(path, is_leaf=False), b"value"])
        with pytest.raises(TrieProofInvalid):
            trie_value(keccak(node), b"key", nodes=[node])

    def test_refuses_an_extension_of_no_length(self) -> None:
        node = rlp_encode([ethereum.hex_prefix("", is_leaf=False), b"v" * 32])
        with pytest.raises(TrieProofInvalid, match="nothing under the key"):
            trie_value(keccak(node), b"key", nodes=[node])

    def test_refuses_too_many_nodes(self) -> None:
        with pytest.raises(TrieProofInvalid, match="too long"):
            trie_value(bytes(32), b"key", nodes=[b""] * (MAX_NODES + 1))

    @pytest.mark.parametrize("node", [b"\x80", b"\xc0", b"\xc1\x80", b"\xc3\x01\x02\x03"])
    def test_refuses_nodes_of_other_shapes(self, node: bytes) -> None:
        with pytest.raises(TrieProofInvalid):
            trie_value(keccak(node), b"key", nodes=[node])


class TestDecodeRLP:
    ITEMS = st.recursive(st.binary(max_size=70), lambda x: st.lists(x, max_size=5), max_leaves=8)

    @given(ITEMS)
    @settings(max_examples=100)
    def test_decodes_what_the_reference_encodes(self, item: ethereum.Item) -> None:
        encoded = rlp.encode(item)
        assert encoded == rlp_encode(item)
        assert decode_rlp(encoded) == item

    @given(st.binary(max_size=80))
    @settings(max_examples=300)
    def test_accepts_only_bytes_that_encode_back(self, data: bytes) -> None:
        try:
            item = decode_rlp(data)
        except RLPInvalid:
            return
        assert rlp_encode(item) == data

    @pytest.mark.parametrize(
        ("data", "fault"),
        [
            ("", "not one item"),
            ("8100", "needless prefix"),
            ("817f", "needless prefix"),
            ("8201", "1 bytes missing"),
            ("0000", "not one item"),
            ("b80161", "shortest form"),
            ("b8", "shortest form"),
            ("b90001" + "61", "shortest form"),
            ("b900ff" + "61" * 255, "shortest form"),
            ("f80161", "shortest form"),
            ("c28201", "missing"),
            ("ff" + "ff" * 8, "missing"),
            ("c9c8c7c6c5c4c3c2c1c0", "nested too deep"),
        ],
    )
    def test_refuses_other_encodings(self, data: str, fault: str) -> None:
        with pytest.raises(RLPInvalid, match=fault):
            decode_rlp(bytes.fromhex(data))

    def test_accepts_a_single_byte_and_the_longest_short_string(self) -> None:
        assert decode_rlp(b"\x7f") == b"\x7f"
        assert decode_rlp(b"\xb7" + b"a" * 55) == b"a" * 55
        assert decode_rlp(b"\xb8\x38" + b"a" * 56) == b"a" * 56
