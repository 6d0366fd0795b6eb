"""One event in JSON-LD to XML, its members in the order of the standard's schema.

Source: EPCIS 2.0 (ISO/IEC 19987:2024), section 9; EPCIS 1.2, section 9, whose later members stand
in wrappers called extension.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from traceability.events.faults import pointer_to, shown
from traceability.events.xml.faults import NotExpressible, not_expressible
from traceability.events.xml.markup import (
    ExtensionWriter,
    as_json,
    escape,
    escape_attribute,
    is_possible,
)
from traceability.events.xml.names import (
    EPC_LISTS,
    PLACES,
    QUANTITY_LISTS,
    REASONS,
    SENSOR_NUMBERS,
    SENSOR_WORDS,
    SINCE_2_0,
    STATES,
    TEXTS,
    TYPED_LISTS,
    WORD_MEMBERS,
    Version,
    Words,
)

_BASE = ("eventTime", "recordTime", "eventTimeZoneOffset")
_NAMED = ("eventID", "errorDeclaration", "certificationInfo")
_WHY = ("bizStep", "disposition", *PLACES, "bizTransactionList")
_PARTIES = ("sourceList", "destinationList")
_LATER = ("sensorElementList", "persistentDisposition", "ilmd")
_CHILDREN = ("parentID", "childEPCs")
_OBJECTS = ("bizTransactionList", "parentID", "epcList", "action", *_WHY[:-1])

# The order of members; in version 1.2 those after the bar stand in the event's extension.
_BAR = "|"
_ORDERS: dict[str, tuple[str, ...]] = {
    "ObjectEvent": ("epcList", "action", *_WHY, _BAR, "quantityList", *_PARTIES, *_LATER),
    "AggregationEvent": (*_CHILDREN, "action", *_WHY, _BAR, "childQuantityList", *_PARTIES,
                         *_LATER),
    "TransactionEvent": (*_OBJECTS, _BAR, "quantityList", *_PARTIES, *_LATER),
    "TransformationEvent": ("inputEPCList", "inputQuantityList", "outputEPCList",
                            "outputQuantityList", "transformationID", *_WHY, *_PARTIES, *_LATER),
    "AssociationEvent": (*_CHILDREN, "childQuantityList", "action", *_WHY, *_PARTIES, *_LATER),
}  # fmt: skip
# What version 1.2 demands even where there is nothing to say.
_REQUIRED_IN_1_2 = {
    "ObjectEvent": "epcList",
    "AggregationEvent": "childEPCs",
    "TransactionEvent": "epcList",
}
_OUTSIDE = ("type", "@context", *_BASE, *_NAMED)
_REPORT_TEXTS = (
    "deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "time", "startTime",
    "endTime", "bizRules", "microorganism", "chemicalSubstance", "stringValue", "hexBinaryValue",
    "uriValue", "uom", "coordinateReferenceSystem",
)  # fmt: skip


class EventWriter:
    """Writes events.

    Parameters
    ----------
    version
        Of EPCIS.
    extensions
        Writes what is not the standard's.
    """

    def __init__(self, version: Version, extensions: ExtensionWriter) -> None:
        self.version = version
        self._extensions = extensions

    def event(self, event: Mapping[str, Any], *, namespaces: str = "") -> str:
        """Return an event's element.

        Parameters
        ----------
        namespaces
            Declarations for its start tag.

        Raises
        ------
        NotExpressible
            The version has no such event, or no such member; `pointer` begins at the event.
        """
        kind = event.get("type")
        order = _ORDERS.get(kind) if isinstance(kind, str) else None
        if order is None:
            raise not_expressible("/type", f"event type {shown(kind)}", self._form)
        if self.version == "1.2":
            self._check_version(event)
            body = self._body_1_2(event, str(kind), order)
        else:
            body = self._all(event, (*_BASE, *_NAMED, *(name for name in order if name != _BAR)))
        rest = self._rest(event, order)
        text = f"<{kind}{namespaces}>{body}{rest}</{kind}>"
        if self.version == "1.2" and kind == "TransformationEvent":
            return f"<extension>{text}</extension>"
        return text

    @property
    def _form(self) -> str:
        return f"EPCIS {self.version} in XML"

    def _check_version(self, event: Mapping[str, Any]) -> None:
        """Refuse what came after version 1.2."""
        if event["type"] == "AssociationEvent":
            raise not_expressible("/type", "an AssociationEvent", self._form)
        for name in event:
            if name in SINCE_2_0:
                raise not_expressible(f"/{name}", name, self._form)

    def _body_1_2(self, event: Mapping[str, Any], kind: str, order: Sequence[str]) -> str:
        """Return the members of an event in the wrappers of version 1.2."""
        named = self._all(event, _NAMED)
        base = f"<baseExtension>{named}</baseExtension>" if named else ""
        bar = order.index(_BAR) if _BAR in order else len(order)
        required = _REQUIRED_IN_1_2.get(kind)
        if required is not None and not event.get(required):
            event = {**event, required: ()}  # No list, so that it is not marked as one.
        later = self._all(event, order[bar + 1 :])
        later = f"<extension>{later}</extension>" if later else ""
        return self._all(event, _BASE) + base + self._all(event, order[:bar]) + later

    def _all(self, event: Mapping[str, Any], names: Sequence[str]) -> str:
        """Return the elements of those members that there are."""
        parts = []
        for name in names:
            if name in event and not self._is_marked(name, event[name]):
                try:
                    parts.append(_WRITERS[name](self, name, event[name]))
                except NotExpressible as error:
                    error.pointer = f"/{name}{error.pointer}"
                    raise
                except (TypeError, AttributeError, KeyError, ValueError) as error:
                    raise not_expressible(f"/{name}", f"this {name}", self._form) from error
        return "".join(parts)

    def _rest(self, event: Mapping[str, Any], order: Sequence[str]) -> str:
        """Return the members of extensions, and of the standard what XML has no place for."""
        parts = []
        for name, value in event.items():
            if name in order or name in _OUTSIDE:
                if self._is_marked(name, value):
                    parts.append(self._extensions.marked(name, value))
                continue
            if ":" not in name:
                raise not_expressible(pointer_to("", [name]), f"member {shown(name)}", self._form)
            parts.append(self._extensions.member(name, value))
        return "".join(parts)

    def _is_marked(self, name: str, value: Any) -> bool:
        """Tell whether a member of the standard is a list that its schemas for XML do not allow."""
        if not isinstance(value, list):
            return False
        if not value:
            return self.version == "1.2" or name not in (*EPC_LISTS, *QUANTITY_LISTS)
        return name == "certificationInfo"

    def _word(self, words: Words, value: str) -> str:
        """Return a word as a URI; version 1.2 knows URNs only."""
        return words.urn(value) if self.version == "1.2" else words.uri(value)

    def text(self, name: str, value: str) -> str:
        """Return an element with a text."""
        if not is_possible(value) or value != value.strip():
            raise not_expressible("", "a control character or space at an end", self._form)
        return f"<{name}>{escape(value)}</{name}>"

    def word(self, name: str, value: str) -> str:
        """Return a word as a URI."""
        return self.text(name, self._word(WORD_MEMBERS[name], value))

    def epcs(self, name: str, values: Sequence[str]) -> str:
        """Return a list of identifiers."""
        return f"<{name}>{''.join([self.text('epc', each) for each in values])}</{name}>"

    def quantities(self, name: str, values: Sequence[Mapping[str, Any]]) -> str:
        """Return a list of quantities."""
        parts = []
        for value in values:
            known = self.text("epcClass", value["epcClass"])
            if "quantity" in value:
                known += f"<quantity>{_decimal(value['quantity'])}</quantity>"
            if "uom" in value:
                known += self.text("uom", value["uom"])
            parts.append(f"<quantityElement>{known}</quantityElement>")
        return f"<{name}>{''.join(parts)}</{name}>"

    def place(self, name: str, value: Mapping[str, Any]) -> str:
        """Return a read point or business location."""
        rest = {member: each for member, each in value.items() if member != "id"}
        return f"<{name}>{self.text('id', value['id'])}{self._extensions.members(rest)}</{name}>"

    def typed(self, name: str, values: Sequence[Mapping[str, Any]]) -> str:
        """Return a list of business transactions, sources or destinations."""
        inner, words = TYPED_LISTS[name]
        parts = []
        for value in values:
            text = self.text(inner, value[inner])
            if "type" in value:
                kind = escape_attribute(self._word(words, value["type"]))
                text = f'<{inner} type="{kind}"{text[len(inner) + 1 :]}'
            parts.append(text)
        return f"<{name}>{''.join(parts)}</{name}>"

    def dispositions(self, name: str, value: Mapping[str, Sequence[str]]) -> str:
        """Return a persistent disposition."""
        parts = [
            self.text(member, self._word(STATES, each))
            for member in ("unset", "set")
            for each in value.get(member, ())
        ]
        return f"<{name}>{''.join(parts)}</{name}>"

    def error(self, name: str, value: Mapping[str, Any]) -> str:
        """Return an error declaration."""
        own = ("declarationTime", "reason", "correctiveEventIDs")
        parts = [self.text("declarationTime", value["declarationTime"])]
        if "reason" in value:
            parts.append(self.text("reason", self._word(REASONS, value["reason"])))
        if "correctiveEventIDs" in value:
            ids = [self.text("correctiveEventID", each) for each in value["correctiveEventIDs"]]
            parts.append(f"<correctiveEventIDs>{''.join(ids)}</correctiveEventIDs>")
        rest = {member: each for member, each in value.items() if member not in own}
        return f"<{name}>{''.join(parts)}{self._extensions.members(rest)}</{name}>"

    def ilmd(self, name: str, value: Mapping[str, Any]) -> str:
        """Return instance or lot master data."""
        return f"<{name}>{self._extensions.members(value)}</{name}>"

    def sensors(self, name: str, values: Sequence[Mapping[str, Any]]) -> str:
        """Return sensor elements."""
        parts = []
        for value in values:
            own = ("sensorMetadata", "sensorReport")
            inner = ""
            if "sensorMetadata" in value:
                inner += self._report("sensorMetadata", value["sensorMetadata"])
            inner += "".join(
                [self._report("sensorReport", each) for each in value.get("sensorReport", ())]
            )
            rest = {member: each for member, each in value.items() if member not in own}
            inner += self._extensions.members(rest)
            parts.append(f"<sensorElement>{inner}</sensorElement>")
        return f"<{name}>{''.join(parts)}</{name}>"

    def _report(self, name: str, value: Mapping[str, Any]) -> str:
        """Return a report or metadata; what is no attribute goes into one of ours."""
        written: dict[str, str] = {}
        odd: dict[str, Any] = {}
        for member, each in value.items():
            text = _attribute_text(member, each)
            qualified = member if text is not None and ":" not in member else None
            if text is not None and ":" in member:
                qualified = self._extensions.attribute(member)
            if text is None or qualified is None or qualified in written:
                odd[member] = each
            else:
                written[qualified] = f' {qualified}="{escape_attribute(text)}"'
        mark = f' {self._extensions.marks}:json="{escape_attribute(as_json(odd))}"' if odd else ""
        return f"<{name}{''.join(written.values())}{mark}/>"


def _attribute_text(member: str, value: Any) -> str | None:
    """Return a sensor's value as an attribute that reads as the same value, or none."""
    if member in SENSOR_NUMBERS:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return repr(value) if is_number else None
    if member == "booleanValue" and isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str) or not is_possible(value):
        return None
    if member in SENSOR_WORDS:
        return SENSOR_WORDS[member].uri(value)
    if ":" in member or member == "stringValue":
        return value
    return value if member in _REPORT_TEXTS and value == value.strip() else None


def _decimal(value: Any) -> str:
    """Return a number without exponent, as XML Schema's decimal is written."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(value)
    return format(Decimal(repr(value)), "f")


_WRITERS: dict[str, Callable[[EventWriter, str, Any], str]] = {
    **dict.fromkeys((*TEXTS, "certificationInfo"), EventWriter.text),
    **dict.fromkeys(WORD_MEMBERS, EventWriter.word),
    **dict.fromkeys(EPC_LISTS, EventWriter.epcs),
    **dict.fromkeys(QUANTITY_LISTS, EventWriter.quantities),
    **dict.fromkeys(PLACES, EventWriter.place),
    **dict.fromkeys(TYPED_LISTS, EventWriter.typed),
    "sensorElementList": EventWriter.sensors,
    "persistentDisposition": EventWriter.dispositions,
    "errorDeclaration": EventWriter.error,
    "ilmd": EventWriter.ilmd,
}
