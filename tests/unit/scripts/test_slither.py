"""Findings of slither are told, and answers to them give a detector and a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import slither

FOUND = {
    "check": "reentrancy-eth",
    "description": "withdraw() calls before it writes\n",
    "elements": [{"source_mapping": {"filename_relative": "src/A.sol", "lines": [7, 8]}}],
}


def test_a_finding_is_told_with_its_place() -> None:
    report = {"success": True, "results": {"detectors": [FOUND]}}
    (found,) = slither.read(report)
    assert found == slither.Finding(
        "reentrancy-eth", "src/A.sol:7", "withdraw() calls before it writes"
    )


def test_a_clean_report_has_none() -> None:
    assert slither.read({"success": True, "results": {}}) == []


def test_a_report_that_failed_is_no_clean_one() -> None:
    with pytest.raises(SystemExit, match="slither broke off: no compiler"):
        slither.read({"success": False, "error": "no compiler", "results": {}})


@pytest.mark.parametrize(
    ("line", "given", "empty"),
    [
        ("// slither-disable-next-line assembly -- measured", ["assembly"], []),
        ("// slither-disable-next-line assembly", [], ["A.sol:1"]),
        ("// slither-disable-next-line all --", [], ["A.sol:1"]),
        ("// slither-disable-start", [], ["A.sol:1"]),
        ("// nothing", [], []),
    ],
)
def test_an_answer_needs_a_detector_and_a_reason(
    line: str, given: list[str], empty: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "A.sol"
    path.write_text(line + "\n", encoding="utf-8")
    assert slither.answers([path]) == (given, empty)
