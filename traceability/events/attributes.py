"""What an event says of how something was made: causes that others may share, scrap, net weight.

docs/lineage.md says where each of them stands in an event. What is not in one of these forms is
committed like everything else and simply not found by it.

Source: EPCIS 2.0 (ISO/IEC 19987:2024), sections 7.3.7 (sensor elements) and 7.4.1 (extensions);
CBV 2.0, sections 7.3 (business transaction types) and 9.2 (ILMD); the project's own vocabulary.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, NamedTuple

from traceability.events.context import ITEMPROOF_NAMESPACE

if TYPE_CHECKING:
    from traceability.events.context import Context
    from traceability.events.model import SubmittedEvent
    from traceability.strict_json import JSONValue

MACHINE, TOOL, OPERATOR, FURNACE_RUN = "machine", "tool", "operator", "furnace_run"
DEVICE = "device"
SCRAP, NET_WEIGHT = "scrap", "net_weight"
PARAMETER = "parameter:"
# Members of the project's vocabulary, in the event or in its ILMD.
_MEMBERS = {
    f"{ITEMPROOF_NAMESPACE}machine": MACHINE,
    f"{ITEMPROOF_NAMESPACE}tool": TOOL,
    f"{ITEMPROOF_NAMESPACE}operator": OPERATOR,
    f"{ITEMPROOF_NAMESPACE}furnaceRun": FURNACE_RUN,
}
_SCRAP = f"{ITEMPROOF_NAMESPACE}scrap"
# Papers that stand for a way of making or testing; orders and notes of delivery do not.
TRANSACTIONS = ("cert", "prodorder", "testprd", "testres")
CAUSE_KEYS = (MACHINE, TOOL, OPERATOR, FURNACE_RUN, DEVICE, *TRANSACTIONS)
_NUMBERS = ("value", "meanValue", "minValue", "maxValue")

# Longer values are no keys: an index holds none of them.
MAX_VALUE = 256
MAX_NAME = 80
MAX_UNIT = 16
# Numbers are indexed in millionths, cut to what fits; `value` has them as they were said.
SCALE = 10**6
MOST = 2**62

_WITH_UNIT = re.compile(r"\s*([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)\s*([^\s0-9.]\S{0,15})\s*")
_MOST_DIGITS = 40
_MOST_WHOLE = 2**53


class Attribute(NamedTuple):
    """A name and what the event says; of a number also its unit and bounds, in millionths."""

    name: str
    value: str
    uom: str | None = None
    low: int | None = None
    high: int | None = None


def attributes_of(event: SubmittedEvent) -> tuple[Attribute, ...]:
    """Return what an event says of how something was made, each once, in one order.

    The same from an event as it was submitted and from its canonical form, in which members are
    sorted, and 10.0 is 10.
    """
    payload, context = event.payload, event.context
    found: list[Attribute] = []
    # Asked of every event that is captured, most of which say nothing of the kind.
    if ":" in "".join(payload):
        found += _own(payload, context)
    ilmd = payload.get("ilmd")
    if isinstance(ilmd, dict):
        found += _own(ilmd, context)
        found += _net_weight(ilmd, context)
    for reference in event.biz_transactions:
        if reference.type in TRANSACTIONS:
            found += _texts(reference.type, reference.id)
    if "sensorElementList" in payload:
        found += _sensed(payload["sensorElementList"])
    return tuple(sorted(set(found), key=_order)) if found else ()


def _order(one: Attribute) -> tuple[str, str, str, int, int]:
    """Return what attributes are sorted by: members of committed events are in another order."""
    return one.name, one.value, one.uom or "", one.low or 0, one.high or 0


def _own(members: Mapping[str, JSONValue], context: Context) -> Iterator[Attribute]:
    for member, value in members.items():
        if ":" in member:
            meaning = context.expand(member)
            if meaning in _MEMBERS:
                yield from _texts(_MEMBERS[meaning], value)
            elif meaning == _SCRAP:
                yield from _scraps(value)


def _texts(name: str, value: JSONValue) -> Iterator[Attribute]:
    """Yield a name with each of its values: a text or a whole number, or a list of them."""
    for one in value if isinstance(value, list) else [value]:
        text = _whole(one) if isinstance(one, int | float) else one
        if isinstance(text, str) and 0 < len(text) <= MAX_VALUE and "\0" not in text:
            yield Attribute(name, text)


def _whole(number: float) -> str | None:
    """Return a whole number as a text; none for others, and for those that JSON may round."""
    is_small = not isinstance(number, bool) and abs(number) <= _MOST_WHOLE
    return str(int(number)) if is_small and number == int(number) else None


def _scraps(value: JSONValue) -> Iterator[Attribute]:
    # Two heaps of the same weight are two: each is told apart by its place.
    for place, one in enumerate(value if isinstance(value, list) else [value], 1):
        for quantity, uom in _quantities(one):
            yield Attribute(SCRAP, quantity, uom, place, place)


def _net_weight(ilmd: Mapping[str, JSONValue], context: Context) -> Iterator[Attribute]:
    for member, value in ilmd.items():
        if ":" in member and _last(context.expand(member)) == "netWeight":
            for quantity, uom in _quantities(value):
                yield Attribute(NET_WEIGHT, quantity, uom)


def _quantities(value: JSONValue) -> Iterator[tuple[str, str | None]]:
    """Yield number and unit: of a text such as `3.5 KGM`, or of an object with both."""
    if isinstance(value, str):
        found = _WITH_UNIT.fullmatch(value)
        if found is not None and len(found[1]) <= _MOST_DIGITS:
            yield found[1], found[2]
    elif isinstance(value, dict):
        members = {_last(name): one for name, one in value.items()}
        number = _number(members.get("quantity", members.get("value")))
        units = (members.get(name) for name in ("uom", "unitCode", "measurementUnitCode"))
        uom = next((one for one in units if one is not None), None)
        is_unit = uom is None or (isinstance(uom, str) and 0 < len(uom) <= MAX_UNIT)
        if number is not None and is_unit:
            yield number, uom if isinstance(uom, str) else None


def _last(name: str) -> str:
    return re.split("[:/#]", name)[-1]


def _number(value: JSONValue) -> str | None:
    """Return a number as a decimal text; none if it is none, or has more digits than any scale."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    text = repr(value) if isinstance(value, int | float) else value.strip()
    try:
        number = Decimal(text) if len(text) <= _MOST_DIGITS else Decimal("NaN")
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number.adjusted()) >= _MOST_DIGITS:
        return None
    # Of a JSON number only the value counts: 10, 10.0 and 1e1 are one.
    return str(number) if isinstance(value, str) else format(number.normalize() + 0, "f")


