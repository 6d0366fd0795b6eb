"""Which codes a record's disclosed fields name, and whether one of them is the code asked for.

Source: EPCIS 2.0, section 7.4 (the members that hold identifiers); `docs/formats.md`, section 8.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from traceability.codes.identifier import Identifier, identify
from traceability.codes.uris import parse_code, same_item
from traceability.errors import InvalidInput
from traceability.hashing.commitment import Field, RecordKind
from traceability.hashing.encoding import b64u_encode
from traceability.strict_json import JSONValue
from traceability.verify.bundle import LotPart, RecordPart
from traceability.verify.faults import CodeMismatch, LotMismatch

LOT_MEDIA_TYPE = "application/vnd.itemproof.lot+json"
# Members of an event whose elements are EPCs, or hold an EPC class.
EPC_LISTS = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")
QUANTITY_LISTS = (
    "quantityList",
    "childQuantityList",
    "inputQuantityList",
    "outputQuantityList",
)


def record_urn(entry_hash: bytes, record_index: int) -> str:
    """Return the name of a record that has no code of its own."""
    return f"urn:itemproof:record:{b64u_encode(entry_hash)}:{record_index}"


def check_code(record: RecordPart, code: str | None, *, urn: str) -> None:
    """Refuse unless a disclosed field names `code`, or it is the record's own URN, or none."""
    if code is None or code == urn:
        return
    found = disclosed_codes(record.kind, record.fields.fields)
    if not any(same_item(code, one) for one in found):
        raise CodeMismatch(f"bundle is of another item: no disclosed field names {code[:80]!r}")


def disclosed_codes(kind: RecordKind, fields: Sequence[Field]) -> Iterator[Identifier | str]:
    """Yield every code by which the fields name an object; fields begin with the header."""
    header = fields[0].value
    if kind is RecordKind.ITEM and isinstance(header, dict):
        yield from _texts(header.get("id"))
    if kind is RecordKind.EVENT:
        for field in fields[1:]:
            yield from _event_codes(field)
    if kind is RecordKind.DOCUMENT:
        yield from _lots(fields)


def check_lot(record: RecordPart, lot: LotPart) -> None:
    """Refuse lot attributes that name another product or lot than the item's code."""
    lots = list(_lots(lot.fields.fields))
    for code in disclosed_codes(record.kind, record.fields.fields):
        item = code if isinstance(code, Identifier) else _parsed(code)
        if item and lots and (lots[0].gtin, lots[0].lot) == (item.gtin, item.lot):
            return
    raise LotMismatch("lot attributes are of another product or lot than the item")


def _parsed(code: str) -> Identifier | None:
    try:
        return parse_code(code)
    except InvalidInput:
        return None


def _event_codes(field: Field) -> Iterator[str]:
    # A second field without a path is refused later; until then it names nothing.
    name = field.path[0] if field.path else None
    if name == "parentID" or (name in EPC_LISTS and len(field.path) > 1):
        yield from _texts(field.value)
    if name in QUANTITY_LISTS and isinstance(field.value, dict):
        yield from _texts(field.value.get("epcClass"))


def _lots(fields: Sequence[Field]) -> Iterator[Identifier]:
    header = fields[0].value
    if not isinstance(header, dict) or header.get("media_type") != LOT_MEDIA_TYPE:
        return
    shown = {field.path: field.value for field in fields}
    gtin, lot = shown.get(("gtin",)), shown.get(("lot",))
    if isinstance(gtin, str) and isinstance(lot, str):
        try:
            yield identify("01", gtin, qualifiers=(("10", lot),))
        except InvalidInput:
            return


def _texts(value: JSONValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
