"""The columns of the FSMA 204 spreadsheet: what each is called, filled from, and required by.

Source: 21 CFR part 1, subpart S (sections 1.1325 to 1.1350), as amended to 2026. A column without
an element is one that no field of EPCIS fills; one without a paragraph is ours.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ledger_api.exports.tracking import OTHER, TRANSFORMATION


class Column(NamedTuple):
    """A column: `element` is a name in `tracking.ELEMENTS`, `paragraph` stands in the section."""

    title: str
    element: str | None
    paragraph: str = ""


Columns = tuple[Column, ...]


def _lot(code: str = "", description: str = "") -> Columns:
    return (
        Column("Traceability lot code", "code", code),
        Column("Lot number", "lot"),
        Column("GTIN", "product"),
        Column("Product description", "description", description),
    )


def _amount(paragraph: str = "") -> Columns:
    return (
        Column("Quantity", "quantity", paragraph),
        Column("Unit of measure", "unit", paragraph),
    )


def _documents(paragraph: str) -> Columns:
    return (
        Column("Reference document type", "document_types", paragraph),
        Column("Reference document number", "document_numbers", paragraph),
    )


def _area(field: str, container: str) -> Columns:
    return (
        Column("Field or growing area", "field", field),
        Column("Aquaculture container (pond, pool, tank, cage)", "pond", container),
    )


_END: Final[Columns] = (
    Column("In container", "inside"),
    Column("Business step", "step"),
    Column("Event", "event_id"),
    Column("Standing", "standing"),
    Column("Proof", "proof"),
)
# The section of each tab; other events are in none.
SECTIONS: Final = {
    "Harvesting": "1.1325(a)",
    "Cooling": "1.1325(b)",
    "Initial packing": "1.1330",
    "First land-based receiving": "1.1335",
    "Shipping": "1.1340",
    "Receiving": "1.1345",
    TRANSFORMATION: "1.1350",
}
TABS: Final[dict[str, Columns]] = {
    "Harvesting": (
        *_lot(),
        Column("Commodity and variety", "description", "(1)(ii)"),
        *_amount("(1)(iii)"),
        Column("Harvest date", "date", "(1)(vii)"),
        Column("Farm location", "place", "(1)(iv)"),
        *_area("(1)(v)", "(1)(vi)"),
        Column("Immediate subsequent recipient", "after", "(1)(i)"),
        *_documents("(1)(viii)"),
        *_END,
    ),
    "Cooling": (
        *_lot(),
        Column("Commodity and variety", "description", "(1)(ii)"),
        *_amount("(1)(iii)"),
        Column("Cooling date", "date", "(1)(v)"),
        Column("Cooling location", "place", "(1)(iv)"),
        Column("Farm location", "farm", "(1)(vi)"),
        Column("Immediate subsequent recipient", "after", "(1)(i)"),
        *_documents("(1)(vii)"),
        *_END,
    ),
    "Initial packing": (
        *_lot("(a)(11), (c)(5)", "(a)(12), (c)(6)"),
        *_amount("(a)(13), (c)(7)"),
        Column("Packing date", "date", "(a)(15), (c)(9)"),
        Column("Packing location", "place", "(a)(14), (c)(8)"),
        Column("Traceability lot code source", "source", "(a)(14), (c)(8)"),
        Column("Commodity and variety received", None, "(a)(1), (c)(1)"),
        Column("Date received", None, "(a)(2), (c)(2)"),
        Column("Quantity received", None, "(a)(3), (c)(3)"),
        Column("Unit of measure received", None, "(a)(3), (c)(3)"),
        Column("Person received from, if exempt", "before", "(c)(4)"),
        Column("Farm location", "farm", "(a)(4)"),
        *_area("(a)(5)", "(a)(6)"),
        Column("Harvester name and telephone", None, "(a)(7)"),
        Column("Harvest date", "harvested", "(a)(8)"),
        Column("Cooling location", None, "(a)(9)"),
        Column("Cooling date", None, "(a)(10)"),
        *_documents("(a)(16), (c)(10)"),
        *_END,
    ),
    "First land-based receiving": (
        *_lot("(a)"),
        Column("Species or market name", "description", "(b)"),
        *_amount("(c)"),
        Column("Harvest date range", "harvested", "(d)"),
        Column("Harvest locations", "catch_area", "(d)"),
        Column("First land-based receiver", "place", "(e)"),
        Column("Traceability lot code source", "source", "(e)"),
        Column("Date landed", "date", "(f)"),
        *_documents("(g)"),
        *_END,
    ),
    "Shipping": (
        *_lot("(a)(1)", "(a)(3)"),
        *_amount("(a)(2)"),
        Column("Immediate subsequent recipient", "after", "(a)(4)"),
        Column("Ship from location", "place", "(a)(5)"),
        Column("Date shipped", "date", "(a)(6)"),
        Column("Traceability lot code source", "source", "(a)(7)"),
        *_documents("(a)(8)"),
        *_END,
    ),
    "Receiving": (
        *_lot("(a)(1), (b)(1)", "(a)(3), (b)(3)"),
        *_amount("(a)(2), (b)(2)"),
        Column("Immediate previous source", "before", "(a)(4), (b)(4)"),
        Column("Receive location", "place", "(a)(5), (b)(5)"),
        Column("Date received", "date", "(a)(6), (b)(6)"),
        Column("Traceability lot code source", "source", "(a)(7), (b)(5)"),
        *_documents("(a)(8), (b)(7)"),
        *_END,
    ),
    TRANSFORMATION: (
        Column("Food used or new food", "side", "(a)(1), (a)(2)"),
        *_lot("(a)(1)(i), (a)(2)(i)", "(a)(1)(ii), (a)(2)(iv)"),
        *_amount("(a)(1)(iii), (a)(2)(v)"),
        Column("Transformation location", "place", "(a)(2)(ii)"),
        Column("Date completed", "date", "(a)(2)(iii)"),
        Column("Traceability lot code source", "source", "(a)(2)(ii)"),
        *_documents("(a)(2)(vi)"),
        *_END,
    ),
    OTHER: (
        *_lot(),
        *_amount(),
        Column("Location", "place"),
        Column("Date", "date"),
        Column("Type", "kind"),
        *_END,
    ),
}
LOCATIONS: Final = (
    *("Location", "GLN", "Name", "Street", "City", "State", "Postal code", "Country"),
    *("Telephone", "Latitude", "Longitude", "Proof"),
)
ADDRESS: Final = (
    *("name", "streetAddressOne", "city", "state", "postalCode", "countryCode"),
    *("telephone", "latitude", "longitude"),
)
PRODUCTS: Final = (
    *("GTIN", "Product description", "Brand", "Commodity", "Variety", "Packaging size"),
    *("Packaging style", "Proof"),
)
# Of each column the first attribute that is there; the CBV's name stands first.
PRODUCT: Final = (
    ("brandName",),
    ("commodity",),
    ("variety",),
    ("netContentDescription", "netContent"),
    ("packagingStyle", "packagingTypeCode"),
)
MISSING: Final = ("Record", "Why", "Proof")
# What tells an authority which column answers which paragraph, 21 CFR 1.1455(c)(1).
GUIDE: Final = ("Tab", "Column", "21 CFR", "Filled")
