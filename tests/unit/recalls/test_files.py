"""The files of a report: what they say, in both languages, whatever strangers wrote into it."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pypdfium2
import pytest

from ledger_api.exports.cells import csv_field
from ledger_api.i18n.translations import LANGUAGES, Language
from ledger_api.recalls.asking import TargetInvalid, check_folder, target_of
from ledger_api.recalls.folder import SIGNATURE, sums_of, write_report
from ledger_api.recalls.line_cells import LineCells
from ledger_api.recalls.notices import MOST_CODES, notice_html, notice_lists
from ledger_api.recalls.pdf import MOST_ROWS, write_pdf
from ledger_api.recalls.sheets import write_sheets
from ledger_api.recalls.texts import TEXTS, readable, taken_text
from ledger_api.recalls.view import View
from tests.support.recalls import line, report
from tests.support.workbooks import read_workbook
from traceability.hashing.ed25519 import SigningKey
from traceability.hashing.envelope import Envelope, sign_envelope
from traceability.hashing.statement import PublicKey
from traceability.lineage.recalls.report import Report, Step
from traceability.lineage.recalls.states import STATES
from traceability.lineage.results import Finding
from traceability.verify.recall_report import REPORT_TYPE, FileSum, Manifest, ReportInvalid
from traceability.verify.trust import Trust

KEY = SigningKey.generate()
TRUST = Trust(
    chain_id=1,
    contract="0x" + "11" * 20,
    code_hash=bytes(32),
    log=bytes(32),
    log_key=PublicKey(KEY.alg, KEY.public_key),
    origin="ledger.example/log",
)
EVIL = '=HYPERLINK("http://evil","x")<script>alert(1)</script>'


def view(found: Report, language: Language = "en") -> View:
    return View(found, language, "Asia/Shanghai")


def pages(found: Report, language: Language = "en") -> list[str]:
    target = io.BytesIO()
    write_pdf(target, view(found, language))
    document = pypdfium2.PdfDocument(target.getvalue())
    return [document[at].get_textpage().get_text_range() for at in range(len(document))]


def sheet_xml(found: Report, language: Language = "en") -> str:
    target = io.BytesIO()
    write_sheets([target], [view(found, language)])
    with zipfile.ZipFile(target) as archive:
        names = [name for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
        return "".join(archive.read(name).decode() for name in names)


def notice_rows(found: Report) -> str:
    views = [view(found)]
    rows = notice_lists(views, LineCells(views, csv_field), found.held()[0].lines)
    return "".join(text for (text,) in rows)


class TestPDF:
    def test_the_first_page_has_verdict_figures_and_time(self) -> None:
        first = pages(report(line(0), line(1, "delivered"), line(2, "used")))[0]
        for text in ("Mock recall report", "PASS", "Found", "Shipped", "1 min 15.0 s", "240 min"):
            assert text in first

    def test_a_missed_target_is_said_first(self) -> None:
        first = pages(report(line(0, "unaccounted")))[0]
        assert "FAIL" in first
        assert "0% is accounted for, the target is 100%" in first
        more = Finding("MORE_THAN_MADE", "urn:id:1", "")
        assert "more was used or sent" in pages(report(line(0), findings=(more,)))[0]
        assert "PASS" not in first

    def test_chinese_is_chinese_and_its_font_is_embedded(self) -> None:
        target = io.BytesIO()
        write_pdf(target, view(report(line(0)), "zh"))
        text = "".join(pages(report(line(0)), "zh"))
        assert "模拟召回报告" in text
        assert "达标" in text
        assert b"/FontFile2" in target.getvalue()

    def test_every_page_has_its_number(self) -> None:
        found = pages(report(line(0)))
        assert len(found) == 2
        assert all(f"{at} / 2" in text for at, text in enumerate(found, 1))

    def test_long_codes_stay_within_the_page(self) -> None:
        long = "https://example.org/" + "0123456789" * 30
        target = io.BytesIO()
        write_pdf(target, view(report(line(0, code=long, lot=long))))
        document = pypdfium2.PdfDocument(target.getvalue())
        for at in range(len(document)):
            text = document[at].get_textpage()
            boxes = [text.get_charbox(index) for index in range(text.count_chars())]
            assert max(right for _, _, right, _ in boxes) <= document[at].get_width() - 30

    @pytest.mark.parametrize("text", ["位" * 9_000, "; ".join(["https://example.org/at"] * 900)])
    def test_a_text_that_no_page_holds_is_cut(self, text: str) -> None:
        found = report(line(0, code=text, lot=text, place=text), holder=text, code=text)
        shown = found.holders[0]._replace(places=(text,))
        pages_of_it = pages(replace(found, holders=(shown,)))
        assert "…" in "".join(pages_of_it)
        assert len(pages_of_it) < 30
        assert text in sheet_xml(found)

    def test_a_long_table_ends_and_says_how_much_is_left(self) -> None:
        steps = tuple(
            Step(f"a{at}", "b", 1, "transformation", "e", "u") for at in range(MOST_ROWS + 7)
        )
        text = "".join(pages(report(forward=steps)))
        assert "7 more rows are in the spreadsheet" in text
        assert f"a{MOST_ROWS - 1}" in text
        assert f"a{MOST_ROWS}\r" not in text

    def test_the_same_report_is_the_same_file(self) -> None:
        one, other = io.BytesIO(), io.BytesIO()
        for target in (one, other):
            write_pdf(target, view(report(line(0))))
        assert one.getvalue() == other.getvalue()

    def test_markup_in_a_name_is_text(self) -> None:
        assert "<script>" in "".join(pages(report(line(0), holder=EVIL))).replace("\r\n", "")


class TestSpreadsheet:
    def test_no_text_is_a_formula(self) -> None:
        found = report(line(0, place=EVIL), holder=EVIL)
        xml = sheet_xml(found)
        assert "<f>" not in xml
        assert "HYPERLINK" in xml

    def test_both_languages_are_written_side_by_side_and_say_the_same(self) -> None:
        found = report(line(0, "used"), line(1, place="=1", unit="KGM", quantity=Decimal("2.5")))
        both = [io.BytesIO(), io.BytesIO()]
        write_sheets(both, [view(found, language) for language in LANGUAGES])
        for target, language in zip(both, LANGUAGES, strict=True):
            rows = read_workbook(target.getvalue())[view(found, language).say("lines")]
            assert [row[0] for row in rows[1:]] == [readable(one.code) for one in found.lines]
            assert view(found, language).say("used") in rows[1]
            assert rows[2][3:5] == ["2.5", view(found, language).unit("KGM")]
            assert sheet_xml(found, language).count("=1") == 1

    def test_it_has_every_line_with_record_and_proof(self) -> None:
        lines = [line(number) for number in range(50)]
        xml = sheet_xml(report(*lines))
        assert all(one.code in xml and one.proof_url in xml for one in lines)
        assert xml.count(lines[0].record) >= 50

    def test_amounts_are_numbers_and_keep_their_decimals(self) -> None:
        xml = sheet_xml(report(line(0, "used", kind="lot", quantity=Decimal("0.1"), unit="KGM")))
        assert "<t>0.1</t>" in xml


class TestNotices:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_it_says_what_is_held_and_what_to_do(self, language: Language) -> None:
        found = report(line(0, "delivered"), line(1, "used"))
        text = notice_html(view(found, language), found.held()[0], list_name="list.csv")
        assert readable(line(0).code) in text
        assert readable(line(1).code) not in text
        words = TEXTS["notice_do_mock-recall"][0 if language == "zh" else 1].split("|")
        assert all(word in text for word in words)

    def test_a_real_recall_says_to_stop(self) -> None:
        found = report(line(0, "delivered"), kind="recall")
        text = notice_html(view(found), found.held()[0], list_name="list.csv")
        assert "Stop using, selling and moving the goods" in text
        assert "exercise" not in text

    def test_names_are_text(self) -> None:
        found = report(line(0), holder=EVIL)
        text = notice_html(view(found), found.held()[0], list_name="x.csv")
        assert "<script>" not in text

    def test_more_codes_than_a_notice_holds_are_in_its_list(self) -> None:
        found = report(*(line(number) for number in range(MOST_CODES + 3)))
        text = notice_html(view(found), found.held()[0], list_name="list.csv")
        assert "3 more codes" in text
        assert "list.csv" in text
        rows = notice_rows(found).splitlines()
        assert len(rows) == 1 + MOST_CODES + 3

    def test_a_list_has_no_formula(self) -> None:
        found = report(line(0, place="=1+1"))
        rows = notice_rows(found)
        assert '"\'=1+1"' in rows
        assert '"=1+1"' not in rows


@pytest.mark.parametrize("state", STATES)
def test_every_state_has_words(state: str) -> None:
    assert all(TEXTS[state])


def test_every_text_is_in_both_languages_with_the_same_names() -> None:
    def names(text: str) -> set[str]:
        return {part.split("}")[0] for part in text.split("{")[1:]}

    assert all(zh and en and names(zh) == names(en) for zh, en in TEXTS.values())


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("https://id.gs1.org/01/09521003100012/10/C%2F1", "(01)09521003100012 (10)C/1"),
        ("https://id.gs1.org/00/195210050000180095", "(00)195210050000180095"),
        ("https://example.org/x/1", "https://example.org/x/1"),
        ("urn:epc:id:sgln:1.2.3", "urn:epc:id:sgln:1.2.3"),
    ],
)
def test_codes_are_written_as_labels_print_them(code: str, expected: str) -> None:
    assert readable(code) == expected


def test_durations_are_told_in_minutes_and_seconds() -> None:
    assert taken_text(75, "en") == "1 min 15.0 s"
    assert taken_text(0.34, "en") == "0.3 s"
    assert taken_text(75, "zh") == "1 分 15.0 秒"


@pytest.mark.parametrize(
    ("minutes", "percent"),
    [("-1", "100"), ("x", "100"), ("NaN", "100"), ("240", "100.1"), ("", "1")],
)
def test_a_target_out_of_range_is_refused(minutes: str, percent: str) -> None:
    with pytest.raises(TargetInvalid):
        target_of(minutes, percent)
    assert target_of("0.5", "99.5").minutes == Decimal("0.5")


class TestFolder:
    def write(self, target: Path) -> tuple[str, ...]:
        def signed(_: Report, files: dict[str, FileSum]) -> Envelope:
            payload = Manifest(bytes(32), {}, files).to_bytes()
            return sign_envelope(REPORT_TYPE, payload, [KEY])

        made = report(line(0), line(1, "used"))
        return write_report(target, made, timezone="UTC", author=None, sign=signed)

    def test_what_a_killed_run_left_is_no_report_and_is_replaced(self, tmp_path: Path) -> None:
        left = tmp_path / ".recall.new"
        (left / "notices").mkdir(parents=True)
        (left / "notices" / "0001-old-zh.csv").write_text("half a li")
        (left / "report.json").write_text('{"lines": [')
        with pytest.raises(ReportInvalid):
            check_folder(left, TRUST)
        names = self.write(tmp_path / "recall")
        assert [path.name for path in tmp_path.iterdir()] == ["recall"]
        found = sums_of(tmp_path / "recall")
        assert {*found, SIGNATURE} == set(names)
        assert not any("old" in name for name in found)

    def test_the_same_report_is_the_same_folder(self, tmp_path: Path) -> None:
        for name in ("one", "other"):
            self.write(tmp_path / name)
        assert sums_of(tmp_path / "one") == sums_of(tmp_path / "other")
        (tmp_path / "other" / "report.json").write_text("{}")
        assert sums_of(tmp_path / "one") != sums_of(tmp_path / "other")
