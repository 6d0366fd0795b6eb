"""Texts of strangers as cells of a table: shown as they are, never run, never a line of their own.

A spreadsheet program takes a text that begins with `=`, `+`, `-` or `@` for a formula when it
opens a CSV file, also behind a separator that it was told to split at; see OWASP, "CSV Injection".
In XLSX a text is a text, so that nothing need be put before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from math import isfinite
from typing import Final, TypeAlias

Value: TypeAlias = str | int | float | Decimal | bool | None

# What Excel takes into one cell; a longer text would be dropped whole.
MAX_CELL: Final = 32_767
CUT: Final = "…"
_EXACT: Final = 10**15

# Control characters, what turns the direction of writing or cannot be seen, the line separators,
# lone surrogates, and what XML 1.0 has no place for.
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff"
    "\ufff9-\ufffb\ufffe\uffff]"
)
# The wide forms count too: some programs take them for the narrow ones.
_FORMULA = re.compile(r"(^|[,;|\"'])(\s*)(?=[=+\-@＝＋－＠])")
_SPLITS = re.compile("[,;|\"']")


def visible(text: str) -> str:
    r"""Return a text with every character that hides or breaks lines written as `\uXXXX`."""
    if text.isprintable():
        return text
    return _HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def cell(value: Value) -> str | int | float | None:
    """Return a value for a cell that is told its type, as those of XLSX are.

    Decimals become texts, since a spreadsheet's numbers would lose digits of theirs; so do whole
    numbers of more than fifteen digits, and what is no number.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float) and isfinite(value) and abs(value) < _EXACT:
        return value
    text = visible(str(value))
    return text if len(text) <= MAX_CELL else text[: MAX_CELL - len(CUT)] + CUT


def csv_cell(value: Value) -> str:
    """Return a value as a text that no program which opens a CSV file takes for a formula.

    A number is written as it is: it begins with a sign and can be no formula. Before what could
    be one, an apostrophe is put, as OWASP advises.
    """
    if value is None:
        return ""
    if isinstance(value, int | float | Decimal):
        return str(value)
    shown = visible(value)
    # Most texts are codes and addresses, which need no closer look.
    if (shown[:1].isalnum() or shown[:1] == "(") and not _SPLITS.search(shown):
        return shown
    return _FORMULA.sub(r"\1\2'", shown)


def csv_field(value: Value) -> str:
    """Return a value as a field of a CSV file, in quotation marks."""
    return '"' + csv_cell(value).replace('"', '""') + '"'


def csv_lines(rows: Iterable[Iterable[Value]]) -> Iterator[str]:
    """Yield the lines of a CSV file (RFC 4180), every field in quotation marks."""
    return (csv_line(map(csv_field, row)) for row in rows)


def csv_line(fields: Iterable[str]) -> str:
    """Return a line of fields that `csv_field` has written."""
    return ",".join(fields) + "\r\n"
