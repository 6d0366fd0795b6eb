"""`make attack` finishes its table whatever one attack does, and never passes by doing nothing."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from scripts import attack
from tests.attack.table import SMALL, Attack, Outcome, Setting


def breaks(_setting: Setting, _folder: Path) -> Outcome:
    raise RuntimeError("out of memory")


def survives(_setting: Setting, _folder: Path) -> Outcome:
    return Outcome(3, 3, "three")


@pytest.fixture(autouse=True)
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(attack, "RESULTS", tmp_path / "results.json")
    return tmp_path / "results.json"


def test_one_that_breaks_off_is_lost_and_the_next_is_run(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert attack.run_all([Attack("a", breaks), Attack("b", survives)], SMALL) == 1
    broken, survived = json.loads(results.read_text())
    assert (broken["trials"], broken["survived"]) == (1, 0)
    assert "out of memory" in broken["evidence"]
    assert (survived["attack"], survived["survived"]) == ("b", 3)
    assert "RuntimeError" in capsys.readouterr().err


def test_what_is_survived_is_0(results: Path) -> None:
    assert attack.run_all([Attack("b", survives)], SMALL) == 0
    assert len(json.loads(results.read_text())) == 1


def test_a_name_that_no_attack_has_is_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["attack.py", "--only", "nothing"])
    with pytest.raises(SystemExit, match="2"):
        attack.main()
    assert "no attack is named 'nothing'" in capsys.readouterr().err
