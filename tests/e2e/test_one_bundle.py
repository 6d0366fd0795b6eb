"""One bundle, three verifiers: the program, the browser, the single file; then a forged one."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.conftest import Story
from tests.e2e.test_consumer_page import PROOFS, wait_for_check
from tests.support.servers import run_itemproof
from tests.support.single_file import run_single

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Route

YES, NO = "11 of 11 steps taken, all of them passed", "own check failed"


@pytest.fixture(scope="module")
def evidence(story: Story, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an evidence bundle of the item, unpacked."""
    folder = tmp_path_factory.mktemp("evidence")
    made = run_itemproof(
        "evidence", str(story.facts["item_url"]), "--audience", "public",
        "-o", str(folder / "evidence.zip"), "--data", str(story.data), timeout_seconds=120,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    with zipfile.ZipFile(folder / "evidence.zip") as archive:
        archive.extractall(folder)
    return folder


def item_proof(evidence: Path) -> Path:
    """Return the proof of the item itself."""
    item = next((evidence / "items").iterdir())
    return evidence / "proofs" / item.name


def by_program(story: Story, bundle: Path) -> bool:
    code, trust = str(story.facts["item_url"]), story.data / "trust.json"
    done = run_itemproof(
        "verify", str(bundle), "--trust", str(trust), "--code", code, timeout_seconds=60
    )
    return done.returncode == 0


def by_single_file(story: Story, evidence: Path, bundle: Path) -> bool:
    code, trust = str(story.facts["item_url"]), story.data / "trust.json"
    file = evidence / "itemproof_verify.py"
    return run_single(file, bundle, "--trust", trust, "--code", code).returncode == 0


def by_browser(story: Story, phone: BrowserContext, bundle: Path, words: str) -> bool:
    """Tell whether the page, given this very file as the item's proof, ends with these words."""

    def answer(route: Route) -> None:
        route.fulfill(body=bundle.read_bytes(), content_type="application/vnd.itemproof.proof+json")

    page = phone.new_page()
    page.route(PROOFS, answer)
    page.goto(f"{story.item}?lang=en")
    return words in wait_for_check(page, words)


def test_the_same_bundle_is_accepted_by_all(
    story: Story, evidence: Path, phone: BrowserContext
) -> None:
    bundle = item_proof(evidence)
    assert by_program(story, bundle)
    assert by_single_file(story, evidence, bundle)
    assert by_browser(story, phone, bundle, YES)


def test_the_same_forgery_is_refused_by_all(
    story: Story, evidence: Path, phone: BrowserContext
) -> None:
    bundle = evidence / "forged.json"
    text = item_proof(evidence).read_text()
    salt = json.loads(text)["record"]["fields"]["complete"][0][1]
    other = ("B" if salt[0] == "A" else "A") + salt[1:]
    bundle.write_text(text.replace(salt, other))
    assert not by_program(story, bundle)
    assert not by_single_file(story, evidence, bundle)
    assert by_browser(story, phone, bundle, NO)


def test_the_whole_evidence_is_accepted_by_the_file_in_it(story: Story, evidence: Path) -> None:
    file, trust = evidence / "itemproof_verify.py", story.data / "trust.json"
    done = run_single(file, "--all", evidence / "evidence.zip", "--trust", trust, "--json")
    found = json.loads(done.stdout)
    assert (done.returncode, found["faults"]) == (0, [])
    assert found["proofs_verified"] > 3
