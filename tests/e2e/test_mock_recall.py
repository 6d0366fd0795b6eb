"""A quality manager rehearses a recall by the form of a page, on a phone without JavaScript."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ledger_api.demo.cast import RODS
from ledger_api.demo.plan import make_plan
from tests.e2e.conftest import Story
from tests.support.servers import run_itemproof

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

PLAN = make_plan()
BAD_LOT = RODS[PLAN.bad_rod.maker].lot_uri(PLAN.bad_rod.number)


@pytest.fixture(scope="module")
def operator_key(story: Story) -> str:
    made = run_itemproof(
        *("key", "create", "--role", "operator", "--data", str(story.data), "--json")
    )
    assert made.returncode == 0, made.stderr
    return str(json.loads(made.stdout)["token"])


def fill(page: Page, story: Story, *, key: str, code: str, language: str = "en") -> None:
    page.goto(f"{story.url}/supplier?lang={language}")
    page.click("a[href='#rehearse']")
    page.fill("#rehearse-key", key)
    page.fill("#rehearse-code", code)


def test_the_answer_is_the_signed_report(
    plain_phone: BrowserContext, story: Story, operator_key: str, tmp_path: Path
) -> None:
    page = plain_phone.new_page()
    fill(page, story, key=operator_key, code=BAD_LOT, language="zh")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="出具报告").click()
    file = tmp_path / "report.zip"
    waiting.value.save_as(file)
    with zipfile.ZipFile(file) as archive:
        archive.extractall(tmp_path)
    report = json.loads((tmp_path / "report" / "report.json").read_bytes())
    assert report["figures"][0]["found"] == len(PLAN.tainted)
    checked = run_itemproof(
        "verify-report", str(tmp_path / "report"), "--data", str(story.data), "--json"
    )
    assert (checked.returncode, json.loads(checked.stdout)["verified"]) == (0, True)


def test_an_unknown_code_is_told_on_the_page(
    plain_phone: BrowserContext, story: Story, operator_key: str
) -> None:
    page = plain_phone.new_page()
    fill(page, story, key=operator_key, code="(01)09521003100012(10)NONE")
    with page.expect_navigation() as navigation:
        page.get_by_role("button", name="Make the report").click()
    answer = navigation.value
    assert answer is not None
    assert answer.status == 404
    assert "CODE_NOT_TRACED" in page.inner_text("main")
