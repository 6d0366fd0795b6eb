"""Each rule in docs/lineage.md names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
FOLDERS = ("tests/unit/lineage", "tests/integration/lineage", "tests/property")


def test_every_test_that_the_page_names_exists() -> None:
    page = (ROOT / "docs" / "lineage.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", page))
    sources = [path for folder in FOLDERS for path in (ROOT / folder).glob("*.py")]
    written = {
        name
        for path in sources
        for name in re.findall(r"def (test_\w+)", path.read_text(encoding="utf-8"))
    }
    assert len(named) > 25
    assert named <= written
