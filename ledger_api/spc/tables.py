"""A CSV file as columns of text, or a clear word about what is wrong with it.

Source: RFC 4180; UTF-8 with or without a mark, or GB 18030 as spreadsheets in China write it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from traceability.errors import InvalidInput

MAX_BYTES = 64 * 2**20
_SHOWN = 12


class TableInvalid(InvalidInput):
    """The CSV table is empty, uneven, too large, or lacks a column."""

    code = "SPC_TABLE_INVALID"


@dataclass(frozen=True, slots=True)
class Table:
    """Columns by name, all of one length, cells as written without outer spaces."""

    columns: dict[str, tuple[str, ...]]

    @property
    def rows(self) -> int:
        """Return how many rows there are below the header."""
        return len(next(iter(self.columns.values())))

    def column(self, name: str | None, *, option: str) -> tuple[str, ...]:
        """Return a column; without a name the only one there is.

        Raises
        ------
        TableInvalid
        """
        if name is None and len(self.columns) == 1:
            return next(iter(self.columns.values()))
        if name is None or name not in self.columns:
            names = ", ".join(repr(known[:40]) for known in list(self.columns)[:_SHOWN])
            got = "none" if name is None else repr(name[:40])
            raise TableInvalid(
                f"column of {option} is not in the table: expected one of {names}, got {got}"
            )
        return self.columns[name]

    def optional(self, name: str, default: str) -> tuple[str, ...]:
        """Return a column, its empty cells and a missing column filled with a default."""
        found = self.columns.get(name, ("",) * self.rows)
        return tuple(cell or default for cell in found)


def read_table(path: Path) -> Table:
    """Read a CSV file with a header row.

    Raises
    ------
    TableInvalid
    """
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise TableInvalid(f"table is too large: expected at most {MAX_BYTES} bytes")
    return parse_table(_decoded(data))


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise TableInvalid("table is no text: expected UTF-8 or GB 18030")


def parse_table(text: str) -> Table:
    """Return the columns of a table; empty rows are left out, uneven ones refused."""
    try:
        found = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise TableInvalid(f"table is not CSV: {error}") from error
    # An empty cell of the only column is a reading left out, not an empty row.
    rows = [row for row in found if any(row) or len(row) == 1]
    if len(rows) < 2:  # noqa: PLR2004 — a header and one row
        raise TableInvalid(f"table is empty: expected a header and rows, got {len(rows)} rows")
    header = [name.strip() for name in rows[0]]
    _check(header, rows)
    columns = zip(*rows[1:], strict=True)
    return Table(
        {
            name: tuple(cell.strip() for cell in cells)
            for name, cells in zip(header, columns, strict=True)
        }
    )


def _check(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    if len(set(header)) < len(header) or not all(header):
        raise TableInvalid(f"columns need different names: got {', '.join(header)[:120]}")
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(header):
            raise TableInvalid(
                f"row {number} is uneven: expected {len(header)} cells, got {len(row)}"
            )
