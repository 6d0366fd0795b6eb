"""Events as critical tracking events of FSMA 204, and their key data elements.

Source: 21 CFR part 1, subpart S, sections 1.1325 to 1.1350. EPCIS and the CBV have no words for
harvesting, cooling, initial packing and landing: a bizStep counts by its last word, whatever
vocabulary it is from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

from ledger_api.exports.cells import Value
from ledger_api.exports.events import Shown
from ledger_api.exports.naming import Named, gln_of, locations_of, parsed
from traceability.lineage.histories import Amount
from traceability.lineage.rules import kind_of

EACH: Final = "EA"  # UN/CEFACT Recommendation 20
DIGITS: Final = 15
STEPS: Final = {
    "harvesting": "Harvesting",
    "cooling": "Cooling",
    "initial_packing": "Initial packing",
    "landing": "First land-based receiving",
    "first_land_based_receiving": "First land-based receiving",
    "shipping": "Shipping",
    "receiving": "Receiving",
}
TRANSFORMATION: Final = "Transformation"
OTHER: Final = "Other events"
# 21 CFR 1.1320(a): where these happen, a lot gets its code.
_ASSIGNING: Final = ("Initial packing", "First land-based receiving", TRANSFORMATION)
_WORD: Final = re.compile(r"[:/#-]")
_OFFSET: Final = re.compile(r"([+-])(\d\d):(\d\d)")
# A thing that holds others is no food.
_HOLDERS: Final = ("container", "asset")


def tracking_event(event: Mapping[str, Any]) -> str:
    """Return the tab that an event belongs on."""
    word = _WORD.split(event.get("bizStep", ""))[-1]
    if word in STEPS:
        return STEPS[word]
    return TRANSFORMATION if event["type"] == "TransformationEvent" else OTHER


class Line:
    """One line of a tab: an event and one lot that it is about."""

    def __init__(self, book: Book, shown: Shown, amount: Amount, *, event: dict[str, Any]) -> None:
        self._book = book
        self._shown = shown
        self._amount = amount
        self._event = event
        self._code = parsed(amount.lot)

    def value(self, element: str) -> Value:
        """Return a key data element by its name in `ELEMENTS`."""
        return ELEMENTS[element](self)

    @property
    def key(self) -> str:
        """The traceability lot code."""
        return self._amount.lot

    def lot(self) -> Value:
        """Return the lot number, or the serial of what belongs to no lot that is known."""
        return None if self._code is None else self._code.lot or self._code.serial

    def product(self) -> Value:
        """Return the GTIN."""
        return None if self._code is None else self._code.gtin

    def description(self) -> Value:
        """Return the product's name, or what the event itself says of the goods."""
        gtin = self.product()
        key = gtin if isinstance(gtin, str) else self.key
        return self._book.product_name(key) or self.ilmd("descriptionShort", "description")

    def quantity(self) -> Value:
        """Return how much the event is about; nothing where nobody said."""
        if self._amount.items or self._amount.quantity is None:
            return self._amount.items or None
        # As a number it can be sorted by; the fifteen digits of a spreadsheet lose nothing of it.
        number = Decimal(self._amount.quantity)
        return float(number) if len(number.as_tuple().digits) <= DIGITS else str(number)

    def unit(self) -> Value:
        """Return the unit, as UN/CEFACT Recommendation 20 has it; items are counted."""
        is_counted = bool(self._amount.items) or self._amount.quantity is not None
        return self._amount.uom or (EACH if is_counted else None)

    def place(self) -> Value:
        """Return where it happened."""
        for member in ("bizLocation", "readPoint"):
            if member in self._event:
                return self._book.place_name(self._event[member]["id"])
        return None

    def before(self) -> Value:
        """Return whom it came from."""
        return self._parties("sourceList", "source")

    def after(self) -> Value:
        """Return whom it went to."""
        return self._parties("destinationList", "destination")

    def _parties(self, member: str, name: str) -> Value:
        found = [self._book.place_name(one[name]) for one in self._event.get(member, ())]
        return "; ".join(dict.fromkeys(found)) or None

    def date(self) -> Value:
        """Return when it happened, in the time of the place."""
        moment = datetime.fromisoformat(self._event["eventTime"])
        found = _OFFSET.fullmatch(self._event["eventTimeZoneOffset"])
        if found:
            minutes = int(found[2]) * 60 + int(found[3])
            minutes = -minutes if found[1] == "-" else minutes
            moment = moment.astimezone(timezone(timedelta(minutes=minutes)))
        return moment.isoformat(" ", "seconds")

    def document_types(self) -> Value:
        """Return the type of each reference document."""
        found = self._event.get("bizTransactionList", ())
        return "; ".join(one.get("type", "document") for one in found) or None

    def document_numbers(self) -> Value:
        """Return the number of each reference document, in the order of their types."""
        found = self._event.get("bizTransactionList", ())
        return "; ".join(one["bizTransaction"] for one in found) or None

    def source(self) -> Value:
        """Return where the lot code was assigned, as far as an event of the answer says so."""
        return self._book.sources.get(self.key)

    def side(self) -> Value:
        """Return whether the lot went in or came out."""
        return {"input": "food used", "output": "new food"}.get(self._amount.role)

    def ilmd(self, *names: str) -> Value:
        """Return an instance or lot attribute by the last part of its name."""
        found = self._event.get("ilmd", {})
        for name in names:
            for member, value in found.items():
                if member.rpartition(":")[2] == name and not isinstance(value, dict | list):
                    return str(value)
        return None

    def field(self) -> Value:
        """Return the growing area."""
        return self.ilmd("growingArea", "fieldName")

    def pond(self) -> Value:
        """Return the container that farmed fish were taken from."""
        return self.ilmd("containerName", "pondName")

    def harvested(self) -> Value:
        """Return the harvest date, or the range of it."""
        first, last = self.ilmd("harvestStartDate", "harvestDate"), self.ilmd("harvestEndDate")
        return " to ".join(str(one) for one in (first, last) if one) or None

    def catch_area(self) -> Value:
        """Return where fish was caught."""
        return self.ilmd("catchArea", "catchAreaCode", "fishingArea")

    def farm(self) -> Value:
        """Return the farm, where the event names one that is not its own place."""
        return self.ilmd("farm", "farmLocation", "countryOfOrigin")

    def inside(self) -> Value:
        """Return the container through which the event is about the lot."""
        return self._amount.inside

    def kind(self) -> Value:
        """Return what kind of event it is."""
        return str(self._event["type"])

    def step(self) -> Value:
        """Return the step in the process, as the event says it."""
        return self._event.get("bizStep")

    def event_id(self) -> Value:
        """Return the event's id."""
        return str(self._event["eventID"])

    def standing(self) -> Value:
        """Return whether the event was declared erroneous."""
        return "declared erroneous" if self._shown.happening.is_erroneous else "current"

    def proof(self) -> Value:
        """Return where the proof of the event is fetched."""
        return self._book.url(self._shown.proof_path)


