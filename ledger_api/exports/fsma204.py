"""The electronic sortable spreadsheet of FSMA 204: a tab for each critical tracking event.

Source: 21 CFR 1.1455(c)(3)(ii) (the spreadsheet), 1.1325 to 1.1350 (what each tab has). Columns
that no field of EPCIS fills stay, empty: whoever sends the file fills them in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO, TYPE_CHECKING, Final

from ledger_api.exports.answered import Answered
from ledger_api.exports.naming import gln_of, parsed
from ledger_api.exports.tables import ANSWER, FINDINGS, Table, tables
from ledger_api.exports.tracking import OTHER, TRANSFORMATION, Book
from ledger_api.exports.workbook import workbook

if TYPE_CHECKING:
    from ledger_api.exports.workbook import Sheet, Workbook

Columns = tuple[tuple[str, str | None], ...]

_LOT: Final[Columns] = (
    ("Traceability lot code", "code"),
    ("Lot number", "lot"),
    ("GTIN", "product"),
    ("Product description", "description"),
)
_AMOUNT: Final[Columns] = (("Quantity", "quantity"), ("Unit of measure", "unit"))
_RAW: Final[Columns] = (("Commodity and variety", "description"), *_AMOUNT)
_DOCUMENTS: Final[Columns] = (("Reference document type and number", "documents"),)
_SOURCE: Final[Columns] = (("Traceability lot code source", "source"),)
_END: Final[Columns] = (
    ("In container", "inside"),
    ("Business step", "step"),
    ("Event", "event_id"),
    ("Standing", "standing"),
    ("Proof", "proof"),
)
TABS: Final[dict[str, Columns]] = {
    # 21 CFR 1.1325(a)
    "Harvesting": (
        *_LOT,
        *_RAW,
        ("Harvest date", "date"),
        ("Farm location", "place"),
        ("Field or growing area", "field"),
        ("Immediate subsequent recipient", "after"),
        *_DOCUMENTS,
        *_END,
    ),
    # 21 CFR 1.1325(b)
    "Cooling": (
        *_LOT,
        *_RAW,
        ("Cooling date", "date"),
        ("Cooling location", "place"),
        ("Farm location", "farm"),
        ("Immediate subsequent recipient", "after"),
        *_DOCUMENTS,
        *_END,
    ),
    # 21 CFR 1.1330
    "Initial packing": (
        *_LOT,
        *_AMOUNT,
        ("Packing date", "date"),
        ("Packing location", "place"),
        *_SOURCE,
        ("Commodity and variety received", None),
        ("Date received", None),
        ("Quantity received", None),
        ("Farm location", "farm"),
        ("Field or growing area", "field"),
        ("Harvester name and telephone", None),
        ("Harvest date", "harvested"),
        ("Cooling location", None),
        ("Cooling date", None),
        *_DOCUMENTS,
        *_END,
    ),
    # 21 CFR 1.1335
    "First land-based receiving": (
        *_LOT,
        ("Species or market name", "description"),
        *_AMOUNT,
        ("Harvest date range", "harvested"),
        ("Harvest locations", "catch_area"),
        ("First land-based receiver", "place"),
        *_SOURCE,
        ("Date landed", "date"),
        *_DOCUMENTS,
        *_END,
    ),
    # 21 CFR 1.1340
    "Shipping": (
        *_LOT,
        *_AMOUNT,
        ("Immediate subsequent recipient", "after"),
        ("Ship from location", "place"),
        ("Date shipped", "date"),
        *_SOURCE,
        *_DOCUMENTS,
        *_END,
    ),
    # 21 CFR 1.1345
    "Receiving": (
        *_LOT,
        *_AMOUNT,
        ("Immediate previous source", "before"),
        ("Receive location", "place"),
        ("Date received", "date"),
        *_SOURCE,
        *_DOCUMENTS,
        *_END,
    ),
    # 21 CFR 1.1350
    TRANSFORMATION: (
        ("Food used or new food", "side"),
        *_LOT,
        *_AMOUNT,
        ("Transformation location", "place"),
        ("Date completed", "date"),
        *_SOURCE,
        *_DOCUMENTS,
        *_END,
    ),
    OTHER: (*_LOT, *_AMOUNT, ("Location", "place"), ("Date", "date"), ("Type", "kind"), *_END),
}
LOCATIONS: Final = (
    *("Location", "GLN", "Name", "Street", "City", "State", "Postal code", "Country"),
    *("Telephone", "Latitude", "Longitude", "Proof"),
)
_ADDRESS: Final = (
    *("name", "streetAddressOne", "city", "state", "postalCode", "countryCode"),
    *("telephone", "latitude", "longitude"),
)
PRODUCTS: Final = (
    *("GTIN", "Product description", "Brand", "Commodity", "Variety", "Packaging size", "Proof"),
)
_PRODUCT: Final = ("brandName", "commodity", "variety", "netContent")
MISSING: Final = ("Record", "Why", "Proof")


def write_fsma204(answered: Answered, target: IO[bytes]) -> None:
    """Write the spreadsheet."""
    gathered = answered.gathered
    lines = Book(gathered.shown, gathered.names, answered.url)
    with workbook(target, title=f"FSMA 204 {answered.question} {answered.code}") as book:
        sheets = {name: _begin(book, name, columns) for name, columns in TABS.items()}
        products: dict[str, str] = {}
        for tab, line in lines.lines():
            sheets[tab].add(
                None if element is None else line.value(element) for _, element in TABS[tab]
            )
            products.setdefault(str(line.product() or line.key), str(line.proof()))
        _locations(book, lines, answered)
        _products(book, lines, products)
        _rest(book, answered)


def _begin(book: Workbook, name: str, columns: Columns) -> Sheet:
    return _sheet(book, name, [title for title, _ in columns])


def _sheet(book: Workbook, name: str, columns: Sequence[str]) -> Sheet:
    widths = [max(14, min(len(title) + 4, 40)) for title in columns]
    return book.sheet(name, columns=columns, widths=widths)


def _locations(book: Workbook, lines: Book, answered: Answered) -> None:
    sheet = _sheet(book, "Locations", LOCATIONS)
    for code, path in lines.places().items():
        found = lines.named(code)
        attributes = {} if found is None else found.attributes
        proof = answered.url((found and found.proof_path) or path)
        sheet.add([code, gln_of(code), *(attributes.get(name) for name in _ADDRESS), proof])


def _products(book: Workbook, lines: Book, products: dict[str, str]) -> None:
    sheet = _sheet(book, "Products", PRODUCTS)
    for key, proof in sorted(products.items()):
        found = lines.named(key)
        attributes = {} if found is None else found.attributes
        shown = key if parsed(f"(01){key}") is not None else None
        name = lines.product_name(key) or (None if shown else key)
        sheet.add([shown, name, *(attributes.get(one) for one in _PRODUCT), proof])


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
