"""A ledger under attack is judged strictly: each thing that may go wrong is noticed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.attack.stage import Stage
from tests.attack.table import SMALL
from tests.attack.trials import Trial, lost, row


def nothing(stage: Stage) -> None:
    """Leave the chain alone."""


def unknown(stage: Stage) -> None:
    """Claim an acknowledgement that was never given."""
    stage.kept.append(7)


def too_early(stage: Stage) -> None:
    """Call an anchor final whose block is not."""
    stage.submit()
    stage.until("anchor.evidence")
    (anchor,) = stage.open()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stage.node, "anchor_step", lambda: stage.anchors.mark_final(anchor.tx_hash))
        stage.step()


def paid_twice(stage: Stage) -> None:
    """Send from the publisher's account what no anchor is."""
    other = stage.honest.sign(b"", account=stage.account, to="0x" + "11" * 20, gas=21_000)
    stage.honest.send_raw(other.raw)


@pytest.mark.parametrize(
    ("act", "names", "expected"),
    [
        (nothing, ("anchor.returned",), "anchor.returned was not told"),
        (unknown, (), "document 7 was acknowledged and is unknown"),
        (too_early, (), "was wrongly called final"),
        (paid_twice, (), "3 were paid for"),
    ],
)
def test_a_loss_is_noticed(
    act: Callable[[Stage], None], names: tuple[str, ...], expected: str, tmp_path: Path
) -> None:
    found = lost(Trial("", act, names), tmp_path)
    assert expected in "; ".join(found)


def test_a_chain_that_is_left_alone_loses_nothing(tmp_path: Path) -> None:
    assert lost(Trial("", nothing, ()), tmp_path) == []


def test_a_row_counts_trials_and_tells_what_was_lost(tmp_path: Path) -> None:
    trials = [Trial("good", nothing, ()), Trial("bad", nothing, ("never",))]
    outcome = row("row", lambda _: trials).run(SMALL, tmp_path)
    assert (outcome.trials, outcome.survived) == (2, 1)
    assert outcome.evidence == "bad: never was not told"
