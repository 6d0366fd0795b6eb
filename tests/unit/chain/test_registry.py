from __future__ import annotations

import pytest
from eth_abi.abi import encode

from traceability.chain import registry
from traceability.chain.faults import AnchorRejected, ContractMismatch, HeadMoved
from traceability.hashing.keccak import keccak256

LOG = b"\x11" * 32
ROOT = b"\x22" * 32


def selector(signature: str) -> bytes:
    return keccak256(signature.encode())[:4]


def test_the_shipped_code_hash_is_that_of_the_shipped_code() -> None:
    assert len(registry.artifact().code_hash) == 32
    assert len(registry.artifact().bytecode) > 2_000


def test_calls_are_encoded_by_their_signature() -> None:
    data = registry.encode_call("anchor", LOG, 1, 2, ROOT, (ROOT,))
    assert data[:4] == selector("anchor(bytes32,uint64,uint64,bytes32,bytes32[])")
    assert len(data) == 4 + 32 * 7


def test_topics_are_the_events_signatures() -> None:
    signature = b"CheckpointAnchored(bytes32,uint64,bytes32,uint64,uint64)"
    assert registry.event_topic("CheckpointAnchored") == keccak256(signature)


class TestHead:
    TYPES = "(bytes32,uint64,uint64,uint64,uint64,address,uint64,bool,address,address,bytes32)"

    def test_reads_every_field(self) -> None:
        account, zero = "0x" + "aa" * 20, "0x" + "00" * 20
        fields = (ROOT, 5, 6, 7, 4, account, 31337, True, account, zero, LOG)
        head = registry.decode_head(encode([self.TYPES], [fields]))
        assert (head.root_hash, head.tree_size, head.block_number) == (ROOT, 5, 6)
        assert (head.timestamp, head.previous_block, head.chain_id) == (7, 4, 31337)
        assert (head.publisher, head.owner, head.pending_owner) == (account, account, zero)
        assert (head.is_sealed, head.successor) == (True, LOG)

    def test_refuses_the_answer_of_another_contract(self) -> None:
        with pytest.raises(ContractMismatch, match="another contract is there"):
            registry.decode_head(b"")


class TestRefusals:
    def test_head_moved_carries_the_head(self) -> None:
        data = selector("HeadMoved(uint64,bytes32)") + encode(["uint64", "bytes32"], [9, ROOT])
        fault = registry.refusal(data)
        assert isinstance(fault, HeadMoved)
        assert (fault.tree_size, fault.root_hash) == (9, ROOT)

    def test_other_errors_are_named_with_their_values(self) -> None:
        data = selector("BadSize(uint64,uint64)") + encode(["uint64", "uint64"], [9, 4])
        fault = registry.refusal(data)
        assert type(fault) is AnchorRejected
        assert str(fault) == "contract refused the anchor: BadSize(fromSize 9, treeSize 4)"

    @pytest.mark.parametrize("data", [b"", b"\x01\x02\x03\x04", b"\x01"])
    def test_unknown_data_leave_the_nodes_word(self, data: bytes) -> None:
        assert str(registry.refusal(data, "out of gas")).endswith(": out of gas")
        assert str(registry.refusal(data)).endswith(": no reason given")

    def test_cut_data_leave_the_name(self) -> None:
        fault = registry.refusal(selector("HeadMoved(uint64,bytes32)") + bytes(31))
        assert str(fault) == "contract refused the anchor: HeadMoved"
