"""No page breaks WCAG 2.2 AA as far as a machine can tell, in light, dark and both widths."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

from tests.e2e.conftest import PHONE
from tests.support.page_samples import PAGES, make_app
from tests.support.servers import ROOT, free_port

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

AXE = ROOT / "ledger_api" / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SMALLEST_TARGET = 24  # CSS pixels; WCAG 2.2, criterion 2.5.8
# Swagger UI is not ours; its page is an extra beside the plain description.
OURS = [path for path in PAGES if path != "/docs"]

TARGETS = """() => [...document.querySelectorAll('a, button, input, summary')]
  .filter((element) => !element.closest('.skip') && element.checkVisibility())
  .filter((element) => !(element.tagName === 'A' && element.closest('p, small, li p, td, th')))
  .map((element) => [element.outerHTML.slice(0, 80), element.getBoundingClientRect()])
  .filter(([, box]) => box.width < SIZE || box.height < SIZE)
  .map(([text]) => text)""".replace("SIZE", str(SMALLEST_TARGET))


@pytest.fixture(scope="module")
def samples() -> Iterator[str]:
    """Serve the sample pages."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(make_app(), port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


def violations(page: Page) -> list[str]:
    found: dict[str, Any] = page.evaluate(
        "rules => axe.run({ runOnly: { type: 'tag', values: rules } })", RULES
    )
    return [
        f"{fault['id']}: {node['html'][:120]}"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]


@pytest.mark.parametrize("path", OURS)
def test_pages_pass_axe(browser: Browser, samples: str, path: str) -> None:
    with browser.new_context(viewport=PHONE, bypass_csp=True) as context:
        page = context.new_page()
        page.goto(f"{samples}{path}?lang=zh")
        page.add_script_tag(path=AXE)
        assert violations(page) == []
        page.set_viewport_size({"width": 1280, "height": 900})
        page.emulate_media(color_scheme="dark")
        assert violations(page) == []


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("path", OURS)
def test_nothing_overflows_a_narrow_phone_and_targets_are_large_enough(
    browser: Browser, samples: str, path: str, language: str
) -> None:
    with browser.new_context(viewport={"width": 320, "height": 640}) as context:
        page = context.new_page()
        page.goto(f"{samples}{path}?lang={language}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        assert page.evaluate(TARGETS) == []


def test_axe_finds_what_is_wrong(browser: Browser, samples: str) -> None:
    with browser.new_context(bypass_csp=True) as context:
        page = context.new_page()
        page.goto(f"{samples}/audit?lang=en")
        page.add_script_tag(path=AXE)
        page.evaluate("document.documentElement.removeAttribute('lang')")
        assert any("html-has-lang" in fault for fault in violations(page))
