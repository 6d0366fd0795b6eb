"""Bundles are forged, in the smallest setting; a forgery that passes is noticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.attack.bending import Bent, genuine_bundles
from tests.attack.forging import ATTACKS, FAMILIES, fault_of, forgeries
from tests.attack.judges import Verdict
from tests.attack.rows import each_of
from tests.attack.table import SMALL, Attack

YES = Verdict(0, "final", "current", None, None)
NO = Verdict(1, None, None, 5, "INCLUSION_PROOF")
MIXED = ("stale state", "another log, another chain")
# Two bundles that have every part, of one log.
KNOWN = [one for one in genuine_bundles() if "seen_proof" in one.value][:2]


@each_of(ATTACKS)
def test_every_trial_is_survived(attack: Attack, tmp_path: Path) -> None:
    outcome = attack.run(SMALL, tmp_path)
    assert outcome.is_survived, outcome


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_forges_something(name: str) -> None:
    made = list(forgeries(FAMILIES[name], KNOWN, every=1))
    # Vectors are of one state and of one log; that ledgers yield such forgeries, the row demands.
    assert len(made) > len(KNOWN) or name in MIXED


def test_a_forgery_that_passes_and_a_true_bundle_that_does_not_are_told() -> None:
    one = KNOWN[0]
    false = Bent(one, b"{}", "")
    assert fault_of(false, (NO, NO)) is None
    assert fault_of(false, (YES, YES)) == "accepted"
    assert "disagree" in str(fault_of(false, (NO, NO._replace(step=6))))
    true = Bent(one, one.data, "")
    assert fault_of(true, (YES, YES)) is None
    assert "genuine" in str(fault_of(true, (NO, NO)))
