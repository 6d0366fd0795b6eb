"""A buyer scans a drum: what the phone shows, with scripts and without."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.e2e.conftest import Story

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page, Route

BUDGET_BYTES = 50_000
CHECK_MILLISECONDS = 20_000
PROOFS = re.compile(r"/api/proofs\?")


def wait_for_check(page: Page, words: str) -> str:
    """Wait until the browser's own check has ended with these words; return its line."""
    line = page.locator("[data-check-line]", has_text=words)
    line.wait_for(timeout=CHECK_MILLISECONDS)
    return line.inner_text()


def results(page: Page) -> set[str]:
    return set(page.locator(".steps [data-result]").all_inner_texts())


def rewriting(change: Callable[[str], str]) -> Callable[[Route], None]:
    """Return a handler that answers with a changed body, as a lying server would."""

    def answer(route: Route) -> None:
        honest = route.fetch()
        body = change(honest.text())
        route.fulfill(response=honest, body=body)

    return answer


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh", ("原始记录，未被改动", "运营方代", "通过")),
        ("en", ("Authentic record, unchanged", "the operator, for", "passed")),
    ],
)
def test_the_verdict_needs_no_script(
    story: Story, plain_phone: BrowserContext, language: str, words: tuple[str, str, str]
) -> None:
    verdict, signed, passed = words
    page = plain_phone.new_page()
    answer = page.goto(f"{story.item}?lang={language}")
    assert answer is not None
    assert answer.status == 200
    assert page.locator("[data-verdict-title]").inner_text() == verdict
    assert page.locator(".track [aria-current]").count() == 1
    assert signed in page.locator(".side").inner_text()
    assert results(page) == {passed}
    assert page.locator(".journey li").count() > 3
    assert page.locator(".notice-test").is_visible()
    assert page.locator(".unsealed").is_visible()


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("zh", "11 步中执行了 11 步，全部通过"),
        ("en", "11 of 11 steps taken, all of them passed"),
    ],
)
def test_the_browser_takes_every_step_again(
    story: Story, phone: BrowserContext, language: str, line: str
) -> None:
    page = phone.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{story.item}?lang={language}")
    wait_for_check(page, line)
    assert complaints == []
    assert page.locator(".step-passed").count() == 11
    assert page.locator("[data-proven] > small", has_text="proof says").count() == 0


def test_a_proof_with_one_changed_character_is_refused(story: Story, phone: BrowserContext) -> None:
    def other_root(body: str) -> str:
        bundle = json.loads(body)
        path = bundle["record"]["path"]
        path[0] = ("A" if path[0][0] != "A" else "B") + path[0][1:]
        return json.dumps(bundle, separators=(",", ":"), sort_keys=True, ensure_ascii=False)

    page = phone.new_page()
    page.route(PROOFS, rewriting(other_root))
    page.goto(f"{story.item}?lang=en")
    wait_for_check(page, "own check failed")
    assert "does not match" in page.locator("[data-verdict-title]").inner_text()
    assert "verdict-mismatch" in (page.locator("[data-verdict]").get_attribute("class") or "")
    assert page.locator("[data-step='2'].step-failed").count() == 1
    assert page.locator("[data-step='10'].step-not_checked").count() == 1


def test_a_page_that_says_something_else_than_its_proof_is_caught(
    story: Story, phone: BrowserContext
) -> None:
    page = phone.new_page()
    page.route(
        "**/01/**", rewriting(lambda body: body.replace('data-value="500 m"', 'data-value="900 m"'))
    )
    page.goto(f"{story.item}?lang=en")
    wait_for_check(page, "says something else than the proof")
    assert page.locator("[data-proven='lot/length'] small").inner_text() == "the proof says: 500 m"
    assert "does not match" in page.locator("[data-verdict-title]").inner_text()


def test_the_proof_of_another_item_does_not_pass(story: Story, phone: BrowserContext) -> None:
    page = phone.new_page()
    page.route(
        "**/01/**",
        rewriting(lambda body: body.replace('data-code="https://id.gs1.org/01/', 'data-code="x')),
    )
    page.goto(f"{story.item}?lang=en")
    wait_for_check(page, "own check failed")
    assert page.locator("[data-step='1'].step-failed").count() == 1


def test_nothing_is_claimed_when_the_proof_cannot_be_fetched(
    story: Story, phone: BrowserContext
) -> None:
    page = phone.new_page()
    page.route(PROOFS, lambda route: route.abort())
    page.goto(f"{story.item}?lang=en")
    wait_for_check(page, "could not check this page")
    assert (
        page.locator("[data-who-checked]").inner_text() == "These steps were taken on our server."
    )


def test_the_whole_page_with_its_proof_is_light(story: Story, phone: BrowserContext) -> None:
    page = phone.new_page()
    session = phone.new_cdp_session(page)
    session.send("Network.enable")
    received: list[float] = []
    session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    page.goto(f"{story.item}?lang=zh")
    wait_for_check(page, "全部通过")
    assert len(received) >= 5
    assert sum(received) <= BUDGET_BYTES


def test_the_proof_can_be_downloaded_from_the_page(
    story: Story, plain_phone: BrowserContext
) -> None:
    page = plain_phone.new_page()
    page.goto(story.item)
    with page.expect_download() as download:
        page.locator("a[download='proof.json']").click()
    assert b'"suite":"itemproof-1"' in download.value.path().read_bytes()


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/01/09521005400011/10/D260206/21/0000000000000000", 404, "Nothing is recorded"),
        ("/01/09521005400012/10/D260206/21/0000000000000000", 400, "The check digit is wrong"),
    ],
)
def test_an_unknown_or_wrong_code_is_said_so(
    story: Story, plain_phone: BrowserContext, path: str, status: int, words: str
) -> None:
    page = plain_phone.new_page()
    answer = page.goto(f"{story.url}{path}?lang=en")
    assert answer is not None
    assert answer.status == status
    assert words in page.locator("h1").inner_text()


def test_a_typed_code_leads_to_the_same_page(story: Story, plain_phone: BrowserContext) -> None:
    _, gtin, _, lot, _, serial = story.item.removeprefix(story.url + "/").split("/")
    page = plain_phone.new_page()
    page.goto(f"{story.url}/scan?lang=en")
    page.fill("#code", f"(01){gtin}(10){lot}(21){serial}")
    page.click("button")
    assert page.url.split("?")[0] == story.item
    assert page.locator("[data-verdict-title]").inner_text() == "Authentic record, unchanged"
