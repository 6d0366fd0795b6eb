"""One event to the model: identifiers made canonical, words made one, each fault noted.

Source: EPCIS 2.0, sections 7.3 and 7.4; CBV 2.0, sections 7 and 8.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from itertools import repeat
from typing import TYPE_CHECKING, Any

from traceability.errors import InvalidInput
from traceability.events.cbv import (
    BIZ_STEPS,
    BIZ_TRANSACTION_TYPES,
    DISPOSITIONS,
    SOURCE_DESTINATION_TYPES,
    UnknownWord,
    Vocabulary,
)
from traceability.events.faults import MAX_FAULTS, Fault, FaultCode, pointer_to, shown
from traceability.events.identifiers import canonical_id, canonical_thing, plain_items
from traceability.events.model import EventObject, Role, SubmittedEvent, TypedReference
from traceability.events.places import wanted_instead

if TYPE_CHECKING:
    from traceability.events.context import Context

Path = tuple[str | int, ...]

# Where single things and quantities of classes stand, by role.
INSTANCE_LISTS: dict[str, Role] = {
    "epcList": "epc",
    "childEPCs": "child",
    "inputEPCList": "input",
    "outputEPCList": "output",
}
QUANTITY_LISTS: dict[str, Role] = {
    "quantityList": "epc",
    "childQuantityList": "child",
    "inputQuantityList": "input",
    "outputQuantityList": "output",
}
# Its milliseconds, rounded up, would be of year 10000.
_END_OF_TIME = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
_GTIN_URI = "https://id.gs1.org/01/"
_AFTER_GTIN = len(_GTIN_URI) + 14


class EventReader:
    """Reads one event; what the schema already found faulty is passed over.

    Parameters
    ----------
    event
        The event as submitted.
    context
        Its active context.
    pointer
        Where it stands in the document.
    """

    __slots__ = ("context", "event", "faults", "pointer")

    def __init__(self, event: Mapping[str, Any], context: Context, *, pointer: str) -> None:
        self.event = event
        self.context = context
        self.pointer = pointer
        self.faults: list[Fault] = []

    def read(self) -> SubmittedEvent | None:
        """Return the event if it has no fault beyond those of the schema, which are noted."""
        event = self.event
        time = self.time(event.get("eventTime"), ("eventTime",))
        step = self.word(BIZ_STEPS, event.get("bizStep"), ("bizStep",))
        disposition = self.word(DISPOSITIONS, event.get("disposition"), ("disposition",))
        read_point, biz_location = self._place("readPoint"), self._place("bizLocation")
        objects = tuple(self._objects())
        transformation_id = self._code(event, "transformationID")
        transactions = self._references("bizTransaction", BIZ_TRANSACTION_TYPES)
        sources = self._references("source", SOURCE_DESTINATION_TYPES)
        destinations = self._references("destination", SOURCE_DESTINATION_TYPES)
        if self.faults or time is None:
            return None
        return SubmittedEvent(
            pointer=self.pointer,
            payload={**event, "@context": list(self.context.entries)},
            type=event["type"],
            action=event.get("action"),
            event_time=time,
            event_time_zone_offset=event.get("eventTimeZoneOffset", ""),
            biz_step=step,
            disposition=disposition,
            read_point=read_point,
            biz_location=biz_location,
            event_id=event.get("eventID"),
            declares_error="errorDeclaration" in event,
            objects=objects,
            transformation_id=transformation_id,
            biz_transactions=transactions,
            sources=sources,
            destinations=destinations,
            context=self.context,
        )

    def note(
        self,
        path: Path,
        code: str,
        fault: str,
        *,
        expected: str,
        got: str,
    ) -> None:
        """Note a fault at a path inside the event."""
        if len(self.faults) <= MAX_FAULTS:
            message = f"{fault}: expected {expected}, got {got}"
            where = pointer_to(self.pointer, path)
            self.faults.append(Fault(where, code, message, expected, got))

    def word(self, vocabulary: Vocabulary, text: object, path: Path) -> str | None:
        """Return the one name of a vocabulary's word; what is no text is the schema's fault."""
        if not isinstance(text, str):
            return None
        try:
            return vocabulary.name_of(self.context.expand(text) if ":" in text else text)
        except UnknownWord as error:
            self._note_error(path, error)
            return None

    def _note_error(self, path: Path, error: InvalidInput) -> None:
        """Note what another module refused."""
        if len(self.faults) <= MAX_FAULTS:
            where = pointer_to(self.pointer, path)
            self.faults.append(Fault(where, error.code, error.fault, error.expected, error.got))

    def time(self, text: object, path: Path) -> datetime | None:
        """Return a time in UTC; the schema has checked its form, and that it is text."""
        if not isinstance(text, str):
            return None
        try:
            time = datetime.fromisoformat(text)
            if time.tzinfo is not None:
                time = time.astimezone(UTC)
                if time < _END_OF_TIME:
                    return time
        except (ValueError, OverflowError):
            pass
        self.note(
            path,
            FaultCode.TIME,
            f"{path[-1]} is outside the calendar",
            expected="a time from year 1 to year 9999, UTC",
            got=shown(text),
        )
        return None

    def _identify(self, text: str, path: Path) -> str | None:
        """Return the canonical URI of an identifier."""
        try:
            return canonical_id(text, self.context)
        except InvalidInput as error:
            self._note_error(path, error)
            return None

    def _code(self, holder: Mapping[str, Any], member: str, *path: str | int) -> str | None:
        """Return the canonical URI of a member that names something."""
        text = holder.get(member)
        return self._identify(text, (*path, member)) if isinstance(text, str) else None

    def _place(self, member: str) -> str | None:
        """Return the canonical URI of a place."""
        place = self.event.get(member)
        uri = self._code(place, "id", member) if isinstance(place, dict) else None
        expected = None if uri is None else wanted_instead(uri)
        if expected is not None:
            fault = f"{member} is no place"
            self.note((member, "id"), FaultCode.PLACE, fault, expected=expected, got=shown(uri))
        return uri

    def _objects(self) -> list[EventObject]:
        """Return parent, single things and quantities."""
        found: list[EventObject] = []
        parent = self._code(self.event, "parentID")
        if parent is not None:
            self._check_level(parent, ("parentID",), is_class=False)
            found.append(EventObject("parent", parent))
        for member, role in INSTANCE_LISTS.items():
            if member in self.event:
                found += self._instances(member, role)
        for member, role in QUANTITY_LISTS.items():
            if member in self.event:
                for index, element in self._elements(member):
                    found += self._quantity(element, role, path=(member, index))
        return found

    def _instances(self, member: str, role: Role) -> Iterator[EventObject]:
        """Yield the single things of one list, each once."""
        texts = self.event[member]
        if not isinstance(texts, list):
            return iter(())
        try:
            uris = _things(texts, self.context)
        except (InvalidInput, TypeError, AttributeError):
            uris = []
        if len(uris) != len(texts):  # Gone through one by one, to name each fault's place.
            uris = self._check_each(texts, member)
        return map(EventObject, repeat(role), uris)

    def _check_each(self, texts: list[Any], member: str) -> list[str]:
        """Return the canonical URIs of a list that has faults, and note them."""
        found: dict[str, None] = {}
        for index, text in enumerate(texts):
            uri = self._identify(text, (member, index)) if isinstance(text, str) else None
            if uri is None:
                continue
            if uri in found:
                expected, got = "each thing once", shown(text)
                fault = f"{member} names a thing twice"
                self.note((member, index), FaultCode.DUPLICATE, fault, expected=expected, got=got)
            else:
                self._check_level(uri, (member, index), is_class=False)
            found[uri] = None
        return list(found)

    def _quantity(self, element: Mapping[str, Any], role: Role, *, path: Path) -> list[EventObject]:
        """Return one quantity of a class, or nothing if its class is faulty."""
        number, uom = element.get("quantity"), element.get("uom")
        if uom is None and isinstance(number, float) and not number.is_integer():
            self.note(
                (*path, "quantity"),
                FaultCode.QUANTITY,
                "quantity without uom is no count",
                expected="a whole number, or a uom beside it",
                got=shown(number),
            )
        uri = self._code(element, "epcClass", *path)
        if uri is None:
            return []
        self._check_level(uri, (*path, "epcClass"), is_class=True)
        return [EventObject(role, uri, True, _decimal(number), uom)]

    def _check_level(self, uri: str, path: Path, *, is_class: bool) -> None:
        """Refuse a class or lot named as a single thing, and the reverse (CBV 2.0, 8.1)."""
        if uri.startswith(_GTIN_URI) and _is_thing(uri) is is_class:
            self.note(
                path,
                FaultCode.CODE_LEVEL,
                "identifier is of the wrong level",
                expected="a class or lot" if is_class else "a single thing with its serial",
                got=shown(uri),
            )

    def _references(self, name: str, vocabulary: Vocabulary) -> tuple[TypedReference, ...]:
        """Return the typed identifiers of the list called after `name`."""
        member = f"{name}List"
        if member not in self.event:
            return ()
        try:
            return _typed(self.event[member], name, vocabulary, context=self.context)
        except (InvalidInput, AttributeError, KeyError, TypeError):
            pass  # Gone through one by one below, to name each fault's place.
        found = []
        for index, element in self._elements(member):
            kind = self.word(vocabulary, element.get("type"), (member, index, "type"))
            identifier = self._code(element, name, member, index)
            if identifier is not None:
                found.append(TypedReference(kind, identifier))
        return tuple(found)

    def _elements(self, member: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """Yield the objects of a list with their indices."""
        elements = self.event.get(member)
        for index, element in enumerate(elements if isinstance(elements, list) else ()):
            if isinstance(element, dict):
                yield index, element


def _typed(
    elements: list[Any], name: str, vocabulary: Vocabulary, *, context: Context
) -> tuple[TypedReference, ...]:
    """Return the typed identifiers of a list without fault."""
    found = []
    for element in elements:
        kind = element.get("type")
        if kind is not None:
            kind = vocabulary.name_of(context.expand(kind) if ":" in kind else kind)
        found.append(TypedReference(kind, canonical_id(element[name], context)))
    return tuple(found)


def _things(texts: list[Any], context: Context) -> list[str]:
    """Return the canonical URIs of a list of single things; none if one stands twice or is none."""
    items = plain_items(texts)
    if items is not None:
        start, serials = items
        return [start + serial for serial in serials] if len(set(serials)) == len(serials) else []
    uris = [canonical_thing(text, context) for text in texts]
    is_good = len(set(uris)) == len(uris) and all(map(_is_thing, uris))
    return uris if is_good else []


def _is_thing(uri: str) -> bool:
    """Tell whether a canonical URI names no mere product or lot."""
    return not uri.startswith(_GTIN_URI) or uri.startswith(("/21/", "/235/"), _AFTER_GTIN)


# From here on canonical JSON writes numbers with an exponent (RFC 8785, section 3.2.2.3).
_EXPONENT_FROM = 1e21


def _decimal(number: object) -> Decimal | None:
    """Return a JSON number exactly as it is written in canonical JSON."""
    if isinstance(number, bool) or not isinstance(number, int | float):
        return None
    found = Decimal(number) if isinstance(number, int) else Decimal(repr(number))
    if isinstance(number, float) and number.is_integer() and abs(number) < _EXPONENT_FROM:
        return Decimal(int(found))  # Written as 25 for 25.0, and read again so.
    return found
