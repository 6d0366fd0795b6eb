"""Every test and attack that the threat model names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.attack.everything import ATTACKS

ROOT = Path(__file__).resolve().parents[2]
MODEL = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
TESTS = sorted(set(re.findall(r"`((?:test|testFuzz|invariant)_\w+)`", MODEL)))
NAMED = sorted(
    {
        name
        for found in re.findall(r"attacks? (\"[^|]+\")", MODEL)
        for name in re.findall(r'"([^"]+)"', found)
    }
)
FOLDERS = (ROOT / "tests", ROOT / "contracts" / "test")


@pytest.fixture(scope="module")
def defined() -> set[str]:
    """Return the name of every test in Python and Solidity."""
    files = [
        file for folder in FOLDERS for file in folder.rglob("*") if file.suffix in {".py", ".sol"}
    ]
    texts = (file.read_text(encoding="utf-8") for file in files)
    return {name for text in texts for name in re.findall(r"(?:def|function) (\w+)", text)}


@pytest.mark.parametrize("name", TESTS)
def test_a_test_that_it_names_is_there(name: str, defined: set[str]) -> None:
    assert name in defined


@pytest.mark.parametrize("name", NAMED)
def test_an_attack_that_it_names_is_there(name: str) -> None:
    assert name in {attack.name for attack in ATTACKS}


def test_another_name_is_missed(defined: set[str]) -> None:
    assert "test_that_nobody_wrote" not in defined
    assert len(TESTS) > len(NAMED) > 0
