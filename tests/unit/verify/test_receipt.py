"""Receipts: opened only under the trusted log key, judged only on evidence."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.cases import World
from tests.support.forge import FIRST_TIME, seeded, signing_key
from traceability.hashing.envelope import (
    RECEIPT_TYPE,
    STATEMENT_TYPE,
    SignersInvalid,
    sign_envelope,
)
from traceability.hashing.statement import Receipt, entry_leaf_hash
from traceability.merkle.checkpoint import CheckpointInvalid
from traceability.merkle.proofs import InclusionProofError
from traceability.verify.evidence import AnchoredHead, check_evidence
from traceability.verify.receipt import (
    ProvenLeaf,
    ReceiptInvalid,
    Witness,
    WitnessInvalid,
    judge_receipt,
    open_receipt,
)

DEADLINE = datetime.fromtimestamp(FIRST_TIME, UTC) + timedelta(hours=1)


@dataclass(frozen=True)
class Story:
    """A batch at index 4 of an anchored log, and its receipt."""

    world: World
    receipt: Receipt

    @property
    def head(self) -> AnchoredHead:
        trust = self.world.forge.trust()
        evidence = self.world.forge.evidence(len(self.world.forge.entries))
        return check_evidence(
            evidence, trust.log, contract=trust.contract, code_hash=trust.code_hash
        )

    @property
    def leaf(self) -> ProvenLeaf:
        path = self.world.forge.path(self.receipt.leaf_index)
        leaf_hash = self.world.forge.hashes()[self.receipt.leaf_index]
        return ProvenLeaf(leaf_hash, path, self.world.forge.checkpoint())

    def judge(self, *witnesses: Witness, now: datetime = DEADLINE, **changes: object) -> str:
        receipt = replace(self.receipt, **changes)  # type: ignore[arg-type]  # names are the fields
        trust = self.world.forge.trust()
        return judge_receipt(receipt, trust, witnesses=witnesses, now=now).verdict


@pytest.fixture(scope="module")
def story() -> Story:
    world = World.begin()
    batch = world.items()
    world.close(anchor=True)
    receipt = Receipt(
        log=world.forge.log,
        entry_leaf_hash=entry_leaf_hash(batch.envelope),
        leaf_index=batch.index,
        received=DEADLINE - timedelta(hours=1),
        anchored_by=DEADLINE,
    )
    return Story(world, receipt)


class TestOpenReceipt:
    def test_returns_what_the_log_key_signed(self, story: Story) -> None:
        forge = story.world.forge
        envelope = sign_envelope(RECEIPT_TYPE, story.receipt.to_payload(), [forge.log_key])
        assert open_receipt(envelope.to_bytes(), forge.trust()) == story.receipt

    def test_refuses_another_signer(self, story: Story) -> None:
        stranger = signing_key("stranger")
        envelope = sign_envelope(RECEIPT_TYPE, story.receipt.to_payload(), [stranger])
        with pytest.raises(SignersInvalid, match="other signers"):
            open_receipt(envelope.to_bytes(), story.world.forge.trust())

    def test_refuses_a_statement_in_its_place(self, story: Story) -> None:
        key = story.world.forge.log_key
        envelope = sign_envelope(STATEMENT_TYPE, story.receipt.to_payload(), [key])
        with pytest.raises(ReceiptInvalid, match="no receipt"):
            open_receipt(envelope.to_bytes(), story.world.forge.trust())

    def test_refuses_another_log(self, story: Story) -> None:
        payload = replace(story.receipt, log=bytes(32)).to_payload()
        envelope = sign_envelope(RECEIPT_TYPE, payload, [story.world.forge.log_key])
        with pytest.raises(ReceiptInvalid, match="another log"):
            open_receipt(envelope.to_bytes(), story.world.forge.trust())


class TestJudgeReceipt:
    def test_kept_if_the_entry_was_anchored_in_time(self, story: Story) -> None:
        assert story.judge(Witness(story.head, story.leaf)) == "kept"

    def test_kept_even_after_the_deadline(self, story: Story) -> None:
        late = DEADLINE + timedelta(days=300)
        assert story.judge(Witness(story.head, story.leaf), now=late) == "kept"

    def test_pending_until_the_deadline(self, story: Story) -> None:
        assert story.judge(now=DEADLINE) == "pending"

    def test_unresolved_after_it(self, story: Story) -> None:
        assert story.judge(now=DEADLINE + timedelta(seconds=1)) == "unresolved"

    def test_unresolved_if_anchored_too_late_for_all_that_is_shown(self, story: Story) -> None:
        early = datetime.fromtimestamp(FIRST_TIME, UTC)
        found = story.judge(Witness(story.head, story.leaf), anchored_by=early)
        assert found == "unresolved"

    def test_a_head_without_the_leaf_keeps_nothing(self, story: Story) -> None:
        assert story.judge(Witness(story.head), now=DEADLINE) == "pending"

    def test_broken_if_a_later_block_has_a_smaller_head(self, story: Story) -> None:
        later = replace(story.head, header_time=int(DEADLINE.timestamp()) + 1)
        assert story.judge(Witness(later), leaf_index=later.tree_size) == "broken"

    def test_not_broken_by_a_block_at_the_deadline(self, story: Story) -> None:
        at = replace(story.head, header_time=int(DEADLINE.timestamp()))
        assert story.judge(Witness(at), leaf_index=at.tree_size) == "pending"

    def test_not_broken_if_the_head_is_just_large_enough(self, story: Story) -> None:
        later = replace(story.head, header_time=int(DEADLINE.timestamp()) + 1)
        after = DEADLINE + timedelta(seconds=2)
        found = story.judge(Witness(later), leaf_index=later.tree_size - 1, now=after)
        assert found == "unresolved"

    def test_broken_if_another_entry_is_at_its_index(self, story: Story) -> None:
        found = story.judge(Witness(story.head, story.leaf), entry_leaf_hash=seeded("mine"))
        assert found == "broken"

    def test_nothing_is_broken_without_the_log_keys_checkpoint(self, story: Story) -> None:
        stranger = story.world.forge.checkpoint(key=signing_key("stranger"))
        leaf = replace(story.leaf, checkpoint=stranger)
        with pytest.raises(CheckpointInvalid, match="another key"):
            story.judge(Witness(story.head, leaf), entry_leaf_hash=seeded("mine"))

    def test_nor_with_the_checkpoint_of_another_head(self, story: Story) -> None:
        leaf = replace(story.leaf, checkpoint=story.world.forge.checkpoint(size=5))
        with pytest.raises(WitnessInvalid, match="not the anchored head"):
            story.judge(Witness(story.head, leaf), entry_leaf_hash=seeded("mine"))

    def test_nor_with_a_leaf_that_is_not_there(self, story: Story) -> None:
        leaf = replace(story.leaf, leaf_hash=seeded("made up"))
        with pytest.raises(InclusionProofError, match="another root"):
            story.judge(Witness(story.head, leaf))
