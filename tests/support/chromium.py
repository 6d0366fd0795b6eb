"""The browser of the end-to-end tests: found, never downloaded.

ITEMPROOF_CHROMIUM names it, or it is on the path; `make setup-test` sees to that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from scripts.setup import find_chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Without these a browser asks its maker's servers for updates at every start.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start Chromium once per test process; a test opens its own context in it."""
    from playwright.sync_api import sync_playwright

    program = find_chromium()
    assert program is not None, "no Chromium: set ITEMPROOF_CHROMIUM or install chromium"
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield found
        found.close()
