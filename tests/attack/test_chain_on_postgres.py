"""The chain misbehaves on PostgreSQL, in the smallest setting."""

from __future__ import annotations

from pathlib import Path

from tests.attack.chain_on_postgres import ATTACKS
from tests.attack.rows import each_of
from tests.attack.table import SMALL, Attack


@each_of(ATTACKS)
def test_every_trial_is_survived(attack: Attack, tmp_path: Path) -> None:
    outcome = attack.run(SMALL, tmp_path)
    assert outcome.is_survived, outcome
