"""Every durable write of an erasure fails, in the smallest setting; and the judge sees a loss."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import update

from tests.attack.erasing import ATTACKS, spot_of, wrongs
from tests.attack.rows import each_of
from tests.attack.table import SMALL, Attack
from tests.support.ledger import OpenedLogs, opened_node
from traceability.ledger import erasures
from traceability.store import tables


@each_of(ATTACKS)
def test_every_trial_is_survived(attack: Attack, tmp_path: Path) -> None:
    outcome = attack.run(SMALL, tmp_path)
    assert outcome.is_survived, outcome


def test_the_judge_sees_content_that_is_gone_unsaid(tmp_path: Path) -> None:
    with spot_of(tmp_path / "one", None) as spot:
        is_it = tables.records.c.record_index == 0
        gone = update(tables.records).where(is_it).values(payload=None, secret=None)
        with (
            opened_node(spot.url, spot.folder, OpenedLogs()) as node,
            node.store.engine.begin() as connection,
        ):
            connection.execute(gone)
        assert "content is gone unsaid" in list(wrongs(spot))


def test_the_judge_sees_bytes_that_were_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasures, "purge", lambda *_: None)
    with spot_of(tmp_path / "one", None) as spot:
        assert "files hold erased bytes" in list(wrongs(spot))
