"""A supplier uploads a document by hand: every record is answered for, and nothing is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.conftest import Story
from tests.support.servers import run_itemproof

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

SUPPLIER_GLN = "9521001000017"


def document(*events: dict[str, Any]) -> str:
    return json.dumps(
        {
            "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-03-01T00:00:00Z",
            "epcisBody": {"eventList": list(events)},
        }
    )


def event(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:00000000-0000-4000-8000-{name:0>12}",
        "action": "OBSERVE",
        "eventTime": "2026-03-01T08:00:00+08:00",
        "eventTimeZoneOffset": "+08:00",
        "bizStep": "inspecting",
        "epcList": ["https://id.gs1.org/01/09521001100014/21/A1"],
        **changes,
    }


@pytest.fixture(scope="session")
def api_key(story: Story) -> str:
    made = run_itemproof(
        *("key", "create", "--role", "participant", "--participant", SUPPLIER_GLN),
        *("--data", str(story.data), "--json"),
    )
    assert made.returncode == 0, made.stderr
    return str(json.loads(made.stdout)["token"])


def upload(
    page: Page,
    story: Story,
    tmp_path: Path,
    text: str,
    *,
    key: str = "",
    ticks: tuple[str, ...] = (),
) -> int:
    """Send a text as a file through the form; return the answer's status."""
    file = tmp_path / "events.jsonld"
    file.write_text(text, encoding="utf-8")
    page.goto(f"{story.url}/supplier?lang=en")
    page.set_input_files("#file", file)
    page.fill("#key", key)
    for name in ticks:
        page.check(f"input[name='{name}']")
    with page.expect_navigation() as navigation:
        page.click("form.upload button")
    answer = navigation.value
    assert answer is not None
    return answer.status


def results(page: Page) -> list[str]:
    return page.locator(".records .chip").all_inner_texts()


def test_a_trial_shows_every_fault_and_keeps_nothing(
    story: Story, plain_phone: BrowserContext, tmp_path: Path
) -> None:
    page = plain_phone.new_page()
    wrong = event(
        "2",
        eventTime="2026-03-01 08:00",
        epcList=["https://id.gs1.org/01/09521001100015/21/A1"],
    )
    status = upload(page, story, tmp_path, document(event("1"), wrong), ticks=("trial",))
    assert status == 200
    text = page.locator(".answer").inner_text()
    assert "trial, nothing was kept" in text
    assert "This is not a date with time and zone" in text
    assert "The check digit is wrong" in text
    assert "/epcisBody/eventList/1/eventTime" in text
    assert "rejected" in results(page)


def test_good_records_are_kept_with_a_receipt_and_repeating_them_changes_nothing(
    story: Story, plain_phone: BrowserContext, tmp_path: Path, api_key: str
) -> None:
    page = plain_phone.new_page()
    text = document(event("11"), event("12"))
    assert upload(page, story, tmp_path, text, key=api_key) == 200
    assert results(page) == ["accepted", "accepted"]
    assert "Will be anchored by" in page.locator(".answer").inner_text()
    with page.expect_download() as download:
        page.click("a[download='receipt.json']")
    assert b"vnd.itemproof.receipt+json" in download.value.path().read_bytes()
    assert upload(page, story, tmp_path, text, key=api_key) == 200
    assert results(page) == ["known already", "known already"]


def test_one_bad_record_holds_back_its_file_unless_told(
    story: Story, plain_phone: BrowserContext, tmp_path: Path, api_key: str
) -> None:
    page = plain_phone.new_page()
    text = document(event("21"), event("22", action="WATCH"))
    assert upload(page, story, tmp_path, text, key=api_key) == 400
    assert "Use ADD, OBSERVE or DELETE" in page.locator(".answer").inner_text()
    assert results(page) == ["rejected", "rejected"]
    assert upload(page, story, tmp_path, text, key=api_key, ticks=("proceed",)) == 200
    assert results(page) == ["accepted", "rejected"]
    assert "Accepted in part" in page.locator(".answer h2").inner_text()


def test_a_file_cut_in_half_gets_one_clear_answer(
    story: Story, plain_phone: BrowserContext, tmp_path: Path, api_key: str
) -> None:
    page = plain_phone.new_page()
    whole = document(event("31"))
    assert upload(page, story, tmp_path, whole[: len(whole) // 2], key=api_key) == 400
    assert "The file is not complete JSON" in page.locator(".answer").inner_text()


def test_without_a_key_nothing_is_taken(
    story: Story, plain_phone: BrowserContext, tmp_path: Path
) -> None:
    page = plain_phone.new_page()
    assert upload(page, story, tmp_path, document(event("41"))) == 401
    assert "A valid API key is needed" in page.locator(".answer").inner_text()
