"""An item whose key was found suspect afterwards: the page warns, and so does the browser."""

from __future__ import annotations

import json
import re
import sqlite3
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.e2e.test_consumer_page import rewriting, wait_for_check
from tests.support.servers import free_port, itemproof_command, run_itemproof, running

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

ANCHORED_SECONDS = 60
GTIN = "09521234567899"
WORDS = {"zh": "可能已遭冒用", "en": "possibly misused"}


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages of an item from before the suspicion, and of one that it falls on."""

    before: str
    suspect: str


def program(*arguments: str) -> dict[str, object]:
    """Run the program and return its answer."""
    done = run_itemproof(*arguments, "--json")
    assert done.returncode == 0, done.stderr + done.stdout
    found: dict[str, object] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    """Serve a ledger in which the key of two lots is suspect from the second lot on."""
    folder = tmp_path_factory.mktemp("suspect")
    data = folder / "data"
    lots = [
        program("mint", "--gtin", GTIN, "--lot", lot, "--quantity", "1", "--data", str(data))
        for lot in ("L1", "L2")
    ]
    since = lots[1]["leaf_index"]
    with sqlite3.connect(data / "ledger.sqlite") as connection:
        (key,) = connection.execute(
            "select hex(key_id) from entries where leaf_index = ?", (since,)
        ).fetchone()
    options = ("--reason", "compromised", "--suspect-from", str(since), "--data", str(data))
    program("key", "revoke", key.lower(), *options)
    port = free_port()
    command = itemproof_command("serve", "--data", str(data), "--port", str(port))
    with running(command, f"http://127.0.0.1:{port}", log=folder / "serve.log") as server:
        yield Pages(*(server.url + urlsplit(str(lot["first_url"])).path for lot in lots))


def wait_for_proof(address: str) -> None:
    """Wait until the item's proof rests on a head that holds the revocation."""
    parts = urlsplit(address)
    proof = f"{parts.scheme}://{parts.netloc}/api/proofs?code={address}"
    end = time.monotonic() + ANCHORED_SECONDS
    while time.monotonic() < end:
        with urllib.request.urlopen(proof) as answer:
            if json.load(answer)["key"]["leaf"][-1] is not None:
                return
        time.sleep(0.2)
    raise AssertionError("the revocation was not anchored")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_warns_of_the_one_and_not_of_the_other(
    pages: Pages, plain_phone: BrowserContext, language: str
) -> None:
    page = plain_phone.new_page()
    page.goto(f"{pages.suspect}?lang={language}")
    assert WORDS[language] in page.locator("[data-suspect]").inner_text()
    assert page.locator("[data-suspect]").is_visible()
    assert "mismatch" not in (page.locator("[data-verdict]").get_attribute("class") or "")
    page.goto(f"{pages.before}?lang={language}")
    assert page.locator("[data-suspect]").is_hidden()


def test_the_browser_warns_where_the_server_kept_silent(
    pages: Pages, phone: BrowserContext
) -> None:
    def silent(body: str) -> str:
        return re.sub("<p([^>]*)data-suspect>", r"<p\1data-suspect hidden>", body)

    wait_for_proof(pages.suspect)
    for address, is_warned in ((pages.suspect, True), (pages.before, False)):
        page = phone.new_page()
        page.route("**/01/**", rewriting(silent))
        page.goto(f"{address}?lang=en")
        wait_for_check(page, "all of them passed")
        assert page.locator("[data-suspect]").is_visible() is is_warned
