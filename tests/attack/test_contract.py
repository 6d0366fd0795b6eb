"""The contract is called at random, in the smallest setting."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.attack.contract import ATTACKS, outcome_of
from tests.attack.rows import each_of
from tests.attack.table import SMALL, Attack

HELD = "[PASS] invariant_A() (runs: 2, calls: 64, reverts: 0)\n"


@each_of(ATTACKS)
def test_every_trial_is_survived(attack: Attack, tmp_path: Path) -> None:
    outcome = attack.run(SMALL, tmp_path)
    assert outcome.is_survived, outcome
    assert outcome.evidence.startswith("8 invariants")


@pytest.mark.parametrize(
    "said",
    [
        "",
        HELD + "[FAIL: a head did not grow] invariant_B() (runs: 1, calls: 3, reverts: 0)\n",
        HELD + "[FAIL: EvmError: Revert] invariant_B()\n",
        HELD + "[PASS] invariant_B() (runs: 1, calls: 8, reverts: 0)\n",
    ],
)
def test_what_does_not_hold_or_was_hardly_tried_is_lost(said: str) -> None:
    assert outcome_of(HELD, least=16).is_survived
    assert not outcome_of(said, least=16).is_survived
