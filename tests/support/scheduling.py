"""How several processes share the tests: the longest first, files whole, rows of attacks alone.

A file stays in one process, which then makes its fixtures once. The rows of `tests/attack` share
nothing, so each goes to whichever process is free; but the loads measure what the machine bears,
and two at once would measure each other.
"""

from __future__ import annotations

from typing import Any

import pytest

# Folders whose tests start programs and wait for them, the longest first.
LONG = ("tests/attack/", "tests/integration/", "tests/e2e/", "tests/conformance/")
ROWS = "tests/attack/"
WHOLE = frozenset({"tests/attack/test_load.py"})


def unit_of(nodeid: str) -> str:
    """Return by what a test is handed to a process: its file, or itself."""
    file = nodeid.split("::", 1)[0]
    return nodeid if file.startswith(ROWS) and file not in WHOLE else file


def rank_of(nodeid: str) -> int:
    """Return a small number for what should begin early."""
    return next((at for at, folder in enumerate(LONG) if nodeid.startswith(folder)), len(LONG))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let what takes long begin early, so that no process waits for another at the end."""
    items.sort(key=lambda item: rank_of(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Hand out files and rows in the order of collection, with `--dist loadfile`."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class FilesAndRows(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return unit_of(nodeid)

    # Otherwise what has the fewest tests would come last, however long they take.
    config.option.loadscopereorder = False
    return FilesAndRows(config, log)
