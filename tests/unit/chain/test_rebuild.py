from __future__ import annotations

import pytest

from tests.support.anchor_log import LOG_KEY, MemoryLog
from traceability.chain.faults import ForeignHead, LogBehindChain, LogNotOpened, RootNotRebuilt
from traceability.chain.planning import LogIdentity, check_head, plan_anchor
from traceability.chain.rebuild import root_after
from traceability.chain.values import Head
from traceability.merkle.checkpoint import CheckpointInvalid
from traceability.merkle.proofs import nodes_of, verify_consistency
from traceability.merkle.tree import leaf_hash, root_hash

LEAVES = [leaf_hash(f"entry {index}".encode()) for index in range(70)]
ZERO = "0x" + "00" * 20


def head_at(size: int, leaves: list[bytes] = LEAVES) -> Head:
    root = root_hash(leaves[:size]) if size else bytes(32)
    return Head(root, size, 1, 0, 0, ZERO, 1, False, ZERO, ZERO, bytes(32))


def log_of(size: int) -> MemoryLog:
    log = MemoryLog()
    log.grow(size)
    return log


class TestRootAfter:
    @pytest.mark.parametrize("before", range(1, 35))
    def test_agrees_with_the_whole_tree(self, before: int) -> None:
        for after in range(before, 70):
            size, first, last = root_after(
                before, nodes_of(LEAVES[:before]), leaf_hashes=LEAVES[before:after]
            )
            assert size == after
            assert first == root_hash(LEAVES[:before])
            assert last == root_hash(LEAVES[:after])

    def test_tells_sizes_apart_that_a_proof_does_not(self) -> None:
        node = nodes_of(LEAVES[:2])
        three = root_after(2, node, leaf_hashes=LEAVES[2:3])
        four = root_after(2, node, leaf_hashes=LEAVES[2:4])
        assert (three[0], four[0]) == (3, 4)
        assert three[2] != four[2]


class TestPlanning:
    def test_plans_the_newest_checkpoint_with_a_sound_proof(self) -> None:
        log = log_of(50)
        call = plan_anchor(log, head_at(7), log=log.identity)
        assert call is not None
        assert (call.from_size, call.tree_size) == (7, 50)
        verify_consistency(
            7,
            root_hash(LEAVES[:7]),
            tree_size=50,
            root_hash=call.root_hash,
            consistency_path=call.proof,
        )

    @pytest.mark.parametrize("size", [50, 51])
    def test_plans_nothing_for_a_head_as_new_as_the_checkpoint(self, size: int) -> None:
        log = log_of(50)
        assert plan_anchor(log, head_at(size), log=log.identity) is None

    def test_plans_nothing_without_a_checkpoint(self) -> None:
        log = log_of(50)
        log.checkpoint_size = 0
        assert plan_anchor(log, head_at(1), log=log.identity) is None

    def test_refuses_a_checkpoint_of_another_origin(self) -> None:
        log = log_of(50)
        other = LogIdentity(log.log_id, "elsewhere/log/" + "00" * 32, LOG_KEY.public_key)
        with pytest.raises(CheckpointInvalid, match="checkpoint is of another log"):
            plan_anchor(log, head_at(7), log=other)

    def test_refuses_a_head_that_the_nodes_do_not_lead_to(self) -> None:
        log = log_of(50)
        foreign = head_at(7, [leaf_hash(b"x"), *LEAVES[1:]])
        with pytest.raises(RootNotRebuilt, match="entries do not lead to the checkpoint"):
            plan_anchor(log, foreign, log=log.identity)


class TestCheckHead:
    @pytest.mark.parametrize("size", [1, 7, 50])
    def test_lets_earlier_and_present_states_through(self, size: int) -> None:
        check_head(log_of(50), head_at(size))

    def test_refuses_a_log_that_was_never_opened(self) -> None:
        with pytest.raises(LogNotOpened, match="open it first"):
            check_head(log_of(50), head_at(0))

    def test_refuses_a_chain_that_is_ahead(self) -> None:
        with pytest.raises(LogBehindChain, match="entries 50 to 50 are missing"):
            check_head(log_of(50), head_at(51))

    def test_refuses_another_history(self) -> None:
        with pytest.raises(ForeignHead, match="at size 7 expected root"):
            check_head(log_of(50), head_at(7, LEAVES[1:]))
