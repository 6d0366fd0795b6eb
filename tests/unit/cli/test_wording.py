"""The lines of the commands: both languages say the same, and no finding lacks words."""

from __future__ import annotations

import string

import pytest

from ledger_api.cli.wording import LINES, words
from ledger_api.i18n.required_terms import error_codes
from ledger_api.i18n.terms import error_words
from ledger_api.i18n.translations import LANGUAGES, Language
from ledger_api.statuses import exit_status, http_status
from scripts import update_catalogues
from traceability.chain.faults import ChainIdMismatch, ContractMismatch
from traceability.errors import Refused, SettingsInvalid
from traceability.lineage.findings import MESSAGES
from traceability.verify.receipt import REASONS


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("name", sorted(set(LINES) - {"reason", "detail"}))
def test_both_languages_fill_in_the_same(name: str) -> None:
    chinese, english = LINES[name]
    assert names(chinese) == names(english)
    assert chinese.strip()


@pytest.mark.parametrize("name", sorted(LINES))
def test_the_chinese_line_is_chinese(name: str) -> None:
    assert any("一" <= letter <= "鿿" or letter in "（）：，" for letter in LINES[name][0])


@pytest.mark.parametrize("code", sorted(REASONS))
def test_each_reason_of_a_verdict_has_words_and_its_own_in_english(code: str) -> None:
    assert LINES[code][1] == REASONS[code]
    assert LINES[code][0] != REASONS[code]


@pytest.mark.parametrize("code", sorted(MESSAGES))
def test_each_finding_has_words_and_its_own_in_english(code: str) -> None:
    assert words(code, language="en") == MESSAGES[code]
    assert words(code, language="zh") != MESSAGES[code]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", ["REQUEST_INVALID", "METHOD_NOT_ALLOWED", "REQUEST_REFUSED"])
def test_a_refused_request_has_words_of_its_own(code: str, language: Language) -> None:
    update_catalogues.import_everything()
    assert code in error_codes()
    general = error_words("ITEMPROOF_ERROR", language=language)
    assert error_words(code, language=language).title != general.title
    assert error_words("NO_SUCH_CODE", language=language) == general


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_remedy_for_zones_fits_a_time_and_an_offset(language: Language) -> None:
    remedy = error_words("EPCIS_TIME_ZONE", language=language).remedy
    assert "05+08:00" in remedy
    assert "eventTimeZoneOffset" in remedy


def test_wrong_settings_are_2_another_chain_3_and_a_refusal_1() -> None:
    assert exit_status(SettingsInvalid("x")) == 2
    assert exit_status(ChainIdMismatch("x")) == exit_status(ContractMismatch("x")) == 3
    assert exit_status(Refused("x")) == 1
    assert http_status(SettingsInvalid("x")) == 500
