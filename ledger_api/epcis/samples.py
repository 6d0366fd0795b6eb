"""What the OpenAPI document says of the EPCIS binding's bodies, with examples that run."""

from __future__ import annotations

from typing import Any

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
EVENT: dict[str, Any] = {
    "type": "ObjectEvent",
    "action": "OBSERVE",
    "eventTime": "2026-05-01T08:00:00.000Z",
    "eventTimeZoneOffset": "+08:00",
    "bizStep": "shipping",
    "epcList": ["https://id.gs1.org/01/09521234567899/21/S1"],
}
DOCUMENT = {
    "@context": [CONTEXT],
    "type": "EPCISDocument",
    "schemaVersion": "2.0",
    "creationDate": "2026-05-01T09:00:00.000Z",
    "epcisBody": {"eventList": [EVENT]},
}
_OBJECT = {"type": "object"}
_XML = {"type": "string", "description": "An EPCIS document, XML 2.0 or 1.2."}


def _body(description: str, example: Any) -> dict[str, Any]:
    json = {"schema": _OBJECT | {"description": description}, "example": example}
    kinds = {"application/ld+json": json, "application/json": json}
    xml = {"schema": _XML}
    return {
        "required": True,
        "content": kinds | {"application/xml": xml, "text/xml": xml},
    }


CAPTURE_BODY = _body("EPCISDocument or EPCISQueryDocument 2.0, an event, or a list.", DOCUMENT)
EVENT_BODY = _body("One EPCIS 2.0 event with its @context.", {"@context": [CONTEXT], **EVENT})

_PROBLEM = {"application/problem+json": {"schema": {"type": "object"}}}


def _problems(**descriptions: str) -> dict[int | str, dict[str, Any]]:
    """Return what an operation may answer beyond the problems that all may."""
    return {
        int(status.removeprefix("s")): {"description": text, "content": _PROBLEM}
        for status, text in descriptions.items()
    }


POST_PROBLEMS = _problems(
    s409="The same event, its eventID or the idempotency key is recorded already.",
    s413="The document is longer, or has more events, than is announced.",
    s414="The address is too long.",
    s415="The media type or encoding is unknown.",
)
GET_PROBLEMS = _problems(
    s406="What was asked for cannot be said in the form asked for.",
    s414="The address is too long.",
)
JOB_RESPONSES: dict[int | str, dict[str, Any]] = GET_PROBLEMS | {
    200: {"content": {"application/json": {}, "application/ld+json": {}}}
}
EVENTS_RESPONSES: dict[int | str, dict[str, Any]] = GET_PROBLEMS | {
    200: {
        "description": "An EPCISQueryDocument.",
        "content": {
            "application/ld+json": {},
            "application/json": {},
            "application/xml": {},
            "text/xml": {},
        },
    }
}
