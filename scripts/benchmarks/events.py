"""Events of about twenty leaves, all different."""

from __future__ import annotations

from typing import Any

CONTEXT = [
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"example": "https://ns.example.com/epcis/"},
]
GTIN = "09521234567899"


def _time(number: int) -> str:
    minutes, seconds = divmod(number % 3600, 60)
    return f"2026-05-01T08:{minutes:02d}:{seconds:02d}.{number % 1000:03d}Z"


def sample_event(number: int) -> dict[str, Any]:
    """Return an event that commits to about twenty leaves."""
    return {
        "@context": CONTEXT,
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "eventTime": _time(number),
        "eventTimeZoneOffset": "+08:00",
        "bizStep": "shipping",
        "disposition": "in_transit",
        "epcList": [
            f"https://id.gs1.org/01/{GTIN}/21/{number:08d}{item:02d}" for item in range(10)
        ],
        "readPoint": {"id": "https://id.gs1.org/414/9521234567899"},
        "bizLocation": {"id": "https://id.gs1.org/414/9521234567899"},
        "bizTransactionList": [
            {"type": "po", "bizTransaction": f"urn:example:po:{number}"},
            {"type": "desadv", "bizTransaction": f"urn:example:desadv:{number}"},
        ],
        "sourceList": [{"type": "owning_party", "source": "urn:example:party:1"}],
        "destinationList": [{"type": "owning_party", "destination": "urn:example:party:2"}],
        "example:vehicle": {"plate": f"B{number}", "driver": "Li"},
        "example:note": f"load {number}",
    }


def sample_document(first: int, count: int) -> dict[str, Any]:
    """Return a document of events, numbered from `first`."""
    events = [sample_event(number) for number in range(first, first + count)]
    for event in events:
        del event["@context"]
    return {
        "@context": CONTEXT,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-05-01T09:00:00.000Z",
        "epcisBody": {"eventList": events},
    }
