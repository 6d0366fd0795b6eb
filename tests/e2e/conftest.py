"""The demonstration, told once for all browser stories, and a server over its data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.support.servers import free_port, itemproof_command, run_itemproof, running

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

PHONE = {"width": 390, "height": 844}


@dataclass(frozen=True, slots=True)
class Story:
    """A served demonstration: where it answers, and what the demonstration said."""

    url: str
    facts: dict[str, Any]
    data: Path

    @property
    def item(self) -> str:
        """The address of one drum's page."""
        return self.url + urlsplit(str(self.facts["item_url"])).path


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Tell the demonstration and serve it, as `make demo` and `make serve` do."""
    folder = tmp_path_factory.mktemp("story")
    data = folder / "data"
    told = run_itemproof("demo", "--data", str(data), "--json", timeout_seconds=280)
    assert told.returncode == 0, told.stderr
    port = free_port()
    command = itemproof_command("serve", "--data", str(data), "--port", str(port))
    with running(command, f"http://127.0.0.1:{port}", log=folder / "serve.log") as server:
        yield Story(server.url, json.loads(told.stdout), data)


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    """Open a fresh window of a phone's size, scripts on."""
    with browser.new_context(viewport=PHONE) as context:
        yield context


@pytest.fixture
def plain_phone(browser: Browser) -> Iterator[BrowserContext]:
    """Open a fresh window of a phone's size, scripts off."""
    with browser.new_context(viewport=PHONE, java_script_enabled=False) as context:
        yield context
