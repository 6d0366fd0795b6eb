"""The table of audited columns is that of the schema, and every change in it was named."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import make_audited_columns


@pytest.fixture
def changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the table, which is checked instead."""
    copy = tmp_path / "columns.md"
    copy.write_text(make_audited_columns.TARGET.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(make_audited_columns, "TARGET", copy)
    return copy


def test_the_table_is_fresh_and_shows_that_all_were_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert make_audited_columns.check() == 0, capsys.readouterr().out


@pytest.mark.parametrize(
    ("what", "other", "fault"),
    [
        ("| meta | value |", "| meta | worth |", "stale"),
        ("100 %", "99 %", "lack figures"),
        ("## Not committed", "## Others", "stale"),
    ],
)
def test_a_table_that_says_something_else_is_found(
    what: str, other: str, fault: str, changed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = changed.read_text(encoding="utf-8")
    changed.write_text(text.replace(what, other), encoding="utf-8")
    assert make_audited_columns.check() == 1
    assert fault in capsys.readouterr().out
