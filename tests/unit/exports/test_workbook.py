"""Workbooks are the same bytes for the same rows, and hold texts as texts."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from ledger_api.exports import workbook as workbook_module
from ledger_api.exports.cells import MAX_CELL, Value
from ledger_api.exports.workbook import workbook
from ledger_api.exports.xml_rows import letters
from tests.support.workbooks import Cell, read_cells, read_workbook

HOSTILE = [
    "=1+1",
    "{=1}",
    "https://example.com/?a=1",
    "007",
    "]]>",
    "_x0041_",
    "a\x00\u202eb",
    "  x ",
    # The library takes these for text that it has marked up itself.
    "<r><t>bold</t></r>",
    "<r></worksheet></r>",
]


def written(rows: Sequence[Sequence[Value]]) -> bytes:
    target = io.BytesIO()
    with workbook(target, title="Lots") as book:
        sheet = book.sheet("Lots", columns=["code", "amount"])
        for row in rows:
            sheet.add(row)
    return target.getvalue()


def write_half(target: io.BytesIO) -> None:
    with workbook(target, title="Lots") as book:
        book.sheet("Lots", columns=["a"]).add(["1"])
        raise ValueError("in the middle")


class TestWorkbook:
    @pytest.mark.parametrize("text", HOSTILE)
    def test_a_text_stays_a_text(self, text: str) -> None:
        one = read_cells(written([[text]]))["Lots"][1][0]
        # `_x005F_` is how the format writes an underscore that begins no escape.
        expected = {"_x0041_": "_x005F_x0041_", "a\x00\u202eb": r"a\u0000\u202eb"}
        assert one == Cell("inlineStr", expected.get(text, text), False)

    def test_numbers_and_truths_keep_their_types(self) -> None:
        row = read_cells(written([[1.5, True, None, "x"]]))["Lots"][1]
        assert [(one.type, one.text) for one in row] == [
            ("n", "1.5"),
            ("b", "1"),
            ("n", ""),
            ("inlineStr", "x"),
        ]

    def test_a_text_is_cut_where_its_format_ends_it(self) -> None:
        long = "\U00020000" * 20_000
        one = read_cells(written([[long]]))["Lots"][1][0]
        assert len(one.text.encode("utf-16-le")) // 2 <= MAX_CELL
        assert one.text.endswith("\U00020000…")
        short = "\U00020000" * 16_000
        assert read_cells(written([[short]]))["Lots"][1][0].text == short

    def test_the_columns_after_the_26th_have_two_letters(self) -> None:
        assert [letters(column) for column in (0, 25, 26, 701, 702)] == [
            "A", "Z", "AA", "ZZ", "AAA",
        ]  # fmt: skip
        row = read_cells(written([[str(number) for number in range(30)]]))["Lots"][1]
        assert [one.text for one in row] == [str(number) for number in range(30)]

    def test_the_same_rows_are_the_same_bytes(self) -> None:
        assert written([["a", 1]]) == written([["a", 1]])
        assert written([["a", 1]]) != written([["a", 2]])

    def test_a_full_sheet_goes_on_in_another(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(workbook_module, "MAX_ROWS", 3)
        sheets = read_workbook(written([[str(number)] for number in range(5)]))
        head = ["code", "amount"]
        assert sheets == {
            "Lots": [head, ["0"], ["1"]],
            "Lots (2)": [head, ["2"], ["3"]],
            "Lots (3)": [head, ["4"]],
        }

    def test_rows_are_written_to_several_sheets_at_a_time(self) -> None:
        target = io.BytesIO()
        with workbook(target, title="Two") as book:
            one, other = (book.sheet(name, columns=["a"]) for name in ("One", "Other"))
            one.add(["1"])
            other.add(["2"])
            one.add(["3"])
        assert read_workbook(target.getvalue()) == {
            "One": [["a"], ["1"], ["3"]],
            "Other": [["a"], ["2"]],
        }

    def test_what_fails_leaves_neither_a_file_nor_half_a_workbook(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        target = io.BytesIO()
        with pytest.raises(ValueError, match="in the middle"):
            write_half(target)
        assert target.getvalue() == b""
        assert list(tmp_path.iterdir()) == []
