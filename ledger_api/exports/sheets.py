"""An answer as a workbook, a sheet for each of its tables."""

from __future__ import annotations

from typing import IO, Final

from ledger_api.exports.answered import Answered
from ledger_api.exports.tables import tables
from ledger_api.exports.workbook import workbook

_WIDE: Final = frozenset({"code", "from", "to", "proof_url", "event_id", "record", "message"})


def write_xlsx(answered: Answered, target: IO[bytes]) -> None:
    """Write a workbook with a sheet of each kind."""
    with workbook(target, title=f"{answered.question} {answered.code}") as book:
        for one in tables(answered):
            widths = [60 if name in _WIDE else 20 for name in one.columns]
            sheet = book.sheet(one.name, columns=one.columns, widths=widths)
            for row in one.rows:
                sheet.add(row)
