"""Tests are shared out by files, but for the rows of attacks; what takes long begins first."""

from __future__ import annotations

import pytest

from tests.support.scheduling import LONG, WHOLE, rank_of, unit_of

ROW = "tests/attack/test_chain.py::test_every_trial_is_survived[an anchor is dropped, or displaced]"
LOAD = "tests/attack/test_load.py::test_every_trial_is_survived[twice the load on sqlite]"
OTHER = "tests/unit/merkle/test_tree.py::TestRoot::test_of_none"


def test_a_row_of_an_attack_is_handed_out_alone() -> None:
    assert unit_of(ROW) == ROW


def test_loads_and_every_other_file_stay_whole() -> None:
    assert unit_of(LOAD) == "tests/attack/test_load.py"
    assert unit_of(OTHER) == "tests/unit/merkle/test_tree.py"


def test_attacks_begin_before_units() -> None:
    names = [OTHER, "tests/integration/test_demo.py::test_it", ROW]
    assert sorted(names, key=rank_of) == names[::-1]


def test_what_begins_early_is_in_a_folder_that_exists(pytestconfig: pytest.Config) -> None:
    root = pytestconfig.rootpath
    assert [name for name in (*LONG, *WHOLE) if not (root / name).exists()] == []
