"""The electronic sortable spreadsheet of FSMA 204: a tab for each critical tracking event.

Source: 21 CFR 1.1455(c)(3)(ii) (the spreadsheet), 1.1325 to 1.1350 (what each tab has). Columns
that no field of EPCIS fills stay, empty: whoever sends the file fills them in. The last tab says
which paragraph each column answers, as 1.1455(c)(1) asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO, TYPE_CHECKING

from ledger_api.exports.answered import Answered
from ledger_api.exports.fsma204_columns import (
    ADDRESS,
    GUIDE,
    LOCATIONS,
    MISSING,
    PRODUCT,
    PRODUCTS,
    SECTIONS,
    TABS,
)
from ledger_api.exports.naming import gln_of, parsed
from ledger_api.exports.tables import ANSWER, FINDINGS, Table, tables
from ledger_api.exports.tracking import Book
from ledger_api.exports.workbook import workbook

if TYPE_CHECKING:
    from ledger_api.exports.fsma204_columns import Columns
    from ledger_api.exports.workbook import Sheet, Workbook


def write_fsma204(answered: Answered, target: IO[bytes]) -> None:
    """Write the spreadsheet."""
    gathered = answered.gathered
    lines = Book(gathered.shown, gathered.names, answered.url)
    with workbook(target, title=f"FSMA 204 {answered.question} {answered.code}") as book:
        sheets = {name: _begin(book, name, columns) for name, columns in TABS.items()}
        products: dict[str, str] = {}
        for tab, line in lines.lines():
            sheets[tab].add(
                None if one.element is None else line.value(one.element) for one in TABS[tab]
            )
            products.setdefault(str(line.product() or line.key), str(line.proof()))
        _locations(book, lines, answered)
        _products(book, lines, products)
        _rest(book, answered)
        _guide(book)


def _begin(book: Workbook, name: str, columns: Columns) -> Sheet:
    return _sheet(book, name, [one.title for one in columns])


def _sheet(book: Workbook, name: str, columns: Sequence[str]) -> Sheet:
    widths = [max(14, min(len(title) + 4, 40)) for title in columns]
    return book.sheet(name, columns=columns, widths=widths)


def _locations(book: Workbook, lines: Book, answered: Answered) -> None:
    sheet = _sheet(book, "Locations", LOCATIONS)
    for code, path in lines.places().items():
        found = lines.named(code)
        attributes = {} if found is None else found.attributes
        proof = answered.url((found and found.proof_path) or path)
        sheet.add([code, gln_of(code), *(attributes.get(name) for name in ADDRESS), proof])


def _products(book: Workbook, lines: Book, products: dict[str, str]) -> None:
    sheet = _sheet(book, "Products", PRODUCTS)
    for key, proof in sorted(products.items()):
        found = lines.named(key)
        attributes = {} if found is None else found.attributes
        shown = key if parsed(f"(01){key}") is not None else None
        name = lines.product_name(key) or (None if shown else key)
        sheet.add([shown, name, *(_first(attributes, names) for names in PRODUCT), proof])


def _first(attributes: dict[str, str], names: Sequence[str]) -> str | None:
    return next((attributes[name] for name in names if name in attributes), None)


def _guide(book: Workbook) -> None:
    """Write which paragraph each column answers, and whether events can fill it."""
    sheet = _sheet(book, "Columns", GUIDE)
    for tab, section in SECTIONS.items():
        for one in TABS[tab]:
            filled = "by hand" if one.element is None else "from events"
            sheet.add([tab, one.title, section + one.paragraph if one.paragraph else None, filled])


def _rest(book: Workbook, answered: Answered) -> None:
    """Write what is not shown, what was found, and which question this answers."""
    sheet = _sheet(book, "Missing events", MISSING)
    for one in answered.gathered.missing:
        sheet.add([one.record, one.why, answered.url(one.proof_path)])
    wanted = {ANSWER, FINDINGS}
    for table in (one for one in tables(answered) if one.columns in wanted):
        _table(book, table)


def _table(book: Workbook, table: Table) -> None:
    sheet = _sheet(book, table.name, table.columns)
    for row in table.rows:
        sheet.add(row)
