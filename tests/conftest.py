"""What every test folder shares: the fixtures of tests/support and the official documents.

The official EPCIS files are not ours to ship. ITEMPROOF_CONFORMANCE_DATA names a folder
that holds them; without it the tests that read them are left out, and the run says so, but
where CI is set their absence is an error: nothing is skipped there.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# Before each other one that imports it, so that its assertions are rewritten.
pytest_plugins = [
    "tests.support.anvil",
    "tests.support.chromium",
    "tests.support.ledger",
    "tests.support.postgres",
    "tests.support.api",
    "tests.support.rebuilt",
    "tests.support.scheduling",
    "tests.support.single_file",
]

VARIABLE = "ITEMPROOF_CONFORMANCE_DATA"
# With a chain that is configured nobody gets keys without a passphrase. This one is of the form
# that is cheap to open; tests of passphrases name their own.
PASSPHRASE_FILE = Path(__file__).parent / "support" / "passphrase.txt"
os.environ.setdefault("ITEMPROOF_KEY_PASSPHRASE_FILE", str(PASSPHRASE_FILE))
LEFT_OUT = pytest.StashKey[int]()


@pytest.fixture(scope="session")
def conformance_data() -> Path:
    """Return the folder of the official documents, which holds `epcis` and `quality`."""
    folder = Path(os.environ[VARIABLE]).resolve()
    if not (folder / "epcis").is_dir():
        raise pytest.UsageError(f"{VARIABLE} holds no folder epcis: {os.environ[VARIABLE]!r}")
    return folder


def reads_official_documents(item: pytest.Item) -> bool:
    """Tell whether a test carries the marker or asks for the fixture."""
    asks = "conformance_data" in getattr(item, "fixturenames", ())
    return asks or item.get_closest_marker("conformance_data") is not None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests whose official documents are not on this machine."""
    if os.environ.get(VARIABLE):
        return
    out = [item for item in items if reads_official_documents(item)]
    if out and os.environ.get("CI"):
        raise pytest.UsageError(f"{len(out)} tests read the official documents: set {VARIABLE}")
    config.stash[LEFT_OUT] = len(out)
    if out:
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if not reads_official_documents(item)]


def pytest_report_header() -> str:
    """Say which official documents are read."""
    return f"official documents: {os.environ.get(VARIABLE) or f'none ({VARIABLE} is not set)'}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Repeat at the end what was left out, where it is not missed."""
    if not os.environ.get(VARIABLE):
        terminalreporter.write_line(
            f"notice: tests of the official documents were left out: set {VARIABLE} to run them"
        )
