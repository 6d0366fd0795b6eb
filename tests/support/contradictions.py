"""What cannot be and is recorded all the same: one document, and the finding of each question."""

from __future__ import annotations

from typing import Any

from tests.support.ledger import document, event
from tests.support.lineage import lot, serial, sscc

ITSELF = sscc(1)
RING = [sscc(11), sscc(12), sscc(13)]
TURNING, TORN = serial(4, "TURNING"), serial(4, "TORN")
PALLETS = [sscc(21), sscc(22)]
WIRE, CABLE = lot(2, "W1"), lot(3, "C1")
ROD, BILLET = lot(1, "R1"), lot(1, "B1")

# Question, code, the finding's code and its subject: none for the event's own id.
FOUND = [
    ("journey", ITSELF, "CONTAINMENT_CYCLE", ITSELF),
    ("where", RING[1], "CONTAINMENT_CYCLE", RING[1]),
    ("journey", RING[2], "CONTAINMENT_CYCLE", RING[2]),
    ("recall", TURNING, "CONTAINMENT_CYCLE", RING[0]),
    ("recall", TORN, "IN_TWO_CONTAINERS", TORN),
    ("journey", TORN, "IN_TWO_CONTAINERS", TORN),
    ("where", TORN, "IN_TWO_CONTAINERS", TORN),
    ("trace", WIRE, "CYCLE", WIRE),
    ("recall", CABLE, "CYCLE", WIRE),
    ("balance", BILLET, "OUTPUT_EXCEEDS_INPUT", None),
]
# Beside each, one of which nothing is found.
SOUND = [("recall", serial(4, "SOUND")), ("journey", PALLETS[0]), ("where", PALLETS[1])]


def contradictions() -> dict[str, Any]:
    """Return a document with a case in itself, a ring of three, one thing in two, a loop."""
    events = [
        _packed(ITSELF, [ITSELF]),
        _packed(RING[0], [RING[1]]),
        _packed(RING[1], [RING[2]]),
        _packed(RING[2], [RING[0]]),
        _packed(RING[2], [TURNING]),
        _packed(PALLETS[0], [TORN, serial(4, "SOUND")]),
        _packed(PALLETS[1], [TORN]),
        _made([(WIRE, 5)], [(CABLE, 5)]),
        _made([(CABLE, 5)], [(WIRE, 5)]),
        _made([(BILLET, 5)], [(ROD, 9)]),
    ]
    return document(*(event(at, **members) for at, members in enumerate(events)))


def _packed(parent: str, children: list[str]) -> dict[str, Any]:
    named = {"parentID": parent, "childEPCs": children, "epcList": None}
    return {"type": "AggregationEvent", "action": "ADD", "bizStep": "packing", **named}


def _made(inputs: list[tuple[str, int]], outputs: list[tuple[str, int]]) -> dict[str, Any]:
    sides = {
        f"{side}QuantityList": [
            {"epcClass": code, "quantity": quantity, "uom": "KGM"} for code, quantity in named
        ]
        for side, named in (("input", inputs), ("output", outputs))
    }
    kind = {"type": "TransformationEvent", "action": None, "epcList": None}
    return {**kind, "bizStep": "commissioning", **sides}
