"""Set-up knows what is there, and says what is missing and how to mend it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from scripts import setup
from scripts.setup import Step


def step(stamp: Path, key: str) -> Step:
    return Step("something", stamp.parent, stamp, key, lambda: None)


def test_a_step_is_done_when_its_stamp_reads_its_key(tmp_path: Path) -> None:
    stamp = tmp_path / "stamp"
    assert not setup.is_done(step(stamp, "1"))
    setup.perform([step(stamp, "1")])
    assert setup.is_done(step(stamp, "1"))
    assert not setup.is_done(step(stamp, "2"))


def test_a_step_is_not_done_when_what_it_made_is_gone(tmp_path: Path) -> None:
    made, stamp = tmp_path / "made", tmp_path / "stamp"
    stamp.write_text("1", encoding="utf-8")
    gone = Step("something", made, stamp, "1", lambda: None)
    assert not setup.is_done(gone)
    made.touch()
    assert setup.is_done(gone)


def test_what_tests_need_is_enough_to_run(tmp_path: Path) -> None:
    (tmp_path / setup.FULL_STAMP).write_text("1", encoding="utf-8")
    assert setup.is_done(step(tmp_path / setup.RUN_STAMP, "1"))
    assert not setup.is_done(step(tmp_path / setup.RUN_STAMP, "2"))


def test_what_running_needs_is_not_enough_for_tests(tmp_path: Path) -> None:
    (tmp_path / setup.RUN_STAMP).write_text("1", encoding="utf-8")
    assert not setup.is_done(step(tmp_path / setup.FULL_STAMP, "1"))


def test_a_step_that_fails_leaves_no_stamp(tmp_path: Path) -> None:
    def fail() -> None:
        setup.stop("no network", "plug it in")

    failing = Step("something", tmp_path, tmp_path / "stamp", "1", fail)
    with pytest.raises(SystemExit, match="set-up: no network\n  to mend it: plug it in"):
        setup.perform([failing])
    assert not setup.is_done(failing)


def test_the_named_browser_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "browser"
    program.touch(mode=0o755)
    monkeypatch.setenv("ITEMPROOF_CHROMIUM", str(program))
    setup.have_chromium()
    assert setup.find_chromium() == str(program)


def test_a_named_browser_that_is_no_program_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ITEMPROOF_CHROMIUM", str(tmp_path / "none"))
    with pytest.raises(SystemExit, match="ITEMPROOF_CHROMIUM is no program"):
        setup.have_chromium()


def test_a_missing_browser_names_the_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("ITEMPROOF_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit, match="apt-get install chromium, or set ITEMPROOF_CHROMIUM"):
        setup.have_chromium()


def test_an_old_python_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup.sys, "version_info", (3, 10, 14))
    monkeypatch.setattr(setup.sys, "argv", ["setup.py"])
    with pytest.raises(SystemExit, match=r"too old\n  to mend it: use Python 3.11 or newer"):
        setup.main()


@pytest.mark.parametrize("find", [setup.find_chromium, setup.node_of_system])
def test_nothing_is_found_on_an_empty_path(
    find: Callable[[], object], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("ITEMPROOF_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find() is None
