"""Both sides of a fault can be said in Chinese; names, numbers and quoted values stay."""

import re

import pytest

from ledger_api.i18n.fault_texts import RULES, fault_detail, fault_side
from tests.support import rule_cases, sensor_cases
from tests.support.epcis import document, event
from traceability.events.faults import Fault
from traceability.events.jsonld import parse_document
from traceability.lineage.one_code.breach import Breach, EventName
from traceability.lineage.one_code.faults import OneCodeBreach

CASES = rule_cases.CASES | sensor_cases.CASES
ENGLISH = re.compile(r"(?<![\w'/:.])(?:an?|the|one|of|or|at|with|it|expected|once|none|only)(?!\w)")


def faults_of(name: str) -> tuple[Fault, ...]:
    kind, _, bad, *_ = CASES[name]
    return parse_document(document(event(kind, **bad))).faults


@pytest.mark.parametrize("name", CASES)
def test_every_rule_is_told_in_both_languages(name: str) -> None:
    for fault in faults_of(name):
        assert fault_detail(fault, language="en") == fault.message
        detail = fault_detail(fault, language="zh")
        assert re.search("[一-鿿]", detail)
        if fault.expected is not None:
            expected = fault_side(fault.expected, language="zh")
            assert expected in detail
            assert ENGLISH.search(expected) is None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("an absolute URI", "绝对 URI"),
        ("at most 8192 characters", "最多 8192 个字符"),
        ("at most 10000", "最多 10000"),
        ("6 to 12 digits", "6 至 12 位数字"),
        ("percValue or value beside it", "同时填写 percValue 或 value"),
        ("none with DELETE", "DELETE 时缺失"),
        ("epcList", "epcList"),
        ("17", "17"),
        ("01 to 12", "01 至 12"),
        ("'none to one digits'", "'none to one digits'"),
        ("'one or two {}'", "'one or two {}'"),
    ],
)
def test_a_side_is_translated_but_for_names_and_values(text: str, wanted: str) -> None:
    assert fault_side(text, language="zh") == wanted
    assert fault_side(text, language="en") == text


def test_a_quoted_value_cannot_break_the_words_around_it() -> None:
    hostile = "'{0} {title} %s'"
    fault = Fault("/x", "EPCIS_TIME_ORDER", "message", f"a time from {hostile} on", hostile)
    assert fault_detail(fault, language="zh") == (
        f"时间段结束早于开始：应为 不早于 {hostile} 的时间，实为 {hostile}"
    )


def test_a_fault_without_sides_is_told_by_its_title() -> None:
    fault = Fault("/x", "EPCIS_TIME_ORDER", "message")
    assert fault_detail(fault, language="zh") == "时间段结束早于开始"


def breach(rule: type[OneCodeBreach], other: str = "urn:x:2") -> Fault:
    new, old = EventName("urn:x:1", 0, bytes(16), "Farm"), EventName(other, 1, bytes(16))
    return Breach(rule, "/epcList/0", "https://id.gs1.org/x", new, old).to_fault()


@pytest.mark.parametrize("rule", RULES)
def test_a_breach_names_its_rule_and_both_events_in_chinese(rule: type[OneCodeBreach]) -> None:
    fault = breach(rule)
    detail = fault_detail(fault, language="zh")
    assert re.fullmatch(
        r"https://id.gs1.org/x 违反.*规则：'urn:x:1' .* 与 'urn:x:2' .* 相互矛盾", detail
    )
    assert fault_detail(fault, language="en") == fault.message
    assert ENGLISH.search(fault_side(rule.rule, language="zh")) is None


def test_an_id_cannot_break_the_words_of_a_breach() -> None:
    detail = fault_detail(breach(OneCodeBreach, "{0} contradicts {}"), language="zh")
    assert "'{0} contradicts {}'" in detail
    assert detail.endswith("相互矛盾")


def test_a_message_without_words_of_its_own_is_told_by_title_and_sides() -> None:
    fault = Fault("/x", "COMMISSIONED_TWICE", "it is commissioned twice", "one", "two")
    assert fault_detail(fault, language="zh") == "重复赋码：应为 one，实为 two"
