"""The table has every attack, each is run by a test, and a lost trial shows."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

from tests.attack import everything
from tests.attack.table import Outcome

FOLDER = Path(__file__).parent


def _module(name: str) -> object:
    return importlib.import_module(f"tests.attack.{name}")


def areas() -> list[str]:
    """Return the modules that have rows of their own."""
    names = [path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("test_")]
    return sorted(
        name for name in names if name != "everything" and hasattr(_module(name), "ATTACKS")
    )


def test_every_area_is_in_the_table_and_has_its_tests() -> None:
    rows = [row for name in areas() for row in vars(_module(name))["ATTACKS"]]
    assert {row.name for row in rows} == {row.name for row in everything.ATTACKS}
    assert len({row.name for row in rows}) == len(rows) == len(everything.ATTACKS)
    untested = [name for name in areas() if not (FOLDER / f"test_{name}.py").exists()]
    assert untested == []


@pytest.mark.parametrize("name", areas())
def test_every_row_of_an_area_is_run_by_its_tests(name: str) -> None:
    test: Any = vars(_module(f"test_{name}"))["test_every_trial_is_survived"]
    (rows,) = (mark for mark in test.pytestmark if mark.name == "parametrize")
    assert [row.name for row in rows.args[1]] == [
        row.name for row in vars(_module(name))["ATTACKS"]
    ]


@pytest.mark.parametrize(("trials", "survived"), [(0, 0), (2, 1)])
def test_nothing_tried_or_one_lost_is_not_survived(trials: int, survived: int) -> None:
    assert not Outcome(trials, survived, "").is_survived
    assert Outcome(2, 2, "").is_survived
