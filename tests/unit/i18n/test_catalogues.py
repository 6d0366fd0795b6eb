"""The catalogues: nothing missing, nothing unsure, and the right language chosen."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from ledger_api.i18n import translations as translations_module
from ledger_api.i18n.local_text import LocalText
from ledger_api.i18n.required_terms import error_codes, required_terms
from ledger_api.i18n.terms import error_words, term
from ledger_api.i18n.translations import (
    DOMAINS,
    LANGUAGES,
    Language,
    choose_language,
    compile_catalogue,
    translations,
)
from scripts import update_catalogues


@pytest.fixture(scope="module", autouse=True)
def _everything_imported() -> None:
    update_catalogues.import_everything()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("domain", DOMAINS)
def test_no_string_is_missing_or_left_over(language: Language, domain: str) -> None:
    assert update_catalogues.faults_of(language, domain, check=True) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_error_code_has_title_and_remedy(language: Language) -> None:
    for code in error_codes():
        words = error_words(code, language=language)
        assert words.title not in ("", code)
        assert words.remedy not in ("", code)


def test_an_error_without_words_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = {*required_terms(), ("error title", "NEW_FAULT")}
    monkeypatch.setattr(update_catalogues, "wanted_ids", lambda domain: wanted)
    found = update_catalogues.faults_of("en", "terms", check=True)
    assert any("missing ('error title', 'NEW_FAULT')" in fault for fault in found)


def test_a_sentence_without_translation_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    before = update_catalogues.read_catalogue("zh", "pages")
    changed = Catalog(locale="zh_Hans")
    for message in update_catalogues.messages(before):
        text = "" if message.id == "Audit" else message.string
        changed.add(message.id, string=text, context=message.context)
    monkeypatch.setattr(update_catalogues, "read_catalogue", lambda language, domain: changed)
    found = update_catalogues.faults_of("zh", "pages", check=True)
    assert [fault for fault in found if "not translated (None, 'Audit')" in fault]


def test_a_sentence_that_no_page_uses_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = update_catalogues.wanted_ids("pages") - {(None, "Audit")}
    monkeypatch.setattr(update_catalogues, "wanted_ids", lambda domain: wanted)
    found = update_catalogues.faults_of("en", "pages", check=True)
    assert [fault for fault in found if fault.endswith("unused (None, 'Audit')")]


def test_an_unknown_code_gets_the_general_words() -> None:
    assert error_words("NO_SUCH_CODE", language="en") == error_words(
        "ITEMPROOF_ERROR", language="en"
    )
    assert term("biz_step", "https://example.cn/own", language="zh") == "https://example.cn/own"
    assert term("biz_step", "shipping", language="zh") == "发货"


def test_an_outdated_compiled_catalogue_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(translations_module, "BUILT", tmp_path)
    built = translations_module.built_of("zh", "terms")
    old = compile_catalogue("zh", "terms").replace("发货".encode(), "假的".encode())
    built.write_bytes(old)
    translations.cache_clear()
    assert term("biz_step", "shipping", language="zh") == "假的"
    os.utime(built, (0, 0))
    translations.cache_clear()
    assert term("biz_step", "shipping", language="zh") == "发货"
    translations.cache_clear()


@pytest.mark.parametrize(
    ("asked", "header", "chosen"),
    [
        (None, None, "zh"),
        ("en", "zh", "en"),
        ("EN-us", None, "en"),
        ("zh_Hans", "en", "zh"),
        ("fr", "en", "en"),
        (None, "en-US,en;q=0.9,zh;q=0.8", "en"),
        (None, "zh;q=0.1, en;q=0.2", "en"),
        (None, "en;q=0, fr", "zh"),
        (None, "*", "zh"),
        (None, "de, *;q=0.5, en;q=0.7", "en"),
        (None, "en;q=2", "zh"),
        (None, ";;;,,,q=", "zh"),
        (None, "x," * 100 + "en", "zh"),
    ],
)
def test_the_address_then_the_browser_then_the_default_choose_the_language(
    asked: str | None, header: str | None, chosen: str
) -> None:
    assert choose_language(asked, header) == chosen


def test_a_text_in_one_language_stands_in_for_the_other() -> None:
    both, only = LocalText("铜杆", "copper rod"), LocalText(en="copper rod")
    assert (both.pick("zh"), both.other("zh")) == ("铜杆", "copper rod")
    assert (only.pick("zh"), only.other("zh")) == ("copper rod", "")
    assert LocalText("甲", "甲").other("en") == ""
