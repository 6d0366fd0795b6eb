"""What each page says, in both languages, without a script having run."""

from __future__ import annotations

import gzip
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from ledger_api.i18n.fault_texts import fault_side
from ledger_api.i18n.local_text import LocalText
from ledger_api.web import pages
from ledger_api.web.assets import STATIC
from ledger_api.web.pages import Page
from ledger_api.web.views import Attribute, ProblemView, SignerPart, verdict_of
from tests.support.asgi_client import Client
from tests.support.page_samples import LOT_ITEM, PAGES, TEST_CHAIN, URI, item, make_app, verdict
from traceability.verify.report import Report, Step

# What the page may weigh with its style, script and proof, which is about 9 KB.
BUDGET_BYTES = 50_000
PROOF_BYTES = 10 * 1024
SAMPLES_OF_A_REAL_CHAIN = {f"/item/{status}" for status in ("recalled", "corrected", "erased")}
VOID = {"meta", "link", "input", "path", "circle", "rect", "br", "img"}


class Outline(HTMLParser):
    """Collects tags and checks that they nest."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag, (tag, self.open, self.getpos())


def outline(text: str) -> Outline:
    parser = Outline()
    parser.feed(text)
    parser.close()
    assert parser.open == []
    return parser


@pytest.fixture(scope="module")
def client() -> Client:
    return Client(make_app())


def text_of(client: Client, path: str, language: str) -> str:
    return client.get(path, params={"lang": language}).text


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_whole_and_loads_nothing_foreign(
    client: Client, path: str, language: str
) -> None:
    answer = client.get(path, params={"lang": language})
    found = outline(answer.text)
    assert answer.headers["Content-Language"] == {"zh": "zh-Hans", "en": "en"}[language]
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert sum(tag == "h1" for tag, _ in found.tags) == (0 if path == "/docs" else 1)
    for tag, attributes in found.tags:
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
        if tag == "script":
            assert "src" in attributes or attributes["type"] == "application/json"
        if tag in ("script", "link") and "rel" not in attributes:
            assert attributes.get("src", "/static").startswith("/static")
    ids = [attributes["id"] for _, attributes in found.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("path", PAGES)
def test_the_chinese_page_has_no_untranslated_sentence(client: Client, path: str) -> None:
    chinese = text_of(client, path, "zh")
    chinese = re.sub(r'(?s)<[^>]* lang="en"[^>]*>[^<]*<', "<", chinese)
    words = re.sub(r"(?s)<(script|code|pre|title)\b.*?</\1>|<[^>]+>", " ", chinese)
    assert re.findall(r"[A-Za-z']+(?: [a-z']+){3,}", words) == []


@pytest.mark.parametrize(
    ("kind", "chinese", "english"),
    [
        ("final", "原始记录，未被改动", "Authentic record, unchanged"),
        ("anchored", "原始记录，即将最终确认", "Authentic record, about to be final"),
        ("logged", "原始记录，尚未锚定", "Authentic record, not anchored yet"),
        ("received", "记录已接收，尚无证明", "Record received, nothing proven yet"),
        ("mismatch", "记录与日志不符", "The record does not match the log"),
        ("unchecked", "此记录未能核验", "This record could not be checked"),
    ],
)
def test_the_verdict_stands_in_words(client: Client, kind: str, chinese: str, english: str) -> None:
    assert chinese in text_of(client, f"/item/{kind}", "zh")
    assert english in text_of(client, f"/item/{kind}", "en")


def test_an_authentic_record_is_never_called_an_authentic_item(client: Client) -> None:
    for path in PAGES:
        text = text_of(client, path, "en").lower()
        assert "authentic item" not in text
        assert "genuine item" not in text
        assert "正品" not in text_of(client, path, "zh")


def test_only_proven_verdicts_claim_what_is_proven(client: Client) -> None:
    claim, log_claim = "not a character has changed since", "cannot be rewritten unseen"
    for kind in ("final", "anchored"):
        assert claim in text_of(client, f"/item/{kind}", "en")
        assert log_claim in text_of(client, f"/item/{kind}", "en")
    assert claim in text_of(client, "/item/logged", "en")
    for kind in ("logged", "received", "mismatch", "unchecked"):
        assert log_claim not in text_of(client, f"/item/{kind}", "en")
    for kind in ("received", "mismatch", "unchecked"):
        assert claim not in text_of(client, f"/item/{kind}", "en")


def test_the_failed_step_is_named(client: Client) -> None:
    text = text_of(client, "/item/mismatch", "en")
    assert "The record is in the signed batch" in text
    assert "INCLUSION_PROOF" in text
    assert 'class="step-not_checked"' in text


@pytest.mark.parametrize("path", sorted(set(PAGES) - SAMPLES_OF_A_REAL_CHAIN))
def test_the_test_chain_is_said_on_every_page(client: Client, path: str) -> None:
    assert text_of(client, path, "en").count("notice-test") == 1


@pytest.mark.parametrize("path", sorted(SAMPLES_OF_A_REAL_CHAIN))
def test_a_real_chain_has_no_such_notice(client: Client, path: str) -> None:
    assert "notice-test" not in text_of(client, path, "en")


@pytest.mark.parametrize("path", ["/unknown", "/supplier/cut"])
def test_an_error_is_told_in_chinese_and_its_detail_is_marked_english(
    client: Client, path: str
) -> None:
    text = text_of(client, path, "zh")
    shown, _, detail = text.partition('<details class="fine"><summary>技术细节')
    assert re.match(r"[^<]*</summary><p lang=\"en\">[A-Za-z]", detail)
    message = re.search(r"<p lang=\"en\">([^<]+)</p>", detail)
    assert message is not None
    assert message[1] not in shown


def test_what_was_expected_is_told_in_chinese() -> None:
    view = ProblemView(400, "CODE_SYNTAX", "x", expected="digits", got="'a'")
    text = pages.problem_page(Page("zh"), view).body.decode()
    assert "<code>digits</code>" not in text
    assert fault_side("digits", language="zh") in text
    assert "<code>digits</code>" in pages.problem_page(Page("en"), view).body.decode()


def test_a_signature_by_the_operator_is_said_to_be_one() -> None:
    held, own = item(), replace(item(), verdict=verdict("final", custody="self"))
    by_operator = pages.item_page(Page("en"), held).body.decode()
    by_itself = pages.item_page(Page("en"), own).body.decode()
    assert "the operator, for 江北电缆有限公司" in by_operator
    assert "the operator, for" not in by_itself
    assert "with a key of its own" in by_itself


def test_a_recall_stands_before_everything_else(client: Client) -> None:
    text = text_of(client, "/item/recalled", "en")
    assert text.index("Recalled: do not use") < text.index("<h1>")
    assert "quality" in text
    assert "Recalled: do not use" not in text_of(client, "/item/final", "en")


@pytest.mark.parametrize(
    ("status", "words"),
    [("corrected", "has since corrected"), ("erased", "The content was erased later")],
)
def test_other_statuses_are_said(client: Client, status: str, words: str) -> None:
    assert words in text_of(client, f"/item/{status}", "en")
    assert words not in text_of(client, "/item/final", "en")


def test_a_lot_code_is_said_to_name_no_single_item() -> None:
    text = pages.item_page(Page("en"), LOT_ITEM).body.decode()
    assert "names a whole lot" in text
    assert "data-check" not in text
    product = replace(LOT_ITEM, code=replace(LOT_ITEM.code, lot=None))
    assert "names a kind of product" in pages.item_page(Page("en"), product).body.decode()


def test_plain_http_is_owned_up_to(client: Client) -> None:
    notice = re.compile(r"data-plain-http( hidden)?>")
    over_tls = notice.search(client.get("/item/final").text)
    over_http = notice.search(client.get("http://trace.example.cn/item/final").text)
    assert over_tls is not None
    assert over_http is not None
    assert (over_tls[1], over_http[1]) == (" hidden", None)


def test_the_proof_can_be_downloaded_and_checked_without_us(client: Client) -> None:
    text = text_of(client, "/item/final", "en")
    assert f'href="/api/proofs?code={URI}" download="proof.json"' in text
    assert "itemproof verify proof.json --trust trust.json" in text
    assert f'data-code="{URI}"' in text


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/unknown", 404, "Nothing is recorded under this code"),
        ("/wrong-digit", 400, "The check digit is wrong"),
        ("/scan/wrong", 400, "The check digit is wrong"),
        ("/supplier/cut", 400, "The file is not complete JSON"),
    ],
)
def test_errors_have_their_own_status_and_words(
    client: Client, path: str, status: int, words: str
) -> None:
    answer = client.get(path, params={"lang": "en"})
    assert answer.status_code == status
    assert words in answer.text


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh", "违反“编码只启用一次”的规则：&#39;urn:uuid:6f10&#39; (2026-03-02T01:12:00.000Z) 与"),
        (
            "en",
            "is commissioned twice: &#39;urn:uuid:6f10&#39; (2026-03-02T01:12:00.000Z) contradicts",
        ),
    ],
)
def test_a_breach_that_is_told_names_rule_and_events(
    client: Client, language: str, words: str
) -> None:
    assert words in text_of(client, "/supplier/answer", language)


def test_what_people_wrote_is_never_markup() -> None:
    hostile = "<script>alert(1)</script>"
    view = replace(
        item(),
        name=LocalText(hostile, hostile),
        attributes=(Attribute(hostile, hostile),),
        verdict=replace(verdict("final"), signer=SignerPart(hostile, "operator")),
    )
    text = pages.item_page(Page("en"), view).body.decode()
    assert hostile not in text
    assert "&lt;script&gt;alert(1)" in text


def test_event_times_are_shown_in_their_own_zone(client: Client) -> None:
    text = text_of(client, "/item/final", "en")
    assert '<time datetime="2026-03-02T09:12:00+08:00">2 Mar 2026, 09:12</time>' in text
    assert "5 Mar 2026, 10:25 UTC+01:00" in text
    assert "2026年3月2日 09:12" in text_of(client, "/item/final", "zh")


def test_the_language_follows_the_browser_and_the_address_wins(client: Client) -> None:
    def heading(query: str, header: str) -> str:
        answer = client.get(f"/audit{query}", headers={"Accept-Language": header})
        found = re.search(r"<h1>(.*?)</h1>", answer.text)
        assert found is not None
        return found[1]

    assert heading("", "en-GB,zh;q=0.5") == "Where the log stands"
    assert heading("", "fr,zh-CN;q=0.5,en;q=0.4") == "日志现状"
    assert heading("?lang=zh", "en") == "日志现状"
    assert heading("?lang=en", "zh-CN") == "Where the log stands"
    assert heading("", "fr") == "日志现状"


def test_the_other_language_is_one_link_away_and_links_keep_the_choice(client: Client) -> None:
    text = client.get("/audit?a=1&lang=en").text
    assert 'href="/audit?a=1&amp;lang=zh"' in text
    assert 'href="/quality?lang=en"' in text
    assert 'href="/quality"' in client.get("/audit").text


def test_the_consumer_page_is_light(client: Client) -> None:
    headers = {"Accept-Encoding": "gzip"}
    total = PROOF_BYTES
    page = client.get("/item/final", headers=headers)
    addresses = re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text)
    assert len(addresses) == 3
    for address in ["/item/final", *addresses]:
        answer = client.get(address, headers=headers)
        assert answer.status_code == 200
        total += answer.num_bytes_downloaded
    assert total <= BUDGET_BYTES


def test_assets_are_kept_for_a_year_under_their_version(client: Client) -> None:
    address = re.search(r"/static/site\.css\?v=[0-9a-f]{10}", client.get("/audit").text)
    assert address is not None
    assert "immutable" in client.get(address[0]).headers["Cache-Control"]
    assert client.get("/static/site.css").headers["Cache-Control"] == "no-cache"


def test_what_only_the_program_reads_is_not_served(client: Client) -> None:
    assert (STATIC / "build" / "NotoSansSC-Regular.ttf").is_file()
    assert client.get("/static/build/NotoSansSC-Regular.ttf").status_code == 404
    assert client.get("/static/../pages.py").status_code == 404


def test_pages_are_compressed_and_answers_to_posts_are_not(client: Client) -> None:
    answer = client.get("/audit", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(gzip.compress(answer.content)) < len(answer.content) / 2


def test_a_report_becomes_a_verdict() -> None:
    failed = Report("final", (Step(0, "passed"), Step(7, "failed", "LOG_MISMATCH")))
    nothing = Report("final", (Step(0, "not_checked"),))
    assert verdict_of(failed).kind == "mismatch"
    assert verdict_of(nothing).kind == "unchecked"


def test_a_suspect_key_is_said() -> None:
    signer = SignerPart("甲", "self", is_suspect=True)
    view = replace(item(), verdict=replace(verdict("final"), signer=signer))
    shown, silent = (
        re.search("<p[^>]*data-suspect[^>]*>", pages.item_page(Page("en"), one).body.decode())
        for one in (view, item())
    )
    assert shown is not None
    assert "hidden" not in shown[0]
    assert silent is not None
    assert "hidden" in silent[0]


def test_the_chain_being_down_is_said_on_the_audit_page() -> None:
    from tests.support.page_samples import AUDIT

    words = "they will be anchored when it returns"
    down = pages.audit_page(Page("en"), replace(AUDIT, is_chain_reachable=False)).body.decode()
    assert words in down
    assert words not in pages.audit_page(Page("en"), AUDIT).body.decode()
    assert TEST_CHAIN.contract in down
