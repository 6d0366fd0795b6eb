"""Take the pictures in docs/screens from a demonstration of its own.

    python scripts/take_screens.py [--out docs/screens]

Tells the demonstration in a temporary folder, serves it, and photographs the pages as a phone
(390 × 844) and a desktop (1280 × 900) show them, in Chinese and English, with and without
JavaScript; then the pages of a mock recall's report.
"""

from __future__ import annotations

import argparse
import io
import json
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pypdfium2  # type: ignore[import-untyped]  # it ships no types
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from ledger_api.demo.cast import RODS
from ledger_api.demo.plan import make_plan
from scripts.setup import find_chromium

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = "import sys; from ledger_api.cli import main; sys.exit(main())"
START_SECONDS = 60
PHONE, DESKTOP = (390, 844), (1280, 900)
COLOURS = 128
REPORT_PAGES, REPORT_SCALE = 3, 1.5
_BAD_ROD = make_plan().bad_rod
BAD_LOT = RODS[_BAD_ROD.maker].lot_uri(_BAD_ROD.number)
CHECKED = "[data-who-checked=browser]"


class Shot(NamedTuple):
    """One picture; `path` None stands for the demonstration's drum, `asks` sends the form."""

    name: str
    path: str | None
    language: str
    size: tuple[int, int]
    scripts: bool = False
    scheme: str = "light"
    asks: str = ""


SHOTS = (
    Shot("item-phone-zh", None, "zh", PHONE),
    Shot("item-phone-en", None, "en", PHONE),
    Shot("item-phone-zh-javascript", None, "zh", PHONE, scripts=True),
    Shot("item-phone-en-javascript", None, "en", PHONE, scripts=True),
    Shot("item-phone-zh-dark", None, "zh", PHONE, scheme="dark"),
    Shot("item-desktop-en", None, "en", DESKTOP, scripts=True),
    Shot("landing-zh", "/", "zh", DESKTOP),
    Shot("quality-en", "/quality", "en", DESKTOP),
    Shot("audit-en", "/audit", "en", DESKTOP),
    Shot("audit-answer-zh", "/audit", "zh", DESKTOP, asks="recall"),
    Shot("audit-answer-phone-en", "/audit", "en", PHONE, asks="where"),
    Shot("supplier-zh", "/supplier", "zh", DESKTOP),
)


def run(*arguments: str) -> dict[str, Any]:
    """Run the program; return its answer."""
    command = [sys.executable, "-c", PROGRAM, *arguments, "--json"]
    told = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(told.stdout)
    return found


def tell(data: Path) -> str:
    """Tell the demonstration; return the path of a drum's page."""
    item_url: str = run("demo", "--data", str(data))["item_url"]
    return urlsplit(item_url).path


@contextmanager
def served(data: Path) -> Iterator[str]:
    """Serve a data folder on a free port; yield its address."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    command = [sys.executable, "-c", PROGRAM, "serve", "--data", str(data), "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_ready(url)
        yield url
    finally:
        process.terminate()
        process.wait()


def wait_until_ready(url: str) -> None:
    """Ask until the server answers."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=5):  # noqa: S310 - our own server
                return
        except OSError:
            time.sleep(0.1)
    sys.exit("take_screens: the server does not answer")


def ask(page: Page, question: str, key: str) -> None:
    """Send the audit page's form about the demonstration's bad lot."""
    page.fill("#lineage-code", BAD_LOT)
    page.fill("#lineage-key", key)
    page.select_option("#lineage-question", question)
    page.click("button[value=page]")
    page.locator("#asked").wait_for()


def take(browser: Browser, shot: Shot, url: str, *, key: str) -> bytes:
    """Photograph one page in few colours: whole on a desktop, its first screens on a phone."""
    width, height = shot.size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        java_script_enabled=shot.scripts,
        color_scheme="dark" if shot.scheme == "dark" else "light",
        device_scale_factor=1.5 if shot.size == PHONE else 1,
    )
    with context:
        page = context.new_page()
        page.goto(f"{url}?lang={shot.language}")
        if shot.scripts:
            page.locator(CHECKED).wait_for()
        if shot.asks:
            ask(page, shot.asks, key)
        if shot.size == PHONE:
            page.set_viewport_size({"width": width, "height": 2 * height})
        picture = Image.open(io.BytesIO(page.screenshot(full_page=shot.size != PHONE)))
    return in_few_colours(picture)


def in_few_colours(picture: Image.Image) -> bytes:
    """Return a picture as a small PNG."""
    small = io.BytesIO()
    picture.convert("RGB").quantize(COLOURS).save(small, "PNG", optimize=True)
    return small.getvalue()


def report_pages(data: Path, folder: Path) -> Iterator[tuple[str, bytes]]:
    """Rehearse the recall of the bad lot; yield the pages of its report, each with its name."""
    run("mock-recall", BAD_LOT, "-o", str(folder), "--data", str(data))
    for language in ("zh", "en"):
        with closing(pypdfium2.PdfDocument(folder / f"report-{language}.pdf")) as report:
            for number in range(min(len(report), REPORT_PAGES)):
                picture = report[number].render(scale=REPORT_SCALE).to_pil()
                yield f"recall-{language}-{number + 1}", in_few_colours(picture)


def main() -> None:
    """Take every picture."""
    parser = argparse.ArgumentParser(description="Take the pictures of the pages.")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "screens")
    out: Path = parser.parse_args().out
    program = find_chromium()
    if program is None:
        sys.exit("take_screens: no Chromium: run python3 scripts/setup.py test")
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        data = Path(folder) / "data"
        item = tell(data)
        key = run("key", "create", "--role", "auditor", "--data", str(data))["token"]
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        with served(data) as url:
            for shot in SHOTS:
                path = item if shot.path is None else shot.path
                picture = take(browser, shot, url + path, key=key)
                (out / f"{shot.name}.png").write_bytes(picture)
                print(f"{shot.name}.png")
        browser.close()
        for name, picture in report_pages(data, Path(folder) / "recall"):
            (out / f"{name}.png").write_bytes(picture)
            print(f"{name}.png")


if __name__ == "__main__":
    main()