def _sensed(elements: JSONValue) -> Iterator[Attribute]:
    for element in elements if isinstance(elements, list) else []:
        if not isinstance(element, dict):
            continue
        metadata = element.get("sensorMetadata")
        if isinstance(metadata, dict):
            yield from _texts(DEVICE, metadata.get("deviceID"))
        reports = element.get("sensorReport")
        for report in reports if isinstance(reports, list) else []:
            if isinstance(report, dict):
                yield from _texts(DEVICE, report.get("deviceID"))
                yield from _parameter(report)


def _parameter(report: Mapping[str, JSONValue]) -> Iterator[Attribute]:
    """Yield the least and greatest number that a report gives of one parameter."""
    kind = report.get("type")
    name = _last(kind)[: MAX_NAME - len(PARAMETER)] if isinstance(kind, str) else ""
    texts = [_number(report[member]) for member in _NUMBERS if member in report]
    numbers = [Decimal(text) for text in texts if text is not None]
    uom = report.get("uom")
    if not name or "\0" in name or not numbers:
        return
    low, high = min(numbers), max(numbers)
    value = str(low) if low == high else f"{low}..{high}"
    unit = uom if isinstance(uom, str) and len(uom) <= MAX_UNIT else None
    yield Attribute(PARAMETER + name, value, unit, scaled(low), scaled(high, up=True))


def scaled(number: Decimal, *, up: bool = False) -> int:
    """Return a number in whole millionths, rounded down or up, and cut to what fits."""
    numerator, denominator = number.as_integer_ratio()
    found = numerator * SCALE // denominator
    if up and found * denominator != numerator * SCALE:
        found += 1
    return max(-MOST, min(MOST, found))
