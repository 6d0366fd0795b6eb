"""XLSX files row by row, in little memory, and the same bytes for the same rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, Any, Final

import xlsxwriter  # type: ignore[import-untyped]  # it ships no types

from ledger_api.exports.cells import Value, cell
from ledger_api.exports.xml_rows import RowSheet, Written, begun, xml_cell, xml_row

if TYPE_CHECKING:
    from xlsxwriter.format import Format  # type: ignore[import-untyped]  # it ships no types

# A file says when it was made; this one would else differ from one call to the next.
CREATED: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - XLSX has times without a zone
# A sheet's rows, by the file format; the first is the head.
MAX_ROWS: Final = 1_048_576
_OPTIONS: Final = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "use_zip64": True,
}


class Sheet:
    """One table: a head that stays in view, sortable columns; a full sheet goes on in another."""

    def __init__(
        self, workbook: Workbook, name: str, *, columns: Sequence[str], widths: Sequence[int]
    ) -> None:
        self._workbook = workbook
        self._name = name
        self._columns = columns
        self._widths = widths
        self._beginnings = begun(len(columns))
        self._parts = 0
        self.rows = 0
        self._begin()

    def _begin(self) -> None:
        self._parts += 1
        name = self._name if self._parts == 1 else f"{self._name} ({self._parts})"
        self._sheet = self._workbook.worksheet(name)
        for number, width in enumerate(self._widths):
            self._sheet.set_column(number, number, width)
        self._sheet.freeze_panes(1, 0)
        for number, column in enumerate(self._columns):
            self._sheet.write_string(0, number, str(cell(column)), self._workbook.head)
        self._sheet.begin_rows()
        self._row = 1

    def add(self, values: Iterable[Value]) -> None:
        """Write a row."""
        self.add_written(map(xml_cell, values))

    def add_written(self, cells: Iterable[Written]) -> None:
        """Write a row of cells that `xml_cell` has written."""
        if self._row == MAX_ROWS:
            self._close()
            self._begin()
        self._row += 1
        told = tuple(cells)
        if len(told) > len(self._beginnings):
            self._beginnings = begun(len(told))
        self._sheet.write_rows(xml_row(self._row, told, self._beginnings))
        self.rows += 1

    def _close(self) -> None:
        last = len(self._columns) - 1
        self._sheet.end_rows(self._row - 1, last)
        self._sheet.autofilter(0, 0, max(self._row - 1, 1), last)

    def close(self) -> None:
        """Make the columns sortable."""
        self._close()


class Workbook:
    """A workbook that is being written; its sheets stand in the order they are asked for."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._sheets: list[Sheet] = []
        self.head: Format = book.add_format({"bold": True, "bottom": 1})

    def sheet(self, name: str, *, columns: Sequence[str], widths: Sequence[int] = ()) -> Sheet:
        """Begin a table; `widths` are in characters, 20 for those that are not given."""
        widths = [*widths, *[20] * (len(columns) - len(widths))]
        self._sheets.append(Sheet(self, name, columns=columns, widths=widths))
        return self._sheets[-1]

    def worksheet(self, name: str) -> RowSheet:
        """Return a new sheet."""
        found: RowSheet = self._book.add_worksheet(name, RowSheet)
        return found

    def finish(self) -> None:
        """End all tables."""
        for sheet in self._sheets:
            sheet.close()


@contextmanager
def workbook(target: IO[bytes], *, title: str) -> Iterator[Workbook]:
    """Write a workbook to a file that is open for bytes.

    Rows must come in order in each sheet; several sheets may be written at a time. Rows wait in
    files of a folder that is gone afterwards, whatever happens; nothing is written to the target
    before all rows are there.
    """
    with TemporaryDirectory(prefix="itemproof-") as folder:
        book = xlsxwriter.Workbook(target, {**_OPTIONS, "tmpdir": folder})
        book.set_properties({"title": title, "created": CREATED})
        found = Workbook(book)
        try:
            yield found
            found.finish()
        except BaseException:
            # Closing is what lets go of the files of the rows.
            book.filename = Path(folder) / "abandoned"
            raise
        finally:
            book.close()
