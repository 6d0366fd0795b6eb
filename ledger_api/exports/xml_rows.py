"""Rows of a sheet as the XML of their format, without a step by the library for each cell.

Source: ECMA-376, part 1, section 18.3.1: `row` and `c`. Every text is an inline string, so that
none is taken for a formula, a link, a number, or markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]  # it ships no types

from ledger_api.exports.cells import CUT, MAX_CELL, Value, cell

if TYPE_CHECKING:
    from collections.abc import Sequence

# What follows the reference of a cell, up to its end; empty for a cell that is absent.
Written = str

# So a program writes a character that XML has no place for: a text that looks like it is escaped.
_ESCAPE = re.compile("(_x[0-9A-Fa-f]{4}_)")
_LETTERS: Final = 26


def xml_cell(value: Value) -> Written:
    """Return a value as what it is: a text is never taken for a formula, a link or a number."""
    shown = cell(value)
    if isinstance(shown, str):
        return _text(shown)
    if shown is None:
        return ""
    if isinstance(shown, bool):
        return f' t="b"><v>{int(shown)}</v></c>'
    return f"><v>{shown:.16G}</v></c>"


def _text(text: str) -> Written:
    if 2 * len(text) > MAX_CELL:
        text = _fitting(text)
    if "_x" in text:
        text = _ESCAPE.sub(r"_x005F\1", text)
    if "&" in text or "<" in text or ">" in text:
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    kept = ' xml:space="preserve"' if text[:1].isspace() or text[-1:].isspace() else ""
    return f' t="inlineStr"><is><t{kept}>{text}</t></is></c>'


def _fitting(text: str) -> str:
    """Cut a text that is too long in UTF-16, which is what Excel counts."""
    size = len(text.encode("utf-16-le")) // 2
    while size > MAX_CELL:
        text = text[: len(text) - (size - MAX_CELL + 1) // 2 - len(CUT)] + CUT
        size = len(text.encode("utf-16-le")) // 2
    return text


def letters(column: int) -> str:
    """Return what a column is called: A, …, Z, AA, …; the first is 0."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, _LETTERS)
        name = chr(ord("A") + rest) + name
    return name


def begun(columns: int) -> tuple[str, ...]:
    """Return how the cells of a row begin, up to the row's number."""
    return tuple(f'<c r="{letters(column)}' for column in range(columns))


def xml_row(number: int, cells: Iterable[Written], beginnings: Sequence[str]) -> str:
    """Return a row; rows are counted from 1."""
    found = [f'{begin}{number}"{one}' for begin, one in zip(beginnings, cells, strict=False) if one]
    return f'<row r="{number}">{"".join(found)}</row>' if found else ""


class RowSheet(Worksheet):  # type: ignore[misc]  # the library ships no types
    """A sheet whose rows are given as text; the library writes all that is around them."""

    def begin_rows(self) -> None:
        """End the row that the library has in hand."""
        self._write_single_row(1)

    def write_rows(self, text: str) -> None:
        """Write rows below all others."""
        self.row_data_fh.write(text)

    def end_rows(self, last_row: int, last_column: int) -> None:
        """Say how far the table goes; both are counted from 0."""
        self._check_dimensions(last_row, last_column)
