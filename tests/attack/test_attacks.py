"""Every attack in its smallest setting."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.attack.everything import ATTACKS
from tests.attack.table import SMALL, Attack, Outcome


@pytest.mark.timeout(300)
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_every_trial_is_survived(attack: Attack, tmp_path: Path) -> None:
    outcome = attack.run(SMALL, tmp_path)
    assert outcome.is_survived, outcome


@pytest.mark.parametrize(("trials", "survived"), [(0, 0), (2, 1)])
def test_nothing_tried_or_one_lost_is_not_survived(trials: int, survived: int) -> None:
    assert not Outcome(trials, survived, "").is_survived
    assert Outcome(2, 2, "").is_survived
