"""Every script answers --help, so that nobody has to read it to use it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Called by the build backend and by other scripts, not by people.
NO_COMMAND = {"__init__.py", "markdown_links.py", "wheel_hook.py"}
SCRIPTS = sorted(path for path in (ROOT / "scripts").glob("*.py") if path.name not in NO_COMMAND)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_each_script_answers_help(script: Path) -> None:
    done = subprocess.run(
        [sys.executable, script, "--help"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("usage:")


def test_make_help_lists_the_targets_that_outsiders_use() -> None:
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = {line.split()[1] for line in done.stdout.splitlines()}
    assert {"help", "demo", "test", "check", "bench", "serve", "clean"} <= listed
