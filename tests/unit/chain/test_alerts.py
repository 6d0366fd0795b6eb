"""Whatever the anchorer may say is explained to those who run it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from traceability.chain import faults
from traceability.errors import ItemProofError

ROOT = Path(__file__).resolve().parents[3]
ALERTS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
# Faults of the embedded test chain's set-up, which the anchorer never meets.
ELSEWHERE = {"ANVIL_MISSING"}
EVENT = re.compile(r'logger\.\w+\(\s*"((?:anchor|chain)\.[a-z_]+) ')
CODES = {
    found.code
    for found in vars(faults).values()
    if isinstance(found, type)
    and issubclass(found, ItemProofError)
    and found.__module__ == faults.__name__
}


def events() -> set[str]:
    """Return every event that is logged about the chain."""
    files = (ROOT / "traceability" / "chain").glob("*.py")
    return {name for file in files for name in EVENT.findall(file.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("code", sorted(CODES - ELSEWHERE))
def test_every_code_is_explained(code: str) -> None:
    assert f"`{code}`" in ALERTS


def test_every_event_is_explained() -> None:
    found = events()
    assert {"anchor.replaced", "anchor.balance_low", "chain.endpoints_disagree"} <= found
    assert [name for name in sorted(found) if f"`{name}`" not in ALERTS] == []


def test_one_that_is_not_written_down_is_missed() -> None:
    assert "`anchor.unheard_of`" not in ALERTS
