"""A supplier signs in its own browser: a key, a batch, a receipt, and what may break between."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from eth_account import Account

from tests.e2e.conftest import PHONE, Story
from tests.e2e.test_supplier_page import document, event
from tests.support.servers import run_itemproof
from traceability.hashing.secp256k1 import WalletKey
from traceability.key_files.own import write_key_file
from traceability.key_files.schemes import secret_of_signing_key
from traceability.verify.trust import load_trust
from traceability.verify.verifier import verify_bundle

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Route

SAY = "[data-sign-say]"
# RFC 8032, section 7.1, test 2.
OTHER_KEY = "PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw"
PASSPHRASE = "itemproof-passphrase-1-" + "e" * 43
# A wallet as pages see it; what it signs with is on the other side.
PROVIDER = """
window.ethereum = {
  request: async ({ method, params }) =>
    method === "eth_requestAccounts" ? ["%s"] : window.signTypedData(params[0], params[1]),
};
"""


def program(story: Story, *arguments: str) -> dict[str, Any]:
    done = run_itemproof(*arguments, "--data", str(story.data), "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def api_key(story: Story, participant: str | None) -> str:
    role = ["--role", "operator"]
    if participant is not None:
        role = ["--role", "participant", "--participant", participant]
    return str(program(story, "key", "create", *role)["token"])


@dataclass(frozen=True, slots=True)
class Wallet:
    """A firm whose key is in a wallet; what it was asked to sign is listed."""

    secret: bytes
    participant: str
    token: str
    asked: list[dict[str, Any]]

    @property
    def address(self) -> str:
        return str(Account.from_key(self.secret).address)

    def sign(self, address: str, text: str) -> str:
        """Sign as wallets do, by another implementation than ours."""
        assert address == self.address
        message = json.loads(text)
        self.asked.append(message)
        signed = Account.sign_typed_data(
            self.secret,
            domain_data=message["domain"],
            message_types={"Statement": message["types"]["Statement"]},
            message_data=message["message"],
        )
        return "0x" + bytes(signed.signature).hex()


@pytest.fixture(scope="session")
def wallet(story: Story, tmp_path_factory: pytest.TempPathFactory) -> Wallet:
    folder = tmp_path_factory.mktemp("wallet")
    key = WalletKey.generate()
    (folder / "passphrase.txt").write_text(PASSPHRASE)
    write_key_file(folder / "firm.key", secret_of_signing_key(key), PASSPHRASE)
    added = program(
        story,
        *("participant", "add", "--name", "Wallet Works", "--role", "producer"),
        *("--key", str(folder / "firm.key")),
        *("--passphrase-file", str(folder / "passphrase.txt")),
    )
    participant = str(added["participant"])
    return Wallet(key.to_seed(), participant, api_key(story, participant), [])


@pytest.fixture
def wallet_page(browser: Browser, wallet: Wallet, story: Story) -> Iterator[Page]:
    wallet.asked.clear()
    with browser.new_context(viewport=PHONE) as context:
        context.expose_function("signTypedData", lambda address, text: wallet.sign(address, text))  # noqa: PLW0108 # the library wants a plain function
        context.add_init_script(PROVIDER % wallet.address)
        page = context.new_page()
        page.goto(f"{story.url}/supplier?lang=en")
        page.click("[data-sign-wallet]")
        page.wait_for_selector("[data-sign-key]:not([hidden])")
        page.fill("#sign-api-key", wallet.token)
        yield page


def choose(page: Page, tmp_path: Path, text: str) -> None:
    file = tmp_path / "events.jsonld"
    file.write_text(text, encoding="utf-8")
    page.set_input_files("#sign-file", file)


def said(page: Page, words: str) -> str:
    """Wait until the page says something with these words, and return all of it."""
    page.wait_for_function(
        "([at, words]) => document.querySelector(at).textContent.includes(words)", arg=[SAY, words]
    )
    return page.locator(SAY).inner_text()


def sign(page: Page, tmp_path: Path, *names: str) -> None:
    choose(page, tmp_path, document(*[event(name, epcList=[epc(name)]) for name in names]))
    page.wait_for_selector("[data-sign-batch]:not([hidden])")
    page.click("[data-sign-send]")


def epc(name: str) -> str:
    return f"https://id.gs1.org/01/09521001100014/21/SIGN{name}"


def proven(story: Story, tmp_path: Path, name: str) -> dict[str, Any]:
    """Prove an event by its code, and verify it in Python."""
    file = tmp_path / f"{name}.proof.json"
    program(story, "anchor")
    program(story, "prove", epc(name), "-o", str(file))
    trust = load_trust(story.data / "trust.json")
    report = verify_bundle(file.read_bytes(), trust, accept="logged", code=epc(name))
    assert report.exit_status == 0
    return report.to_json()


def test_a_wallet_signs_what_it_shows_and_python_verifies_it(
    story: Story, wallet: Wallet, wallet_page: Page, tmp_path: Path
) -> None:
    page = wallet_page
    page.click("[data-sign-ask]")
    assert wallet.participant in said(page, "registered for participant")
    sign(page, tmp_path, "101", "102")
    assert "2 records" in said(page, "Accepted")
    introduction, statement = (message["message"] for message in wallet.asked)
    assert introduction["payloadType"] != statement["payloadType"]
    shown = json.loads(statement["payload"])
    assert (shown["type"], shown["record_count"]) == ("batch", 2)
    with page.expect_download() as download:
        page.click("[data-sign-receipt]")
    assert b"vnd.itemproof.receipt+json" in download.value.path().read_bytes()
    report = proven(story, tmp_path, "101")
    assert report["signer"]["name"] == "Wallet Works"
    assert report["signer"]["custody"] == "self"


def test_what_will_be_signed_is_shown_first(wallet_page: Page, tmp_path: Path) -> None:
    page = wallet_page
    choose(page, tmp_path, document(event("111"), event("112")))
    page.wait_for_selector("[data-sign-batch]:not([hidden])")
    assert page.locator("[data-sign-kinds]").inner_text() == "ObjectEvent: 2"
    assert page.locator("[data-sign-count]").inner_text() == "2"
    assert len(page.locator("[data-sign-root]").inner_text()) == 64
    choose(page, tmp_path, '{"type": "EPCISDocument", "epcisBody": {"eventList": [1.0, 1.0]}}')
    assert "RECORD_INVALID" in said(page, "RECORD_INVALID")
    assert page.locator("[data-sign-batch]").is_hidden()


def test_a_number_that_would_be_rounded_is_refused(wallet_page: Page, tmp_path: Path) -> None:
    text = document(event("113", **{"ex:n": 1})).replace(
        '"ex:n": 1', '"ex:n": 0.1000000000000000055'
    )
    choose(wallet_page, tmp_path, text)
    assert "JSON_NUMBER" in said(wallet_page, "JSON_NUMBER")


def test_a_record_changed_after_signing_is_refused(wallet_page: Page, tmp_path: Path) -> None:
    page = wallet_page

    def changed(route: Route) -> None:
        body = json.loads(route.request.post_data or "")
        body["records"][0]["payload"]["bizStep"] = "shipping"
        route.continue_(post_data=json.dumps(body))

    page.route("**/api/batches", changed)
    sign(page, tmp_path, "121")
    said(page, "BATCH_MISMATCH")
    page.unroute("**/api/batches")
    sign(page, tmp_path, "122")
    said(page, "Accepted")


def test_what_was_signed_and_not_answered_goes_first(
    story: Story, wallet: Wallet, wallet_page: Page, tmp_path: Path
) -> None:
    page = wallet_page
    page.route("**/api/batches", lambda route: route.abort())
    sign(page, tmp_path, "131")
    said(page, "NODE_UNAVAILABLE")
    page.unroute("**/api/batches")
    page.reload()
    page.click("[data-sign-wallet]")
    page.fill("#sign-api-key", wallet.token)
    before = len(wallet.asked)
    sign(page, tmp_path, "132")
    said(page, "Accepted")
    # The first batch was sent as it was: the wallet signed the second one only.
    assert len(wallet.asked) == before + 1
    assert proven(story, tmp_path, "131")["signer"]["custody"] == "self"


def test_two_windows_never_sign_under_one_number(
    story: Story, wallet: Wallet, wallet_page: Page, tmp_path: Path
) -> None:
    first = wallet_page
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    first.route("**/api/batches", hold)
    with first.expect_request("**/api/batches"):
        sign(first, tmp_path, "151")
    second = first.context.new_page()
    second.goto(first.url)
    second.click("[data-sign-wallet]")
    second.fill("#sign-api-key", wallet.token)
    # It sends what the first window has signed, and only then signs the next number.
    sign(second, tmp_path, "152")
    said(second, "Accepted")
    held[0].continue_()
    said(first, "Accepted")
    first.unroute("**/api/batches")
    for page, name in ((first, "153"), (second, "154")):
        sign(page, tmp_path, name)
        said(page, "Accepted")
    numbers = [json.loads(m["message"]["payload"]).get("sequence") for m in wallet.asked]
    signed = [number for number in numbers if number is not None]
    assert signed == list(range(signed[0], signed[0] + 4))


def test_a_log_that_becomes_shorter_is_believed_no_more(
    story: Story, wallet_page: Page, tmp_path: Path
) -> None:
    page = wallet_page
    old = page.request.get(f"{story.url}/log/checkpoint").text()
    sign(page, tmp_path, "141")
    said(page, "Accepted")
    sign(page, tmp_path, "142")
    said(page, "Accepted")
    page.wait_for_selector("[data-sign-batch]", state="hidden")
    page.route("**/log/checkpoint", lambda route: route.fulfill(body=old))
    sign(page, tmp_path, "143")
    said(page, "SPLIT_VIEW")


def test_without_scripts_the_page_says_what_to_do(
    story: Story, plain_phone: BrowserContext
) -> None:
    page = plain_phone.new_page()
    page.goto(f"{story.url}/supplier?lang=en")
    assert page.locator("[data-sign-absent]").is_visible()
    assert "--url" in page.locator("section.sign").inner_text()
    assert page.locator("[data-sign-ui]").is_hidden()


def test_a_script_that_does_not_load_is_told_and_one_that_runs_is_not(
    browser: Browser, story: Story
) -> None:
    with browser.new_context(viewport=PHONE) as context:
        page = context.new_page()
        page.goto(f"{story.url}/supplier?lang=en")
        page.wait_for_selector("[data-sign-ui]", state="visible")
        assert page.locator("[data-sign-absent]").is_hidden()
        page.route("**/sign.js*", lambda route: route.abort())
        page.reload()
        page.wait_for_selector("[data-sign-absent]", state="visible")
        assert "the script did not load" in page.locator("section.sign").inner_text()
        assert page.locator("[data-sign-ui]").is_hidden()


# As on plain HTTP, and in browsers that are older than Ed25519.
NO_SUBTLE = "Object.defineProperty(crypto, 'subtle', { value: undefined });"


@pytest.fixture(scope="session")
def firm(story: Story) -> str:
    """Return a firm that has only a key held by the operator so far."""
    added = program(story, "participant", "add", "--name", "Browser Works", "--role", "producer")
    return str(added["participant"])


@pytest.mark.parametrize("script", ["", NO_SUBTLE], ids=["webcrypto", "library"])
def test_a_key_made_here_is_registered_by_a_draft_and_signs(
    browser: Browser, story: Story, firm: str, tmp_path: Path, script: str
) -> None:
    name = "201" if script else "202"
    with browser.new_context(viewport=PHONE) as context:
        context.add_init_script(script)
        page = context.new_page()
        page.goto(f"{story.url}/supplier?lang=en")
        page.focus("[data-sign-make]")
        page.keyboard.press("Enter")
        page.wait_for_selector("[data-sign-key]:not([hidden])")
        kept = page.locator("[data-sign-holder]").inner_text()
        assert ("scripts of this site could read it" in kept) == bool(script)
        register(page, story, firm)
        page.fill("#sign-api-key", api_key(story, firm))
        sign(page, tmp_path, name)
        said(page, "Accepted")
        again = page.locator("[data-sign-key-id]").inner_text()
        page.reload()
        page.wait_for_selector("[data-sign-key]:not([hidden])")
        assert page.locator("[data-sign-key-id]").inner_text() == again
    assert proven(story, tmp_path, name)["signer"]["custody"] == "self"


def register(page: Page, story: Story, firm: str) -> None:
    page.fill("#sign-api-key", api_key(story, None))
    page.click("[data-sign-ask]")
    said(page, "not registered yet")
    page.click("section.sign summary")
    page.fill("#sign-participant", firm)
    page.click("[data-sign-draw]")
    page.wait_for_selector("[data-sign-draft]:not([hidden])")
    assert page.locator("[data-sign-draft-roles]").inner_text() == "producer"
    page.click("[data-sign-cosign]")
    assert firm in said(page, "registered for participant")


def test_a_draft_for_another_key_is_not_signed(
    browser: Browser, story: Story, firm: str, tmp_path: Path
) -> None:
    with browser.new_context(viewport=PHONE) as context:
        page = context.new_page()
        page.goto(f"{story.url}/supplier?lang=en")
        page.click("[data-sign-make]")
        page.wait_for_selector("[data-sign-key]:not([hidden])")
        page.fill("#sign-api-key", api_key(story, None))
        page.click("[data-sign-ask]")
        said(page, "not registered yet")
        other = {"alg": "ed25519", "public_key": OTHER_KEY, "participant": firm}
        answer = page.request.post(
            f"{story.url}/api/keys/drafts",
            data=other,
            headers={"Authorization": f"Bearer {api_key(story, None)}"},
        )
        assert answer.ok, answer.text()
        file = tmp_path / "draft.json"
        file.write_text(answer.text())
        page.set_input_files("#sign-draft", file)
        said(page, "KEY_DRAFT_OTHER")
        assert page.locator("[data-sign-draft]").is_hidden()
