"""What strangers wrote stays data in every table."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_api.exports.cells import MAX_CELL, cell, csv_cell, csv_lines, visible

FORMULA_BEGINS = "=+-@＝＋－＠"


class TestVisible:
    def test_writes_out_what_hides_or_breaks_lines(self) -> None:
        assert visible("a\nb\r\x00\u202ec\u2066\ufeff") == (
            r"a\u000ab\u000d\u0000\u202ec\u2066\ufeff"
        )

    def test_writes_out_lone_surrogates_which_no_file_can_hold(self) -> None:
        assert visible("a\ud800b").encode() == rb"a\ud800b"

    def test_leaves_letters_of_all_scripts_alone(self) -> None:
        assert visible("上游铜材 «é» עברית 𝄞") == "上游铜材 «é» עברית 𝄞"


class TestCell:
    @pytest.mark.parametrize("value", ["=1+1", '"', "a,b", "@x", "  "])
    def test_keeps_texts_as_they_are(self, value: str) -> None:
        assert cell(value) == value

    def test_cuts_a_text_that_a_spreadsheet_would_drop(self) -> None:
        shown = cell("x" * (MAX_CELL + 1))
        assert isinstance(shown, str)
        assert len(shown) == MAX_CELL
        assert shown.endswith("x…")

    def test_keeps_a_text_of_the_greatest_length(self) -> None:
        assert cell("x" * MAX_CELL) == "x" * MAX_CELL

    @pytest.mark.parametrize("value", [0, -5, 1.5, True, None, 10**15 - 1])
    def test_keeps_numbers(self, value: float | None) -> None:
        assert cell(value) is value

    @pytest.mark.parametrize(
        "value", [10**15, Decimal("1.10"), float("nan"), float("inf"), -(10**18)]
    )
    def test_writes_as_text_what_would_lose_digits(self, value: float | Decimal) -> None:
        assert cell(value) == str(value)


class TestCSVCell:
    @pytest.mark.parametrize("begin", FORMULA_BEGINS)
    def test_puts_an_apostrophe_before_a_formula(self, begin: str) -> None:
        assert csv_cell(f'{begin}HYPERLINK("x")') == f'\'{begin}HYPERLINK("x")'

    @pytest.mark.parametrize("text", ["  =1", ";=1", 'a";=1', "x,@y", "|+1", "a'-b"])
    def test_puts_one_behind_other_separators_and_spaces_too(self, text: str) -> None:
        assert any(f"'{begin}" in csv_cell(text) for begin in FORMULA_BEGINS)

    @pytest.mark.parametrize("text", ["a=b", "https://x/01/1?a=-1", "10-12", "a@b.example", ""])
    def test_leaves_other_texts_alone(self, text: str) -> None:
        assert csv_cell(text) == text

    @pytest.mark.parametrize(("value", "text"), [(-5, "-5"), (Decimal("-0.10"), "-0.10")])
    def test_leaves_numbers_alone(self, value: int | Decimal, text: str) -> None:
        assert csv_cell(value) == text

    @given(st.text())
    def test_no_text_ends_up_as_a_formula(self, text: str) -> None:
        (line,) = csv_lines([["a", text]])
        for separator in ",;\t|":
            for fields in csv.reader(io.StringIO(line, newline=""), delimiter=separator):
                assert not any(field.lstrip().startswith(tuple(FORMULA_BEGINS)) for field in fields)

    @given(st.lists(st.text(), min_size=1))
    def test_a_row_is_one_line_and_reads_back(self, texts: list[str]) -> None:
        (line,) = csv_lines([texts])
        assert line.endswith("\r\n")
        assert len(line.splitlines()) == 1
        (row,) = csv.reader([line])
        assert row == [csv_cell(text) for text in texts]
