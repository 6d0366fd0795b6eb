"""Each rule in docs/lineage.md and docs/one-code-rules.md names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FOLDERS = (
    "tests/unit/lineage",
    "tests/unit/lineage/balance",
    "tests/unit/lineage/across",
    "tests/unit/events",
    "tests/integration/lineage",
    "tests/integration/api",
    "tests/integration/cli",
    "tests/property",
)


@pytest.mark.parametrize(("name", "least"), [("lineage.md", 25), ("one-code-rules.md", 15)])
def test_every_test_that_the_page_names_exists(name: str, least: int) -> None:
    page = (ROOT / "docs" / name).read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", page))
    sources = [path for folder in FOLDERS for path in (ROOT / folder).glob("*.py")]
    written = {
        found
        for path in sources
        for found in re.findall(r"def (test_\w+)", path.read_text(encoding="utf-8"))
    }
    assert len(named) > least
    assert named <= written
