"""History is rewritten, in the smallest setting; a lie that nobody catches is noticed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.attack.rewriting import ATTACKS, missing
from tests.attack.rows import each_of
from tests.attack.table import SMALL, Attack
from traceability.errors import ItemProofError

NO_WORLD: Any = None


@each_of(ATTACKS)
def test_every_trial_is_survived(attack: Attack, tmp_path: Path) -> None:
    outcome = attack.run(SMALL, tmp_path)
    assert outcome.is_survived, outcome


@pytest.mark.parametrize(
    ("found", "lacks"),
    [
        (["audit: entries", "mirror: MIRROR_FORKED"], 0),
        (["audit: entries"], 1),
        (["not refused"], 2),
        ([], 2),
    ],
)
def test_whoever_should_have_caught_a_lie_and_did_not_is_named(
    found: list[str], lacks: int
) -> None:
    expected = ("audit: entries", "mirror: MIRROR_FORKED")
    assert len(missing(lambda _: found, NO_WORLD, expected)) == lacks


def test_a_trial_that_breaks_off_is_lost() -> None:
    def breaks(_: object) -> list[str]:
        raise ItemProofError("broken")

    assert missing(breaks, NO_WORLD, ()) == ["ItemProofError: broken"]
