"""Proofs and bundles at random, in the smallest setting; what the judges would miss is noticed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from tests.attack.bending import Bent, bent, genuine_bundles, says_no_more
from tests.attack.fuzzing import ATTACKS, SEED, bundle_fault, fault_of
from tests.attack.judges import Verdict, library, python
from tests.attack.proofs import CONSISTENCY, HASHES, INCLUSION, Proof, genuine
from tests.attack.rows import each_of
from tests.attack.table import SMALL, Attack

GENUINE = genuine_bundles()
HOLDS = genuine(Random(7))
YES = Verdict(0, "final", "current", None, None)


@each_of(ATTACKS)
def test_every_trial_is_survived(attack: Attack, tmp_path: Path) -> None:
    outcome = attack.run(SMALL, tmp_path)
    assert outcome.is_survived, outcome


def test_judges_that_disagree_are_told() -> None:
    assert fault_of(HOLDS, [True] * 4) is None
    told = fault_of(HOLDS, [True, True, False, True])
    assert told
    assert "'solidity': False" in told


@pytest.mark.parametrize(("expected", "found"), [(True, False), (False, True)])
def test_judges_that_agree_on_what_is_wrong_are_told(expected: bool, found: bool) -> None:
    told = fault_of(HOLDS._replace(expected=expected), [found] * 4)
    assert told
    assert told.startswith("wrongly")
    assert fault_of(HOLDS._replace(expected=None), [found] * 4) is None


@pytest.mark.parametrize("kind", [INCLUSION, CONSISTENCY])
def test_genuine_proofs_hold_and_changed_ones_do_not(kind: str) -> None:
    random = Random(kind)
    made = [proof for proof in (genuine(random) for _ in range(200)) if proof.kind == kind]
    assert all(python(proof) and library(proof) for proof in made)
    for way in HASHES:
        changed = [found for proof in made if (found := way(proof, random)) != proof]
        assert changed, way
        assert not any(python(proof) or library(proof) for proof in changed), way


def test_pymerkle_is_asked_about_every_pair_of_sizes() -> None:
    for size in range(1, 20):
        for first in range(1, size + 1):
            proof = _consistency(first, size)
            assert library(proof), (first, size)
            assert not library(proof._replace(root=bytes(32))), (first, size)


def _consistency(first: int, size: int) -> Proof:
    from tests.attack.proofs import Noise, roots_through

    nodes = Noise(Random(size))
    earlier, later = roots_through(first, size, nodes, bytes([1]) * 32)
    return Proof(CONSISTENCY, first, size, earlier, later, tuple(nodes.given))


# Bundles.


def test_the_same_number_makes_the_same_change() -> None:
    for number in range(50):
        assert bent(GENUINE, SEED, number).data == bent(GENUINE, SEED, number).data


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        (YES, None),
        (YES._replace(exit_status=1, step=3, code="SIGNATURE_INVALID"), "they disagree"),
        (YES._replace(status="recalled"), "they disagree"),
    ],
)
def test_verdicts_that_differ_are_told(theirs: Verdict, expected: str | None) -> None:
    one = GENUINE[0]
    fault = bundle_fault(Bent(one, one.data, "nothing"), YES, theirs, GENUINE)
    assert fault is None if expected is None else fault and expected in fault


def test_codes_of_one_kind_are_the_same_and_others_are_not() -> None:
    refused = YES._replace(exit_status=1, step=0, code="JSON_SYNTAX")
    assert refused.kind == refused._replace(code="JSON_NUMBER").kind
    assert refused.kind != refused._replace(code="BUNDLE_VALUE").kind


def test_a_wrong_yes_a_wrong_no_and_what_breaks_are_told() -> None:
    one = GENUINE[0]
    same, other = Bent(one, one.data, ""), Bent(one, one.data.replace(b"itemproof-1", b"x"), "")
    no, broke = YES._replace(exit_status=1), YES._replace(exit_status="broke")
    assert bundle_fault(same, no, no, GENUINE) == "a genuine bundle is refused"
    assert "no genuine bundle" in str(bundle_fault(other, YES, YES, GENUINE))
    assert bundle_fault(other, no, no, GENUINE) is None
    assert "disagree" in str(bundle_fault(other, broke, broke, GENUINE))


def test_a_part_of_a_genuine_bundle_says_no_more_and_another_does() -> None:
    from tests.attack.bending import dump

    one = next(found for found in GENUINE if "card" in found.value)
    rest = {name: value for name, value in one.value.items() if name != "card"}
    assert says_no_more(Bent(one, dump(rest), ""), [one])
    record = one.value["record"] | {"index": one.value["record"]["index"] + 1}
    assert not says_no_more(Bent(one, dump(one.value | {"record": record}), ""), [one])
    other = Bent(one, dump(one.value | {"card": {}}), "")
    assert not says_no_more(other, [replace(one, value=rest)])