# What columns are filled with.
ELEMENTS: Final[dict[str, Callable[[Line], Value]]] = {
    "code": lambda line: line.key,
    **{
        name: getattr(Line, name)
        for name in (
            *("lot", "product", "description", "quantity", "unit", "place", "before", "after"),
            *("date", "document_types", "document_numbers", "source", "side", "field", "pond"),
            *(
                "harvested",
                "catch_area",
                "farm",
                "inside",
                "kind",
                "step",
                "event_id",
                "standing",
                "proof",
            ),
        )
    },
}


class Book:
    """All lines of an answer, with the names that they use."""

    def __init__(
        self, shown: tuple[Shown, ...], names: tuple[Named, ...], url: Callable[[str], str]
    ) -> None:
        self._shown = shown
        self.names = names
        self.url = url

    def lines(self) -> Iterator[tuple[str, Line]]:
        """Yield each line with the tab that it belongs on, in the order of event times."""
        for one in self._shown:
            event = one.event
            tab = tracking_event(event)
            for amount in one.happening.amounts:
                if kind_of(amount.lot) not in _HOLDERS:
                    yield tab, Line(self, one, amount, event=event)

    @cached_property
    def sources(self) -> dict[str, Value]:
        """Where each lot code was assigned.

        That is where the lot was packed first, landed or made by a transformation (21 CFR
        1.1320); where no event of the answer says so, where its code was first commissioned.
        """
        assigned: dict[str, Value] = {}
        commissioned: dict[str, Value] = {}
        for one in self._shown:
            event = one.event
            assigns = tracking_event(event) in _ASSIGNING
            is_new = event.get("action") == "ADD" and event["type"] == "ObjectEvent"
            for amount in one.happening.amounts:
                if one.happening.is_erroneous or amount.inside is not None:
                    continue
                place = Line(self, one, amount, event=event).place()
                if amount.role == "output" or (assigns and amount.role == "epc"):
                    assigned.setdefault(amount.lot, place)
                elif is_new and amount.role == "epc":
                    commissioned.setdefault(amount.lot, place)
        return commissioned | assigned

    @cached_property
    def _by_key(self) -> dict[str, Named]:
        found: dict[str, Named] = {}
        for one in self.names:
            found.setdefault(one.key, one)
        return found

    def named(self, code: str) -> Named | None:
        """Return what is known of a place by its code or its GLN, or of a product by its GTIN."""
        return self._by_key.get(code) or self._by_key.get(gln_of(code) or "")

    def product_name(self, key: str) -> str | None:
        """Return the name of a product."""
        found = self._by_key.get(key)
        words = ("name", "descriptionShort", "regulatedProductName", "functionalName")
        return found and next(
            (found.attributes[word] for word in words if word in found.attributes), None
        )

    def place_name(self, code: str) -> str:
        """Return a place by its code, with its name where that is known."""
        found = self.named(code)
        name = found and found.attributes.get("name")
        return f"{name} ({code})" if name else code

    def places(self) -> dict[str, str]:
        """Return every place and party that an event names, and the proof of the first of them."""
        found: dict[str, str] = {}
        for one in self._shown:
            for code in locations_of(one.event):
                found.setdefault(code, one.proof_path)
        return dict(sorted(found.items()))
