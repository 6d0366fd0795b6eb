"""Small EPCIS events and documents for tests: one good sample of each type, and ways to bend it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

GS1 = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
EXAMPLE = {"example": "https://example.org/vocabulary/"}
ABSENT = object()  # Given as a member's value, it takes the member away.

ITEM = "urn:epc:id:sgtin:4012345.077889.25"
OTHER_ITEM = "https://id.gs1.org/01/04012345778892/21/26"
CASE = "urn:epc:id:sscc:4012345.1234567890"
LOT = "urn:epc:class:lgtin:4012345.012345.998877"
PLACE = "urn:epc:id:sgln:4012345.00005.0"
ORDER = "http://transaction.example.org/po/12345678"

COMMON = {
    "eventTime": "2026-01-02T03:04:05.678+08:00",
    "eventTimeZoneOffset": "+08:00",
    "bizStep": "shipping",
    "readPoint": {"id": PLACE},
}
EVENTS: dict[str, dict[str, Any]] = {
    "ObjectEvent": {"action": "OBSERVE", "epcList": [ITEM, OTHER_ITEM]},
    "AggregationEvent": {"action": "ADD", "parentID": CASE, "childEPCs": [ITEM]},
    "TransactionEvent": {
        "action": "ADD",
        "bizTransactionList": [{"type": "po", "bizTransaction": ORDER}],
        "epcList": [ITEM],
    },
    "TransformationEvent": {
        "inputQuantityList": [{"epcClass": LOT, "quantity": 200.5, "uom": "KGM"}],
        "outputEPCList": [ITEM],
    },
    "AssociationEvent": {
        "action": "ADD",
        "parentID": "urn:epc:id:grai:4012345.55555.987",
        "childEPCs": ["urn:epc:id:giai:4000001.12345"],
    },
}


def event(kind: str = "ObjectEvent", /, **changes: Any) -> dict[str, Any]:
    """Return a good event of a type with some members replaced, added or taken away."""
    return bend({"type": kind, **deepcopy(COMMON), **deepcopy(EVENTS[kind])}, **changes)


def bend(members: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return members with changes; the name `context` stands for `@context`, `a__b` for `a:b`."""
    bent = dict(members)
    for name, value in changes.items():
        member = "@context" if name == "context" else name.replace("__", ":")
        if value is ABSENT:
            bent.pop(member, None)
        else:
            bent[member] = value
    return bent


def document(*events: Any, **changes: Any) -> dict[str, Any]:
    """Return a good document that holds the events, with some members changed."""
    members = {
        "@context": [GS1, EXAMPLE],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-01-02T03:04:05Z",
        "epcisBody": {"eventList": list(events)},
    }
    return bend(members, **changes)


def query_document(*events: Any, **changes: Any) -> dict[str, Any]:
    """Return a good answer to a query that holds the events, with some members changed."""
    results = {"queryName": "SimpleEventQuery", "resultsBody": {"eventList": list(events)}}
    members = {
        "@context": [GS1, EXAMPLE],
        "type": "EPCISQueryDocument",
        "epcisBody": {"queryResults": results},
    }
    return bend(members, **changes)
