"""EPCIS events in JSON-LD, in the few shapes that the demonstration needs.

Source: EPCIS 2.0 (ISO/IEC 19987:2024), section 7.4; CBV 2.0, section 7.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ledger_api.demo.cast import Goods, Party
from ledger_api.demo.checks import Check
from ledger_api.demo.plan import OFFSET
from traceability.events.context import ITEMPROOF_NAMESPACE
from traceability.quality.extraction import INSPECTION_MEMBER
from traceability.strict_json import JSONValue

GS1_CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"

Event = dict[str, JSONValue]


def document(events: Sequence[Event], *, created: datetime) -> Event:
    """Return an EPCIS document that holds the events."""
    return {
        "@context": [GS1_CONTEXT, {"itemproof": ITEMPROOF_NAMESPACE}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "epcisBody": {"eventList": list(events)},
    }


def quantity(goods: Goods, lot: str, amount: float) -> JSONValue:
    """Return an amount of a lot."""
    found: Event = {"epcClass": goods.lot_uri(lot), "quantity": amount}
    return found | ({"uom": goods.uom} if goods.uom else {})


def observed(
    when: datetime, step: str, *, where: str, disposition: str, action: str = "OBSERVE",
    epcs: Sequence[str] = (), quantities: Sequence[JSONValue] = (), more: Event | None = None,
) -> Event:  # fmt: skip
    """Return an object event."""
    event = _event("ObjectEvent", when, step, where=where, disposition=disposition)
    event["action"] = action
    return event | _some("epcList", epcs) | _some("quantityList", quantities) | (more or {})


def inspected(
    when: datetime, check: Check, *, where: str,
    epcs: Sequence[str] = (), quantities: Sequence[JSONValue] = (),
) -> Event:  # fmt: skip
    """Return an object event that reports an inspection."""
    disposition = "conformant" if check.conforms else "non_conformant"
    event = observed(
        when, "inspecting", where=where, disposition=disposition, epcs=epcs, quantities=quantities
    )
    return event | {INSPECTION_MEMBER: check.to_json()}


def transformed(
    when: datetime, step: str, *, where: str, inputs: Sequence[JSONValue] = (),
    input_epcs: Sequence[str] = (), outputs: Sequence[JSONValue] = (),
    output_epcs: Sequence[str] = (), more: Event | None = None,
) -> Event:  # fmt: skip
    """Return a transformation event."""
    event = _event("TransformationEvent", when, step, where=where, disposition="active")
    event |= _some("inputEPCList", input_epcs) | _some("inputQuantityList", inputs)
    event |= _some("outputEPCList", output_epcs) | _some("outputQuantityList", outputs)
    return event | (more or {})


def scrapped(kilograms: float) -> Event:
    """Return what a transformation says of its scrap."""
    return {"itemproof:scrap": [{"quantity": kilograms, "uom": "KGM"}]}


def weighing(kilograms: str) -> Event:
    """Return what an event says of the net weight of one piece or metre that it makes."""
    return {"ilmd": {"cbvmda:netWeight": {"value": kilograms, "unitCode": "KGM"}}}


def packed(
    when: datetime, parent: str, children: Sequence[str], *, where: str, unpack: bool = False
) -> Event:
    """Return an aggregation event: children into their parent, or out of it."""
    step = "unpacking" if unpack else "packing"
    event = _event("AggregationEvent", when, step, where=where, disposition="in_progress")
    event["action"] = "DELETE" if unpack else "ADD"
    event["parentID"] = parent
    return event | _some("childEPCs", children)


def handed_over(giver: Party, taker: Party, *papers: tuple[str, str]) -> Event:
    """Return what goods that one party sends another have with them.

    Parameters
    ----------
    papers
        Business transactions: type and name of each.
    """
    return {
        "bizTransactionList": [{"type": kind, "bizTransaction": name} for kind, name in papers],
        "sourceList": [
            {"type": "owning_party", "source": giver.party_uri},
            {"type": "location", "source": giver.site_uri},
        ],
        "destinationList": [
            {"type": "owning_party", "destination": taker.party_uri},
            {"type": "location", "destination": taker.site_uri},
        ],
    }


def _event(kind: str, when: datetime, step: str, *, where: str, disposition: str) -> Event:
    return {
        "type": kind,
        "eventTime": when.isoformat(timespec="milliseconds"),
        "eventTimeZoneOffset": OFFSET,
        "bizStep": step,
        "disposition": disposition,
        "readPoint": {"id": where},
        "bizLocation": {"id": where.partition("/254/")[0]},
    }


def _some(name: str, values: Sequence[JSONValue] | Sequence[str]) -> Event:
    return {name: list(values)} if values else {}
