"""Take the pictures in docs/screens from a demonstration of its own.

    python scripts/take_screens.py [--out docs/screens]

Tells the demonstration in a temporary folder, serves it, and photographs the pages as a phone
(390 × 844) and a desktop (1280 × 900) show them, in Chinese and English, with and without
JavaScript.
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
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.error import URLError
from urllib.parse import urlsplit

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from scripts.setup import find_chromium

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = "import sys; from ledger_api.cli import main; sys.exit(main())"
START_SECONDS = 60
PHONE, DESKTOP = (390, 844), (1280, 900)
COLOURS = 128
CHECKED = "[data-who-checked=browser]"


class Shot(NamedTuple):
    """One picture; `path` None stands for the demonstration's drum."""

    name: str
    path: str | None
    language: str
    size: tuple[int, int]
    scripts: bool = False
    scheme: str = "light"


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
    Shot("supplier-zh", "/supplier", "zh", DESKTOP),
)


def tell(data: Path) -> str:
    """Tell the demonstration; return the path of a drum's page."""
    command = [sys.executable, "-c", PROGRAM, "demo", "--data", str(data), "--json"]
    told = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    item_url: str = json.loads(told.stdout)["item_url"]
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
        except (URLError, ConnectionError):
            time.sleep(0.1)
    sys.exit("take_screens: the server does not answer")


def take(browser: Browser, shot: Shot, url: str) -> bytes:
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
        if shot.size == PHONE:
            page.set_viewport_size({"width": width, "height": 2 * height})
        picture = Image.open(io.BytesIO(page.screenshot(full_page=shot.size != PHONE)))
    small = io.BytesIO()
    picture.convert("RGB").quantize(COLOURS).save(small, "PNG", optimize=True)
    return small.getvalue()


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
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        with served(data) as url:
            for shot in SHOTS:
                path = item if shot.path is None else shot.path
                (out / f"{shot.name}.png").write_bytes(take(browser, shot, url + path))
                print(f"{shot.name}.png")
        browser.close()


if __name__ == "__main__":
    main()
